//! Lines of a checkout by store.

use super::{CheckoutLine, CheckoutShippingMethod, QuoteKey};
use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::store::Store;
use crate::totals::Totals;
use async_graphql::{Context, ID, Object};
use entity::id::{CheckoutId, StoreId};
use souk_domain::checkout::{Quote, QuotedStoreOrder};
use souk_domain::shipping::OfferedMethod;
use std::sync::Arc;

/// The lines of a checkout that belong to one store.
pub struct CheckoutStore {
    pub(super) checkout: CheckoutId,
    pub(super) quote: Arc<Quote>,
    pub(super) at: usize,
}

impl CheckoutStore {
    /// The prefix of its ID, which is joined from the IDs of the checkout and the store.
    pub const PREFIX: &'static str = "checkout_store";

    /// Loads the group of a store in a checkout of the signed-in viewer.
    pub async fn load_visible(ctx: &Context<'_>, checkout: CheckoutId, store: StoreId) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let at = quote.store_orders.iter().position(|part| part.store_id == store);
        Ok(at.map(|at| Self { checkout, quote, at }))
    }

    fn method(&self, offered: &OfferedMethod) -> Result<CheckoutShippingMethod> {
        Ok(CheckoutShippingMethod { checkout: self.checkout, store: self.part()?.store_id, offered: offered.clone() })
    }

    fn part(&self) -> Result<&QuotedStoreOrder> {
        let part = self.quote.store_orders.get(self.at);
        Ok(part.ok_or_else(|| souk_core::error::Fault::internal("the checkout has no lines of this store"))?)
    }
}

/// Lines of a checkout that belong to one store, with shipping methods and totals. Completing the checkout turns them into a
/// store order.
#[Object]
impl CheckoutStore {
    /// ID of the store's lines in this checkout.
    pub async fn id(&self) -> Result<ID> {
        Ok(id::joined(Self::PREFIX, &[self.checkout.0, self.part()?.store_id.0]))
    }

    /// Store that sells the items; null if the store is no longer open.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.part()?.store_id).await
    }

    /// Lines with products of the store.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self) -> Result<Vec<CheckoutLine>> {
        Ok(self.part()?.lines.iter().map(|line| CheckoutLine::new(self.checkout, &self.quote, line)).collect())
    }

    /// Whether any item must be shipped, so that a shipping method is required; digital products are not shipped.
    async fn is_shipping_required(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// Same value as `isShippingRequired`.
    #[graphql(deprecation = "Use `isShippingRequired`.")]
    async fn needs_shipping(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// Shipping methods that are available for the shipping address, with their prices for these lines. Without a shipping
    /// address, the methods for all countries.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn shipping_methods(&self) -> Result<Vec<CheckoutShippingMethod>> {
        self.part()?.offered.iter().map(|offered| self.method(offered)).collect()
    }

    /// Selected shipping method, or the cheapest one if none was selected. Null if nothing is shipped, or if the selected method
    /// is no longer available.
    async fn shipping_method(&self) -> Result<Option<CheckoutShippingMethod>> {
        self.part()?.chosen.as_ref().map(|offered| self.method(offered)).transpose()
    }

    /// Totals of the store's lines that can be bought, with shipping and tax.
    async fn totals(&self) -> Result<Totals> {
        Ok(Totals::new(self.part()?.totals, self.quote.currency))
    }
}
