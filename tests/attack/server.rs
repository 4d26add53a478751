//! The server under attack: the release binary with its default configuration, limited open files and its own database.

use crate::Plan;
use sea_orm::{ConnectionTrait, Database};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Listening address.
const ADDRESS: &str = "127.0.0.1:18090";
/// A database with products.
pub struct Prepared {
    folder: tempfile::TempDir,
    database_url: String,
    /// The server and the database to drop afterwards.
    admin: Option<(String, String)>,
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
        let folder = tempfile::tempdir().expect("a folder");
        let (database_url, admin) = match plan.database.as_str() {
            "sqlite" => (format!("sqlite://{}", folder.path().join("souk.db").display()), None),
            "postgres" => {
                let name = format!("souk_attack_{}", std::process::id());
                let admin = Database::connect(&plan.postgres).await.expect("PostgreSQL can be reached");
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
                let mut url = url::Url::parse(&plan.postgres).expect("a URL");
                url.set_path(&name);
                (url.to_string(), Some((plan.postgres.clone(), name)))
            }
            other => panic!("--database takes sqlite or postgres, not {other}"),
        };
        let prepared = Self { folder, database_url, admin };
        prepared.run(&["migrate"], &[]);
        prepared.run(&["demo", "--products", &plan.products.to_string(), "--stores", "100", "--reviews", "20000"], &[]);
        let db = Database::connect(&prepared.database_url).await.expect("the database can be reached");
        db.execute_unprepared("ANALYZE").await.expect("statistics");
        db.close().await.expect("closing");
        prepared
    }

    /// Runs another command of the same binary and waits for its end.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_souk"));
        command.args(arguments).envs(environment.iter().copied());
        let status = self.environment(&mut command).status().expect("souk runs");
        assert!(status.success(), "souk {arguments:?} failed");
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOUK_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("SOUK_DATABASE_URL", &self.database_url)
            .env("SOUK_DATA_DIR", self.folder.path())
            .env("SOUK_LOG", "off")
            .env("SOUK_LISTEN", ADDRESS)
            .stdout(Stdio::null())
    }

    /// Starts the server and waits until it is ready.
    ///
    /// `open_files` is the limit on its open files.
    pub async fn serve(&self, open_files: u32) -> Running {
        let address: SocketAddr = ADDRESS.parse().expect("an address");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {open_files}; exec \"$0\" serve"), env!("CARGO_BIN_EXE_souk")]);
        let child = self.environment(&mut command).spawn().expect("souk starts");
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
        if let Some((server, name)) = &self.admin {
            let admin = Database::connect(server).await.expect("PostgreSQL can be reached");
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropping");
        }
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
        let (seen, file) = (Arc::clone(&largest_kib), format!("/proc/{}/status", self.child.id()));
        let task = tokio::spawn(async move {
            loop {
                seen.fetch_max(resident_kib(&file), Ordering::Relaxed);
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

fn resident_kib(file: &str) -> u64 {
    let status = std::fs::read_to_string(file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
}
