//! Calling an order off: by its buyer while no store has begun, by the staff while nothing is on its way.

use crate::app::App;
use crate::auth::Viewer;
use crate::check::Check;
use crate::db::Tx;
use crate::domain::order::locked::{By, LockedOrder};
use crate::domain::order::status::{self, invalid_state, is_void};
use crate::domain::order::{find, status_changed};
use crate::domain::{payment, stock};
use crate::error::{Code, Result, refuse};
use crate::live;
use crate::transact;
use entity::id::{OrderId, StoreOrderId};
use entity::money::Minor;
use entity::order;
use entity::value::{ActorKind, EventType, OrderStatus, Permission};

/// The longest reason, in characters.
pub(crate) const REASON: usize = 300;

/// What is called off, and why.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// The order.
    pub order_id: OrderId,
    /// Opens a guest's.
    pub order_token: Option<String>,
    /// For the timeline, at most 300 characters.
    pub reason: Option<String>,
}

/// Calls off all of an order that was not called off before: statuses, stock and an open payment in one transaction. Money that
/// was received already stays noted as received; the timeline says that it is owed back.
pub async fn cancel(app: &App, viewer: &Viewer, input: Cancel) -> Result<order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", input.reason.as_deref(), REASON);
    check.finish()?;
    let Some(order) = find(app, viewer, input.order_id, input.order_token.as_deref()).await? else {
        return refuse("orderId", Code::NotFound, "There is no such order.");
    };
    let own = order.user_id.is_some() && order.user_id == viewer.user_id();
    let by_staff = !own && viewer.may(Permission::ManageOrders);
    let kind = if by_staff { ActorKind::Staff } else { viewer.kind() };
    let by = (kind, viewer.user_id());
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order.id).await?;
        check_order(&locked, by_staff)?;
        let parts: Vec<_> = locked.parts.iter().filter(|part| !is_void(part.status)).map(|part| part.id).collect();
        call_off(tx, app, &mut locked, "orderId", &parts, reason.as_deref(), by).await?;
        Ok(locked.order)
    })
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

/// Calls off some parts of an order that is locked; `path` is the field that named them. Stock goes back exactly once, as a part
/// can move to CANCELLED only once.
pub(crate) async fn call_off(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    path: &str,
    parts: &[StoreOrderId],
    reason: Option<&str>,
    by: By,
) -> Result<()> {
    for part in parts {
        locked.move_part(path, *part, OrderStatus::Cancelled)?;
    }
    let whole = locked.parts.iter().all(|part| is_void(part.status));
    if whole {
        locked.order.hold_expires_at = None;
    }
    locked.save(tx, app).await?;
    let called_off = locked.parts.iter().filter(|part| parts.contains(&part.id)).map(|part| part.total);
    let amount = Minor::sum(called_off)?;
    let received = payment::call_off(tx, app, &locked.order, amount, whole).await?;
    stock::give_back(tx, app, &locked.stock_of(parts)).await?;
    let owed = received.then(|| {
        let currency = locked.order.currency;
        format!("{} {currency} were received already and are owed back.", currency.format(amount))
    });
    let reason = reason.map(|reason| format!("Reason: {reason}"));
    let message =
        |what: &str| [Some(what.to_owned()), owed.clone(), reason.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut events = Vec::new();
    if whole {
        events.push(locked.event(EventType::OrderCancelled, message("The order was cancelled."), by));
    }
    for part in parts {
        // What is owed for the whole is said once.
        let text = if whole { "The store's part was cancelled.".to_owned() } else { message("The store's part was cancelled.") };
        events.push(locked.part_event(*part, EventType::StoreOrderCancelled, text, by)?);
        status_changed(tx, app, *part, OrderStatus::Cancelled).await?;
    }
    live::append(tx, &app.clock, events).await
}
