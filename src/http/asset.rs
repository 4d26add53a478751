//! Pages, scripts and styles from the binary: nothing is loaded from elsewhere.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The page at `/`: its scripts, and the journeys in its tabs.
#[derive(RustEmbed)]
#[folder = "assets/playground/"]
#[prefix = "playground/"]
struct Playground;

/// The pages that mails lead to.
#[derive(RustEmbed)]
#[folder = "assets/pages/"]
#[prefix = "pages/"]
struct Pages;

/// Scripts and styles of both.
#[derive(RustEmbed)]
#[folder = "assets/shared/"]
#[prefix = "shared/"]
struct Shared;

/// The released files of others.
#[derive(RustEmbed)]
#[folder = "assets/vendor/"]
#[prefix = "vendor/"]
struct Vendor;

fn find(path: &str) -> Option<Cow<'static, [u8]>> {
    let file = Playground::get(path).or_else(|| Pages::get(path)).or_else(|| Shared::get(path)).or_else(|| Vendor::get(path))?;
    Some(file.data)
}

/// `GET /assets/...`.
pub async fn get(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match find(&path) {
        Some(data) => respond(&headers, content_type(&path), data),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A page made from a template in `assets/`, with the policy that says what it may load.
pub fn page(headers: &HeaderMap, template: &str, values: Value, policy: HeaderValue) -> Response {
    match render(template, values) {
        Ok(html) => {
            let mut response = respond(headers, content_type(template), html.into_bytes().into());
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => {
            tracing::error!(%error, template, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Values are escaped for HTML, by the template's name.
fn render(template: &str, values: Value) -> Result<String, minijinja::Error> {
    let source = find(template).unwrap_or_default();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.render_named_str(template, &String::from_utf8_lossy(&source), values)
}

/// A body with its checksum as the tag: a browser asks whether it has the present one, and gets it only if not.
fn respond(headers: &HeaderMap, content_type: &'static str, body: Cow<'static, [u8]>) -> Response {
    let hash = Sha256::digest(&body);
    let tag = format!("\"{}\"", hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    // A proxy or the compression may have marked the tag as a weak one.
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type)], body).into_response()
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
