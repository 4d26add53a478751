//! The server under load: the release binary with its own folder and database.

use crate::Plan;
use crate::common::database::{Database, Size};
use crate::common::memory::resident_kib;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A database with products, and the port at which it is served.
pub struct Prepared {
    database: Database,
    port: u16,
}

/// A running server.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Prepared {
    /// Creates a database and fills it by a binary, which then serves at a port.
    pub async fn fill(kind: &str, plan: &Plan, binary: &Path, port: u16) -> Self {
        let environment = vec![
            ("SOUK_LOG", "warn".to_owned()),
            // A single client sends everything here, so that budgets would limit it.
            ("SOUK_GUEST_BUDGET", "0".to_owned()),
            ("SOUK_USER_BUDGET", "0".to_owned()),
            ("SOUK_LISTEN", format!("127.0.0.1:{port}")),
        ];
        let size = Size { products: plan.products, stores: plan.stores, reviews: plan.reviews };
        let name = format!("bench_{port}");
        let database = Database::fill(kind, &plan.postgres, &name, binary, environment, &size).await;
        // Enough stock for every round, so that no order fails.
        let stock = "UPDATE product_variants SET stock_quantity = 100000000 WHERE stock_quantity > 0";
        // All buyers here are guests from one IP address.
        let limits = ["orders_per_guest", "pieces_per_guest", "orders_per_network", "pieces_per_network"];
        let values = limits.map(|limit| format!("('unpaid_{limit}', '0', CURRENT_TIMESTAMP)")).join(", ");
        let settings = format!("INSERT INTO settings (name, value, updated_at) VALUES {values}");
        database.execute(&[stock, &settings]).await;
        Self { database, port }
    }

    /// Time from the start of the process to its first response, the best of five.
    pub async fn start_time(&mut self) -> Duration {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            let running = self.serve().await;
            best = best.min(begun.elapsed());
            running.stop();
        }
        best
    }

    /// Starts the server without a worker and waits for its first response.
    pub async fn serve(&mut self) -> Running {
        self.serve_at(self.port).await
    }

    /// Like [`Self::serve`], at another port, for a further instance.
    pub async fn serve_at(&mut self, port: u16) -> Running {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = Command::new(self.database.binary());
        let command = self.database.configure(command.args(["serve", "--no-worker"]));
        let child = command.env("SOUK_LISTEN", address.to_string()).spawn().expect("souk starts");
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(Instant::now() < deadline, "souk does not listen");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        crate::client::Connection::open(address).await.data("{ __typename }", &serde_json::json!({})).await;
        Running { child, address }
    }

    pub async fn remove(self) {
        self.database.remove().await;
    }
}

impl Running {
    /// Resident memory of the process.
    pub fn memory_mib(&self) -> u64 {
        resident_kib(self.child.id()) / 1024
    }

    /// Processor time of the process so far, in user and kernel mode.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name of the program, in parentheses, may hold spaces. Fields 14 and 15 are counted in hundredths (proc_pid_stat(5)).
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    pub fn stop(mut self) {
        self.child.kill().expect("it can be stopped");
        self.child.wait().expect("it ends");
    }
}
