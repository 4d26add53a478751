//! Orders that are not written yet.

use crate::checkout::Quote;
use crate::checkout::cart_snapshot::CartLineSnapshot;
use crate::setting::MoneySettings;
use entity::checkout::Model as Checkout;
use entity::id::{CartId, ProductVariantId};
use std::collections::HashMap;

/// An order that is priced and checked, but not written.
pub(super) struct OrderDraft {
    pub checkout: Checkout,
    pub cart_id: CartId,
    pub lines: Vec<CartLineSnapshot>,
    pub quote: Quote,
    /// Commission by variant, in hundredths of a percent.
    pub commission: HashMap<ProductVariantId, i32>,
    pub money: MoneySettings,
    pub email: String,
}
