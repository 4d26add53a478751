//! The pages that emails link to if no storefront is configured (`souk_domain::link`). Each is an HTML page with a script that
//! reads the token from the URL and calls `/graphql`. Opening a page changes nothing, because mail scanners open links, too.

use crate::http::asset;
use crate::http::server::Server;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::get;
use minijinja::context;
use souk_domain::link::path;

/// Allows only scripts, styles and connections of this server.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// Path, title, and name of the script in `assets/pages/`.
const PAGES: [(&str, &str, &str); 7] = [
    (path::VERIFY_EMAIL, "Verify your email address", "verify-email"),
    (path::FORGOT_PASSWORD, "Forgot your password?", "forgot-password"),
    (path::RESET_PASSWORD, "Set a new password", "reset-password"),
    (path::CONFIRM_EMAIL_CHANGE, "Confirm your new email address", "confirm-email-change"),
    (path::INVITATION, "Invitation to a store", "invitation"),
    (path::ORDER, "Your order", "order"),
    (path::STORE_ORDER, "Order for your store", "store-order"),
];

/// The routes of all pages.
pub(super) fn routes() -> Router<Server> {
    PAGES.iter().fold(Router::new(), |router, &(path, title, script)| {
        let page = move |State(server): State<Server>, headers: HeaderMap| async move {
            let marketplace = server.app.config.marketplace_name.as_str();
            asset::page(&headers, "pages/page.html", context! { marketplace, title, script }, POLICY)
        };
        router.route(path, get(page))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_script() {
        for (_, _, script) in PAGES {
            let file = format!("{}/assets/pages/{script}.js", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&file).is_file(), "{file}");
        }
    }
}
