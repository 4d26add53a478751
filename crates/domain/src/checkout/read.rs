//! Reading checkouts.

use super::guest::guest_problem;
use super::quote::order_of;
use super::quoted::Quote;
use super::scope::scope;
use super::unpaid;
use crate::setting;
use entity::checkout::Model;
use entity::id::CheckoutId;
use entity::value::{CheckoutStatus, PaymentProvider};
use entity::{cart, order};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::error::{Problem, Result};

/// The viewer's checkout, or the guest checkout that the token opens.
pub async fn find(app: &App, viewer: &Viewer, id: CheckoutId, token: Option<&str>) -> Result<Option<Model>> {
    match scope(app, viewer, id, token) {
        Some(query) => Ok(query.one(app.db.read()).await?),
        None => Ok(None),
    }
}

/// The token of a guest's checkout; `None` for a user's checkout, which needs none. The row proves that the caller may access the
/// checkout already.
pub fn token(app: &App, row: &Model) -> Option<String> {
    app.keys.guest_token(Capability::Checkout, row.user_id, row.id)
}

/// All problems for which completing the checkout would be refused now, with any payment method: those of its quote, and those that
/// depend on the viewer. Empty if the checkout is completed.
pub async fn problems(app: &App, viewer: &Viewer, row: &Model, quote: &Quote) -> Result<Vec<Problem>> {
    let mut found = quote.problems.clone();
    if row.status == CheckoutStatus::Completed {
        return Ok(found);
    }
    let db = app.db.read();
    let settings = setting::load(db).await?;
    found.extend(guest_problem(viewer, &settings));
    if let Some(email) = &row.email {
        found.extend(unpaid::problems(db, viewer, &settings, email, quote.physical_units).await?);
    }
    Ok(found)
}

/// The payment providers with which a checkout can be completed; empty once it is completed.
pub fn payment_providers(app: &App, _viewer: &Viewer, row: &Model) -> Vec<PaymentProvider> {
    if row.status == CheckoutStatus::Completed { Vec::new() } else { app.payments.offered() }
}

/// The cart of a checkout that the viewer may see; `None` after the cart was deleted.
pub async fn cart(app: &App, _viewer: &Viewer, row: &Model) -> Result<Option<cart::Model>> {
    let Some(id) = row.cart_id else { return Ok(None) };
    Ok(cart::Entity::find_by_id(id).one(app.db.read()).await?)
}

/// The order that a checkout became, if it is completed.
pub async fn order(app: &App, _viewer: &Viewer, row: &Model) -> Result<Option<order::Model>> {
    order_of(app.db.read(), row.id).await
}
