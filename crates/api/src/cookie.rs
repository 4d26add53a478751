//! Cookies of sessions with `transport: COOKIE`.
//!
//! Scripts cannot read them. Against cross-site request forgery, a request that is authenticated by them must have a header that
//! another site can send only after a CORS preflight.

use async_graphql::Context;
use http::{HeaderMap, header};
use url::Url;

/// Name of the cookie with the access token.
pub const ACCESS_COOKIE: &str = "souk_access";
/// Name of the cookie with the refresh token; browsers send it only to `/graphql`.
pub const REFRESH_COOKIE: &str = "souk_refresh";
/// Headers that force a CORS preflight. One of them is required with cookies and with multipart bodies.
pub const PREFLIGHT_HEADERS: [&str; 3] = ["x-souk-csrf", "apollo-require-preflight", "graphql-require-preflight"];

/// Whether the request has a header that forces a CORS preflight, so that no form of another site sent it.
pub fn has_preflight_header(headers: &HeaderMap) -> bool {
    PREFLIGHT_HEADERS.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

/// Value of a cookie; `None` also if the request lacks a header of [`PREFLIGHT_HEADERS`].
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    if !has_preflight_header(headers) {
        return None;
    }
    axum_extra::extract::CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned())
}

/// As [`read`], for the request of a resolver.
pub fn of_request(ctx: &Context<'_>, name: &str) -> Option<String> {
    read(ctx.data_opt::<HeaderMap>()?, name)
}

/// Sets a cookie for a number of seconds; 0 or less deletes it.
pub fn set(ctx: &Context<'_>, public_url: &Url, name: &str, value: &str, seconds: i64) {
    // The refresh token is needed only at `/graphql`; the access token also for images and pages at other paths.
    let path = if name == REFRESH_COOKIE { "/graphql" } else { "/" };
    let secure = if public_url.scheme() == "https" { "; Secure" } else { "" };
    let seconds = seconds.max(0);
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    ctx.append_http_header(header::SET_COOKIE, cookie);
}

/// Deletes the cookies of the session.
pub fn clear(ctx: &Context<'_>, public_url: &Url) {
    for name in [ACCESS_COOKIE, REFRESH_COOKIE] {
        set(ctx, public_url, name, "", 0);
    }
}
