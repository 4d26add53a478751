//! The effects of cancelled quantities: amounts, stock, statuses, payments, events and mails.

use crate::order::locked::{By, LockedOrder};
use crate::order::status::{is_void, of_order};
use crate::order::{lifecycle, notify, reversal};
use crate::{download, order, payment, posting, refund, stock};
use entity::id::{OrderLineId, ProductVariantId, StoreOrderId};
use entity::money::{Minor, Money};
use entity::order_line;
use entity::value::{ActorKind, EventType, OrderStatus, ProductKind};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live;

/// What was cancelled in one store order.
struct Cancelled {
    store_order_id: StoreOrderId,
    /// Whether all lines of the store order are cancelled now.
    whole: bool,
    /// Value of the cancelled items, and of the shipping if the whole store order is cancelled.
    amount: Minor,
    /// Part of `amount` that was not paid.
    unpaid: Minor,
    /// The lines with quantity and value.
    lines: Vec<(OrderLineId, i32, Minor)>,
    /// Such as "2 x Tea, 1 x Pot".
    text: String,
    /// Whether the store order was confirmed, so that the store was notified of it.
    known_to_store: bool,
}

/// Cancels quantities of a locked order; each must be at most the quantity that is neither sent nor cancelled. `path` is the
/// field that named them. The stock is restored in the transaction that counts the quantity as cancelled, so exactly once.
pub(super) async fn cancel(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    path: &str,
    lines: &[(OrderLineId, i32)],
    reason: Option<&str>,
    by: By,
) -> Result<()> {
    let mut all = Vec::new();
    for id in locked.store_orders.iter().map(|store_order| store_order.id).collect::<Vec<_>>() {
        let of_store_order =
            |line_id: &OrderLineId| locked.lines.iter().any(|line| line.id == *line_id && line.store_order_id == id);
        let lines: Vec<_> = lines.iter().copied().filter(|(id, quantity)| *quantity > 0 && of_store_order(id)).collect();
        if !lines.is_empty() {
            all.push(cancel_in_store_order(tx, locked, path, id, &lines).await?);
        }
    }
    let mut refund_due = Minor::ZERO;
    for cancelled in &all {
        let refunded = refund::cancel_paid(tx, app, locked, cancelled.store_order_id, &cancelled.lines, by).await?;
        refund_due = refund_due.plus(refunded)?;
    }
    // What was not paid is not due any more; what was paid is refunded.
    let unpaid = Minor::sum(all.iter().map(|cancelled| cancelled.unpaid))?;
    let statuses: Vec<_> = locked.store_orders.iter().map(|store_order| store_order.status).collect();
    let whole = is_void(of_order(&statuses));
    if whole {
        locked.order.hold_expires_at = None;
    }
    payment::cancel_open(tx, app, &locked.order, unpaid, whole).await?;
    locked.save(tx, app).await?;
    download::revoke(tx, app, locked).await?;
    stock::restock(tx, app, &restocked(tx, locked, lines).await?).await?;
    record_and_notify(tx, app, locked, &all, (refund_due > Minor::ZERO).then_some(refund_due), whole, reason, by).await
}

/// The quantities that return to the stock by a cancellation that is counted already: those that no refund put there before.
async fn restocked(tx: &Tx, locked: &LockedOrder, lines: &[(OrderLineId, i32)]) -> Result<Vec<(ProductVariantId, i32)>> {
    let cancelled = || lines.iter().filter_map(|(id, units)| Some((locked.lines.iter().find(|line| line.id == *id)?, *units)));
    let refunded: Vec<_> = cancelled().filter(|(line, _)| line.refunded_quantity > 0).map(|(line, _)| line.id).collect();
    let by_refunds = refund::restocked(tx, &refunded).await?;
    let restocked = cancelled().map(|(line, units)| {
        let before = line.cancelled_quantity - units + by_refunds.get(&line.id).copied().unwrap_or(0);
        (ProductVariantId(line.variant_id), units.min(line.quantity - before))
    });
    Ok(restocked.filter(|(_, units)| *units > 0).collect())
}

async fn cancel_in_store_order(
    tx: &Tx,
    locked: &mut LockedOrder,
    path: &str,
    id: StoreOrderId,
    lines: &[(OrderLineId, i32)],
) -> Result<Cancelled> {
    let (before, owed) = (locked.due_of(id)?, posting::owed_by(locked, id)?);
    let state = locked.state(locked.store_order(id)?);
    let tax_included = locked.order.tax_included;
    let (mut names, mut cancelled) = (Vec::new(), Vec::new());
    for (line_id, quantity) in lines {
        let line = locked.lines.iter_mut().find(|line| line.id == *line_id).ok_or(Fault::NotFound)?;
        let value = reversal::cancel(line, *quantity, tax_included)?;
        cancelled.push((*line_id, *quantity, value));
        order::write_reversed(tx, line, *quantity).await?;
        names.push(format!("{quantity} x {}", line.product_name));
    }
    let whole = locked.lines_of(id).all(|line| line.cancelled_quantity == line.quantity);
    let amount = before.minus(locked.due_of(id)?)?;
    let unpaid = owed.minus(posting::owed_by(locked, id)?)?;
    if whole {
        locked.transition(path, id, OrderStatus::Cancelled)?;
    } else if state.partly_shipped && locked.lines_of(id).all(|line| line.kind == ProductKind::Digital || unfulfilled(line) == 0)
    {
        locked.transition(path, id, OrderStatus::Shipped)?;
    }
    locked.mark_changed(id);
    let known_to_store = state.status != OrderStatus::Pending;
    Ok(Cancelled { store_order_id: id, whole, amount, unpaid, lines: cancelled, text: names.join(", "), known_to_store })
}

/// Quantity of a line that is neither sent nor cancelled.
pub(super) fn unfulfilled(line: &order_line::Model) -> i32 {
    line.quantity - line.fulfilled_quantity - line.cancelled_quantity
}

#[expect(clippy::too_many_arguments, reason = "all data of the events and mails")]
async fn record_and_notify(
    tx: &Tx,
    app: &App,
    locked: &LockedOrder,
    all: &[Cancelled],
    refund_due: Option<Minor>,
    whole: bool,
    reason: Option<&str>,
    by: By,
) -> Result<()> {
    let currency = locked.order.currency;
    let received = |amount: Minor| {
        let due = refund_due.map(|due| Money::new(amount.min(due), currency));
        due.map(|due| format!("{due} were received already and are due for a refund."))
    };
    let reason = reason.map(|reason| format!("Reason: {reason}"));
    let message = |what: String, amount: Minor| {
        [Some(what), received(amount), reason.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let mut events = Vec::new();
    if whole {
        let text = message("The order was cancelled.".to_owned(), refund_due.unwrap_or_default());
        events.push(locked.event(EventType::OrderCancelled, text, by));
    }
    for Cancelled { store_order_id, whole: whole_store_order, amount, text, known_to_store, .. } in all {
        if *whole_store_order {
            let what = "The store order was cancelled.".to_owned();
            // The amount due for the whole order is stated once.
            let text = if whole { what } else { message(what, *amount) };
            events.push(locked.store_order_event(*store_order_id, EventType::StoreOrderCancelled, text, by)?);
            notify::status_changed(tx, app, *store_order_id, OrderStatus::Cancelled).await?;
        } else {
            let text = message(format!("Cancelled: {text}."), *amount);
            events.push(locked.store_order_event(*store_order_id, EventType::LinesCancelled, text, by)?);
            notify::lines_cancelled(tx, app, locked.store_order(*store_order_id)?).await?;
            if locked.store_order(*store_order_id)?.status == OrderStatus::Shipped {
                events.push(locked.store_order_event(
                    *store_order_id,
                    EventType::StoreOrderShipped,
                    "All remaining items were shipped.",
                    by,
                )?);
                notify::status_changed(tx, app, *store_order_id, OrderStatus::Shipped).await?;
            }
        }
        if *known_to_store && by.0 != ActorKind::Store {
            notify::store_order_cancelled(tx, app, locked.store_order(*store_order_id)?).await?;
        }
    }
    events.extend(refund_due.map(|amount| lifecycle::refund_due_event(locked, amount)));
    live::append(tx, &app.clock, events).await
}
