//! Alerts of stores whose stock of a variant becomes low: one event and one email each time the stock falls from above the threshold of
//! the variant to it or below.

use crate::mail::{self, Mail};
use entity::id::UserId;
use entity::product_variant;
use entity::value::{ActorKind, ProductKind};
use serde_json::json;
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live::{self, NewEvent};
use souk_core::text::truncate;

/// Type of the subject of the event.
const VARIANT: &str = "PRODUCT_VARIANT";
/// Kind of the event.
const LOW_STOCK: &str = "LOW_STOCK";
/// Maximum length of a name in the message, in characters.
const MAX_NAME_LENGTH: usize = 200;

/// Whether a stock is at or below its threshold; false without a threshold, and for digital products, which have no stock.
pub(crate) fn is_low(kind: ProductKind, stock: i32, threshold: Option<i32>) -> bool {
    kind == ProductKind::Physical && threshold.is_some_and(|threshold| stock <= threshold)
}

/// A stock that fell from above the threshold of its variant to it or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    threshold: i32,
    /// The stock after the change.
    left: i32,
}

impl Crossing {
    /// Of a change of the stock `before` to `left`; `None` if it does not cross the threshold downwards.
    pub(crate) fn of(threshold: Option<i32>, before: i32, left: i32) -> Option<Self> {
        threshold.filter(|threshold| before > *threshold && left <= *threshold).map(|threshold| Self { threshold, left })
    }
}

/// Alerts the store in the transaction that changed the stock. The row of the variant is locked from before the old stock was read, so
/// that of concurrent changes only one crosses the threshold.
pub(crate) async fn alert(
    tx: &Tx,
    app: &App,
    variant: &product_variant::Model,
    crossing: Crossing,
    actor: (ActorKind, Option<UserId>),
) -> Result<()> {
    let Crossing { threshold, left } = crossing;
    let mut event = NewEvent::new(LOW_STOCK, (VARIANT, variant.id.0), actor);
    event.store_id = Some(variant.store_id);
    let name = truncate(&variant.name, MAX_NAME_LENGTH);
    event.message = Some(format!("The stock of {name:?} (SKU {}) is low: {left} left.", variant.sku));
    event.payload = Some(json!({ "threshold": threshold, "left": left }));
    live::append(tx, &app.clock, vec![event]).await?;
    let alert_id = app.clock.new_uuid();
    mail::enqueue(tx, app, Mail::LowStock { variant_id: variant.id, threshold, left, alert_id }).await
}

#[cfg(test)]
mod tests {
    use super::Crossing;

    #[test]
    fn only_a_fall_from_above_the_threshold_crosses_it() {
        let crosses = |threshold, before, left| Crossing::of(threshold, before, left).is_some();
        assert!(crosses(Some(5), 6, 5));
        assert!(crosses(Some(5), 6, 0));
        assert!(crosses(Some(0), 1, 0));
        assert!(!crosses(Some(5), 7, 6));
        assert!(!crosses(Some(5), 5, 4));
        assert!(!crosses(Some(5), 4, 6));
        assert!(!crosses(Some(0), 0, 0));
        assert!(!crosses(None, 6, 0));
    }
}
