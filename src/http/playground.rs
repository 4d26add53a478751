//! GraphiQL at `/`, with example operations.

use crate::demo;
use crate::http::asset;
use crate::http::server::Server;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use minijinja::context;

/// Allows only scripts and connections of this server, and inline styles, which the editor needs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: blob:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `GET /`. The page contains the sign-ins of the demo only if the demo is served.
pub(super) async fn page(State(server): State<Server>, headers: HeaderMap) -> Response {
    let demo = match server.demo.is_empty() {
        true => String::new(),
        false => serde_json::json!({ "signIns": server.demo.as_ref(), "password": demo::PASSWORD }).to_string(),
    };
    asset::page(&headers, "playground/index.html", context! { version => env!("CARGO_PKG_VERSION"), demo }, POLICY)
}
