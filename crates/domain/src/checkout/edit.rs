//! Making a checkout and filling it in.

use super::cart_snapshot::{self, Contents};
use super::quote::{self, Quote};
use super::scope;
use crate::setting::{self, Settings};
use crate::{account, cart};
use entity::checkout::{self, Column, Entity, Model};
use entity::id::{CheckoutId, ShippingMethodId, StoreId};
use entity::value::{CheckoutStatus, PostalAddress, ShippingChoices};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::db::{Tx, keep};
use souk_core::error::{Code, Fault, Problem, Result, refuse};
use souk_core::transact;

/// The longest note of a buyer.
const NOTE: usize = 2_000;

/// What a new checkout begins with.
#[derive(Clone, Debug, Default)]
pub struct NewCheckout {
    /// Opens a guest's cart; left out for the user's own.
    pub cart_token: Option<String>,
    /// Where the confirmation goes; a user's own address where it is left out.
    pub email: Option<String>,
    /// For questions.
    pub phone: Option<String>,
    /// Where it is sent.
    pub shipping_address: Option<PostalAddress>,
    /// Who is billed; as the shipping address where it is left out.
    pub billing_address: Option<PostalAddress>,
    /// For the stores.
    pub note: Option<String>,
}

/// A shipping method for a store's part.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Whose part.
    pub store_id: StoreId,
    /// Which method.
    pub method_id: ShippingMethodId,
}

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CheckoutPatch {
    /// `Some(None)` takes it away.
    pub email: Option<Option<String>>,
    /// `Some(None)` takes it away.
    pub phone: Option<Option<String>>,
    /// `Some(None)` takes it away.
    pub shipping_address: Option<Option<PostalAddress>>,
    /// `Some(None)` takes it away.
    pub billing_address: Option<Option<PostalAddress>>,
    /// `Some(None)` takes it away.
    pub note: Option<Option<String>>,
    /// For the stores named; the others keep theirs.
    pub shipping: Vec<Choice>,
}

/// A checkout and what it comes to.
#[derive(Clone, Debug)]
pub struct PricedCheckout {
    /// The checkout.
    pub row: Model,
    /// What it comes to.
    pub quote: Quote,
}

/// Makes a checkout of the viewer's cart, or of the guest's cart that the token opens.
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
        note: check.text("note", new.note.as_deref().unwrap_or_default(), 0..=NOTE),
        status: CheckoutStatus::Open,
        version: 1,
        created_at: app.clock.now(),
        updated_at: app.clock.now(),
    };
    check.finish()?;
    let settings = setting::load(app.db.read()).await?;
    check_guest(viewer, &settings)?;
    if viewer.user_id().is_none() && new.cart_token.is_none() {
        return refuse("cartToken", Code::Required, "a guest's cart is opened by its cartToken, and none was given");
    }
    let Some(cart) = cart::find(app, viewer, new.cart_token.as_deref()).await? else {
        return no_cart(&new);
    };
    let row = Model { cart_id: Some(cart.id), ..row };
    let contents = cart_snapshot::lines(app.db.read(), cart.id).await?;
    if contents.is_empty() {
        let path = if new.cart_token.is_some() { "cartToken" } else { "" };
        return refuse(path, Code::Incomplete, "the cart is empty: put something in before checking out");
    }
    let quote = quote::of_contents(app.db.read(), app, &settings, &row, &contents).await?;
    transact!(app.db, tx, {
        if let Some(user) = viewer.user_id() {
            account::lock_user(tx, user).await?;
        }
        // A guest's cart may have been merged into a user's, or have been forgotten, in the meantime.
        if !keep::<entity::cart::Entity>(tx, cart.id).await? {
            return no_cart(&new);
        }
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        Ok(PricedCheckout { row: row.clone(), quote: quote.clone() })
    })
}

fn no_cart<T>(new: &NewCheckout) -> Result<T> {
    match new.cart_token {
        Some(_) => refuse("cartToken", Code::NotFound, "there is no cart for this cartToken"),
        None => refuse("", Code::Incomplete, "the cart is empty: put something in before checking out"),
    }
}

/// Whether somebody who is not signed in may go on.
pub(super) fn check_guest(viewer: &Viewer, settings: &Settings) -> Result<()> {
    match guest_problem(viewer, settings) {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}

/// What [`check_guest`] refuses with.
pub(super) fn guest_problem(viewer: &Viewer, settings: &Settings) -> Option<Problem> {
    let refused = viewer.user_id().is_none() && !settings.guest_checkout;
    refused.then(|| Problem::new("", Code::NotAllowed, "This marketplace sells to signed-in buyers only: sign in first."))
}

/// Fills in a checkout that is open; a problem of the checkout itself names `id`.
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
        note: patch.note.map(|value| Some(check.text("note", value.as_deref().unwrap_or_default(), 0..=NOTE))),
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
                "The checkout has become an order and can't be changed. It opens again if the payment fails, or if the order is cancelled before it is paid.",
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
    row.version += 1;
    row.updated_at = app.clock.now();
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

/// Each choice must be for a store of the cart, and among what is offered there.
fn check_choices(choices: &[Choice], quote: &Quote) -> Result<()> {
    let mut check = Check::new();
    for (at, choice) in choices.iter().enumerate() {
        match quote.parts.iter().find(|part| part.store_id == choice.store_id) {
            None => {
                check.problem(&format!("shippingMethods.{at}.storeId"), Code::NotFound, "nothing in the cart is from this store");
            }
            Some(part) if !part.offered.iter().any(|method| method.id == choice.method_id) => {
                let names: Vec<_> = part.offered.iter().map(|method| method.name.as_str()).collect();
                let allowed = if names.is_empty() { "none is".to_owned() } else { format!("{} are", names.join(", ")) };
                check.problem(
                    &format!("shippingMethods.{at}.shippingMethodId"),
                    Code::Unavailable,
                    format!("this shipping method is not offered for the store's part and the address; {allowed}"),
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
