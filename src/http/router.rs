//! The paths of the server.

use crate::http::server::Server;
use crate::http::{
    answer, asset, body, cors, download, graphql, health, media, metrics, page, playground, statement, transfer, webhook, ws,
};
use axum::Router;
use axum::routing::{get, post, put};
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// The router with all paths.
pub fn router(server: Server) -> Router {
    let cors = cors::Origins::new(&server.app.config).layer();
    let paths = Router::new()
        .route("/", get(playground::page))
        .route("/assets/{*path}", get(asset::get))
        .route("/downloads/{token}", get(download::get))
        .route("/exports/{token}", get(transfer::get_export))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/graphql/ws", get(ws::connect))
        .route("/healthz", get(health::healthz))
        .route("/import-reports/{token}", get(transfer::get_report))
        .route("/media/{*key}", get(media::get))
        .route("/media/uploads/{token}", put(media::put))
        .route("/metrics", get(metrics::get))
        .route("/readyz", get(health::readyz))
        .route("/statements/{token}", get(statement::get))
        .merge(page::routes());
    // Innermost first. Unknown paths pass through all layers, too.
    let paths = with_middleware(paths.layer(compression()), &server);
    let paths = match cors {
        Some(cors) => paths.layer(cors),
        None => paths,
    };
    // No browser calls these.
    let webhooks = Router::new().route("/webhooks/{provider}", post(webhook::receive));
    with_middleware(webhooks, &server).merge(paths).with_state(server)
}

fn with_middleware(paths: Router<Server>, server: &Server) -> Router<Server> {
    paths
        .layer(axum::middleware::from_fn_with_state(server.clone(), body::bounded))
        .layer(axum::middleware::from_fn_with_state(server.clone(), answer::complete))
}

/// Images are already compressed, and the events of a stream must not wait in the buffer of the compression.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(512)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("font/"))
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/zip"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}
