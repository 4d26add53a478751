//! What the payment decides: an order is confirmed, or comes to nothing.

use crate::order::locked::{LockedOrder, SYSTEM};
use crate::order::notify;
use crate::order::status::is_void;
use crate::stock;
use entity::id::OrderId;
use entity::value::{EventType, OrderStatus};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live;
use std::time::Duration;

/// A buyer whose payment fails within this time is still there and sees it; later they are told by mail.
const AT_ONCE: Duration = Duration::from_secs(60);

/// Confirms an order that awaits its payment, and its parts: the stores can begin. `paid` says that the money was received;
/// without it the money is due on delivery. A second call changes nothing, nor does a call for an order that came to nothing.
pub async fn confirm(tx: &Tx, app: &App, _system: &System, order_id: OrderId, paid: bool) -> Result<()> {
    confirm_locked(tx, app, LockedOrder::lock(tx, order_id).await?, paid).await
}

/// As [`confirm`], for an order that is held already.
pub(crate) async fn confirm_locked(tx: &Tx, app: &App, mut locked: LockedOrder, paid: bool) -> Result<()> {
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
    notify::confirmed(tx, app, locked.order.id, &waiting).await?;
    let message = if paid { "The order is confirmed and paid." } else { "The order is confirmed; it is paid later." };
    let mut events = vec![locked.event(EventType::OrderConfirmed, message, SYSTEM)];
    for part in &waiting {
        events.push(locked.part_event(*part, EventType::StoreOrderConfirmed, "The store can begin.", SYSTEM)?);
    }
    live::append(tx, &app.clock, events).await
}

/// The payment failed, or did not come in time: what still waits fails, and its stock is given back. `reason` is a sentence for
/// the timeline. A second call changes nothing.
pub async fn fail(tx: &Tx, app: &App, _system: &System, order_id: OrderId, reason: &str) -> Result<()> {
    fail_locked(tx, app, LockedOrder::lock(tx, order_id).await?, reason).await
}

/// As [`fail`], for an order that is held already.
pub(crate) async fn fail_locked(tx: &Tx, app: &App, mut locked: LockedOrder, reason: &str) -> Result<()> {
    let waiting = locked.parts_in(OrderStatus::Pending);
    if waiting.is_empty() {
        return Ok(());
    }
    for part in &waiting {
        locked.move_part("", *part, OrderStatus::Failed)?;
    }
    locked.order.hold_expires_at = None;
    locked.save(tx, app).await?;
    stock::give_back(tx, app, &locked.stock_of(&waiting)).await?;
    let mut events = vec![locked.event(EventType::OrderFailed, reason, SYSTEM)];
    for part in &waiting {
        events.push(locked.part_event(*part, EventType::StoreOrderFailed, reason, SYSTEM)?);
        if app.clock.now() > locked.order.created_at + AT_ONCE {
            notify::status_changed(tx, app, *part, OrderStatus::Failed).await?;
        }
    }
    live::append(tx, &app.clock, events).await
}
