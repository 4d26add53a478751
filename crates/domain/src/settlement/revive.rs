//! Confirms an order after all that failed because it was not paid in time, when its money arrives late.

use super::reopen::LockedCheckout;
use crate::order::locked::LockedOrder;
use crate::stock::{self, Item};
use entity::id::{ProductId, ProductVariantId};
use entity::order::Model as Order;
use entity::store::{Column as StoreColumn, Entity as Stores};
use entity::value::{CheckoutStatus, OrderStatus, StoreStatus};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Fault, Result};
use std::collections::BTreeSet;
use std::time::Duration;

/// After its stock was released, an order can be confirmed by late money for this time; later the buyer does not expect it any more.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

/// Takes the stock of a failed order again and completes its checkout, if the order can be confirmed after all: it expired less than
/// 24 hours ago, its checkout did not become another order, its stores are active, and everything is still in stock. Then its failed
/// store orders are pending, and the caller confirms them. Otherwise nothing is changed; returns whether it was.
pub(super) async fn revive(tx: &Tx, app: &App, locked: &mut LockedOrder, checkout: Option<&LockedCheckout>) -> Result<bool> {
    let Some(checkout) = checkout.filter(|checkout| is_possible(app, &locked.order, checkout)) else { return Ok(false) };
    let failed = locked.store_orders_in(OrderStatus::Failed);
    let stores: BTreeSet<_> = locked.store_orders.iter().filter(|row| failed.contains(&row.id)).map(|row| row.store_id).collect();
    let active = Stores::find()
        .filter(StoreColumn::Id.in_padded(&stores.iter().copied().collect::<Vec<_>>()))
        .filter(StoreColumn::Status.eq(StoreStatus::Active));
    if active.count(tx).await? != u64::try_from(stores.len()).unwrap_or(u64::MAX) {
        return Ok(false);
    }
    let items: Vec<_> = locked
        .lines
        .iter()
        .filter(|line| failed.contains(&line.store_order_id) && line.quantity > line.cancelled_quantity)
        .map(|line| Item {
            variant_id: ProductVariantId(line.variant_id),
            product_id: ProductId(line.product_id),
            kind: line.kind,
            quantity: line.quantity - line.cancelled_quantity,
        })
        .collect();
    if items.is_empty() || !stock::is_enough(tx, &items).await? {
        return Ok(false);
    }
    if !stock::take_items(tx, app, &items).await?.is_empty() {
        return Err(Fault::internal("the stock of locked variants changed").into());
    }
    checkout.complete(tx, app, &mut locked.order, &items).await?;
    locked.revive(&failed);
    Ok(true)
}

fn is_possible(app: &App, order: &Order, checkout: &LockedCheckout) -> bool {
    order.status == OrderStatus::Failed
        && order.failed_checkout_id == Some(checkout.id())
        && checkout.status() == CheckoutStatus::Open
        && app.clock.now() < order.created_at + app.config.stock_hold + LIMIT
}
