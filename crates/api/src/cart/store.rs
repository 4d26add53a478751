//! What a cart holds of each store, with an estimate of shipping and tax.

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

/// What a cart holds of one store.
pub struct CartStore {
    store_id: StoreId,
    lines: Vec<Line>,
    estimates: Arc<Estimates>,
}

/// The estimates of a whole cart, made when the first of them is asked for.
struct Estimates {
    cart: Model,
    country: Option<String>,
    made: OnceCell<Estimate>,
}

impl CartStore {
    /// The stores of what is for sale, in the order of the lines.
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

    /// One of the figures of this store; null if it is not known.
    async fn estimate(&self, ctx: &Context<'_>, figure: impl Fn(&StoreEstimate) -> Option<Minor>) -> Result<Option<Money>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let Estimates { cart, country, made } = &*self.estimates;
        let make = async || Box::pin(checkout::estimate(app, viewer, cart, country.as_deref())).await;
        let all = Box::pin(made.get_or_try_init(make)).await?;
        // Absent if the last line was taken out, or is not for sale any more, since the lines were read.
        let own = all.stores.iter().find(|part| part.store_id == self.store_id);
        Ok(own.and_then(figure).map(|amount| Money::new(amount, all.currency)))
    }
}

/// What a cart holds of one store. The estimates are what a checkout would come to today, with the cheapest shipping method to the
/// country; they are null as long as they are not known.
#[Object]
impl CartStore {
    /// The store; null if it is not open any more.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.store_id).await
    }

    /// Lines of the store's products that are for sale, oldest first.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self) -> Vec<CartLine> {
        self.lines.iter().cloned().map(CartLine).collect()
    }

    /// Sum of the lines that can be bought in their quantity.
    async fn subtotal(&self, ctx: &Context<'_>) -> Result<Money> {
        sum(ctx, self.lines.iter().filter(|line| line.status() == LineStatus::Available))
    }

    /// Whether anything of it is shipped; digital products are not.
    async fn is_shipping_required(&self) -> bool {
        self.lines.iter().filter_map(Line::for_sale).any(|offer| offer.kind == ProductKind::Physical)
    }

    /// Price of the cheapest shipping method to the country; zero if nothing is shipped. Null if no country is known, or if the store
    /// offers no shipping method to it.
    async fn shipping_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.shipping).await
    }

    /// Tax of the lines and the shipping, at the rate of the country. Null if the shipping is not known, or if no country is known
    /// and tax depends on it.
    async fn tax_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.tax).await
    }

    /// Total with shipping and tax. Null if one of them is not known.
    async fn total_estimate(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        self.estimate(ctx, |part| part.total).await
    }
}
