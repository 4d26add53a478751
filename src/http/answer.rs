//! What every answer has: a request ID, a time limit, security headers, a body in JSON where something went wrong, and a line in
//! the log.

use crate::http::client;
use crate::http::server::{RequestId, Server};
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use entity::id::UserId;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// For what is no page: nothing may be loaded, run or framed from it.
const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox");

/// The name of the operation that was run, for the log.
#[derive(Clone, Debug)]
pub struct Operation(pub String);

/// The user who sent a request, for the log.
#[derive(Clone, Copy, Debug)]
pub struct SentBy(pub UserId);

/// What is known of a request before it is answered, for the log.
struct Asked {
    id: String,
    method: Method,
    path: String,
    /// The client's address; of IPv6 its network of 64 bits.
    client: String,
    begun: Instant,
}

/// Wraps every request.
pub async fn complete(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let trusted = server.app.config.trusted_proxies;
    let asked = Asked {
        id: request_id(request.headers()),
        method: request.method().clone(),
        // The route, not the path: a path can hold a token.
        path: match request.extensions().get::<MatchedPath>() {
            Some(route) => route.as_str().to_owned(),
            None => request.uri().path().to_owned(),
        },
        client: client::describe(request.headers(), client::peer(&request), trusted).network(),
        begun: Instant::now(),
    };
    request.extensions_mut().insert(RequestId(asked.id.clone()));
    let response = run(&server, request, next, &asked).await;
    let mut response = in_json(response, &asked.id).await;
    add_headers(response.headers_mut(), &asked.id, server.app.config.public_url.scheme() == "https");
    asked.log(&response);
    response
}

/// The client's own, where it is harmless in a log; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    match given.filter(usable) {
        Some(id) => id.to_owned(),
        None => format!("{:032x}", rand::random::<u128>()),
    }
}

/// Runs a request; one that takes too long or panics is answered all the same.
async fn run(server: &Server, request: Request, next: Next, asked: &Asked) -> Response {
    let limits = &server.app.config.limits;
    let id = asked.id.as_str();
    // The connections of a proxy are those of many people; their requests are counted instead.
    let counted = (server.app.config.trusted_proxies > 0)
        .then(|| server.requests.enter(asked.client.clone(), limits.connections_per_address));
    if matches!(counted, Some(None)) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "2")]).into_response();
    }
    let limit = server.app.config.limits.request;
    match tokio::time::timeout(limit, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            tracing::error!(request_id = id, panic = text.unwrap_or("?"), "a request panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => {
            tracing::warn!(request_id = id, seconds = limit.as_secs(), "a request took too long");
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}

/// Errors of the router and the limits come as plain text, or as nothing; clients of an API read JSON.
async fn in_json(response: Response, id: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !is_error || content_type.is_some_and(|found| !found.starts_with("text/plain")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, 1000).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let (code, message) = explain(status, said.trim());
    let error = serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code, "requestId": id } }] });
    let bytes = serde_json::to_vec(&error).unwrap_or_default();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    Response::from_parts(parts, Body::from(bytes))
}

fn explain(status: StatusCode, said: &str) -> (&'static str, String) {
    let (code, message) = match status {
        StatusCode::NOT_FOUND => ("NOT_FOUND", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "This address does not take this method."),
        StatusCode::PAYLOAD_TOO_LARGE => ("PAYLOAD_TOO_LARGE", "The body is larger than allowed."),
        StatusCode::REQUEST_TIMEOUT => ("TIMEOUT", "The request did not arrive in time."),
        StatusCode::TOO_MANY_REQUESTS => ("RATE_LIMITED", "There are too many requests from this address."),
        StatusCode::GATEWAY_TIMEOUT => ("TIMEOUT", "The request took too long and was broken off."),
        StatusCode::RANGE_NOT_SATISFIABLE => ("RANGE_NOT_SATISFIABLE", "The file does not have the bytes that were asked for."),
        _ if status.is_server_error() => return ("INTERNAL", "Internal error.".into()),
        _ => ("BAD_USER_INPUT", "The request is not one that is understood here."),
    };
    (code, if said.is_empty() { message.to_owned() } else { said.to_owned() })
}

fn add_headers(headers: &mut HeaderMap, id: &str, https: bool) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_PAGE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

impl Asked {
    /// Writes the line of the request. Numbers are numbers, also in JSON: what has more than 64 bits would be written as text.
    fn log(&self, response: &Response) {
        let Self { id, method, path, client, begun } = self;
        let status = response.status().as_u16();
        let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        // Unknown if the answer is compressed while it is sent.
        let bytes = response.body().size_hint().exact();
        let operation = response.extensions().get::<Operation>().map(|operation| operation.0.as_str());
        let user = response.extensions().get::<SentBy>().map(|user| tracing::field::display(user.0));
        // Asked for every few seconds by whoever watches.
        if matches!(path.as_str(), "/healthz" | "/readyz") {
            tracing::debug!(request_id = id, %method, path, status, microseconds, bytes, client, "request");
        } else {
            tracing::info!(request_id = id, %method, path, status, microseconds, bytes, client, user, operation, "request");
        }
    }
}
