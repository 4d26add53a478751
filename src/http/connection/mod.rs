//! Connections: accepting, limits on their number, and timeouts.
//!
//! The server supports HTTP/1.1 and WebSocket. HTTP/2 and TLS are the task of a reverse proxy.
//!
//! - The total number is at most `SOUK_CONNECTIONS`, less if the limit on open files is lower, so that files can still be opened
//!   for the database and for images. At the limit, an idle connection of the network with the most connections is closed for a
//!   new one.
//! - Each network has at most `SOUK_CONNECTIONS_PER_ADDRESS` connections. Behind trusted proxies the peer is a proxy with the
//!   connections of many clients, so requests in progress are counted instead, by the client address that the proxy forwards
//!   (`Server::requests`).
//! - A request header must be complete within `SOUK_HEADER_SECONDS` of its first byte, or of the start of the connection for the
//!   first request. Between requests a connection may be idle for `SOUK_IDLE_SECONDS`.
//! - A connection is closed if the client receives no bytes of a response for `SOUK_STALL_SECONDS`. The same timeout applies to
//!   pauses while the client sends a body (`http/body.rs`).

mod activity;
mod io;
mod open;

use crate::http::router::router;
use crate::http::server::Server;
use activity::Activity;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{BoxError, Router};
use futures::future::BoxFuture;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use io::Guarded;
use open::{OpenConnections, Rejected, Slot};
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

/// Maximum size of a request header in bytes, and of the read buffer for bodies.
const BUFFER: usize = 64 * 1024;
/// Maximum number of header fields of a request.
const MAX_FIELDS: usize = 100;
/// Open files reserved for everything except client connections: storage, emails, the log, uploads.
const OTHER_FILES: u64 = 128;
/// Open files per database connection: SQLite opens the database, its write-ahead log and the index of the log.
const FILES_PER_DATABASE_CONNECTION: u64 = 4;
/// Minimum number of connections, even if the limit on open files is lower.
const MIN_CONNECTIONS: usize = 16;
/// Initial and maximum delay before the next accept after a failed one.
const ACCEPT_DELAY: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// Minimum interval between log lines about rejected connections.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Serves connections until the server stops, then waits for requests in progress.
pub fn serve(server: Server, listener: TcpListener) -> BoxFuture<'static, ()> {
    // Boxed, so that its code is not generated again in the binary and in the tests.
    Box::pin(accept(server, listener))
}

async fn accept(server: Server, listener: TcpListener) {
    let limits = &server.app.config.limits;
    let most = max_connections(limits.connections, server.app.config.database_pool);
    let per_network = (server.app.config.trusted_proxies == 0).then_some(limits.connections_per_address);
    let open = Arc::new(OpenConnections::new(most, per_network));
    let settings = Settings::new(limits);
    let (stop, router) = (server.stop.clone(), router(server.clone()));
    let connections = TaskTracker::new();
    let mut rejections = Rejections::default();
    let mut delay = ACCEPT_DELAY.0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                delay = ACCEPT_DELAY.0;
                match open.enter(&network(peer.ip())) {
                    Ok(slot) => {
                        connections.spawn(connection(router.clone(), stream, peer, slot, settings, stop.clone()));
                    }
                    Err(rejected) => {
                        rejections.record(rejected, peer.ip());
                        reject(&stream, rejected);
                    }
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Most likely too many open files, so an idle connection is closed.
                tracing::warn!(%error, open = open.count(), "failed to accept a connection; retrying");
                open.evict_idle();
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(delay) => {}
                }
                delay = (delay * 2).min(ACCEPT_DELAY.1);
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The maximum number of connections: as configured, but at most what the limit on open files allows. Raises that limit as far as
/// the process may.
fn max_connections(configured: usize, database_pool: u32) -> usize {
    let other = OTHER_FILES + FILES_PER_DATABASE_CONNECTION * u64::from(database_pool);
    let wanted = u64::try_from(configured).unwrap_or(u64::MAX).saturating_add(other);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(files) => {
            let possible = usize::try_from(files.saturating_sub(other)).unwrap_or(usize::MAX);
            if possible < configured {
                tracing::warn!(
                    SOUK_CONNECTIONS = configured,
                    open_files = files,
                    connections = possible.max(MIN_CONNECTIONS),
                    "the limit on open files allows fewer connections than configured; raise it (ulimit -n)"
                );
            }
            configured.min(possible.max(MIN_CONNECTIONS))
        }
        Err(error) => {
            tracing::warn!(%error, "failed to read the limit on open files; using SOUK_CONNECTIONS");
            configured
        }
    }
}

/// The network by which connections from an address are counted.
fn network(ip: IpAddr) -> String {
    Client { ip: Some(ip.to_canonical()), user_agent: None }.network()
}

/// Whether an accept failed because of the accepted connection itself.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Sends the reason, if the socket accepts it without waiting, and closes the connection.
fn reject(stream: &TcpStream, rejected: Rejected) {
    let status = match rejected {
        Rejected::Network => StatusCode::TOO_MANY_REQUESTS,
        Rejected::All => StatusCode::SERVICE_UNAVAILABLE,
    };
    let message = match rejected {
        Rejected::Network => "Too many connections from this address.",
        Rejected::All => "Too many connections.",
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

/// Counts rejected connections between log lines, so that a flood of connections does not flood the log.
#[derive(Default)]
struct Rejections {
    count: u64,
    logged: Option<Instant>,
}

impl Rejections {
    fn record(&mut self, rejected: Rejected, ip: IpAddr) {
        self.count += 1;
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            tracing::warn!(count = self.count, limit = rejected.key(), latest = %ip, "connections rejected");
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
    slot: Slot,
    settings: Settings,
    stop: CancellationToken,
) {
    // Responses are written in one piece, so Nagle's algorithm would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    let (activity, evicted) = (Arc::clone(&slot.activity), slot.evicted.clone());
    let io = TokioIo::new(Guarded::new(stream, slot, settings.header, settings.stall));
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
        // Applies between requests. From the first byte of a request on, the timeout of `Guarded` applies.
        .header_read_timeout(settings.idle)
        .max_buf_size(BUFFER)
        .max_header_size(BUFFER)
        .max_headers(MAX_FIELDS)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            // In this order, so that a response that starts after the stop has `Connection: close`.
            biased;
            () = evicted.cancelled() => return,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            // Errors are caused by the client or the network.
            _ = connection.as_mut() => return,
        }
    }
}

/// The same response; when its body is dropped, the connection is idle.
fn tracked(response: Response, activity: Arc<Activity>) -> hyper::Response<Tracked> {
    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    response.map(|body| Tracked { body, activity: (!upgraded).then_some(activity) })
}

struct Tracked {
    body: Body,
    /// `None` if no request follows.
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
