//! Middleware for every response: request ID, timeout, security headers, a JSON body for errors, and the request log.

use crate::http::client;
use crate::http::server::{RequestId, Server};
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use entity::id::UserId;
use futures::FutureExt;
use souk_core::random::Random;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Content security policy of responses that are not pages: they may not load, run or be framed.
const NON_PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox");

/// The name of the executed operation, for the log.
#[derive(Clone, Debug)]
pub(super) struct Operation(pub String);

/// The user who sent the request, for the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct SentBy(pub UserId);

/// Data of a request for the log.
struct RequestLog {
    id: String,
    method: Method,
    path: String,
    /// The client's IPv4 address, or the 64-bit network of its IPv6 address.
    client: String,
    begun: Instant,
}

/// The middleware around every request.
pub(super) async fn complete(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let trusted = server.app.config.trusted_proxies;
    let request_log = RequestLog {
        id: request_id(request.headers(), &server.app.random),
        method: request.method().clone(),
        // The route and not the path, which may contain a token.
        path: match request.extensions().get::<MatchedPath>() {
            Some(route) => route.as_str().to_owned(),
            None => request.uri().path().to_owned(),
        },
        client: client::describe(request.headers(), client::peer(&request), trusted).network(),
        begun: Instant::now(),
    };
    request.extensions_mut().insert(RequestId(request_log.id.clone()));
    let response = run(&server, request, next, &request_log).await;
    let mut response = to_json_error(response, &request_log.id).await;
    add_headers(response.headers_mut(), &request_log.id, server.app.config.public_url.scheme() == "https");
    request_log.log(&response);
    response
}

/// The request ID of the client if it is safe to log; otherwise a new one.
fn request_id(headers: &HeaderMap, random: &Random) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    match given.filter(usable) {
        Some(id) => id.to_owned(),
        None => random.hex(),
    }
}

/// Runs a request; a timeout or a panic becomes an error response.
async fn run(server: &Server, request: Request, next: Next, request_log: &RequestLog) -> Response {
    let limits = &server.app.config.limits;
    let id = request_log.id.as_str();
    // Behind a proxy, connections don't identify clients, so requests are counted instead.
    let counted = (server.app.config.trusted_proxies > 0)
        .then(|| server.requests.enter(request_log.client.clone(), limits.connections_per_address));
    if matches!(counted, Some(None)) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "2")]).into_response();
    }
    let limit = server.app.config.limits.request;
    match tokio::time::timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            tracing::error!(request_id = id, panic = text.unwrap_or("?"), "request panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => {
            tracing::warn!(request_id = id, seconds = limit.as_secs(), "request timed out");
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}

/// Converts error responses of the router and of the limits, which are plain text or empty, to JSON.
async fn to_json_error(response: Response, id: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !is_error || content_type.is_some_and(|found| !found.starts_with("text/plain")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, 1000).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let (code, message) = explain(status, text.trim());
    let error = serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code, "requestId": id } }] });
    let bytes = serde_json::to_vec(&error).unwrap_or_default();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    Response::from_parts(parts, Body::from(bytes))
}

fn explain(status: StatusCode, text: &str) -> (&'static str, String) {
    let (code, message) = match status {
        StatusCode::NOT_FOUND => ("NOT_FOUND", "The path does not exist."),
        StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "The path does not support this method."),
        StatusCode::PAYLOAD_TOO_LARGE => ("PAYLOAD_TOO_LARGE", "The body is too large."),
        StatusCode::REQUEST_TIMEOUT => ("TIMEOUT", "The request did not arrive in time."),
        StatusCode::TOO_MANY_REQUESTS => ("RATE_LIMITED", "Too many requests from this address."),
        StatusCode::GATEWAY_TIMEOUT => ("TIMEOUT", "The request timed out."),
        StatusCode::RANGE_NOT_SATISFIABLE => ("RANGE_NOT_SATISFIABLE", "The file does not contain the requested range."),
        _ if status.is_server_error() => return ("INTERNAL", "Internal error.".into()),
        _ => ("BAD_USER_INPUT", "The request is invalid."),
    };
    (code, if text.is_empty() { message.to_owned() } else { text.to_owned() })
}

fn add_headers(headers: &mut HeaderMap, id: &str, https: bool) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NON_PAGE_POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

impl RequestLog {
    /// Writes the log line of the request. Numbers have at most 64 bits, because larger ones would be strings in JSON.
    fn log(&self, response: &Response) {
        let Self { id, method, path, client, begun } = self;
        let status = response.status().as_u16();
        let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        // None if the response is compressed while it is sent.
        let bytes = response.body().size_hint().exact();
        let operation = response.extensions().get::<Operation>().map(|operation| operation.0.as_str());
        let user = response.extensions().get::<SentBy>().map(|user| tracing::field::display(user.0));
        // Monitoring calls these paths every few seconds.
        if matches!(path.as_str(), "/healthz" | "/metrics" | "/readyz") {
            tracing::debug!(request_id = id, %method, path, status, microseconds, bytes, client, "request");
        } else {
            tracing::info!(request_id = id, %method, path, status, microseconds, bytes, client, user, operation, "request");
        }
    }
}
