//! Souk as a separate process that tests start, stop and kill.

use crate::database::TestDatabase;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything may take before a test gives up; nothing waits that long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running `souk serve`.
pub struct Process {
    child: Child,
    pub url: String,
    port: u16,
    settings: Vec<(String, String)>,
    files: Option<u32>,
    pub folder: tempfile::TempDir,
    pub http: reqwest::Client,
}

impl Process {
    /// Starts one on a database and waits until it is ready.
    pub async fn start(database: &TestDatabase, folder: tempfile::TempDir, settings: &[(&str, String)]) -> Self {
        Self::start_on(&database.url, folder, settings).await
    }

    /// As [`Process::start`], on a database that others use, too.
    pub async fn start_on(database_url: &str, folder: tempfile::TempDir, settings: &[(&str, String)]) -> Self {
        Self::start_limited(None, database_url, folder, settings).await
    }

    /// As [`Process::start`], with a limit on open files that it can't raise.
    pub async fn start_with_files(
        files: u32,
        database: &TestDatabase,
        folder: tempfile::TempDir,
        settings: &[(&str, String)],
    ) -> Self {
        Self::start_limited(Some(files), &database.url, folder, settings).await
    }

    async fn start_limited(
        files: Option<u32>,
        database_url: &str,
        folder: tempfile::TempDir,
        settings: &[(&str, String)],
    ) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut all = vec![
            ("SOUK_DATABASE_URL".to_owned(), database_url.to_owned()),
            ("SOUK_DATA_DIR".to_owned(), folder.path().display().to_string()),
            ("SOUK_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("SOUK_PUBLIC_URL".to_owned(), format!("http://127.0.0.1:{port}")),
            ("SOUK_LOG".to_owned(), "warn".to_owned()),
        ];
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let child = spawn(folder.path(), &all, files);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let process = Self { child, url: format!("http://127.0.0.1:{port}"), port, settings: all, files, folder, http };
        process.ready().await;
        process
    }

    /// Runs another command of the same Souk to its end.
    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        command(self.folder.path(), &self.settings, None)
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .expect("souk runs")
    }

    async fn ready(&self) {
        let begun = Instant::now();
        loop {
            let answer = self.http.get(format!("{}/readyz", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "souk on port {} is not ready", self.port);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `SIGKILL`, and the same again.
    pub async fn kill_and_restart(&mut self) {
        self.kill();
        self.child = spawn(self.folder.path(), &self.settings, self.files);
        self.ready().await;
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Sends an operation; its data, without errors.
    pub async fn data(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request =
            self.http.post(format!("{}/graphql", self.url)).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["errors"], Value::Null, "{query}\n{variables:#}\n{answer:#}");
        answer["data"].clone()
    }

    /// The newest mail to an address; waits for the worker to write it.
    pub async fn mail_to(&self, address: &str, about: &str) -> String {
        let begun = Instant::now();
        loop {
            if let Some(mail) = mails(&self.folder.path().join("mail"))
                .into_iter()
                .rev()
                .find(|mail| mail.contains(address) && mail.contains(about))
            {
                return mail;
            }
            assert!(begun.elapsed() < PATIENCE, "no mail to {address} about {about}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, settings: &[(String, String)], files: Option<u32>) -> Command {
    let mut command = match files {
        Some(files) => {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_souk")]);
            command
        }
        None => Command::new(env!("CARGO_BIN_EXE_souk")),
    };
    command.current_dir(folder).stdout(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOUK_")) {
        command.env_remove(name);
    }
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

fn spawn(folder: &Path, settings: &[(String, String)], files: Option<u32>) -> Child {
    command(folder, settings, files).arg("serve").spawn().expect("souk starts")
}

/// All mails in a folder, oldest first, as they were written.
pub fn mails(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "eml"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    files.into_iter().filter_map(|(_, path)| std::fs::read_to_string(path).ok()).map(|text| unfold(&text)).collect()
}

/// PricedCheckout-printable lines put together again, which is enough to find links in a mail.
fn unfold(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}
