//! The command line, in a separate process.

pub mod folder;
pub mod start;
mod transfer;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(180);

pub fn souk(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_souk"));
    command.current_dir(folder).args(arguments).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    souk(folder, arguments, variables).output().expect("it runs")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running server; killed when the test ends early.
pub struct Running {
    child: Child,
    pub url: String,
    printed: std::thread::JoinHandle<String>,
    logged: std::thread::JoinHandle<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it on a free port, and waits until it says that it serves.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[])
    }

    /// As [`Running::start`], with more variables.
    pub fn start_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let variables = [&[("SOUK_LISTEN", "127.0.0.1:0"), ("SOUK_LOG_FORMAT", "json")], variables].concat();
        let mut child = souk(folder, &[&["serve"], arguments].concat(), &variables).spawn().expect("it starts");
        let mut stdout = child.stdout.take().expect("its output");
        let printed = std::thread::spawn(move || {
            let mut all = String::new();
            let _ = stdout.read_to_string(&mut all);
            all
        });
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let (mut line, mut address) = (String::new(), None);
        while address.is_none() && log.read_line(&mut line).expect("its log") > 0 {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            address = event["address"].as_str().map(str::to_owned);
            if address.is_none() {
                line.clear();
            }
        }
        // Read all the time: what it writes must not fill the pipe.
        let logged = std::thread::spawn(move || {
            let mut all = String::new();
            let _ = log.read_to_string(&mut all);
            all
        });
        let address = address.expect("it says where it listens");
        Self { child, url: format!("http://{address}"), printed, logged }
    }

    /// Tells it to stop, and waits for its end; answers with how it ended and what it printed.
    pub fn stop(self) -> (ExitStatus, String) {
        let (status, printed, _) = self.stop_and_log();
        (status, printed)
    }

    /// As [`Running::stop`], and with its log since it serves.
    pub fn stop_and_log(mut self) -> (ExitStatus, String, String) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(told.success());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not stop");
            std::thread::yield_now();
        };
        let printed = std::mem::replace(&mut self.printed, std::thread::spawn(String::new));
        let logged = std::mem::replace(&mut self.logged, std::thread::spawn(String::new));
        (status, printed.join().expect("what it printed"), logged.join().expect("its log"))
    }
}

pub fn blocking<T>(work: impl Future<Output = T>) -> T {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

pub async fn ask(url: &str, query: &str) -> Value {
    let body = serde_json::json!({ "query": query });
    let response = reqwest::Client::new().post(format!("{url}/graphql")).json(&body).send().await.expect("an answer");
    response.json().await.expect("JSON")
}

#[test]
fn config_lists_every_key_with_its_source_and_hides_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("souk.toml"), "currency = \"NPR\"\nlisten = \"127.0.0.1:1\"\n").expect("a file");
    let variables = [("SOUK_LISTEN", "127.0.0.1:2"), ("SOUK_SECRET", "a secret that nobody must ever see")];
    let output = run(folder.path(), &["config"], &variables);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for key in souk_core::config::KEYS {
        assert!(printed.lines().any(|line| line.starts_with(&format!("{}=", key.name))), "{} is missing", key.name);
    }
    assert!(printed.contains("SOUK_LISTEN=127.0.0.1:2\n") && printed.contains("SOUK_CURRENCY=NPR\n"), "{printed}");
    assert!(
        ["environment variable", "configuration file", "default"]
            .iter()
            .all(|source| printed.contains(&format!("Source: {source}.")))
    );
    assert!(printed.contains("SOUK_SECRET=(hidden)") && !printed.contains("nobody must"), "{printed}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "it wrote something");
}

#[test]
fn a_wrong_value_stops_the_start_with_one_sentence_that_names_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, value) in [
        ("SOUK_LISTEN", "nowhere"),
        ("SOUK_DATABASE_URL", "oracle://x"),
        ("SOUK_LOG", "souk=loud"),
        ("SOUK_CORS_ORIGINS", "shop.example"),
        ("SOUK_NO_SUCH_KEY", "x"),
    ] {
        for command in ["serve", "worker", "migrate"] {
            let output = run(folder.path(), &[command], &[(name, value)]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name}: {said}");
            assert_eq!(said.trim_end().lines().count(), 1, "{name}: {said}");
            assert!(said.starts_with("souk: ") && said.contains(name), "{name}: {said}");
        }
    }
    let output = run(folder.path(), &["serve"], &[("SOUK_DATABASE_URL", "postgres://someone:hunter2@127.0.0.1:1/none")]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("SOUK_DATABASE_URL") && !said.contains("hunter2"), "{said}");
}

#[test]
fn schema_prints_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["schema"], &[]);
    assert_eq!(text(&output.stdout), souk_api::sdl());
}

#[test]
fn a_user_is_created_once_and_with_a_good_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let create = ["user", "create", "--email", "Olga@Example.com", "--role", "owner"];
    let output = run(folder.path(), &create, &[("SOUK_USER_PASSWORD", "short")]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let output = run(folder.path(), &create, &[("SOUK_USER_PASSWORD", "seven tall giraffes")]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(printed.contains("olga@example.com") && printed.contains("OWNER") && !printed.contains("giraffes"), "{printed}");
    let output = run(folder.path(), &create, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is taken"), "{}", text(&output.stderr));
    let other = ["user", "create", "--email", "ann@example.com", "--role", "customer", "--name", "Ann"];
    assert!(text(&run(folder.path(), &other, &[]).stdout).contains("shown only once: "));
    let wrong = run(folder.path(), &["user", "create", "--email", "x@example.com", "--role", "king"], &[]);
    assert_eq!(wrong.status.code(), Some(2));
}

/// Waits until a process that listens is ready, and returns what it says then.
pub async fn ready(url: &str) -> serde_json::Value {
    let answer = async {
        loop {
            let answer = reqwest::get(format!("{url}/readyz")).await.expect("an answer");
            if answer.status() == 200 {
                return answer.json().await.expect("JSON");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), answer).await.expect("it becomes ready")
}

/// What a visitor sees of the demo.
const LOOK: &str = operation!("product", "WholeMarketplace");

#[test]
fn the_demo_is_served_from_an_empty_folder_and_is_the_same_each_time() {
    let look = || {
        let folder = tempfile::tempdir().expect("a folder");
        let running = Running::start(folder.path(), &["--demo"]);
        let (answer, picture) = blocking(async {
            ready(&running.url).await;
            let page = reqwest::get(&running.url).await.expect("an answer").text().await.expect("text");
            assert!(page.contains("buyer@souk.example") && page.contains(souk::demo::PASSWORD), "{page}");
            for person in &souk::demo::SIGN_INS {
                let (email, password) = (person.email, souk::demo::PASSWORD);
                let sign_in = format!(
                    "mutation {{ sessionCreate(input: {{ email: \"{email}\", password: \"{password}\" }}) {{ user {{ role }} }} }}"
                );
                let answer = ask(&running.url, &sign_in).await;
                let role = answer["data"]["sessionCreate"]["user"]["role"].as_str().unwrap_or_default().to_lowercase();
                assert_eq!(role, if person.role == "buyer" { "customer" } else { person.role }, "{answer}");
            }
            let pictures = folder.path().join("souk-data/media/public/products");
            let first = std::fs::read(pictures.join("demo-silver-needle-white-tea-0-800x800.jpg")).expect("a picture");
            (ask(&running.url, LOOK).await, first)
        });
        let (status, printed) = running.stop();
        assert!(status.success(), "{status}");
        (answer, picture, printed)
    };
    let (first, picture, printed) = look();
    let nodes = |list: &str| first["data"][list]["nodes"].as_array().map_or(0, Vec::len);
    assert!(nodes("products") >= 60 && nodes("stores") >= 6, "{first:#}");
    for email in ["owner@souk.example", "vendor@souk.example", "buyer@souk.example"] {
        assert!(printed.contains(email), "{printed}");
    }
    assert!(printed.contains("password") && printed.contains("http://"), "{printed}");
    let (second, same_picture, _) = look();
    assert_eq!(first, second);
    assert!(picture == same_picture, "the picture is another one");
}

#[test]
fn a_second_start_leaves_the_data_alone_and_answers_soon() {
    let folder = tempfile::tempdir().expect("a folder");
    let create = ["user", "create", "--email", "olga@example.com", "--role", "owner"];
    assert!(run(folder.path(), &create, &[]).status.success());
    let running = Running::start(folder.path(), &["--demo"]);
    let answer = blocking(ask(&running.url, "{ products(first: 1) { totalCount } }"));
    assert_eq!(answer["data"]["products"]["totalCount"], 0, "the database was not empty");
    let page = blocking(async { reqwest::get(&running.url).await.expect("an answer").text().await.expect("text") });
    assert!(!page.contains(souk::demo::PASSWORD), "it is no demo marketplace: {page}");
    let (status, printed) = running.stop();
    assert!(status.success() && !printed.contains("password"), "{printed}");
}

/// The data of an operation that searches, when the index is filled.
async fn searched(url: &str, query: &str) -> Value {
    let begun = Instant::now();
    while !reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(begun.elapsed() < PATIENCE, "it is not ready");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ask(url, query).await["data"].clone()
}

#[test]
fn bulk_data_is_added_and_its_summaries_are_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["demo", "--products", "60", "--stores", "3", "--reviews", "150"], &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let running = Running::start(folder.path(), &["--no-worker"]);
    let query = operation!("product", "SizeOfMarketplace");
    let answer = blocking(searched(&running.url, query));
    assert_eq!(answer["products"]["totalCount"], 60, "{answer:#}");
    let sum = |list: &Value| {
        list["nodes"].as_array().into_iter().flatten().map(|n| n["rating"]["count"].as_i64().unwrap_or(-1)).sum::<i64>()
    };
    assert_eq!((sum(&answer["products"]), sum(&answer["stores"])), (150, 150));
    for product in answer["products"]["nodes"].as_array().expect("products") {
        assert_eq!(product["rating"]["count"], product["reviews"]["totalCount"]);
        assert!(product["primaryImage"]["url"].is_string());
    }
    assert!(answer["found"]["totalCount"].as_i64() > Some(0), "{answer:#}");
    let (status, _) = running.stop();
    assert!(status.success());
}
