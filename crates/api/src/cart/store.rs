//! The lines of a cart grouped by store, with an estimate of shipping and tax.

use super::{CartLine, sum};
use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::money::Money;
use crate::store::Store;
use async_graphql::{Context, Object};
use entity::cart::Model;
use entity::id::StoreId;
use entity::money::Minor;
use entity::value::ProductKind;
use souk_domain::cart::{Line, LineStatus};
use souk_domain::checkout::{self, Estimate, StoreEstimate};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The lines of a cart that belong to one store.
pub struct CartStore {
    store_id: StoreId,
    lines: Vec<Line>,
    estimates: Arc<Estimates>,
}

/// The estimates for a whole cart, computed when the first of them is requested.
struct Estimates {
    cart: Model,
    country: Option<String>,
    made: OnceCell<Estimate>,
}

impl CartStore {
    /// Groups the lines that are for sale by store, in the order of the lines.
    pub(super) fn of_cart(cart: &Model, lines: &[Line], country: Option<String>) -> Vec<Self> {
        let estimates = Arc::new(Estimates { cart: cart.clone(), country, made: OnceCell::new() });
        let mut stores: Vec<Self> = Vec::new();
        for line in lines {
            let Some(store_id) = line.for_sale().map(|offer| offer.variant.store_id) else { continue };
            match stores.iter_mut().find(|store| store.store_id == store_id) {
                Some(store) => store.lines.push(line.clone()),
                None => stores.push(Self { store_id, lines: vec![line.clone()], estimates: Arc::clone(&estimates) }),
            }
        }
        stores
    }

    /// One amount of the estimate for this store; `None` if it can't be estimated.
    async fn estimate(&self, ctx: &Context<'_>, amount: impl Fn(&StoreEstimate) -> Option<Minor>) -> Result<Option<Money>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let Estimates { cart, country, made } = &*self.estimates;
        let make = async || Box::pin(checkout::estimate(app, viewer, cart, country.as_deref())).await;
        let all = Box::pin(made.get_or_try_init(make)).await?;
        // None if the store's last line was removed, or is no longer for sale, since the lines were loaded.
        let own = all.stores.iter().find(|part| part.store_id == self.store_id);
        Ok(own.and_then(amount).map(|amount| Money::new(amount, all.currency)))
    }
}

/// Lines of a cart that belong to one store, with an estimate of the checkout. The estimate uses current prices and the cheapest
/// shipping method to the country. An amount is null if it can't be estimated yet.
#[Object]
impl CartStore {
    /// Store that sells the items; null if the store is no longer open.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.store_id).await
    }

    /// Lines with products of the store that are for sale, oldest first.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self) -> Vec<CartLine> {
        self.lines.iter().cloned().map(CartLine).collect()
    }

    /// Sum of the lines that can be bought in their quantity.
    async fn subtotal(&self, ctx: &Context<'_>) -> Result<Money> {
        sum(ctx, self.lines.iter().filter(|line| line.status() == LineStatus::Available))
    }

    /// Whether any item must be shipped; digital products are not shipped.
    async fn is_shipping_required(&self) -> bool {
        self.lines.iter().filter_map(Line::for_sale).any(|offer| offer.kind == ProductKind::Physical)
    }

    /// Price of the cheapest shipping method to the country; zero if nothing is shipped. Null if the country is unknown, or if
    /// the store offers no shipping method to it.
    async fn shipping_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.shipping).await
    }

    /// Tax on the lines and the shipping at the rate of the country. Null if the shipping price is unknown, or if the tax depends
    /// on a country that is unknown.
    async fn tax_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.tax).await
    }

    /// Estimated total with shipping and tax; null if either is unknown.
    async fn total_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.total).await
    }
}
