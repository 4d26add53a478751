//! A running Souk with its own database, folder, clock and providers.

use crate::database::{TestDatabase, servers};
use crate::make::User;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use souk::http::Server;
use souk_core::app::App;
use souk_core::clock::Clock;
use souk_core::config::{Config, Values};
use souk_core::job::Worker;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// A running Souk.
pub struct Souk {
    pub app: Arc<App>,
    pub url: String,
    pub http: reqwest::Client,
    pub worker: Worker,
    /// Which database it runs on: sqlite, postgres or mysql.
    pub database: &'static str,
    pub folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
    serving: Server,
    /// Absent where it is another instance's.
    test_database: Option<TestDatabase>,
    leaves_work: AtomicBool,
    contradicts: AtomicBool,
}

/// Runs a test on each database, one after the other.
pub fn each(test: impl AsyncFn(&Souk)) {
    each_with(&[], test);
}

/// As [`each`], with some keys of the configuration set.
pub fn each_with(settings: &[(&str, &str)], test: impl AsyncFn(&Souk)) {
    for server in servers() {
        on(&server, settings, &test);
    }
}

/// As [`each`], on those databases alone whose kind is named.
pub fn each_of(kinds: &[&str], test: impl AsyncFn(&Souk)) {
    for server in servers().into_iter().filter(|server| kinds.contains(&kind_of(server))) {
        on(&server, &[], &test);
    }
}

/// For tests that start Souk themselves: the servers one after the other.
pub fn each_server(test: impl AsyncFn(&str)) {
    for server in servers() {
        eprintln!("on {}", kind_of(&server));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(test(&server));
    }
}

fn on(server: &str, settings: &[(&str, &str)], test: impl AsyncFn(&Souk)) {
    eprintln!("on {}", kind_of(server));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // As the server has: unoptimised resolvers go deep.
        .thread_stack_size(8 * 1024 * 1024)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let souk = Souk::start(server, settings).await;
        test(&souk).await;
        souk.finish().await;
    });
}

fn kind_of(server: &str) -> &'static str {
    match server.split(':').next() {
        Some("sqlite") => "sqlite",
        Some("mysql") => "mysql",
        _ => "postgres",
    }
}

/// The configuration of a test, in a folder of its own.
pub fn config(database_url: &str, folder: &Path, public_url: &str, settings: &[(&str, &str)]) -> Config {
    let mut variables = vec![
        ("SOUK_DATABASE_URL".to_owned(), database_url.to_owned()),
        ("SOUK_DATA_DIR".to_owned(), folder.display().to_string()),
        ("SOUK_PUBLIC_URL".to_owned(), public_url.to_owned()),
        ("SOUK_SECRET".to_owned(), "a secret for tests alone, of enough characters".to_owned()),
        ("SOUK_DATABASE_POOL".to_owned(), "8".to_owned()),
        // Hundreds of databases that nobody needs after a power failure.
        ("SOUK_SQLITE_SYNCHRONOUS".to_owned(), "normal".to_owned()),
    ];
    variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let values = Values::load(Path::new("/nonexistent/souk.toml"), variables).expect("known keys");
    Config::from_values(&values).expect("a good configuration")
}

impl Souk {
    pub async fn start(server: &str, settings: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let test_database = TestDatabase::create(server, folder.path()).await;
        let url = test_database.url.clone();
        Self::serve(kind_of(server), &url, folder, Some(test_database), settings).await
    }

    /// Another instance on the same database; call [`Souk::finish`] on it.
    pub async fn another(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::serve(self.database, self.app.config.database_url.expose_secret(), folder, None, &[]).await
    }

    async fn serve(
        database: &'static str,
        database_url: &str,
        folder: tempfile::TempDir,
        test_database: Option<TestDatabase>,
        settings: &[(&str, &str)],
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let config = config(database_url, folder.path(), &url, settings);
        let app = App::start(config, Clock::system()).await.expect("Souk starts");
        let serving = Server::start(Arc::clone(&app), CancellationToken::new());
        let server = tokio::spawn(souk::http::serve(serving.clone(), listener));
        let worker = Worker::new(Arc::clone(&app), souk_domain::jobs());
        let leaves_work = AtomicBool::new(test_database.is_none());
        let http = reqwest::Client::new();
        let contradicts = AtomicBool::new(false);
        Self { app, url, http, worker, database, folder, server, serving, test_database, leaves_work, contradicts }
    }

    /// What lets operations in.
    pub fn admission(&self) -> &souk_api::admission::Admission {
        &self.serving.admission
    }

    /// What follows the event log.
    pub fn hub(&self) -> &souk_core::live::Hub {
        &self.serving.hub
    }

    /// Hands the change log to its consumers.
    pub fn changes(&self) -> &souk_core::live::Changes {
        &self.serving.changes
    }

    /// How far the search index follows the change log.
    pub fn progress(&self) -> souk_core::live::Progress {
        self.serving.indexed.clone()
    }

    /// What keeps the search index.
    pub fn search_feed(&self) -> &souk_domain::search::SearchFeed {
        &self.serving.search
    }

    /// A caller who is not signed in.
    pub fn guest(&self) -> Caller<'_> {
        Caller { souk: self, token: None }
    }

    /// A caller who is signed in as a user.
    pub fn as_user(&self, user: &User) -> Caller<'_> {
        Caller { souk: self, token: Some(user.token.clone()) }
    }

    /// A caller with the given token.
    pub fn with_token(&self, token: &str) -> Caller<'_> {
        Caller { souk: self, token: Some(token.to_owned()) }
    }

    /// Does all jobs that are due; says how many ran.
    pub async fn work(&self) -> usize {
        self.worker.run_due().await.expect("jobs can be taken")
    }

    /// Lets time pass, and does all jobs that are due then.
    pub async fn pass(&self, time: std::time::Duration) -> usize {
        self.app.clock.advance(time);
        self.work().await
    }

    /// The test leaves jobs behind, and says why.
    pub fn leaves_work(&self, why: &str) {
        assert!(!why.is_empty());
        self.leaves_work.store(true, Ordering::Relaxed);
    }

    /// The test leaves records of money that contradict each other, and says why.
    pub fn contradicts(&self, why: &str) {
        assert!(!why.is_empty());
        self.contradicts.store(true, Ordering::Relaxed);
    }

    /// Runs a query and says how many SQL statements it took.
    pub async fn statements(&self, caller: &Caller<'_>, query: &str, variables: Value) -> (Value, u64) {
        let response = caller.send(json!({ "query": query, "variables": variables })).await;
        let count = response.headers()["x-souk-sql-statements"].to_str().expect("a number").parse().expect("a number");
        (response.json().await.expect("JSON"), count)
    }

    /// Tells it to stop; call [`Souk::finish`] all the same.
    pub fn stop(&self) {
        self.serving.stop.cancel();
    }

    /// Stops it; its work must be done.
    pub async fn finish(self) {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        self.serving.stop.cancel();
        self.serving.stopped().await;
        self.server.abort();
        let query = entity::job::Entity::find().filter(entity::job::Column::Status.eq(entity::value::JobStatus::Queued));
        // What is due in days is planned, not left behind.
        let soon = self.app.clock.now() + std::time::Duration::from_secs(86_400);
        let query = query.filter(entity::job::Column::RunAt.lte(soon));
        let left = query.all(self.app.db.read()).await.expect("jobs can be read");
        let kinds: Vec<_> = left.iter().map(|job| job.kind.as_str()).collect();
        assert!(
            kinds.is_empty() || self.leaves_work.load(Ordering::Relaxed),
            "the test leaves jobs behind: {kinds:?}; let them run, or say why"
        );
        let unannounced = self.app.db.unannounced();
        assert!(unannounced.is_empty(), "written without Tx::changed: {unannounced:#?}");
        if self.test_database.is_some() && !self.contradicts.load(Ordering::Relaxed) {
            // A test can leave a database that can't be read.
            let violations = souk_domain::ledger::violations(self.app.db.read()).await.unwrap_or_default();
            assert!(violations.is_empty(), "the records of money contradict each other: {violations:#?}");
        }
        self.app.db.read().close().await.expect("closing");
        self.app.db.raw().close().await.expect("closing");
        if let Some(database) = self.test_database {
            database.remove().await;
        }
    }
}

/// Sends requests, with or without a token.
#[derive(Clone)]
pub struct Caller<'a> {
    souk: &'a Souk,
    token: Option<String>,
}

impl Caller<'_> {
    /// Sends a body to `/graphql` as JSON.
    pub async fn send(&self, body: Value) -> reqwest::Response {
        let mut request = self.souk.http.post(format!("{}/graphql", self.souk.url)).json(&body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer")
    }

    /// The whole answer.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        self.send(json!({ "query": query, "variables": variables })).await.json().await.expect("JSON")
    }

    /// The data of an answer without errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.answer(query, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{query}\n{answer:#}");
        answer["data"].clone()
    }

    /// The payload of the one mutation in a document, without user errors.
    pub async fn run(&self, mutation: &str, variables: Value) -> Value {
        let data = self.data(mutation, variables).await;
        let payload = data.as_object().and_then(|fields| fields.values().next()).expect("a payload").clone();
        assert_eq!(payload["userErrors"], json!([]), "{mutation}");
        payload
    }

    /// The first error of a document, which must have one.
    pub async fn error(&self, query: &str, variables: Value) -> Value {
        let answer = self.answer(query, variables).await;
        assert!(answer["errors"].is_array(), "no error: {answer:#}");
        answer["errors"][0].clone()
    }

    /// The user errors of the one mutation in a document, as `field.path CODE`; there must be some.
    pub async fn refused(&self, mutation: &str, variables: Value) -> Vec<String> {
        let data = self.data(mutation, variables).await;
        let payload = data.as_object().and_then(|fields| fields.values().next()).expect("a payload").clone();
        let errors = payload["userErrors"].as_array().expect("userErrors").clone();
        assert!(!errors.is_empty(), "it was not refused: {payload:#}");
        let path = |error: &Value| {
            let parts = error["field"].as_array().cloned().unwrap_or_default();
            parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
        };
        errors.iter().map(|error| format!("{} {}", path(error), error["code"].as_str().unwrap_or("?"))).collect()
    }

    /// The code of the first top-level error.
    pub async fn error_code(&self, query: &str, variables: Value) -> String {
        let answer = self.answer(query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error: {answer:#}")).to_owned()
    }
}
