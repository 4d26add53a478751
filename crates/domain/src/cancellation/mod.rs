//! Cancelling orders, store orders and lines, before items are sent: by buyers and stores until the statuses that the settings name, by
//! staff always.

mod expire;
mod limit;
mod lines;
mod quantities;

pub use expire::cancel_unpaid;
pub(crate) use expire::register;
pub use limit::Canceller;
pub(crate) use limit::Limit;
pub(crate) use lines::cancel_store_order_lines;
pub use lines::{CancelLines, cancel_lines};

use crate::order::find;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::{self, StoreOrderState, invalid_state, is_void};
use crate::setting::Settings;
use crate::settlement;
use entity::id::{OrderId, StoreOrderId};
use entity::value::{ActorKind, OrderStatus, Permission};
use entity::{order, order_line, store_order};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::transact;

/// Input of [`cancel`].
#[derive(Clone, Debug)]
pub struct Cancel {
    pub order_id: OrderId,
    /// Required for the order of a guest.
    pub order_token: Option<String>,
    /// For the timeline, at most 300 characters.
    pub reason: Option<String>,
}

/// Cancels all store orders of an order that are not void: statuses, stock and an open payment in one transaction. Money that was
/// received is recorded as due for a refund.
///
/// A pending payment is cancelled at its provider after the commit. When the provider confirms that nothing will be charged, the
/// checkout is open again and the lines are back in the cart.
pub async fn cancel(app: &App, viewer: &Viewer, input: Cancel) -> Result<order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", input.reason.as_deref(), length::CANCEL_REASON);
    check.finish()?;
    let Some(order) = find(app, viewer, input.order_id, input.order_token.as_deref()).await? else {
        return Err(Fault::NotFound.into());
    };
    let by = actor(viewer, &order);
    let cancelled = transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order.id).await?;
        let limit = canceller(by).load_limit(tx).await?;
        check_order(&locked, limit)?;
        let store_orders = not_void(&locked);
        cancel_store_orders(tx, app, &mut locked, "orderId", &store_orders, reason.as_deref(), by).await?;
        Ok(locked.order)
    })?;
    settlement::cancel_pending(app, cancelled.id).await?;
    Ok(order::Entity::find_by_id(cancelled.id).one(app.db.read()).await?.unwrap_or(cancelled))
}

/// The role in which the viewer acts on the order: its buyer, or staff.
fn actor(viewer: &Viewer, order: &order::Model) -> By {
    let own = order.user_id.is_some() && order.user_id == viewer.user_id();
    let by_staff = !own && viewer.may(Permission::ManageOrders);
    (if by_staff { ActorKind::Staff } else { viewer.kind() }, viewer.user_id())
}

/// Who the viewer is to the settings.
fn canceller(by: By) -> Canceller {
    if by.0 == ActorKind::Staff { Canceller::Staff } else { Canceller::Buyer }
}

/// Whether [`cancel`] would succeed now for a viewer who may see the order or has its token. `store_orders` and `lines` must be
/// all rows of the order.
pub fn can_cancel(
    viewer: &Viewer,
    order: &order::Model,
    store_orders: Vec<store_order::Model>,
    lines: Vec<order_line::Model>,
    settings: &Settings,
) -> bool {
    let limit = canceller(actor(viewer, order)).limit(settings);
    let order = LockedOrder::of(order.clone(), store_orders, lines);
    check_order(&order, limit).is_ok() && check_store_orders(&order, "orderId", &not_void(&order)).is_ok()
}

/// Statuses in which a store order can be cancelled as a whole.
const CANCELLABLE: [OrderStatus; 3] = [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Processing];

/// The store orders that are not cancelled, refunded or failed.
fn not_void(locked: &LockedOrder) -> Vec<StoreOrderId> {
    locked.store_orders.iter().filter(|store_order| !is_void(store_order.status)).map(|store_order| store_order.id).collect()
}

/// A buyer can't cancel if a store order is beyond the limit of the settings; staff can.
fn check_order(locked: &LockedOrder, limit: Limit) -> Result<()> {
    if is_void(locked.order.status) {
        let message = format!("The order is {} and can't become CANCELLED; its status is final.", locked.order.status);
        return Err(invalid_state("orderId", message, &[]).into());
    }
    let beyond = locked.store_orders.iter().find(|store_order| !is_void(store_order.status) && !limit.allows(store_order.status));
    match beyond {
        None => Ok(()),
        Some(store_order) => {
            let follow: Vec<_> = status::allowed(locked.state(store_order)).iter().copied().filter(|to| !is_void(*to)).collect();
            let message = format!(
                "The order can't become CANCELLED, as a store order is {}; {}.",
                store_order.status,
                limit.sentence("it", "every store order", &CANCELLABLE)
            );
            Err(invalid_state("orderId", message, &follow).into())
        }
    }
}

/// Cancels store orders of a locked order; `path` is the field that named them. The stock is restored exactly once, as a store
/// order becomes CANCELLED only once.
pub(crate) async fn cancel_store_orders(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    path: &str,
    store_orders: &[StoreOrderId],
    reason: Option<&str>,
    by: By,
) -> Result<()> {
    check_store_orders(locked, path, store_orders)?;
    let lines = locked.lines.iter().filter(|line| store_orders.contains(&line.store_order_id));
    let lines: Vec<_> = lines.map(|line| (line.id, line.quantity - line.cancelled_quantity)).collect();
    quantities::cancel(tx, app, locked, path, &lines, reason, by).await
}

/// Checks whether store orders can be cancelled completely, by any actor; `path` is the field that named them.
fn check_store_orders(locked: &LockedOrder, path: &str, store_orders: &[StoreOrderId]) -> Result<()> {
    for store_order in store_orders {
        check_cancellable(path, locked.state(locked.store_order(*store_order)?))?;
    }
    Ok(())
}

/// Checks whether the settings let a store cancel a store order in this state.
pub(crate) fn check_store_limit(path: &str, state: StoreOrderState, limit: Limit) -> Result<()> {
    if limit.allows(state.status) || !CANCELLABLE.contains(&state.status) {
        return Ok(());
    }
    let follow: Vec<_> = status::allowed(state).iter().copied().filter(|to| *to != OrderStatus::Cancelled).collect();
    let allowed = limit.sentence("it", "it", &[OrderStatus::Confirmed, OrderStatus::Processing]);
    let message = format!("The store order is {} and can't become CANCELLED; {allowed}.", state.status);
    Err(invalid_state(path, message, &follow).into())
}

/// Checks whether a store order in this state can be cancelled completely.
pub(crate) fn check_cancellable(path: &str, state: StoreOrderState) -> Result<()> {
    if state.partly_shipped && state.status == OrderStatus::Processing {
        let message = "Some items of the store order are sent already, so it can't become CANCELLED; cancel its remaining lines.";
        return Err(invalid_state(path, message.to_owned(), status::allowed(state)).into());
    }
    status::check_transition(path, state, OrderStatus::Cancelled)
}
