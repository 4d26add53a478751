//! Creating and changing checkouts.

use super::cart_snapshot::{self, Contents};
use super::guest::check_guest;
use super::quote;
use super::quoted::Quote;
use super::scope::scope;
use crate::setting;
use crate::{account, cart};
use entity::checkout::{self, Column, Entity, Model};
use entity::id::{CheckoutId, ShippingMethodId, StoreId};
use entity::value::{CheckoutStatus, PostalAddress, ShippingChoices};
use entity::versioned::Versioned;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::db::{Tx, keep};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// Input of [`create`].
#[derive(Clone, Debug, Default)]
pub struct NewCheckout {
    /// Token of a guest's cart; absent for the user's own cart.
    pub cart_token: Option<String>,
    /// Address for the confirmation; default: the user's own.
    pub email: Option<String>,
    /// Contact for questions about the order.
    pub phone: Option<String>,
    pub shipping_address: Option<PostalAddress>,
    /// Default: the shipping address.
    pub billing_address: Option<PostalAddress>,
    /// Message of the buyer to the stores.
    pub note: Option<String>,
}

/// The choice of a shipping method for one store order.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub store_id: StoreId,
    pub method_id: ShippingMethodId,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct CheckoutPatch {
    /// `Some(None)` clears the field.
    pub email: Option<Option<String>>,
    /// `Some(None)` clears the field.
    pub phone: Option<Option<String>>,
    /// `Some(None)` clears the field.
    pub shipping_address: Option<Option<PostalAddress>>,
    /// `Some(None)` clears the field.
    pub billing_address: Option<Option<PostalAddress>>,
    /// `Some(None)` clears the field.
    pub note: Option<Option<String>>,
    /// Choices for the given stores; those of other stores stay.
    pub shipping: Vec<Choice>,
}

/// A checkout with its quote.
#[derive(Clone, Debug)]
pub struct PricedCheckout {
    pub row: Model,
    pub quote: Quote,
}

/// Creates a checkout from the viewer's cart, or from the guest cart that the token opens.
pub async fn create(app: &App, viewer: &Viewer, new: NewCheckout) -> Result<PricedCheckout> {
    let mut check = Check::new();
    let own_email = viewer.email().map(str::to_owned);
    let row = Model {
        id: app.clock.new_id(),
        cart_id: None,
        user_id: viewer.user_id(),
        email: email(&mut check, new.email.as_deref()).or(own_email),
        phone: check.phone("phone", new.phone.as_deref()),
        shipping_address: new.shipping_address.as_ref().map(|address| check.address("shippingAddress", address)),
        billing_address: new.billing_address.as_ref().map(|address| check.address("billingAddress", address)),
        shipping_choices: ShippingChoices::default(),
        note: check.text("note", new.note.as_deref().unwrap_or_default(), 0..=length::NOTE),
        status: CheckoutStatus::Open,
        version: 1,
        created_at: app.clock.now(),
        updated_at: app.clock.now(),
    };
    check.finish()?;
    let settings = setting::load(app.db.read()).await?;
    check_guest(viewer, &settings)?;
    if viewer.user_id().is_none() && new.cart_token.is_none() {
        return refuse("cartToken", Code::Required, "cartToken is required for guests.");
    }
    let Some(cart) = cart::find(app, viewer, new.cart_token.as_deref()).await? else {
        return no_cart(&new);
    };
    let row = Model { cart_id: Some(cart.id), ..row };
    let contents = cart_snapshot::lines(app.db.read(), cart.id).await?;
    if contents.is_empty() {
        let path = if new.cart_token.is_some() { "cartToken" } else { "" };
        return refuse(path, Code::Incomplete, "The cart is empty; add items before checking out.");
    }
    let quote = quote::of_contents(app.db.read(), app, &settings, &row, &contents).await?;
    transact!(app.db, tx, {
        if let Some(user) = viewer.user_id() {
            account::lock_user(tx, user).await?;
        }
        // A guest's cart may have been merged into a user's cart or deleted in the meantime.
        if !keep::<entity::cart::Entity>(tx, cart.id).await? {
            return no_cart(&new);
        }
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        Ok(PricedCheckout { row: row.clone(), quote: quote.clone() })
    })
}

fn no_cart<T>(new: &NewCheckout) -> Result<T> {
    match new.cart_token {
        Some(_) => refuse("cartToken", Code::NotFound, "The cart does not exist."),
        None => refuse("", Code::Incomplete, "The cart is empty; add items before checking out."),
    }
}

/// Changes an open checkout; problems of the checkout itself have the path `id`.
pub async fn update(
    app: &App,
    viewer: &Viewer,
    id: CheckoutId,
    token: Option<&str>,
    patch: CheckoutPatch,
) -> Result<PricedCheckout> {
    let mut check = Check::new();
    let patch = CheckoutPatch {
        email: patch.email.map(|value| email(&mut check, value.as_deref())),
        phone: patch.phone.map(|value| check.phone("phone", value.as_deref())),
        shipping_address: patch.shipping_address.map(|value| value.map(|value| check.address("shippingAddress", &value))),
        billing_address: patch.billing_address.map(|value| value.map(|value| check.address("billingAddress", &value))),
        note: patch.note.map(|value| Some(check.text("note", value.as_deref().unwrap_or_default(), 0..=length::NOTE))),
        shipping: patch.shipping,
    };
    check.finish()?;
    let query = scope(app, viewer, id, token).ok_or(Fault::NotFound)?;
    transact!(app.db, tx, {
        let row = query.clone().lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if row.status != CheckoutStatus::Open {
            return refuse(
                "id",
                Code::InvalidState,
                "The checkout became an order; it can't be changed unless the payment fails or the order is cancelled unpaid.",
            );
        }
        apply(tx, app, row, &patch).await
    })
}

async fn apply(tx: &Tx, app: &App, mut row: Model, patch: &CheckoutPatch) -> Result<PricedCheckout> {
    let patch = patch.clone();
    row.email = patch.email.unwrap_or(row.email);
    row.phone = patch.phone.unwrap_or(row.phone);
    row.shipping_address = patch.shipping_address.unwrap_or(row.shipping_address);
    row.billing_address = patch.billing_address.unwrap_or(row.billing_address);
    row.note = patch.note.map_or(row.note, Option::unwrap_or_default);
    for choice in &patch.shipping {
        row.shipping_choices.0.insert(choice.store_id.0, choice.method_id.0);
    }
    row.touch(app.clock.now());
    let settings = setting::load(tx).await?;
    let contents = match row.cart_id {
        Some(cart) => cart_snapshot::lines(tx, cart).await?,
        None => Contents::default(),
    };
    let quote = quote::of_contents(tx, app, &settings, &row, &contents).await?;
    check_choices(&patch.shipping, &quote)?;
    let change = checkout::ActiveModel {
        email: Set(row.email.clone()),
        phone: Set(row.phone.clone()),
        shipping_address: Set(row.shipping_address.clone()),
        billing_address: Set(row.billing_address.clone()),
        shipping_choices: Set(row.shipping_choices.clone()),
        note: Set(row.note.clone()),
        version: Set(row.version),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(PricedCheckout { row, quote })
}

/// Each choice must be for a store of the cart, and one of the methods that are offered for it.
fn check_choices(choices: &[Choice], quote: &Quote) -> Result<()> {
    let mut check = Check::new();
    for (at, choice) in choices.iter().enumerate() {
        match quote.store_orders.iter().find(|store_order| store_order.store_id == choice.store_id) {
            None => {
                check.problem(&format!("shippingMethods.{at}.storeId"), Code::NotFound, "The cart has no items of this store.");
            }
            Some(store_order) if !store_order.offered.iter().any(|method| method.id == choice.method_id) => {
                let names: Vec<_> = store_order.offered.iter().map(|method| method.name.as_str()).collect();
                let allowed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                check.problem(
                    &format!("shippingMethods.{at}.shippingMethodId"),
                    Code::Unavailable,
                    format!("The shipping method is not offered for this store and address; offered: {allowed}."),
                );
            }
            Some(_) => {}
        }
    }
    check.finish()
}

fn email(check: &mut Check, value: Option<&str>) -> Option<String> {
    let value = value.map(str::trim).filter(|value| !value.is_empty())?;
    Some(check.email("email", value))
}
