//! Totals, as clients see them.

use crate::domain::totals;
use crate::graphql::money::Money;
use async_graphql::SimpleObject;
use entity::money::CurrencyCode;

/// What it comes to. Tax is computed for each line and for the shipping of each store's part and rounded half away from zero;
/// everything else is a sum of those.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the lines.
    pub items: Money,
    /// What is taken off, as a positive amount.
    pub discount: Money,
    /// What sending it costs.
    pub shipping: Money,
    /// The tax: on top of the others, or held in them where the marketplace shows prices with tax.
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
}

impl Totals {
    /// From minor units.
    pub fn new(totals: totals::Totals, currency: CurrencyCode) -> Self {
        let money = |amount| Money::new(amount, currency);
        Self {
            items: money(totals.items),
            discount: money(totals.discount),
            shipping: money(totals.shipping),
            tax: money(totals.tax),
            total: money(totals.total),
        }
    }
}
