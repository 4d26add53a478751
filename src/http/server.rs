//! The router: paths, and what every answer has.

use crate::demo::SignIn;
use crate::http::count::Counts;
use crate::http::ws::{self, Sockets};
use crate::http::{answer, asset, body, cors, graphql, health, media, page, playground};
use axum::Router;
use axum::routing::{get, put};
use souk_api::Api;
use souk_api::admission::Admission;
use souk_core::app::App;
use souk_core::live::{self, Changes, Hub};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// What every handler is given.
#[derive(Clone)]
pub struct Server {
    /// The marketplace.
    pub app: Arc<App>,
    /// Its API.
    pub api: Api,
    /// Lets operations in.
    pub admission: Admission,
    /// Follows the event log.
    pub hub: Arc<Hub>,
    /// Follows the change log.
    pub changes: Arc<Changes>,
    /// The open connections of live updates.
    pub sockets: Arc<Sockets>,
    /// Requests in progress by network, where proxies are trusted.
    pub requests: Counts<String>,
    /// Told when it is to stop.
    pub stop: CancellationToken,
    /// What runs beside the requests; over some time after `stop`.
    pub tasks: TaskTracker,
    /// The sign-ins that the page at `/` offers; empty unless the demo is served.
    pub demo: Arc<[SignIn]>,
}

impl Server {
    /// Makes the API ready, and begins what runs beside the requests: following the logs, and watching the sessions of open
    /// connections. All of it ends with `stop`; then wait for [`Server::stopped`].
    pub fn start(app: Arc<App>, stop: CancellationToken) -> Self {
        let (hub, sockets, tasks) = (Hub::new(), Arc::new(Sockets::new(&app.config.limits)), TaskTracker::new());
        let api = souk_api::build(&app, &hub);
        let admission = souk_api::admission(&app);
        let (log, follower, log_stop) = (Arc::clone(&app), Arc::clone(&hub), stop.clone());
        tasks.spawn(async move { follower.run(&log, log_stop).await });
        let changes = Changes::new();
        let (log, reader, log_stop) = (Arc::clone(&app), Arc::clone(&changes), stop.clone());
        tasks.spawn(async move { reader.run(&log, log_stop).await });
        let (log, log_stop) = (Arc::clone(&app), stop.clone());
        tasks.spawn(async move { live::listen(&log, log_stop).await });
        let (watch, watched, watch_stop) = (Arc::clone(&app), Arc::clone(&sockets), stop.clone());
        tasks.spawn(async move { watched.watch(&watch, watch_stop).await });
        Self { app, api, admission, hub, changes, sockets, requests: Counts::default(), stop, tasks, demo: Arc::default() }
    }

    /// The same, with sign-ins of the demo on the page at `/`.
    #[must_use]
    pub fn with_demo(self, sign_ins: Vec<SignIn>) -> Self {
        Self { demo: sign_ins.into(), ..self }
    }

    /// Waits until all open connections of live updates were told to try again, and nothing runs any more beside the requests.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Names a request in answers and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// All paths.
pub fn router(server: Server) -> Router {
    let cors = cors::Origins::new(&server.app.config).layer();
    let paths = Router::new()
        .route("/", get(playground::page))
        .route("/assets/{*path}", get(asset::get))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/graphql/ws", get(ws::connect))
        .route("/healthz", get(health::healthz))
        .route("/media/{*key}", get(media::get))
        .route("/media/uploads/{token}", put(media::put))
        .route("/readyz", get(health::readyz))
        .merge(page::routes())
        // From the inside out; a path that is not there passes through all of them, too.
        .layer(compression())
        .layer(axum::middleware::from_fn_with_state(server.clone(), body::bounded))
        .layer(axum::middleware::from_fn_with_state(server.clone(), answer::complete))
        .with_state(server);
    match cors {
        Some(cors) => paths.layer(cors),
        None => paths,
    }
}

/// Pictures are compressed already, and a stream must not wait in a compressor's buffer.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(512)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/zip"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}
