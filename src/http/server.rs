//! The router: paths, and what every answer has.

use crate::app::App;
use crate::graphql::Schema;
use crate::http::{answer, body, cors, graphql, health, playground};
use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

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
    let cors = cors::layer(&server.app.config.cors_origins);
    let paths = Router::new()
        .route("/", get(playground::page))
        .route("/assets/{*path}", get(playground::asset))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        // From the inside out; a path that is not there passes through all of them, too.
        .layer(compression())
        .layer(axum::middleware::from_fn_with_state(server.clone(), body::bounded))
        .layer(axum::middleware::from_fn_with_state(server.clone(), answer::complete))
        .with_state(server);
    match cors {
        Some(cors) => paths.layer(cors),
        None => paths,
    }
}

/// Pictures are compressed already, and a stream must not wait in a compressor's buffer.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(512)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/zip"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}
