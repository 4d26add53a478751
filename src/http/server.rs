//! The router: paths, and what every answer has.

use crate::app::App;
use crate::graphql::Schema;
use crate::http::graphql;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::routing::get;
use std::sync::Arc;

/// What every handler is given.
#[derive(Clone)]
pub struct Server {
    /// The marketplace.
    pub app: Arc<App>,
    /// Its API.
    pub schema: Schema,
}

/// Names a request in answers and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// All paths.
pub fn router(server: Server) -> Router {
    let limits = server.app.config.limits.clone();
    // Multipart bodies are bounded by their files; everything else far below.
    let largest = limits.upload_bytes.saturating_mul(2).saturating_add(limits.body_bytes);
    Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post))
        .layer(tower_http::timeout::TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limits.request))
        .layer(tower_http::limit::RequestBodyLimitLayer::new(largest))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(with_request_id))
        .with_state(server)
}

async fn with_request_id(mut request: Request, next: Next) -> axum::response::Response {
    const NAME: HeaderName = HeaderName::from_static("x-request-id");
    let given = request.headers().get(&NAME).and_then(|value| value.to_str().ok());
    let usable =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let id = match given.filter(usable) {
        Some(id) => id.to_owned(),
        None => format!("{:032x}", rand::random::<u128>()),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(NAME, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
