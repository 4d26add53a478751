//! Connections: how they are accepted, how many there may be, and how long each may take for what.
//!
//! Souk speaks HTTP/1.1 here, and WebSocket on top of it. HTTP/2 and TLS are for the proxy in front.
//!
//! - In all there are at most `SOUK_CONNECTIONS`, fewer if the limit on open files is lower: then connections are refused while
//!   files can still be opened for the database and for pictures. When all are taken, an idle connection of the network that has
//!   the most makes room.
//! - Each network has at most `SOUK_CONNECTIONS_PER_ADDRESS`. Behind trusted proxies the peer is a proxy that connects for many
//!   people, so connections are not counted there; requests in progress are, by the address that the proxy tells ([`Requests`]).
//! - A request's header must be there within `SOUK_HEADER_SECONDS`, counted from its first byte (of the first request from the
//!   connection's begin, so that silent connections end, too). Between requests a connection may be idle for `SOUK_IDLE_SECONDS`.
//! - A client that takes none of its answer for `SOUK_STALL_SECONDS` is gone. The same holds while it sends a body
//!   (`http/body.rs`).

mod io;
mod open;

use crate::http::server::{Server, router};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{BoxError, Router};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use io::{Activity, Guarded};
use open::{Denied, OpenConnections, Place};
use souk_core::auth::Client;
use souk_core::config::Limits;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// The largest header of a request, in bytes, and the most that is read ahead of a body.
const BUFFER: usize = 64 * 1024;
/// The most fields in a header.
const MOST_FIELDS: usize = 100;
/// Files that are open for other things than connections from outside: storage, mails, the log, uploads in progress.
const OTHER_FILES: u64 = 128;
/// Files that one connection to the database takes: SQLite opens the database, its log and the log's index.
const FILES_PER_DATABASE_CONNECTION: u64 = 4;
/// So many connections there are even if the limit on open files is absurdly low.
const FEWEST: usize = 16;
/// After a failed accept the next is tried so much later: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// Refused connections are logged at most this often.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Serves connections until the server is told to stop, then lets requests in progress finish.
pub async fn serve(server: Server, listener: TcpListener) {
    let limits = &server.app.config.limits;
    let most = most_connections(limits.connections, server.app.config.database_pool);
    let per_network = (server.app.config.trusted_proxies == 0).then_some(limits.connections_per_address);
    let open = Arc::new(OpenConnections::new(most, per_network));
    let settings = Settings::new(limits);
    let (stop, router) = (server.stop.clone(), router(server.clone()));
    let connections = TaskTracker::new();
    let mut refusals = Refusals::default();
    let mut pause = PAUSE.0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = PAUSE.0;
                match open.enter(&network(peer.ip())) {
                    Ok(place) => {
                        connections.spawn(connection(router.clone(), stream, peer, place, settings, stop.clone()));
                    }
                    Err(denied) => {
                        refusals.note(denied, peer.ip());
                        deny(&stream, denied);
                    }
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Too many open files, most likely: what is idle makes room.
                tracing::warn!(%error, open = open.count(), "a connection can't be accepted; trying again");
                open.evict_idle();
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The most connections: as configured, but no more than the limit on open files allows. The limit is raised as far as this
/// process may.
fn most_connections(configured: usize, database_pool: u32) -> usize {
    let other = OTHER_FILES + FILES_PER_DATABASE_CONNECTION * u64::from(database_pool);
    let wanted = u64::try_from(configured).unwrap_or(u64::MAX).saturating_add(other);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(files) => {
            let possible = usize::try_from(files.saturating_sub(other)).unwrap_or(usize::MAX);
            if possible < configured {
                tracing::warn!(
                    SOUK_CONNECTIONS = configured,
                    open_files = files,
                    connections = possible.max(FEWEST),
                    "the limit on open files allows fewer connections than configured; raise it (ulimit -n)"
                );
            }
            configured.min(possible.max(FEWEST))
        }
        Err(error) => {
            tracing::warn!(%error, "the limit on open files can't be read; SOUK_CONNECTIONS is taken as it is");
            configured
        }
    }
}

/// What connections from an address are counted by.
fn network(ip: IpAddr) -> String {
    Client { ip: Some(ip.to_canonical()), user_agent: None }.network()
}

/// Whether an accept failed because of the one connection that was to be accepted.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Says why, as far as the socket takes it at once, and closes.
fn deny(stream: &TcpStream, denied: Denied) {
    let status = match denied {
        Denied::Network => StatusCode::TOO_MANY_REQUESTS,
        Denied::All => StatusCode::SERVICE_UNAVAILABLE,
    };
    let message = match denied {
        Denied::Network => "There are too many connections from this address.",
        Denied::All => "There are too many connections.",
    };
    let body =
        serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": "RATE_LIMITED", "retryAfter": 5 } }] })
            .to_string();
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json; charset=utf-8\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// What was refused since it was last logged: a flood must not become one of the log.
#[derive(Default)]
struct Refusals {
    count: u64,
    logged: Option<Instant>,
}

impl Refusals {
    fn note(&mut self, denied: Denied, ip: IpAddr) {
        self.count += 1;
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            tracing::warn!(count = self.count, limit = denied.key(), latest = %ip, "connections are refused");
            *self = Self { count: 0, logged: Some(Instant::now()) };
        }
    }
}

#[derive(Clone, Copy)]
struct Settings {
    header: Duration,
    idle: Duration,
    stall: Duration,
}

impl Settings {
    fn new(limits: &Limits) -> Self {
        Self { header: limits.header, idle: limits.idle, stall: limits.stall }
    }
}

/// Serves one connection.
async fn connection(
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    settings: Settings,
    stop: CancellationToken,
) {
    // Answers are written in one piece: there is nothing to wait for.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY can't be set");
    }
    let (activity, evicted) = (Arc::clone(&place.activity), place.evicted.clone());
    let io = TokioIo::new(Guarded::new(stream, place, settings.header, settings.stall));
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        activity.busy();
        let activity = Arc::clone(&activity);
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = router.clone().call(request);
        async move {
            let response: Response = answering.await?;
            Ok::<_, Infallible>(tracked(response, activity))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Also while it waits for the next request. Once that has begun, the connection's own limit holds.
        .header_read_timeout(settings.idle)
        .max_buf_size(BUFFER)
        .max_header_size(BUFFER)
        .max_headers(MOST_FIELDS)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            // In this order: an answer that is begun after the stop says that the connection closes.
            biased;
            () = evicted.cancelled() => return,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            // An error is the client's, or the network's.
            _ = connection.as_mut() => return,
        }
    }
}

/// The same answer; when its body is over, the connection waits for the next request.
fn tracked(response: Response, activity: Arc<Activity>) -> hyper::Response<Tracked> {
    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    response.map(|body| Tracked { body, activity: (!upgraded).then_some(activity) })
}

struct Tracked {
    body: Body,
    /// Absent where no request follows.
    activity: Option<Arc<Activity>>,
}

impl hyper::body::Body for Tracked {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if let Some(activity) = &self.activity {
            activity.answered();
        }
    }
}
