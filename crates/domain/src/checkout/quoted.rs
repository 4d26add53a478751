//! The content of a checkout with its prices.

use crate::cart::LineStatus;
use crate::shipping::OfferedMethod;
use crate::totals::{PricedLine, TaxTerms, Totals};
use entity::id::{ProductVariantId, StoreId};
use entity::money::{CurrencyCode, Minor};
use souk_core::error::Problem;

/// A checkout with all its prices.
#[derive(Clone, Debug)]
pub struct Quote {
    /// One store order for each store, in the order of the cart.
    pub store_orders: Vec<QuotedStoreOrder>,
    /// Lines that are not for sale any more. They belong to no store order and no total, and no order can be placed with them.
    pub unavailable: Vec<QuotedLine>,
    /// Totals of everything that can be bought.
    pub totals: Totals,
    pub tax: TaxTerms,
    /// Whether the tax depends on an unknown country: nothing is shipped, and there is no billing address.
    pub needs_billing_country: bool,
    /// Currency of all amounts.
    pub currency: CurrencyCode,
    /// Items of physical products, available or not.
    pub physical_units: i64,
    /// All problems that prevent the checkout from becoming an order.
    pub problems: Vec<Problem>,
}

/// The items of one store, with their prices.
#[derive(Clone, Debug)]
pub struct QuotedStoreOrder {
    pub store_id: StoreId,
    pub lines: Vec<QuotedLine>,
    /// Whether any item is shipped.
    pub ships: bool,
    /// Shipping methods that are offered for the address.
    pub offered: Vec<OfferedMethod>,
    /// The buyer's choice, or the cheapest method without a choice; absent if the choice is not offered (any more).
    pub chosen: Option<OfferedMethod>,
    pub totals: Totals,
}

/// A line with its prices.
#[derive(Clone, Debug)]
pub struct QuotedLine {
    pub variant_id: ProductVariantId,
    pub quantity: i32,
    /// Price per unit.
    pub unit_price: Minor,
    pub product_name: String,
    pub variant_name: String,
    /// Whether it can be bought now in this quantity. Only available lines count for the totals.
    pub status: LineStatus,
    /// Total, discount and tax.
    pub priced: PricedLine,
}
