//! Shipping methods that are offered in a checkout.

use super::QuoteKey;
use crate::context::ContextExt;
use crate::error::Result;
use crate::id;
use crate::money::Money;
use crate::shipping::ShippingMethod;
use async_graphql::{Context, ID, Object};
use entity::id::{CheckoutId, ShippingMethodId, StoreId};
use souk_domain::shipping::OfferedMethod;

/// A shipping method that is available for the lines of one store in a checkout.
pub struct CheckoutShippingMethod {
    pub(super) checkout: CheckoutId,
    pub(super) store: StoreId,
    pub(super) offered: OfferedMethod,
}

impl CheckoutShippingMethod {
    /// The prefix of its ID, which is joined from the IDs of the checkout, the store and the shipping method.
    pub const PREFIX: &'static str = "checkout_shipping_method";

    /// Loads a shipping method that is available in a checkout of the signed-in viewer.
    pub async fn load_visible(
        ctx: &Context<'_>,
        checkout: CheckoutId,
        store: StoreId,
        method: ShippingMethodId,
    ) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let part = quote.store_orders.iter().find(|part| part.store_id == store);
        let offered = part.and_then(|part| part.offered.iter().chain(&part.chosen).find(|offered| offered.id == method));
        Ok(offered.map(|offered| Self { checkout, store, offered: offered.clone() }))
    }
}

/// Shipping method that is available for the lines of one store in a checkout, with its price for them.
#[Object]
impl CheckoutShippingMethod {
    /// ID of the shipping method in this checkout. To select the method, pass this ID or the ID of the `ShippingMethod` to
    /// `checkoutUpdate` as `shippingMethodId`.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.store.0, self.offered.id.0])
    }

    /// The shipping method itself; null if it is no longer available.
    async fn shipping_method(&self, ctx: &Context<'_>) -> Result<Option<ShippingMethod>> {
        ShippingMethod::load_visible(ctx, self.offered.id).await
    }

    /// Name of the method, shown to buyers.
    async fn name(&self) -> &str {
        &self.offered.name
    }

    /// Price for the store's lines: 0 if their total reaches `ShippingMethod.freeOver`.
    async fn price(&self) -> Money {
        Money::new(self.offered.price, self.offered.currency)
    }
}
