//! The server state.

use crate::demo::SignIn;
use crate::http::count::Counts;
use crate::http::counter::Metrics;
use crate::http::search_check;
use crate::http::ws::Sockets;
use souk_api::Api;
use souk_api::admission::Admission;
use souk_core::app::App;
use souk_core::live::{self, Changes, Hub};
use souk_domain::product_aggregates;
use souk_domain::search::SearchFeed;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The state of all handlers.
#[derive(Clone)]
pub struct Server {
    /// The application.
    pub app: Arc<App>,
    /// The GraphQL API.
    pub api: Api,
    /// The admission control of operations.
    pub admission: Admission,
    /// Distributes the events of the event log.
    pub hub: Arc<Hub>,
    /// Follows the change log.
    pub changes: Arc<Changes>,
    /// How far the search index follows the change log.
    pub indexed: live::Progress,
    /// Keeps the search index.
    pub search: SearchFeed,
    /// The open WebSocket connections.
    pub sockets: Arc<Sockets>,
    /// Requests in progress by network, counted only behind trusted proxies.
    pub requests: Counts<String>,
    /// Counters for monitoring.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the server must stop.
    pub stop: CancellationToken,
    /// Background tasks, which end after `stop`.
    pub tasks: TaskTracker,
    /// The sign-ins shown on the page at `/`; empty unless the demo is served.
    pub demo: Arc<[SignIn]>,
}

impl Server {
    /// Builds the API and starts the background tasks, which follow the logs and watch the sessions of WebSocket
    /// connections. They end after `stop`; wait for them with [`Server::stopped`].
    pub fn start(app: Arc<App>, stop: CancellationToken) -> Self {
        let (hub, sockets, tasks) = (Hub::new(), Arc::new(Sockets::new(&app.config.limits)), TaskTracker::new());
        let api = souk_api::build(&app, &hub);
        let admission = souk_api::admission(&app);
        let (log, follower, log_stop) = (Arc::clone(&app), Arc::clone(&hub), stop.clone());
        tasks.spawn(async move { follower.run(&log, log_stop).await });
        let changes = Changes::new();
        let search = SearchFeed::default();
        let indexed = changes.add(search.clone());
        let (checked, checker, check_stop) = (Arc::clone(&app), search.clone(), stop.clone());
        tasks.spawn(async move { search_check::run(&checked, &checker, &check_stop).await });
        let (log, reader, log_stop) = (Arc::clone(&app), Arc::clone(&changes), stop.clone());
        tasks.spawn(async move { reader.run(&log, log_stop).await });
        let (log, log_stop) = (Arc::clone(&app), stop.clone());
        tasks.spawn(async move { live::listen(&log, log_stop).await });
        let (watch, watched, watch_stop) = (Arc::clone(&app), Arc::clone(&sockets), stop.clone());
        tasks.spawn(async move { watched.watch(&watch, watch_stop).await });
        let (counting, count_stop) = (Arc::clone(&app), stop.clone());
        tasks.spawn(async move { write_views(&counting, count_stop).await });
        let (requests, metrics) = (Counts::default(), Arc::default());
        Self { app, api, admission, hub, changes, indexed, search, sockets, requests, metrics, stop, tasks, demo: Arc::default() }
    }

    /// Sets the sign-ins of the demo that are shown on the page at `/`.
    #[must_use]
    pub fn with_demo(self, sign_ins: Vec<SignIn>) -> Self {
        Self { demo: sign_ins.into(), ..self }
    }

    /// Waits until all WebSocket connections are closed and all background tasks have ended.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        // Those of the last requests.
        write_pending_views(&self.app).await;
    }
}

/// How often views of products are written. A process that is killed loses those of this time.
const VIEWS_INTERVAL: Duration = Duration::from_secs(5);

/// Writes the views of products that requests recorded, until `stop`.
async fn write_views(app: &App, stop: CancellationToken) {
    let mut interval = tokio::time::interval(VIEWS_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        write_pending_views(app).await;
    }
}

async fn write_pending_views(app: &App) {
    if let Err(error) = product_aggregates::write_views(app).await {
        tracing::error!(?error, "views of products can't be written; trying again");
    }
}

/// Identifies a request in responses and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);
