//! The size of bodies, and the time they may take.
//!
//! A body that pauses for longer than `SOUK_STALL_SECONDS` is answered with 408; its whole time is part of that of the request.
//!
//! A connection that is closed while the client still sends loses the answer: what is refused is therefore read to its end, for
//! a while, and thrown away.

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

/// Smaller ones are in the connection's buffer anyway.
const SMALL: u64 = 64 * 1024;
/// So much of a refused body is thrown away.
const MOST_DISCARDED: usize = 256 * 1024 * 1024;
/// So long.
const LONGEST_DISCARDED: Duration = Duration::from_secs(15);

/// The most values in a body of JSON. Read into memory, a value of two bytes takes more than a hundred.
const MOST_VALUES: usize = 20_000;

struct Incoming {
    stream: Mutex<BodyDataStream>,
    seen: AtomicUsize,
    too_large: AtomicBool,
    stalled: AtomicBool,
}

/// Whether an error in a body means that the client paused for too long.
pub fn is_stalled(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TimeoutError>())
}

/// The answer to a body that paused for too long.
pub const STALLED: (StatusCode, &str) = (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.");

/// Refuses JSON with more values than are read into memory: objects, lists, and what they hold. Counted without reading them.
pub fn check_values(json: &[u8]) -> Result<(), String> {
    if json.len() <= MOST_VALUES {
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
    if values <= MOST_VALUES {
        Ok(())
    } else {
        Err(format!("The JSON must hold at most {MOST_VALUES} values; it holds {values}."))
    }
}

/// Refuses bodies above the limit with 413: that of uploads for multipart and for files, and that of requests for all others.
pub async fn bounded(State(server): State<Server>, request: Request, next: Next) -> Response {
    let told = content_length(request.headers());
    if told == Some(0) || (told.is_none() && is_empty(request.headers())) {
        return next.run(request).await;
    }
    let stall = server.app.config.limits.stall;
    let request = request.map(|body| Body::new(TimeoutBody::new(stall, body)));
    if told.is_some_and(|length| length <= SMALL) {
        return next.run(request).await;
    }
    let limit = limit(&server, &request);
    let (parts, body) = request.into_parts();
    let incoming = Arc::new(Incoming {
        stream: Mutex::new(body.into_data_stream()),
        seen: AtomicUsize::new(0),
        too_large: AtomicBool::new(false),
        stalled: AtomicBool::new(false),
    });
    let known_too_large = told.is_some_and(|length| usize::try_from(length).unwrap_or(usize::MAX) > limit);
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
        let _ = tokio::time::timeout(LONGEST_DISCARDED, discard(&incoming)).await;
    }
    if too_large {
        return (StatusCode::PAYLOAD_TOO_LARGE, format!("The body must have at most {limit} bytes.")).into_response();
    }
    response
}

fn limit(server: &Server, request: &Request) -> usize {
    let limits = &server.app.config.limits;
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if request.uri().path().starts_with("/graphql") && !content_type.starts_with("multipart/") {
        return limits.body_bytes;
    }
    // A few files at once; each is bounded by itself where it is read.
    limits.upload_bytes.saturating_mul(2).saturating_add(limits.body_bytes)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_empty(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::TRANSFER_ENCODING) && !headers.contains_key(header::CONTENT_TYPE)
}

/// The same body, which ends with an error at the limit.
fn read_through(incoming: &Arc<Incoming>, limit: usize) -> Body {
    let chunks = stream::unfold(Arc::clone(incoming), move |incoming| async move {
        // The reader of multipart bodies takes whatever is ready before it looks at any of it: of a fast sender the whole body. A
        // pause after each chunk makes it look.
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
    let mut thrown_away = 0usize;
    while let Some(Ok(chunk)) = stream.next().await {
        thrown_away = thrown_away.saturating_add(chunk.len());
        if thrown_away > MOST_DISCARDED {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_where_they_are_no_text() {
        let text = format!(r#"{{"query":"{}"}}"#, ",[{\\\"".repeat(MOST_VALUES));
        assert_eq!(check_values(text.as_bytes()), Ok(()));
        assert_eq!(check_values(format!("[{}0]", "0,".repeat(MOST_VALUES - 1)).as_bytes()), Ok(()));
        for json in [format!("[{}0]", "0,".repeat(MOST_VALUES)), "[".repeat(MOST_VALUES + 1), "{\"a\":".repeat(MOST_VALUES + 1)] {
            assert!(check_values(json.as_bytes()).is_err());
        }
    }
}
