//! Status changes of single store orders.

use super::job::CompleteDelivered;
use crate::cancellation::{self, Canceller, Limit};
use crate::order;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::StoreOrderState;
use crate::setting::Settings;
use crate::{ledger, receipt, setting};
use entity::id::{OrderId, OrderLineId, StoreId, StoreOrderId};
use entity::order_line;
use entity::store_order::{Column, Entity, Model};
use entity::value::{ActorKind, CollectedBy, EventType, OrderStatus, Permission};
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreTask, Viewer};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::live;
use souk_core::transact;
use std::time::Duration;

/// The order of a store order, and the actor: a store member with the order role, or staff. [`Fault::NotFound`] for all other
/// users.
pub(crate) async fn actor(app: &App, customer: &Customer, id: StoreOrderId) -> Result<(OrderId, By)> {
    let found: Option<(OrderId, StoreId)> = Entity::find_by_id(id)
        .select_only()
        .column(Column::OrderId)
        .column(Column::StoreId)
        .into_tuple()
        .one(app.db.read())
        .await?;
    let (order_id, store_id) = found.ok_or(Fault::NotFound)?;
    let staff = customer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
    Ok((order_id, (staff.kind(), Some(staff.user_id()))))
}

/// Sets the status PROCESSING.
pub async fn process(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, { step(tx, app, order_id, id, OrderStatus::Processing, by).await })
}

/// Sets the status DELIVERED, and schedules the completion.
pub async fn deliver(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let store_order = step(tx, app, order_id, id, OrderStatus::Delivered, by).await?;
        CompleteDelivered { store_order_id: id }.enqueue(tx, app).await?;
        Ok(store_order)
    })
}

/// Sets the status COMPLETED.
pub async fn complete(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let store_order = step(tx, app, order_id, id, OrderStatus::Completed, by).await?;
        CompleteDelivered { store_order_id: id }.withdraw(tx).await?;
        Ok(store_order)
    })
}

/// Cancels a store order for the store, before any of it is shipped; `reason` has at most 300 characters. A pending store order
/// can't be cancelled by the store, as the requested amount would no longer be right.
pub async fn cancel(app: &App, customer: &Customer, id: StoreOrderId, reason: Option<&str>) -> Result<Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", reason, length::CANCEL_REASON);
    check.finish()?;
    let (order_id, by) = actor(app, customer, id).await?;
    let canceller = canceller(customer.may(Permission::ManageOrders));
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        let limit = canceller.load_limit(tx).await?;
        check_cancel("id", locked.state(locked.store_order(id)?), limit)?;
        cancellation::cancel_store_orders(tx, app, &mut locked, "id", &[id], reason.as_deref(), by).await?;
        Ok(locked.store_order(id)?.clone())
    })
}

/// Marketplace staff are limited by no setting, also in a store of their own.
fn canceller(manages_orders: bool) -> Canceller {
    if manages_orders { Canceller::Staff } else { Canceller::Store }
}

/// Whether [`cancel`] would succeed now for a viewer who processes the store order. `lines` must be all of its lines.
pub fn can_cancel(viewer: &Viewer, store_order: &Model, lines: &[order_line::Model], settings: &Settings) -> bool {
    let limit = canceller(viewer.may(Permission::ManageOrders)).limit(settings);
    check_cancel("id", StoreOrderState::of(store_order.status, lines.iter()), limit).is_ok()
}

/// The statuses that the store can set next. `lines` must be all lines of the store order.
pub fn allowed(store_order: &Model, lines: &[order_line::Model], settings: &Settings) -> Vec<OrderStatus> {
    let limit = Canceller::Store.limit(settings);
    let all = order::status::allowed(StoreOrderState::of(store_order.status, lines.iter())).iter().copied();
    all.filter(|to| *to != OrderStatus::Cancelled || limit.allows(store_order.status)).collect()
}

fn check_cancel(path: &str, state: StoreOrderState, limit: Limit) -> Result<()> {
    if state.status == OrderStatus::Pending {
        let later = if limit.allows(OrderStatus::Confirmed) {
            "the store can cancel it once it is CONFIRMED"
        } else {
            "the store can't cancel it"
        };
        let message = format!("The store order is waiting for its payment; {later}.");
        return Err(order::status::invalid_state(path, message, order::status::allowed(state)).into());
    }
    cancellation::check_store_limit(path, state, limit)?;
    cancellation::check_cancellable(path, state)
}

/// Cancels lines of a store order for the store, or all unsent items. If all remaining items were shipped, it becomes SHIPPED.
pub async fn cancel_lines(
    app: &App,
    customer: &Customer,
    id: StoreOrderId,
    lines: Option<Vec<(OrderLineId, i32)>>,
    reason: Option<&str>,
    key: Option<String>,
) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    let scope = |key| (format!("storeOrderLinesCancel:{id}"), key);
    let canceller = canceller(customer.may(Permission::ManageOrders));
    cancellation::cancel_store_order_lines(app, (order_id, id), lines, reason, key.map(scope), (canceller, by)).await
}

/// Records that the manual payment of a store order was received: by the store, which keeps the money, or by the marketplace if staff
/// record it.
pub async fn mark_paid(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        let collected_by = if by.0 == ActorKind::Store { CollectedBy::Store } else { CollectedBy::Marketplace };
        receipt::mark_store_order_paid(tx, app, &mut locked, id, collected_by, by).await?;
        Ok(locked.store_order(id)?.clone())
    })
}

/// Sets the time from which the earnings of a delivered store order can be paid out.
async fn release_earnings(tx: &Tx, app: &App, locked: &mut LockedOrder, id: StoreOrderId) -> Result<()> {
    let days = setting::load_money(tx).await?.earnings_hold_days;
    let payable_at = app.clock.now() + Duration::from_secs(u64::try_from(days).unwrap_or(0) * 86_400);
    if let Some(row) = locked.store_orders.iter_mut().find(|row| row.id == id) {
        row.payable_at = Some(payable_at);
    }
    ledger::release(tx, id, payable_at).await
}

/// Changes the status of a store order and of its order, with event and mail.
pub(super) async fn step(tx: &Tx, app: &App, order_id: OrderId, id: StoreOrderId, to: OrderStatus, by: By) -> Result<Model> {
    let mut locked = LockedOrder::lock(tx, order_id).await?;
    locked.transition("id", id, to)?;
    if to == OrderStatus::Delivered {
        release_earnings(tx, app, &mut locked, id).await?;
    }
    locked.save(tx, app).await?;
    let (event_type, message) = match to {
        OrderStatus::Processing => (EventType::StoreOrderProcessing, "The store is preparing the store order."),
        OrderStatus::Delivered => (EventType::StoreOrderDelivered, "The store order was delivered."),
        OrderStatus::Completed => (EventType::StoreOrderCompleted, "The store order is completed."),
        other => return Err(Fault::internal(format!("{other} is not reached by a single step")).into()),
    };
    live::append(tx, &app.clock, vec![locked.store_order_event(id, event_type, message, by)?]).await?;
    // The completion needs no mail.
    if to != OrderStatus::Completed {
        order::status_changed(tx, app, id, to).await?;
    }
    Ok(locked.store_order(id)?.clone())
}
