//! CORS: which web apps of other origins may call the API.

use axum::http::{HeaderName, HeaderValue, Method, header};
use souk_core::config::{Config, Environment};
use std::time::Duration;
use tower_http::cors::{AllowCredentials, AllowHeaders, AllowOrigin, CorsLayer};
use url::{Host, Url};

/// Time for which a browser may cache the response to a preflight request.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// Allowed origins: those of `SOUK_CORS_ORIGINS` and, in development, every origin of the local machine, because development
/// servers of storefronts choose their own ports.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    any: bool,
    named: Vec<String>,
    local: bool,
}

impl Origins {
    /// The allowed origins of a configuration.
    pub(super) fn new(config: &Config) -> Self {
        let (any, named) = config.cors_origins.iter().cloned().partition::<Vec<_>, _>(|origin| origin == "*");
        Self { any: !any.is_empty(), named, local: config.environment == Environment::Development }
    }

    /// Whether an origin may send cookies. `*` does not allow cookies, because every website could act for the signed-in user.
    pub(super) fn may_use_cookies(&self, origin: &str) -> bool {
        self.named.iter().any(|named| named == origin) || (self.local && is_local(origin))
    }

    fn may_call(&self, origin: &str) -> bool {
        self.any || self.may_use_cookies(origin)
    }

    /// The layer that handles preflight requests and adds CORS headers; `None` if no origin is allowed. All requested headers are
    /// allowed, because clients add their own, such as tracing headers.
    pub(super) fn layer(self) -> Option<CorsLayer> {
        if !self.any && !self.local && self.named.is_empty() {
            return None;
        }
        let with_cookies = self.clone();
        let text = |origin: &HeaderValue| origin.to_str().map(str::to_owned).unwrap_or_default();
        Some(
            CorsLayer::new()
                .allow_origin(AllowOrigin::predicate(move |origin, _| self.may_call(&text(origin))))
                .allow_credentials(AllowCredentials::predicate(move |origin, _| with_cookies.may_use_cookies(&text(origin))))
                .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
                .allow_headers(AllowHeaders::mirror_request())
                .expose_headers([HeaderName::from_static("x-request-id"), header::RETRY_AFTER])
                .max_age(MAX_AGE),
        )
    }
}

/// Whether an origin is a loopback address, on any port.
fn is_local(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    // Only an origin: no path and no user.
    is_loopback && matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_origins_are_loopback_addresses() {
        for origin in ["http://localhost:5173", "https://localhost", "http://127.0.0.1:3000", "http://[::1]:4000"] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://localhost.example:3000",
            "http://example.localhost.evil",
            "http://user@localhost:3000",
            "http://localhost:3000/path",
            "http://192.168.0.1:3000",
            "http://10.0.0.127",
            "file://localhost",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
