//! Cookies of browsers that sign in with `transport: COOKIE`.
//!
//! Scripts can't read them, and other sites can't use them: a request that relies on them must carry a header which a form of
//! another site can't send.

use async_graphql::Context;
use http::{HeaderMap, header};
use url::Url;

/// The access token.
pub const ACCESS_COOKIE: &str = "souk_access";
/// The refresh token; sent to the API alone.
pub const REFRESH_COOKIE: &str = "souk_refresh";
/// Headers that a form of another site can't send; one of them is needed with cookies and with multipart bodies.
pub const PREFLIGHT_HEADERS: [&str; 3] = ["x-souk-csrf", "apollo-require-preflight", "graphql-require-preflight"];

/// Whether the request could not come from a form of another site.
pub fn has_preflight_header(headers: &HeaderMap) -> bool {
    PREFLIGHT_HEADERS.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
}

/// A cookie of the request, where the request may rely on its cookies.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    if !has_preflight_header(headers) {
        return None;
    }
    axum_extra::extract::CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned())
}

/// As [`read`], from a resolver.
pub fn of_request(ctx: &Context<'_>, name: &str) -> Option<String> {
    read(ctx.data_opt::<HeaderMap>()?, name)
}

/// Has the browser keep a cookie for so many seconds; none makes it forget the cookie.
pub fn set(ctx: &Context<'_>, public_url: &Url, name: &str, value: &str, seconds: i64) {
    // A refresh token is needed at one address; the access token also by pictures and pages beside it.
    let path = if name == REFRESH_COOKIE { "/graphql" } else { "/" };
    let secure = if public_url.scheme() == "https" { "; Secure" } else { "" };
    let seconds = seconds.max(0);
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    ctx.append_http_header(header::SET_COOKIE, cookie);
}

/// Has the browser forget who was signed in.
pub fn clear(ctx: &Context<'_>, public_url: &Url) {
    for name in [ACCESS_COOKIE, REFRESH_COOKIE] {
        set(ctx, public_url, name, "", 0);
    }
}
