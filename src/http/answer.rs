//! What every answer has: a request ID, a time limit, security headers, a body in JSON where something went wrong, and a line in
//! the log.

use crate::http::client;
use crate::http::server::{RequestId, Server};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
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

/// Wraps every request.
pub async fn complete(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // The route, not the path: a path can hold a token.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let unknown = if route.is_none() { request.uri().path().to_owned() } else { String::new() };
    let path = route.as_ref().map_or(unknown.as_str(), MatchedPath::as_str);
    let response = run(&server, request, next, &id).await;
    let mut response = in_json(response, &id).await;
    add_headers(response.headers_mut(), &id, server.app.config.public_url.scheme() == "https");
    log(&method, path, &id, &response, begun);
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
async fn run(server: &Server, request: Request, next: Next, id: &str) -> Response {
    let limits = &server.app.config.limits;
    let trusted = server.app.config.trusted_proxies;
    // The connections of a proxy are those of many people; their requests are counted instead.
    let network = (trusted > 0).then(|| client::describe(request.headers(), client::peer(&request), trusted).network());
    let counted = network.map(|network| server.requests.enter(network, limits.connections_per_address));
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

fn log(method: &Method, path: &str, id: &str, response: &Response, begun: Instant) {
    let status = response.status().as_u16();
    let microseconds = begun.elapsed().as_micros();
    let operation = response.extensions().get::<Operation>().map(|operation| operation.0.as_str());
    // Asked for every few seconds by whoever watches.
    if matches!(path, "/healthz" | "/readyz") {
        tracing::debug!(request_id = id, %method, path, status, microseconds, "request");
    } else {
        tracing::info!(request_id = id, %method, path, status, microseconds, operation, "request");
    }
}
