//! Limits on the size of request bodies and on pauses while they are sent.
//!
//! If the body pauses for longer than `SOUK_STALL_SECONDS`, the response is 408. Reading the body counts towards the timeout of
//! the request.
//!
//! If a connection is closed while the client still sends, the response is lost. So the rest of a rejected body is read and
//! discarded, up to a limit.

use crate::http::server::Server;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tower_http::timeout::{TimeoutBody, TimeoutError};

/// Bodies up to this size fit into the buffer of the connection.
const BUFFERED_BYTES: u64 = 64 * 1024;
/// Maximum number of bytes of a rejected body that are discarded.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;
/// Maximum time for which a rejected body is discarded.
const MAX_DISCARD_TIME: Duration = Duration::from_secs(15);

/// Maximum number of values in a JSON body. Parsed, a value of two bytes takes more than a hundred bytes of memory.
const MAX_VALUES: usize = 20_000;

struct Incoming {
    stream: Mutex<BodyDataStream>,
    seen: AtomicUsize,
    too_large: AtomicBool,
    stalled: AtomicBool,
}

/// Whether an error of a body means that the client paused for too long.
pub(super) fn is_stalled(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TimeoutError>())
}

/// The response to a body that paused for too long.
pub(super) const STALLED: (StatusCode, &str) = (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.");

/// Rejects JSON with too many values (objects, lists and their contents). Counts them without parsing.
pub(super) fn check_values(json: &[u8]) -> Result<(), String> {
    if json.len() <= MAX_VALUES {
        return Ok(());
    }
    let (mut values, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    if values <= MAX_VALUES { Ok(()) } else { Err(format!("The JSON must have at most {MAX_VALUES} values; got {values}.")) }
}

/// Rejects bodies above the size limit with 413. Multipart and file uploads have the limit of uploads, all other bodies that of
/// requests.
pub(super) async fn bounded(State(server): State<Server>, request: Request, next: Next) -> Response {
    let announced = content_length(request.headers());
    if announced == Some(0) || (announced.is_none() && is_empty(request.headers())) {
        return next.run(request).await;
    }
    let stall = server.app.config.limits.stall;
    let request = request.map(|body| Body::new(TimeoutBody::new(stall, body)));
    if announced.is_some_and(|length| length <= BUFFERED_BYTES) {
        return next.run(request).await;
    }
    let limit = max_bytes(&server, &request);
    let (parts, body) = request.into_parts();
    let incoming = Arc::new(Incoming {
        stream: Mutex::new(body.into_data_stream()),
        seen: AtomicUsize::new(0),
        too_large: AtomicBool::new(false),
        stalled: AtomicBool::new(false),
    });
    let known_too_large = announced.is_some_and(|length| usize::try_from(length).unwrap_or(usize::MAX) > limit);
    let response = if known_too_large {
        StatusCode::PAYLOAD_TOO_LARGE.into_response()
    } else {
        next.run(Request::from_parts(parts, read_through(&incoming, limit))).await
    };
    if incoming.stalled.load(Ordering::Relaxed) {
        return STALLED.into_response();
    }
    let too_large = known_too_large || incoming.too_large.load(Ordering::Relaxed);
    if too_large || response.status().is_client_error() {
        let _ = tokio::time::timeout(MAX_DISCARD_TIME, discard(&incoming)).await;
    }
    if too_large {
        return (StatusCode::PAYLOAD_TOO_LARGE, format!("The body must have at most {limit} bytes.")).into_response();
    }
    response
}

fn max_bytes(server: &Server, request: &Request) -> usize {
    let limits = &server.app.config.limits;
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if request.uri().path().starts_with("/graphql") && !content_type.starts_with("multipart/") {
        return limits.body_bytes;
    }
    // Allows a few files in one request; the size of each file is limited when it is read.
    limits.upload_bytes.saturating_mul(2).saturating_add(limits.body_bytes)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_empty(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::TRANSFER_ENCODING) && !headers.contains_key(header::CONTENT_TYPE)
}

/// The same body, with an error at the limit.
fn read_through(incoming: &Arc<Incoming>, limit: usize) -> Body {
    let chunks = stream::unfold(Arc::clone(incoming), move |incoming| async move {
        // The multipart parser buffers everything that is ready before it parses, which is the whole body of a fast sender. A
        // yield after each chunk makes it parse.
        tokio::task::yield_now().await;
        let chunk = incoming.stream.lock().await.next().await?;
        if let Err(error) = &chunk
            && is_stalled(error)
        {
            incoming.stalled.store(true, Ordering::Relaxed);
        }
        let length = chunk.as_ref().map_or(0, Bytes::len);
        let seen = incoming.seen.fetch_add(length, Ordering::Relaxed).saturating_add(length);
        if seen > limit {
            incoming.too_large.store(true, Ordering::Relaxed);
            return Some((Err(axum::Error::new(std::io::Error::other("the body is too large"))), incoming));
        }
        Some((chunk, incoming))
    });
    Body::from_stream(chunks)
}

async fn discard(incoming: &Incoming) {
    let mut stream = incoming.stream.lock().await;
    let mut discarded = 0usize;
    while let Some(Ok(chunk)) = stream.next().await {
        discarded = discarded.saturating_add(chunk.len());
        if discarded > MAX_DISCARDED {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        let text = format!(r#"{{"query":"{}"}}"#, ",[{\\\"".repeat(MAX_VALUES));
        assert_eq!(check_values(text.as_bytes()), Ok(()));
        assert_eq!(check_values(format!("[{}0]", "0,".repeat(MAX_VALUES - 1)).as_bytes()), Ok(()));
        for json in [format!("[{}0]", "0,".repeat(MAX_VALUES)), "[".repeat(MAX_VALUES + 1), "{\"a\":".repeat(MAX_VALUES + 1)] {
            assert!(check_values(json.as_bytes()).is_err());
        }
    }
}
