//! Requesting refunds, in the transaction of their cause.

use super::amount::{Amounts, Part, refundable, returned};
use super::job::ReturnMoney;
use crate::order::locked::{By, LockedOrder};
use crate::order::{lifecycle, reversal};
use crate::{download, order, payment, posting, stock};
use entity::id::{OrderLineId, ProductVariantId, RefundId, StoreOrderId};
use entity::money::Minor;
use entity::refund::Model;
use entity::value::{OrderStatus, PaymentProvider, ProductKind, RefundReason, RefundStatus};
use entity::{payment as payment_row, refund, refund_line};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Problem, Result};
use souk_core::live;

/// A refund to be requested.
pub(crate) struct NewRefund<'a> {
    pub reason: RefundReason,
    pub note: Option<&'a str>,
    /// Whether refunded physical items are put back into the stock.
    pub restock: bool,
    pub by: By,
    /// The failed refund that it repeats.
    pub retry_of: Option<RefundId>,
    /// The provider's identifier of a refund that was made there, so that it is not requested.
    pub made_as: Option<&'a str>,
}

/// Requests a refund of a locked order's store order: reserves the money, counts it on lines and store order, posts it, and enqueues the
/// call to the provider.
pub(crate) async fn request(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    store_order_id: StoreOrderId,
    amounts: &Amounts,
    new: &NewRefund<'_>,
) -> Result<Model> {
    let mut payments = payment::lock_all(tx, locked.order.id).await?;
    let payment = paying(&mut payments, amounts.total)?;
    let row = insert(tx, app, locked, payment, Some(store_order_id), amounts, new).await?;
    count(tx, locked, store_order_id, amounts).await?;
    let is_posted = posting::is_posted(tx, payment).await?;
    posting::post_refund(tx, app, locked, &row, store_order_id, is_posted).await?;
    download::revoke(tx, app, locked).await?;
    if new.restock {
        restock(tx, app, locked, amounts).await?;
    }
    close_if_refunded(locked, store_order_id)?;
    finish(tx, app, locked, &row).await?;
    Ok(row)
}

/// Requests the refund of what was paid for cancelled items of a locked order's store order, whose lines count them as cancelled already.
/// `cancelled` are the lines with quantity and value. Returns the refunded amount, which is zero if nothing was paid. The caller writes the
/// order and its event.
pub(crate) async fn cancel_paid(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    store_order_id: StoreOrderId,
    cancelled: &[(OrderLineId, i32, Minor)],
    by: By,
) -> Result<Minor> {
    let total = paid_above_due(locked, store_order_id)?;
    if total <= Minor::ZERO {
        // What was paid does not exceed what is still due; commission is adjusted all the same.
        posting::post_adjustment(tx, app, locked, store_order_id).await?;
        return Ok(Minor::ZERO);
    }
    let parts =
        cancelled.iter().map(|(line_id, quantity, amount)| Part { line_id: *line_id, quantity: *quantity, amount: *amount });
    let parts: Vec<_> = parts.collect();
    let of_lines = Minor::sum(parts.iter().map(|part| part.amount))?;
    let amounts = Amounts { shipping: total.minus(of_lines)?.max(Minor::ZERO), parts, total };
    let mut payments = payment::lock_all(tx, locked.order.id).await?;
    let payment = paying(&mut payments, total)?;
    let new = NewRefund { reason: RefundReason::Cancelled, note: None, restock: false, by, retry_of: None, made_as: None };
    let row = insert(tx, app, locked, payment, Some(store_order_id), &amounts, &new).await?;
    let store_order = locked.store_order_mut(store_order_id)?;
    store_order.refunded_total = store_order.refunded_total.plus(total)?;
    let is_posted = posting::is_posted(tx, payment).await?;
    posting::post_refund(tx, app, locked, &row, store_order_id, is_posted).await?;
    locked.order.refund_due = locked.order.refund_due.plus(total)?;
    Ok(total)
}

/// What was paid for a store order, and neither refunded nor due any more; negative if it is not paid in full.
pub(super) fn paid_above_due(locked: &LockedOrder, id: StoreOrderId) -> Result<Minor> {
    let row = locked.store_order(id)?;
    let refunded = Minor::sum(locked.lines_of(id).map(|line| line.refunded_total))?;
    let due = locked.due_of(id)?.minus(refunded)?.minus(row.refunded_shipping_total)?.max(Minor::ZERO);
    Ok(refundable(row)?.minus(due)?)
}

/// Requests the refund of money that no store order of a locked order needs; it is owed to the buyer already.
pub(crate) async fn owe(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    payment: &payment_row::Model,
    amount: Minor,
    reason: RefundReason,
) -> Result<()> {
    let mut payment = payment.clone();
    let amounts = Amounts { parts: Vec::new(), shipping: Minor::ZERO, total: amount };
    let new = NewRefund { reason, note: None, restock: false, by: order::locked::SYSTEM, retry_of: None, made_as: None };
    let row = insert(tx, app, locked, &mut payment, None, &amounts, &new).await?;
    finish(tx, app, locked, &row).await
}

/// Records a refund that was made at the provider, of what a store order received, or of what is owed to the buyer already. The caller
/// writes the order.
pub(super) async fn record_made(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    payment: &mut payment_row::Model,
    store_order_id: Option<StoreOrderId>,
    amount: Minor,
    reference: &str,
) -> Result<Model> {
    let amounts = match store_order_id {
        Some(id) => returned(locked, id, amount)?,
        None => Amounts { parts: Vec::new(), shipping: Minor::ZERO, total: amount },
    };
    let (by, made_as) = (order::locked::SYSTEM, Some(reference));
    let new = NewRefund { reason: RefundReason::AtProvider, note: None, restock: false, by, retry_of: None, made_as };
    let row = insert(tx, app, locked, payment, store_order_id, &amounts, &new).await?;
    if let Some(id) = store_order_id {
        count(tx, locked, id, &amounts).await?;
        let is_posted = posting::is_posted(tx, payment).await?;
        posting::post_refund(tx, app, locked, &row, id, is_posted).await?;
        download::revoke(tx, app, locked).await?;
        close_if_refunded(locked, id)?;
    }
    locked.order.refund_due = locked.order.refund_due.plus(amount)?;
    Ok(row)
}

/// The payment that received the money: the one of which enough can be refunded, the newest first.
fn paying(payments: &mut [payment_row::Model], amount: Minor) -> Result<&mut payment_row::Model> {
    let is_disputed = payments.iter().any(|payment| payment.unrefunded() >= amount);
    let found = payments.iter_mut().rev().find(|payment| payment.refundable() >= amount);
    found.ok_or_else(|| {
        if is_disputed {
            let message = "The buyer claims the money back at the bank, which decides whether it returns to the buyer.";
            return Problem::new("selection", Code::PaymentDisputed, message).into();
        }
        let message = "No payment of the order has received enough money that was not refunded.";
        Problem::new("selection", Code::RefundExceedsPaid, message).into()
    })
}

pub(super) async fn insert(
    tx: &Tx,
    app: &App,
    locked: &LockedOrder,
    payment: &mut payment_row::Model,
    store_order_id: Option<StoreOrderId>,
    amounts: &Amounts,
    new: &NewRefund<'_>,
) -> Result<Model> {
    let now = app.clock.now();
    let id: RefundId = app.clock.new_id();
    let by_person = payment.provider == PaymentProvider::Manual;
    let row = Model {
        id,
        payment_id: payment.id,
        order_id: locked.order.id,
        store_order_id,
        reason: new.reason,
        status: if by_person { RefundStatus::AwaitingPerson } else { RefundStatus::Pending },
        amount: amounts.total,
        shipping_amount: amounts.shipping,
        currency: payment.currency,
        restocked: new.restock,
        requested_by_id: new.by.1,
        retry_of_id: new.retry_of,
        note: new.note.map(str::to_owned),
        provider_reference: new.made_as.map(str::to_owned),
        failure_reason: None,
        unknown_calls: 0,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    payment::reserve_refund(tx, app, payment, amounts.total).await?;
    refund::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let lines: Vec<_> = amounts
        .parts
        .iter()
        .map(|part| {
            let line = refund_line::Model {
                id: app.clock.new_id(),
                refund_id: id,
                order_line_id: part.line_id,
                quantity: part.quantity,
                amount: part.amount,
            };
            line.into_active_model().reset_all()
        })
        .collect();
    if !lines.is_empty() {
        refund_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    }
    if !by_person && new.made_as.is_none() {
        ReturnMoney { refund_id: id }.enqueue_first(tx, app).await?;
    }
    Ok(row)
}

/// Counts a refund on the lines and the store order.
async fn count(tx: &Tx, locked: &mut LockedOrder, id: StoreOrderId, amounts: &Amounts) -> Result<()> {
    count_amounts(locked, id, amounts)?;
    for line in locked.lines.iter().filter(|line| amounts.parts.iter().any(|part| part.line_id == line.id)) {
        order::write_reversed(tx, line, 0).await?;
    }
    Ok(())
}

/// The part of [`count`] that is computed; [`LockedOrder::save`] writes the store order.
pub(super) fn count_amounts(locked: &mut LockedOrder, id: StoreOrderId, amounts: &Amounts) -> Result<()> {
    let tax_included = locked.order.tax_included;
    for part in &amounts.parts {
        let line = locked.lines.iter_mut().find(|line| line.id == part.line_id).ok_or(Fault::NotFound)?;
        reversal::refund(line, part.quantity, part.amount, tax_included)?;
    }
    let store_order = locked.store_order_mut(id)?;
    store_order.refunded_total = store_order.refunded_total.plus(amounts.total)?;
    store_order.refunded_shipping_total = store_order.refunded_shipping_total.plus(amounts.shipping)?;
    Ok(())
}

async fn restock(tx: &Tx, app: &App, locked: &LockedOrder, amounts: &Amounts) -> Result<()> {
    let restocked: Vec<_> = amounts
        .parts
        .iter()
        .filter(|part| part.quantity > 0)
        .filter_map(|part| {
            let line = locked.lines.iter().find(|line| line.id == part.line_id)?;
            (line.kind == ProductKind::Physical).then_some((ProductVariantId(line.variant_id), part.quantity))
        })
        .collect();
    if restocked.is_empty() { Ok(()) } else { stock::restock(tx, app, &restocked).await }
}

/// A store order that was sent becomes REFUNDED when everything that was paid for it is refunded.
fn close_if_refunded(locked: &mut LockedOrder, id: StoreOrderId) -> Result<()> {
    let row = locked.store_order(id)?;
    let sent = matches!(row.status, OrderStatus::Shipped | OrderStatus::Delivered | OrderStatus::Completed);
    if sent && refundable(row)? == Minor::ZERO {
        locked.transition("id", id, OrderStatus::Refunded)?;
    }
    Ok(())
}

/// Writes the order, and tells its followers.
pub(super) async fn finish(tx: &Tx, app: &App, locked: &mut LockedOrder, refund: &Model) -> Result<()> {
    locked.order.refund_due = locked.order.refund_due.plus(refund.amount)?;
    locked.save(tx, app).await?;
    let event = due_event(locked, refund)?;
    live::append(tx, &app.clock, vec![event]).await
}

/// The event that a refund is due.
pub(super) fn due_event(locked: &LockedOrder, refund: &Model) -> Result<live::NewOrderEvent> {
    match refund.store_order_id {
        Some(id) => locked.store_order_event(
            id,
            entity::value::EventType::RefundDue,
            lifecycle::refund_due_text(refund.amount, refund.currency),
            order::locked::SYSTEM,
        ),
        None => Ok(lifecycle::refund_due_event(locked, refund.amount)),
    }
}
