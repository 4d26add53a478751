//! Which browser apps of other origins may call.

use crate::graphql::cookie::PREFLIGHT_HEADERS;
use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowCredentials, AllowOrigin, CorsLayer};

/// The layer for a list of origins, `*` for any; none where the list is empty. Cookies are for origins that are named: with `*`
/// every site on the web could act for whoever is signed in.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let any = origins.iter().any(|origin| origin == "*");
    let named: Vec<HeaderValue> =
        origins.iter().filter(|origin| *origin != "*").filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let with_cookies = named.clone();
    let headers = [header::ACCEPT, header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("x-request-id")];
    let preflight = PREFLIGHT_HEADERS.iter().filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok());
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| any || named.contains(origin)))
            .allow_credentials(AllowCredentials::predicate(move |origin, _| with_cookies.contains(origin)))
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
            .allow_headers(headers.into_iter().chain(preflight).collect::<Vec<_>>())
            .expose_headers([HeaderName::from_static("x-request-id"), header::RETRY_AFTER])
            .max_age(Duration::from_secs(3600)),
    )
}
