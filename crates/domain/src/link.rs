//! URLs of pages for mails, posts and the API.
//!
//! With `SOUK_STOREFRONT_URL` they are pages of the storefront, with tokens in the query. Without it they are the pages that Souk
//! serves itself (`http/page.rs`), with tokens in the fragment: browsers do not send it, so no server or proxy can log it.

use entity::id::{OrderId, StoreOrderId};
use souk_core::app::App;
use souk_core::crypto::keys::Capability;
use url::Url;
use url::form_urlencoded::Serializer;

/// Paths of the pages that Souk serves itself.
pub mod path {
    /// Verifies an email address.
    pub const VERIFY_EMAIL: &str = "/verify-email";
    /// Requests a link to reset the password.
    pub const FORGOT_PASSWORD: &str = "/forgot-password";
    /// Sets a new password.
    pub const RESET_PASSWORD: &str = "/reset-password";
    /// Confirms a new email address.
    pub const CONFIRM_EMAIL_CHANGE: &str = "/confirm-email-change";
    /// Accepts or declines a store invitation.
    pub const INVITATION: &str = "/invitation";
    /// Order status for buyers.
    pub const ORDER: &str = "/orders/track";
    /// Store order for store members.
    pub const STORE_ORDER: &str = "/orders/received";
}

/// Page that verifies an email address.
pub fn verify_email(app: &App, token: &str) -> String {
    page(app, path::VERIFY_EMAIL, "verify-email", &[("token", token)])
}

/// Page that requests a link to reset the password.
pub fn forgot_password(app: &App) -> String {
    page(app, path::FORGOT_PASSWORD, "forgot-password", &[])
}

/// Page that sets a new password.
pub fn reset_password(app: &App, token: &str) -> String {
    page(app, path::RESET_PASSWORD, "reset-password", &[("token", token)])
}

/// Page that confirms a new email address.
pub fn confirm_email_change(app: &App, token: &str) -> String {
    page(app, path::CONFIRM_EMAIL_CHANGE, "confirm-email", &[("token", token)])
}

/// Page that accepts or declines a store invitation.
pub fn invitation(app: &App, token: &str) -> String {
    page(app, path::INVITATION, "store-invitation", &[("token", token)])
}

/// Order status page, usable without signing in: the URL contains the order's token.
pub fn order(app: &App, id: OrderId, number: &str) -> String {
    let token = app.keys.capability(Capability::Order, id);
    page(app, path::ORDER, &format!("orders/{number}"), &[("id", &id.to_string()), ("token", &token)])
}

/// Page on which a store processes a store order.
pub fn store_order(app: &App, id: StoreOrderId) -> String {
    match &app.config.storefront_url {
        Some(base) => with_path(base, &format!("vendor/orders/{id}")).into(),
        None => page(app, path::STORE_ORDER, "", &[("id", &id.to_string())]),
    }
}

/// Product page of the storefront; without a storefront, Souk's start page.
pub fn product(app: &App, slug: &str) -> String {
    shown(app, &format!("products/{slug}"))
}

/// Store page of the storefront; without a storefront, Souk's start page.
pub fn store(app: &App, slug: &str) -> String {
    shown(app, &format!("stores/{slug}"))
}

/// Statement of a store as CSV, which Souk serves itself (`http/statement.rs`).
pub(crate) fn statement(app: &App, token: &str) -> String {
    with_path(&app.config.public_url, &format!("statements/{token}")).into()
}

/// File of a digital product, which Souk serves itself (`http/download.rs`).
pub(crate) fn download(app: &App, token: &str) -> String {
    with_path(&app.config.public_url, &format!("downloads/{token}")).into()
}

/// Report of an import, which Souk serves itself (`http/transfer.rs`).
pub(crate) fn import_report(app: &App, token: &str) -> String {
    with_path(&app.config.public_url, &format!("import-reports/{token}")).into()
}

/// File of an export, which Souk serves itself (`http/transfer.rs`).
pub(crate) fn export(app: &App, token: &str) -> String {
    with_path(&app.config.public_url, &format!("exports/{token}")).into()
}

/// Start page.
pub fn home(app: &App) -> String {
    shown(app, "")
}

/// A page of the storefront by its path, such as `categories/tea`; `None` without a storefront.
fn storefront(app: &App, path: &str) -> Option<String> {
    app.config.storefront_url.as_ref().map(|base| with_path(base, path).into())
}

/// Product page of the storefront (`SOUK_STOREFRONT_URL`); `None` without a storefront.
pub fn storefront_product(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("products/{slug}"))
}

/// Store page of the storefront; `None` without a storefront.
pub fn storefront_store(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("stores/{slug}"))
}

/// Category page of the storefront; `None` without a storefront.
pub fn storefront_category(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("categories/{slug}"))
}

fn shown(app: &App, path: &str) -> String {
    match &app.config.storefront_url {
        Some(base) => with_path(base, path).into(),
        None => app.config.public_url.to_string(),
    }
}

/// A page of the storefront, or Souk's own page.
fn page(app: &App, own: &str, storefront: &str, parameters: &[(&str, &str)]) -> String {
    let encoded = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let encoded = (!encoded.is_empty()).then_some(encoded.as_str());
    let mut url;
    match &app.config.storefront_url {
        Some(base) => {
            url = with_path(base, storefront);
            url.set_query(encoded);
        }
        None => {
            url = with_path(&app.config.public_url, own);
            url.set_fragment(encoded);
        }
    }
    url.into()
}

fn with_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/')));
    url
}
