//! Lines of a checkout.

use super::QuoteKey;
use crate::cart::CartLineStatus;
use crate::context::ContextExt;
use crate::error::Result;
use crate::id;
use crate::money::Money;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, Object};
use entity::id::{CheckoutId, ProductVariantId};
use entity::money::CurrencyCode;
use souk_domain::cart::LineStatus;
use souk_domain::checkout::{Quote, QuotedLine};

/// A line of a checkout.
pub struct CheckoutLine {
    checkout: CheckoutId,
    line: QuotedLine,
    currency: CurrencyCode,
}

impl CheckoutLine {
    /// The prefix of its ID, which is joined from the IDs of the checkout and the variant.
    pub const PREFIX: &'static str = "checkout_line";

    pub(super) fn new(checkout: CheckoutId, quote: &Quote, line: &QuotedLine) -> Self {
        Self { checkout, line: line.clone(), currency: quote.currency }
    }

    /// Loads a line of a checkout of the signed-in viewer.
    pub async fn load_visible(ctx: &Context<'_>, checkout: CheckoutId, variant: ProductVariantId) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let mut lines = quote.store_orders.iter().flat_map(|part| &part.lines).chain(&quote.unavailable);
        Ok(lines.find(|line| line.variant_id == variant).map(|line| Self::new(checkout, &quote, line)))
    }
}

/// Line of a checkout: a product variant, its quantity and its current price.
#[Object]
impl CheckoutLine {
    /// ID of the checkout line.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.line.variant_id.0])
    }

    /// Product variant of the line; null if it was deleted or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        ProductVariant::load_visible(ctx, self.line.variant_id).await
    }

    /// Name of the product. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn product_name(&self) -> &str {
        &self.line.product_name
    }

    /// Name of the variant. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn variant_name(&self) -> &str {
        &self.line.variant_name
    }

    /// Quantity of the variant.
    async fn quantity(&self) -> i32 {
        self.line.quantity
    }

    /// Whether the line can be bought now in its quantity: `status` is `AVAILABLE`.
    async fn is_available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// Same value as `isAvailable`.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// Whether the line can be bought now in its quantity, and the reason if it can't. Only `AVAILABLE` lines count towards the
    /// totals.
    async fn status(&self) -> CartLineStatus {
        self.line.status.into()
    }

    /// Price per unit.
    async fn unit_price(&self) -> Money {
        Money::new(self.line.unit_price, self.currency)
    }

    /// Unit price times quantity.
    async fn line_total(&self) -> Money {
        Money::new(self.line.priced.total, self.currency)
    }

    /// Discount on the line, as a positive amount.
    async fn discount_total(&self) -> Money {
        Money::new(self.line.priced.discount, self.currency)
    }

    /// Tax of the line. If prices include tax (`Checkout.isTaxIncluded`), it is part of the price; otherwise it is added to it.
    async fn tax_total(&self) -> Money {
        Money::new(self.line.priced.tax, self.currency)
    }

    /// Same value as `taxTotal`.
    #[graphql(deprecation = "Use `taxTotal`.")]
    async fn tax(&self) -> Money {
        Money::new(self.line.priced.tax, self.currency)
    }
}
