//! Status changes that follow from the payment: an order is confirmed or fails.

use crate::order::locked::{LockedOrder, SYSTEM};
use crate::order::notify;
use crate::order::status::is_void;
use crate::stock;
use entity::id::OrderId;
use entity::money::{CurrencyCode, Minor, Money};
use entity::value::{EventType, OrderStatus};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live::{self, NewOrderEvent};
use std::time::Duration;

/// If the payment fails within this time, the buyer sees it in the checkout; later they are notified by mail.
const BUYER_WAITS: Duration = Duration::from_secs(60);

/// Confirms a pending order and its store orders, so that the stores can begin. `paid` says that the money was received;
/// otherwise it is due on delivery. Idempotent; does not change an order that is void.
pub async fn confirm(tx: &Tx, app: &App, _system: &System, order_id: OrderId, paid: bool) -> Result<()> {
    confirm_locked(tx, app, LockedOrder::lock(tx, order_id).await?, paid).await
}

/// As [`confirm`], for a locked order.
pub(crate) async fn confirm_locked(tx: &Tx, app: &App, mut locked: LockedOrder, paid: bool) -> Result<()> {
    if is_void(locked.order.status) {
        return Ok(());
    }
    if paid && locked.order.paid_at.is_none() {
        locked.order.paid_at = Some(app.clock.now());
    }
    let waiting = locked.store_orders_in(OrderStatus::Pending);
    for store_order in &waiting {
        locked.transition("", *store_order, OrderStatus::Confirmed)?;
    }
    locked.order.hold_expires_at = None;
    locked.save(tx, app).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    notify::confirmed(tx, app, locked.order.id, &waiting).await?;
    let message =
        if paid { "The order is confirmed and paid." } else { "The order is confirmed; the payment is due on delivery." };
    let mut events = vec![locked.event(EventType::OrderConfirmed, message, SYSTEM)];
    for store_order in &waiting {
        events.push(locked.store_order_event(
            *store_order,
            EventType::StoreOrderConfirmed,
            "The store order is confirmed.",
            SYSTEM,
        )?);
    }
    live::append(tx, &app.clock, events).await
}

/// Fails the pending store orders, as the payment failed or was not made in time, and restores their stock. `reason` is a
/// sentence for the timeline. Idempotent.
pub async fn fail(tx: &Tx, app: &App, _system: &System, order_id: OrderId, reason: &str) -> Result<()> {
    fail_locked(tx, app, LockedOrder::lock(tx, order_id).await?, reason).await
}

/// As [`fail`], for a locked order.
pub(crate) async fn fail_locked(tx: &Tx, app: &App, mut locked: LockedOrder, reason: &str) -> Result<()> {
    let waiting = locked.store_orders_in(OrderStatus::Pending);
    if waiting.is_empty() {
        return Ok(());
    }
    for store_order in &waiting {
        locked.transition("", *store_order, OrderStatus::Failed)?;
    }
    locked.order.hold_expires_at = None;
    locked.save(tx, app).await?;
    stock::restock(tx, app, &locked.stock_of(&waiting)).await?;
    let mut events = vec![locked.event(EventType::OrderFailed, reason, SYSTEM)];
    for store_order in &waiting {
        events.push(locked.store_order_event(*store_order, EventType::StoreOrderFailed, reason, SYSTEM)?);
        if app.clock.now() > locked.order.created_at + BUYER_WAITS {
            notify::status_changed(tx, app, *store_order, OrderStatus::Failed).await?;
        }
    }
    live::append(tx, &app.clock, events).await
}

/// The event that states the amount due for a refund.
pub(crate) fn refund_due_event(locked: &LockedOrder, amount: Minor) -> NewOrderEvent {
    locked.event(EventType::RefundDue, refund_due_text(amount, locked.order.currency), SYSTEM)
}

/// The message of such an event.
pub(crate) fn refund_due_text(amount: Minor, currency: CurrencyCode) -> String {
    format!("{} were received and are due for a refund.", Money::new(amount, currency))
}
