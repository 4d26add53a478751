//! What the payment decides: an order is confirmed, or comes to nothing.

use crate::app::App;
use crate::auth::System;
use crate::db::Tx;
use crate::domain::figures;
use crate::domain::order::locked::{LockedOrder, SYSTEM};
use crate::domain::order::status::is_void;
use crate::error::Result;
use crate::live;
use entity::id::{OrderId, ProductVariantId};
use entity::product_variant;
use entity::value::{EventType, OrderStatus};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

/// Confirms an order that awaits its payment, and its parts: the stores can begin. `paid` says that the money was received;
/// without it the money is due on delivery. A second call changes nothing, nor does a call for an order that came to nothing.
pub async fn confirm(tx: &Tx, app: &App, _system: &System, order_id: OrderId, paid: bool) -> Result<()> {
    let mut locked = LockedOrder::lock(tx, order_id).await?;
    if is_void(locked.order.status) {
        return Ok(());
    }
    if paid && locked.order.paid_at.is_none() {
        locked.order.paid_at = Some(app.clock.now());
    }
    let waiting = locked.parts_in(OrderStatus::Pending);
    for part in &waiting {
        locked.move_part("", *part, OrderStatus::Confirmed)?;
    }
    locked.order.hold_expires_at = None;
    locked.save(tx, app).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let message = if paid { "The payment was received." } else { "The order is confirmed; the payment is due on delivery." };
    let mut events = vec![locked.event(EventType::OrderConfirmed, message, SYSTEM)];
    for part in &waiting {
        events.push(locked.part_event(*part, EventType::StoreOrderConfirmed, "The store can begin.", SYSTEM)?);
    }
    live::append(tx, &app.clock, events).await
}

/// The payment failed, or did not come in time: what still waits fails, and its stock is given back. `reason` is a sentence for
/// the timeline. A second call changes nothing.
pub async fn fail(tx: &Tx, app: &App, _system: &System, order_id: OrderId, reason: &str) -> Result<()> {
    let mut locked = LockedOrder::lock(tx, order_id).await?;
    let waiting = locked.parts_in(OrderStatus::Pending);
    if waiting.is_empty() {
        return Ok(());
    }
    for part in &waiting {
        locked.move_part("", *part, OrderStatus::Failed)?;
    }
    locked.order.hold_expires_at = None;
    locked.save(tx, app).await?;
    give_back(tx, app, locked.stock_of(&waiting)).await?;
    let mut events = vec![locked.event(EventType::OrderFailed, reason, SYSTEM)];
    for part in &waiting {
        events.push(locked.part_event(*part, EventType::StoreOrderFailed, reason, SYSTEM)?);
    }
    live::append(tx, &app.clock, events).await
}

async fn give_back(tx: &Tx, app: &App, mut lines: Vec<(ProductVariantId, i32)>) -> Result<()> {
    lines.sort();
    for (id, quantity) in lines {
        let Some(variant) = product_variant::Entity::find_by_id(id).lock_exclusive().one(tx).await? else { continue };
        product_variant::Entity::update_many()
            .col_expr(product_variant::Column::StockQuantity, Expr::col(product_variant::Column::StockQuantity).add(quantity))
            .col_expr(product_variant::Column::SoldCount, Expr::col(product_variant::Column::SoldCount).sub(i64::from(quantity)))
            .filter(product_variant::Column::Id.eq(id))
            .exec(tx)
            .await?;
        figures::refresh_later(tx, app, variant.product_id).await?;
    }
    Ok(())
}
