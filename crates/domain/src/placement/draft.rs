//! Orders that are not written yet.

use crate::checkout::Quote;
use crate::checkout::cart_snapshot::CartLineSnapshot;
use entity::checkout::Model as Checkout;
use entity::id::CartId;

/// An order that is priced and checked, but not written.
pub(super) struct OrderDraft {
    pub checkout: Checkout,
    pub cart_id: CartId,
    pub lines: Vec<CartLineSnapshot>,
    pub quote: Quote,
    pub email: String,
}
