//! `/metrics`: the counters of this process.

use crate::http::server::Server;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

/// Media type of the text format of Prometheus.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Handles `GET /metrics`.
pub(super) async fn get(State(server): State<Server>) -> impl IntoResponse {
    let text = server.metrics.text(&server.app).await;
    ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], text)
}
