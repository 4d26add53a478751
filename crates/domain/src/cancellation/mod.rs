//! Cancelling an order, or some of its lines: by its buyer while no store has begun, by stores and staff while it is not sent.

mod expire;
mod lines;
mod quantities;

pub use expire::cancel_unpaid;
pub(crate) use lines::cancel_lines_of_part;
pub use lines::{CancelLines, cancel_lines};

use crate::order::find;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::{self, Standing, invalid_state, is_void};
use crate::payment;
use entity::id::{OrderId, StoreOrderId};
use entity::value::{ActorKind, OrderStatus, Permission};
use entity::{order, order_line, store_order};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::transact;

/// The longest reason, in characters.
pub(crate) const REASON: usize = 300;

/// What is cancelled, and why.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// The order.
    pub order_id: OrderId,
    /// Opens a guest's.
    pub order_token: Option<String>,
    /// For the timeline, at most 300 characters.
    pub reason: Option<String>,
}

/// Cancels all of an order that was not cancelled before: statuses, stock and an open payment in one transaction. Money that was
/// received already stays noted as received, and is owed back.
///
/// The payment of an order that waits for it is cancelled at its provider after the commit. With its word that nothing will be
/// charged the checkout is open again, and the cart has the lines.
pub async fn cancel(app: &App, viewer: &Viewer, input: Cancel) -> Result<order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", input.reason.as_deref(), REASON);
    check.finish()?;
    let Some(order) = find(app, viewer, input.order_id, input.order_token.as_deref()).await? else {
        return Err(Fault::NotFound.into());
    };
    let by = actor(viewer, &order);
    let by_staff = by.0 == ActorKind::Staff;
    let cancelled: order::Model = async {
        transact!(app.db, tx, {
            let mut locked = LockedOrder::lock(tx, order.id).await?;
            check_order(&locked, by_staff)?;
            let parts = not_void(&locked);
            cancel_store_orders(tx, app, &mut locked, "orderId", &parts, reason.as_deref(), by).await?;
            Ok(locked.order)
        })
    }
    .await?;
    payment::cancel_waiting(app, cancelled.id).await?;
    Ok(order::Entity::find_by_id(cancelled.id).one(app.db.read()).await?.unwrap_or(cancelled))
}

/// The role in which the viewer cancels the order: its buyer, or staff.
fn actor(viewer: &Viewer, order: &order::Model) -> By {
    let own = order.user_id.is_some() && order.user_id == viewer.user_id();
    let by_staff = !own && viewer.may(Permission::ManageOrders);
    (if by_staff { ActorKind::Staff } else { viewer.kind() }, viewer.user_id())
}

/// Whether [`cancel`] would be carried out for the viewer, who may see the order or holds its token, if nothing changed until then. The
/// rows must be all of the order's.
pub fn can_cancel(viewer: &Viewer, order: &order::Model, parts: Vec<store_order::Model>, lines: Vec<order_line::Model>) -> bool {
    let by_staff = actor(viewer, order).0 == ActorKind::Staff;
    let order = LockedOrder::of(order.clone(), parts, lines);
    check_order(&order, by_staff).is_ok() && check_parts(&order, "orderId", &not_void(&order)).is_ok()
}

/// The parts of an order that did not come to nothing.
fn not_void(locked: &LockedOrder) -> Vec<StoreOrderId> {
    locked.parts.iter().filter(|part| !is_void(part.status)).map(|part| part.id).collect()
}

/// A buyer can't take back what a store has begun; that is for the store and the staff.
fn check_order(locked: &LockedOrder, by_staff: bool) -> Result<()> {
    if is_void(locked.order.status) {
        let message = format!("The order is {}; nothing can follow.", locked.order.status);
        return Err(invalid_state("orderId", message, &[]).into());
    }
    let early = [OrderStatus::Pending, OrderStatus::Confirmed];
    let begun = locked.parts.iter().find(|part| !is_void(part.status) && !early.contains(&part.status));
    match begun.filter(|_| !by_staff) {
        None => Ok(()),
        Some(part) => {
            let follow: Vec<_> = status::allowed(locked.standing(part)).iter().copied().filter(|to| !is_void(*to)).collect();
            let message = format!(
                "A store's part of the order is {}, so it can't be CANCELLED any more; {}.",
                part.status,
                status::follows(&follow)
            );
            Err(invalid_state("orderId", message, &follow).into())
        }
    }
}

/// Cancels some parts of an order that is locked; `path` is the field that named them. Stock goes back exactly once, as a part
/// can move to CANCELLED only once.
pub(crate) async fn cancel_store_orders(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    path: &str,
    parts: &[StoreOrderId],
    reason: Option<&str>,
    by: By,
) -> Result<()> {
    check_parts(locked, path, parts)?;
    let lines = locked.lines.iter().filter(|line| parts.contains(&line.store_order_id));
    let lines: Vec<_> = lines.map(|line| (line.id, line.quantity - line.cancelled_quantity)).collect();
    quantities::cancel(tx, app, locked, path, &lines, reason, by).await
}

/// Whether parts of an order can be cancelled as a whole, whoever asks; `path` is the field that named them.
fn check_parts(locked: &LockedOrder, path: &str, parts: &[StoreOrderId]) -> Result<()> {
    for part in parts {
        check_standing(path, locked.standing(locked.part(*part)?))?;
    }
    Ok(())
}

/// Whether a part that stands so can be cancelled as a whole.
pub(crate) fn check_standing(path: &str, standing: Standing) -> Result<()> {
    if standing.begun && standing.status == OrderStatus::Processing {
        let message = "Some of it is sent already, so it can't become CANCELLED; cancel the rest of it by its lines.";
        return Err(invalid_state(path, message.to_owned(), status::allowed(standing)).into());
    }
    status::check_move(path, standing, OrderStatus::Cancelled)
}
