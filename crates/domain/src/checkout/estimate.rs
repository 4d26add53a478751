//! Estimated totals of a cart for a country, before there is a checkout.

use super::cart_snapshot;
use super::quote::{self, Terms};
use super::quoted::QuotedStoreOrder;
use crate::{address, setting, tax};
use entity::cart::Model;
use entity::id::StoreId;
use entity::money::{CurrencyCode, Minor};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result;

/// Estimated totals of a cart.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// One for each store with items for sale in the cart.
    pub stores: Vec<StoreEstimate>,
    pub currency: CurrencyCode,
}

/// Estimated totals for the items of one store. An amount is absent if it can't be known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreEstimate {
    pub store_id: StoreId,
    /// Price of the cheapest shipping method; absent without a country, and if no method ships to it.
    pub shipping: Option<Minor>,
    /// Tax of items and shipping; absent if the shipping, or a tax rate that may apply, is not known.
    pub tax: Option<Minor>,
    /// Total to be paid.
    pub total: Option<Minor>,
}

/// Estimates the totals of a cart that the viewer may see, for a country; default: the country of the viewer's default shipping
/// address. Uses current prices and the computation of checkouts.
pub async fn estimate(app: &App, viewer: &Viewer, cart: &Model, country: Option<&str>) -> Result<Estimate> {
    let db = app.db.read();
    let own = if country.is_none() { address::default_country(app, viewer).await? } else { None };
    let country = country.or(own.as_deref());
    let contents = cart_snapshot::lines(db, cart.id).await?;
    let settings = setting::load(db).await?;
    let terms = Terms { shipping_country: country, ..Terms::default() };
    let quote = quote::priced(db, app, &settings, terms, &contents).await?;
    let taxed = country.is_some() || !tax::is_asked_anywhere(db).await?;
    let stores = quote.store_orders.iter().map(|store_order| of_store_order(store_order, country.is_some(), taxed)).collect();
    Ok(Estimate { stores, currency: quote.currency })
}

fn of_store_order(store_order: &QuotedStoreOrder, has_country: bool, tax_is_known: bool) -> StoreEstimate {
    let shipping = if store_order.ships {
        store_order.chosen.as_ref().filter(|_| has_country).map(|method| method.price)
    } else {
        Some(Minor::ZERO)
    };
    let tax = shipping.filter(|_| tax_is_known).map(|_| store_order.totals.tax);
    StoreEstimate { store_id: store_order.store_id, shipping, tax, total: tax.map(|_| store_order.totals.total) }
}
