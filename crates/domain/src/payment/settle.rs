//! Settlement of payments. The answers to calls and look-ups, and webhooks, are all settled here.

use super::job::{CancelPayment, ReconcilePayment};
use super::reopen::{self, LockedCheckout};
use super::write::write as write_amount;
use super::{is_decided, is_open, is_received};
use crate::order::locked::{LockedOrder, SYSTEM};
use crate::order::{lifecycle, status};
use entity::id::{OrderId, PaymentId};
use entity::money::{Minor, Money};
use entity::payment::{self, Column, Entity, Model};
use entity::value::{ActorKind, EventType, OrderStatus, PaymentProvider, PaymentStatus};
use entity::versioned::Versioned;
use entity::{order, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::job::{Enqueue, enqueue, withdraw};
use souk_core::live::{self, NewOrderEvent};
use souk_core::provider::payment::{Answer, Outcome};
use souk_core::text::truncate;
use souk_core::transact;

/// Locks all payments of a locked order, oldest first.
pub(super) async fn lock_all(tx: &Tx, order_id: OrderId) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::OrderId.eq(order_id)).order_by_asc(Column::Id);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// Settles a payment by the provider's answer: the order is confirmed if the payment was authorized or captured; it fails and
/// releases its stock and checkout if the payment failed or was cancelled; otherwise it keeps waiting. The same answer again
/// changes nothing.
pub async fn settle(app: &App, payment_id: PaymentId, answer: Answer) -> Result<Model> {
    transact!(app.db, tx, {
        let order_id: Option<OrderId> =
            Entity::find_by_id(payment_id).select_only().column(Column::OrderId).into_tuple().one(tx).await?;
        let order_id = order_id.ok_or(Fault::NotFound)?;
        // Placing an order locks the checkout and the cart before the order, so reopening them must, too.
        let checkout = match answer.outcome() {
            Outcome::Failed { .. } | Outcome::Cancelled => reopen::lock_checkout(tx, order_id).await?,
            _ => None,
        };
        let locked = LockedOrder::lock(tx, order_id).await?;
        let payments = lock_all(tx, order_id).await?;
        let settled = Box::pin(settle_locked(tx, app, locked, &payments, payment_id, &answer, checkout)).await?;
        if is_decided(settled.status) {
            withdraw::<ReconcilePayment>(tx, &payment_id.to_string()).await?;
        }
        Ok(settled)
    })
}

/// As [`settle`], for an order with all of its payments that are locked already, within their transaction. A failed payment
/// reopens the checkout only if it is given in `checkout`.
pub(crate) async fn settle_locked(
    tx: &Tx,
    app: &App,
    mut locked: LockedOrder,
    payments: &[Model],
    payment_id: PaymentId,
    answer: &Answer,
    checkout: Option<LockedCheckout>,
) -> Result<Model> {
    let payment = payments.iter().find(|payment| payment.id == payment_id).ok_or(Fault::NotFound)?;
    let Some(settled) = apply_answer(app, &locked.order, payment, answer) else { return Ok(payment.clone()) };
    let order = locked.order.clone();
    let void = status::is_void(order.status);
    write(tx, app, &settled).await?;
    live::append(tx, &app.clock, event(&order, &settled).into_iter().collect()).await?;
    if !is_decided(settled.status) {
        return Ok(settled);
    }
    let others: Vec<_> = payments.iter().filter(|other| other.id != payment_id).collect();
    let received = others.iter().any(|other| is_received(other.status));
    let waiting = others.iter().any(|other| is_open(other.status));
    match settled.status {
        // An order is paid only once: money for a void order, or for one that another payment paid, is due for a refund.
        PaymentStatus::Captured if void || received => {
            record_refund_due(tx, app, &mut locked, settled.captured_amount).await?;
        }
        PaymentStatus::Captured => {
            for other in others.into_iter().filter(|other| is_open(other.status)) {
                cancel_obsolete(tx, app, other).await?;
            }
            lifecycle::confirm_locked(tx, app, locked, true).await?;
        }
        PaymentStatus::Authorized if void || received || waiting => {
            enqueue(tx, &app.clock, &CancelPayment { payment_id }, Enqueue::default()).await?;
        }
        PaymentStatus::Authorized => lifecycle::confirm_locked(tx, app, locked, false).await?,
        // Another payment determines the state of the order.
        _ if received || waiting => {}
        // Cancelled by a user before it was paid: the buyer gets the checkout and the cart back, as nothing can be charged any
        // more.
        _ if void => {
            if order.status == OrderStatus::Cancelled && !is_decided(payment.status) {
                reopen::reopen(tx, app, &order, checkout).await?;
            }
        }
        _ => {
            let reason = settled.failure_reason.as_deref().unwrap_or_default();
            lifecycle::fail_locked(tx, app, locked, &format!("The payment failed: {reason}.")).await?;
            reopen::reopen(tx, app, &order, checkout).await?;
        }
    }
    Ok(settled)
}

/// Records that money must be returned to the buyer of a locked order.
async fn record_refund_due(tx: &Tx, app: &App, locked: &mut LockedOrder, amount: Minor) -> Result<()> {
    locked.order.paid_at = locked.order.paid_at.or_else(|| Some(app.clock.now()));
    locked.order.refund_due = locked.order.refund_due.plus(amount)?;
    locked.save(tx, app).await?;
    tracing::error!(order = %locked.order.id, amount = amount.0, "a payment was received that is due for a refund");
    live::append(tx, &app.clock, vec![refund_due_event(locked, amount)]).await
}

/// The event that states the amount due for a refund.
pub(crate) fn refund_due_event(locked: &LockedOrder, amount: Minor) -> NewOrderEvent {
    let message = format!("{} were received and are due for a refund.", Money::new(amount, locked.order.currency));
    locked.event(EventType::RefundDue, message, SYSTEM)
}

/// Cancels a payment that is obsolete because another one paid the order.
async fn cancel_obsolete(tx: &Tx, app: &App, other: &Model) -> Result<()> {
    if other.provider == PaymentProvider::Manual {
        return write_amount(tx, app, other, PaymentStatus::Cancelled, other.amount).await;
    }
    enqueue(tx, &app.clock, &CancelPayment { payment_id: other.id }, Enqueue::default()).await
}

/// The payment after the answer; `None` if the answer changes nothing.
pub(super) fn apply_answer(app: &App, order: &order::Model, payment: &Model, answer: &Answer) -> Option<Model> {
    let status = match answer.outcome() {
        Outcome::Pending => PaymentStatus::Pending,
        Outcome::RequiresAction { .. } => PaymentStatus::RequiresAction,
        Outcome::Authorized => PaymentStatus::Authorized,
        Outcome::Captured => PaymentStatus::Captured,
        Outcome::Failed { .. } => PaymentStatus::Failed,
        Outcome::Cancelled => PaymentStatus::Cancelled,
    };
    if !is_allowed_transition(payment.status, status) || (payment.status == status && payment.provider_reference.is_some()) {
        return None;
    }
    let mut next = payment.clone();
    next.status = status;
    next.provider_reference = Some(truncate(answer.reference(), 255).to_owned());
    (next.redirect_url, next.client_secret) = (None, None);
    match answer.outcome() {
        Outcome::RequiresAction { redirect_url, client_secret } => {
            (next.redirect_url, next.client_secret) = (redirect_url.clone(), client_secret.clone());
        }
        Outcome::Captured => {
            next.captured_amount = payment.amount;
            next.failure_reason = None;
        }
        Outcome::Failed { reason } => next.failure_reason = Some(truncate(reason, 500).to_owned()),
        Outcome::Cancelled => next.failure_reason = Some(cancellation_reason(app, order).to_owned()),
        Outcome::Pending | Outcome::Authorized => {}
    }
    if is_decided(status) {
        next.method_token = None;
    }
    next.touch(app.clock.now());
    Some(next)
}

/// The reason of a cancelled payment that was not replaced.
fn cancellation_reason(app: &App, order: &order::Model) -> &'static str {
    match order.status {
        OrderStatus::Cancelled => "the order was cancelled",
        _ if order.hold_expires_at.is_some_and(|end| end <= app.clock.now()) => "it was not made in time",
        _ => "it was cancelled before it was made",
    }
}

/// Allowed transitions. An undecided payment can get any status. An authorized payment can be captured or cancelled. A failed or
/// cancelled payment can still be captured, as the money was received. Nothing else changes, so late and repeated answers are
/// harmless.
fn is_allowed_transition(from: PaymentStatus, to: PaymentStatus) -> bool {
    match from {
        PaymentStatus::Pending => true,
        PaymentStatus::RequiresAction => to != PaymentStatus::Pending,
        PaymentStatus::Authorized => matches!(to, PaymentStatus::Captured | PaymentStatus::Cancelled),
        PaymentStatus::Failed | PaymentStatus::Cancelled => to == PaymentStatus::Captured,
        PaymentStatus::Captured | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => false,
    }
}

pub(super) async fn write(tx: &Tx, app: &App, row: &Model) -> Result<()> {
    let change = payment::ActiveModel {
        status: Set(row.status),
        captured_amount: Set(row.captured_amount),
        provider_reference: Set(row.provider_reference.clone()),
        method_token: Set(row.method_token.clone()),
        redirect_url: Set(row.redirect_url.clone()),
        client_secret: Set(row.client_secret.clone()),
        failure_reason: Set(row.failure_reason.clone()),
        version: Set(row.version),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(tx).await?;
    let attempt = payment_attempt::ActiveModel {
        id: Set(app.clock.new_id()),
        payment_id: Set(row.id),
        outcome: Set(row.status),
        provider_reference: Set(row.provider_reference.clone()),
        message: Set(row.failure_reason.clone()),
        created_at: Set(row.updated_at),
    };
    payment_attempt::Entity::insert(attempt).exec_without_returning(tx).await?;
    Ok(())
}

pub(super) fn event(order: &order::Model, payment: &Model) -> Option<NewOrderEvent> {
    let amount = Money::new(payment.amount, payment.currency);
    let reason = payment.failure_reason.as_deref().unwrap_or_default();
    let (event_type, message) = match payment.status {
        PaymentStatus::Captured => (EventType::PaymentCaptured, format!("{amount} were received.")),
        PaymentStatus::Failed => (EventType::PaymentFailed, format!("The payment of {amount} failed: {reason}.")),
        PaymentStatus::Cancelled => (EventType::PaymentFailed, format!("The payment of {amount} was cancelled: {reason}.")),
        _ => return None,
    };
    Some(NewOrderEvent {
        order_id: order.id,
        part: None,
        buyer: order.user_id,
        event_type,
        message: truncate(&message, 500).to_owned(),
        actor: (ActorKind::System, None),
        order_status: order.status,
    })
}
