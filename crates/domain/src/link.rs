//! URLs of the pages that mails, posts and the API lead people to.
//!
//! With `SOUK_STOREFRONT_URL` they are pages of the storefront, with tokens in the query. Without it they are the pages that Souk
//! serves itself (`http/page.rs`), with tokens in the fragment: a browser does not send it, so no server and no proxy can log it.

use entity::id::{OrderId, StoreOrderId};
use souk_core::app::App;
use souk_core::crypto::keys::Capability;
use url::Url;
use url::form_urlencoded::Serializer;

/// Paths of the pages in the binary.
pub mod path {
    /// Verifies the email address of an account.
    pub const VERIFY_EMAIL: &str = "/verify-email";
    /// Asks for a mail that allows a new password to be set.
    pub const FORGOT_PASSWORD: &str = "/forgot-password";
    /// Sets a new password.
    pub const RESET_PASSWORD: &str = "/reset-password";
    /// Confirms another email address.
    pub const CONFIRM_EMAIL_CHANGE: &str = "/confirm-email-change";
    /// Accepts or declines an invitation to work for a store.
    pub const INVITATION: &str = "/invitation";
    /// Status of an order, for its buyer.
    pub const ORDER: &str = "/orders/track";
    /// A store order, for those who work for the store.
    pub const STORE_ORDER: &str = "/orders/received";
}

/// Where an email address is verified.
pub fn verify_email(app: &App, token: &str) -> String {
    page(app, path::VERIFY_EMAIL, "verify-email", &[("token", token)])
}

/// Where a mail that allows a new password to be set is asked for.
pub fn forgot_password(app: &App) -> String {
    page(app, path::FORGOT_PASSWORD, "forgot-password", &[])
}

/// Where a new password is set.
pub fn reset_password(app: &App, token: &str) -> String {
    page(app, path::RESET_PASSWORD, "reset-password", &[("token", token)])
}

/// Where another email address is confirmed.
pub fn confirm_email_change(app: &App, token: &str) -> String {
    page(app, path::CONFIRM_EMAIL_CHANGE, "confirm-email", &[("token", token)])
}

/// Where an invitation to work for a store is accepted or declined.
pub fn invitation(app: &App, token: &str) -> String {
    page(app, path::INVITATION, "store-invitation", &[("token", token)])
}

/// Where the buyer follows an order, also without being signed in: the URL holds the order's token.
pub fn order(app: &App, id: OrderId, number: &str) -> String {
    let token = app.keys.capability(Capability::Order, id);
    page(app, path::ORDER, &format!("orders/{number}"), &[("id", &id.to_string()), ("token", &token)])
}

/// Where a store processes its part of an order.
pub fn store_order(app: &App, id: StoreOrderId) -> String {
    match &app.config.storefront_url {
        Some(base) => with_path(base, &format!("vendor/orders/{id}")).into(),
        None => page(app, path::STORE_ORDER, "", &[("id", &id.to_string())]),
    }
}

/// The storefront's page of a product, and Souk's first page without a storefront.
pub fn product(app: &App, slug: &str) -> String {
    shown(app, &format!("products/{slug}"))
}

/// The storefront's page of a store, and Souk's first page without a storefront.
pub fn store(app: &App, slug: &str) -> String {
    shown(app, &format!("stores/{slug}"))
}

/// The first page.
pub fn home(app: &App) -> String {
    shown(app, "")
}

/// A page of the storefront by its path, such as `categories/tea`; `None` without a storefront.
fn storefront(app: &App, path: &str) -> Option<String> {
    app.config.storefront_url.as_ref().map(|base| with_path(base, path).into())
}

/// The page of a product in the storefront (`SOUK_STOREFRONT_URL`), if there is one.
pub fn storefront_product(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("products/{slug}"))
}

/// The page of a store in the storefront, if there is one.
pub fn storefront_store(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("stores/{slug}"))
}

/// The page of a category in the storefront, if there is one.
pub fn storefront_category(app: &App, slug: &str) -> Option<String> {
    storefront(app, &format!("categories/{slug}"))
}

fn shown(app: &App, path: &str) -> String {
    match &app.config.storefront_url {
        Some(base) => with_path(base, path).into(),
        None => app.config.public_url.to_string(),
    }
}

/// The page of the storefront, or Souk's own.
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
