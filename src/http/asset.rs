//! Pages, scripts and styles, embedded in the binary: nothing is loaded from other servers.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The page at `/`: its scripts and the example operations of its tabs.
#[derive(RustEmbed)]
#[folder = "assets/playground/"]
#[prefix = "playground/"]
struct Playground;

/// The pages that emails link to.
#[derive(RustEmbed)]
#[folder = "assets/pages/"]
#[prefix = "pages/"]
struct Pages;

/// Scripts and styles of all pages.
#[derive(RustEmbed)]
#[folder = "assets/shared/"]
#[prefix = "shared/"]
struct Shared;

/// Release files of third parties.
#[derive(RustEmbed)]
#[folder = "assets/vendor/"]
#[prefix = "vendor/"]
struct Vendor;

fn find(path: &str) -> Option<Cow<'static, [u8]>> {
    let file = Playground::get(path).or_else(|| Pages::get(path)).or_else(|| Shared::get(path)).or_else(|| Vendor::get(path))?;
    Some(file.data)
}

/// `GET /assets/...`.
pub(super) async fn get(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match find(&path) {
        Some(data) => respond(&headers, content_type(&path), data),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Renders a template of `assets/` as a page with a content security policy.
pub(super) fn page(headers: &HeaderMap, template: &str, values: Value, policy: HeaderValue) -> Response {
    match render(template, values) {
        Ok(html) => {
            let mut response = respond(headers, content_type(template), html.into_bytes().into());
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => {
            tracing::error!(%error, template, "failed to render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Values are escaped for HTML because of the extension of the template.
fn render(template: &str, values: Value) -> Result<String, minijinja::Error> {
    let source = find(template).unwrap_or_default();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.render_named_str(template, &String::from_utf8_lossy(&source), values)
}

/// A response with the checksum of its body as `ETag`: a browser that already has the body gets 304.
fn respond(headers: &HeaderMap, content_type: &'static str, body: Cow<'static, [u8]>) -> Response {
    let hash = Sha256::digest(&body);
    let tag = format!("\"{}\"", hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if tag.parse().is_ok_and(|tag| is_known(headers, &tag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// Whether the client already has this version. Compares weakly, because a proxy or the compression may have weakened the ETag.
pub(super) fn is_known(headers: &HeaderMap, tag: &ETag) -> bool {
    headers.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(tag))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("graphql") => "application/graphql; charset=utf-8",
        Some("json") => "application/json; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn values_of_a_page_are_escaped_and_a_missing_one_is_an_error() {
        let values = context! { version => "1 <2>", demo => "{\"a\":1}" };
        let html = render("playground/index.html", values).expect("a page");
        assert!(html.contains("1 &lt;2&gt;") && html.contains("{&quot;a&quot;:1}"), "{html}");
        assert!(render("playground/index.html", context! { version => "1" }).is_err());
    }
}
