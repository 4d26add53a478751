//! The server under attack: the release binary with its default configuration, limited open files and its own database.

use crate::Plan;
use crate::common::database::{Database, Size, THIS_BINARY};
use crate::common::memory::resident_kib;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Listening address.
const ADDRESS: &str = "127.0.0.1:18090";

/// A database with products.
pub struct Prepared {
    pub database: Database,
}

/// A running server.
pub struct Running {
    child: Child,
    /// Listening address.
    pub address: SocketAddr,
}

impl Prepared {
    /// Creates a database and fills it.
    pub async fn fill(plan: &Plan) -> Self {
        let environment = vec![("SOUK_LOG", "off".to_owned()), ("SOUK_LISTEN", ADDRESS.to_owned())];
        let size = Size { products: plan.products, stores: 100, reviews: 20_000 };
        let database = Database::fill(&plan.database, &plan.postgres, "attack", THIS_BINARY.as_ref(), environment, &size).await;
        database.execute(&[]).await;
        Self { database }
    }

    /// Starts the server and waits until it is ready.
    ///
    /// `open_files` is the limit on its open files.
    pub async fn serve(&self, open_files: u32) -> Running {
        let address: SocketAddr = ADDRESS.parse().expect("an address");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {open_files}; exec \"$0\" serve")]).arg(self.database.binary());
        let child = self.database.configure(&mut command).spawn().expect("souk starts");
        let running = Running { child, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !running.is_alive().await {
            assert!(Instant::now() < deadline, "souk does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running
    }

    /// Drops the database.
    pub async fn remove(self) {
        self.database.remove().await;
    }
}

/// Samples the memory of a server until the maximum is requested.
pub struct Memory {
    largest_kib: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Memory {
    /// The maximum of the sampled resident memory.
    pub async fn largest_mib(self) -> u64 {
        self.task.abort();
        let _ = self.task.await;
        self.largest_kib.load(Ordering::Relaxed) / 1024
    }
}

impl Running {
    /// Starts sampling the resident memory every 20 milliseconds.
    pub fn watch_memory(&self) -> Memory {
        let largest_kib = Arc::new(AtomicU64::new(0));
        let (seen, process) = (Arc::clone(&largest_kib), self.child.id());
        let task = tokio::spawn(async move {
            loop {
                seen.fetch_max(resident_kib(process), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        Memory { largest_kib, task }
    }

    /// Whether `/healthz` responds within two seconds to an IP address that did not attack.
    pub async fn is_alive(&self) -> bool {
        let client = crate::bystander::client(crate::bystander::ADDRESS);
        let request = client.get(format!("http://{}/healthz", self.address)).timeout(Duration::from_secs(2));
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Stops the server.
    pub fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
