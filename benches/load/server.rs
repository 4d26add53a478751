//! The server under load: the release binary with its own folder and database.

use crate::Plan;
use sea_orm::{ConnectionTrait, Database};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The binary of this build.
pub const THIS_BINARY: &str = env!("CARGO_BIN_EXE_souk");

/// A database with products.
pub struct Prepared {
    binary: PathBuf,
    port: u16,
    folder: tempfile::TempDir,
    database_url: String,
    /// URL of the server on which the database is dropped afterwards.
    admin: Option<(String, String)>,
}

/// A running server.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Prepared {
    /// Creates a database and fills it by a binary, which then serves at a port.
    pub async fn fill(kind: &str, plan: &Plan, binary: &Path, port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (database_url, admin) = match kind {
            "sqlite" => (format!("sqlite://{}", folder.path().join("souk.db").display()), None),
            "postgres" => {
                let name = format!("souk_bench_{}_{port}", std::process::id());
                let admin = Database::connect(&plan.postgres).await.expect("PostgreSQL can be reached");
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
                let mut url = url::Url::parse(&plan.postgres).expect("a URL");
                url.set_path(&name);
                (url.to_string(), Some((plan.postgres.clone(), name)))
            }
            other => panic!("--databases takes sqlite and postgres, not {other}"),
        };
        let prepared = Self { binary: binary.to_owned(), port, folder, database_url, admin };
        prepared.run(&["migrate"]);
        let counts = [plan.products, plan.stores, plan.reviews].map(|n| n.to_string());
        prepared.run(&["demo", "--products", &counts[0], "--stores", &counts[1], "--reviews", &counts[2]]);
        let db = Database::connect(&prepared.database_url).await.expect("the database can be reached");
        // Enough stock for every round, so that no order fails.
        db.execute_unprepared("UPDATE product_variants SET stock_quantity = 100000000 WHERE stock_quantity > 0")
            .await
            .expect("an update");
        // All buyers here are guests from one IP address.
        for limit in ["orders_per_guest", "pieces_per_guest", "orders_per_network", "pieces_per_network"] {
            let row = format!("INSERT INTO settings (name, value, updated_at) VALUES ('unpaid_{limit}', '0', CURRENT_TIMESTAMP)");
            db.execute_unprepared(&row).await.expect("a setting");
        }
        db.execute_unprepared("ANALYZE").await.expect("statistics");
        db.close().await.expect("closing");
        prepared
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("SOUK_DATABASE_URL", &self.database_url)
            .env("SOUK_DATA_DIR", self.folder.path())
            .env("SOUK_LOG", "warn")
            // A single client sends everything here, so that budgets would limit it.
            .env("SOUK_GUEST_BUDGET", "0")
            .env("SOUK_USER_BUDGET", "0")
            .env("SOUK_LISTEN", format!("127.0.0.1:{}", self.port))
            .stdout(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) {
        let status = self.command(arguments).status().expect("souk runs");
        assert!(status.success(), "souk {arguments:?} failed");
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
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let child = self.command(&["serve", "--no-worker"]).spawn().expect("souk starts");
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(Instant::now() < deadline, "souk does not listen");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        crate::client::Connection::open(address).await.data("{ __typename }", &serde_json::json!({})).await;
        Running { child, address }
    }

    pub async fn remove(self) {
        if let Some((server, name)) = &self.admin {
            let admin = Database::connect(server).await.expect("PostgreSQL can be reached");
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropping");
        }
    }
}

impl Running {
    /// Resident memory of the process.
    pub fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
        line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) / 1024
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
