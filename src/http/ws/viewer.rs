//! Authentication of a WebSocket connection.

use crate::http::cors::Origins;
use crate::http::server::Server;
use axum::http::{HeaderMap, header};
use axum_extra::extract::CookieJar;
use souk_api::cookie::ACCESS_COOKIE;
use souk_core::auth::Client;
use souk_core::auth::resolve::{self, SignedIn};
use souk_core::config::Config;
use souk_core::error::{Error, Fault, Result};

/// The signed-in user of a connection, by the token of `connection_init` or by the cookie of a browser. A browser also sends
/// cookies if the page of another site opens the connection, but it adds the `Origin` of that page. So the cookie is only
/// accepted with an allowed `Origin`.
pub(super) async fn viewer(
    server: &Server,
    token: Option<String>,
    headers: &HeaderMap,
    client: Client,
) -> Result<Option<SignedIn>> {
    if let Some(token) = token {
        return resolve::viewer(&server.app, &token, client).await.map(Some);
    }
    let cookie = CookieJar::from_headers(headers).get(ACCESS_COOKIE).map(|cookie| cookie.value().to_owned());
    let Some(cookie) = cookie.filter(|_| is_own_origin(&server.app.config, headers)) else { return Ok(None) };
    match resolve::viewer(&server.app, &cookie, client).await {
        Ok(signed_in) => Ok(Some(signed_in)),
        // An expired cookie is ignored because scripts in a browser can't read or remove it.
        Err(Error::Fault(Fault::Unauthenticated)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the page that connects belongs to this server or to an origin that may send cookies.
fn is_own_origin(config: &Config, headers: &HeaderMap) -> bool {
    let Some(Ok(origin)) = headers.get(header::ORIGIN).map(|origin| origin.to_str()) else { return false };
    origin == config.public_url.origin().ascii_serialization() || Origins::new(config).may_use_cookies(origin)
}
