//! Totals in the API.

use crate::money::Money;
use async_graphql::Object;
use entity::money::{CurrencyCode, Minor};
use souk_domain::totals;

/// Totals of a checkout, an order or a store order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    totals: totals::Totals,
    currency: CurrencyCode,
}

impl Totals {
    /// Totals from amounts in minor units.
    pub fn new(totals: totals::Totals, currency: CurrencyCode) -> Self {
        Self { totals, currency }
    }

    fn money(&self, amount: Minor) -> Money {
        Money::new(amount, self.currency)
    }
}

/// Totals of a checkout, an order or a store order. Tax is computed for each line and for the shipping of each store, and rounded
/// half away from zero; all other amounts are sums. `total` is `subtotal` minus `discountTotal` plus `shippingTotal`, plus
/// `taxTotal` unless prices include tax.
#[Object]
impl Totals {
    /// Sum of the lines before discounts.
    async fn subtotal(&self) -> Money {
        self.money(self.totals.items)
    }

    /// Sum of the discounts, as a positive amount.
    async fn discount_total(&self) -> Money {
        self.money(self.totals.discount)
    }

    /// Price of shipping.
    async fn shipping_total(&self) -> Money {
        self.money(self.totals.shipping)
    }

    /// Tax. If prices include tax (`isTaxIncluded`), it is part of the other amounts; otherwise it is added to them.
    async fn tax_total(&self) -> Money {
        self.money(self.totals.tax)
    }

    /// Amount to be paid.
    async fn total(&self) -> Money {
        self.money(self.totals.total)
    }

    /// Same value as `subtotal`.
    #[graphql(deprecation = "Use `subtotal`.")]
    async fn items(&self) -> Money {
        self.money(self.totals.items)
    }

    /// Same value as `discountTotal`.
    #[graphql(deprecation = "Use `discountTotal`.")]
    async fn discount(&self) -> Money {
        self.money(self.totals.discount)
    }

    /// Same value as `shippingTotal`.
    #[graphql(deprecation = "Use `shippingTotal`.")]
    async fn shipping(&self) -> Money {
        self.money(self.totals.shipping)
    }

    /// Same value as `taxTotal`.
    #[graphql(deprecation = "Use `taxTotal`.")]
    async fn tax(&self) -> Money {
        self.money(self.totals.tax)
    }
}
