//! What follows from a provider's word. The answer to a call, a look-up by a job and a webhook all end here.

use super::cancel::{self, CancelPayment};
use super::reconcile::ReconcilePayment;
use super::reopen::{self, Held};
use super::{is_decided, is_open, is_received};
use crate::order::locked::{LockedOrder, SYSTEM};
use crate::order::{lifecycle, status};
use entity::id::{OrderId, PaymentId};
use entity::money::Minor;
use entity::payment::{self, Column, Entity, Model};
use entity::value::{ActorKind, EventType, OrderStatus, PaymentProvider, PaymentStatus};
use entity::{order, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::job::{Enqueue, enqueue, withdraw};
use souk_core::live::{self, NewOrderEvent};
use souk_core::provider::payment::{Answer, Outcome};
use souk_core::text::truncate;
use souk_core::transact;

/// All payments of an order that is locked, oldest first, locked.
pub(super) async fn lock_all(tx: &Tx, order_id: OrderId) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::OrderId.eq(order_id)).order_by_asc(Column::Id);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// Settles a payment: the order is confirmed when it was promised or received; it fails, and gives back what it took, when it
/// was refused or cancelled; else the order goes on waiting. The same answer again changes nothing.
pub async fn settle(app: &App, system: &System, payment_id: PaymentId, answer: Answer) -> Result<Model> {
    transact!(app.db, tx, {
        let order_id: Option<OrderId> =
            Entity::find_by_id(payment_id).select_only().column(Column::OrderId).into_tuple().one(tx).await?;
        let order_id = order_id.ok_or(Fault::NotFound)?;
        // Placing an order locks the checkout and the cart before it, and so does what reopens them.
        let held = match answer.outcome {
            Outcome::Failed { .. } | Outcome::Cancelled => reopen::lock_checkout(tx, order_id).await?,
            _ => None,
        };
        let locked = LockedOrder::lock(tx, order_id).await?;
        let payments = lock_all(tx, order_id).await?;
        let settled = Box::pin(settle_locked(tx, app, system, locked, &payments, payment_id, &answer, held)).await?;
        if is_decided(settled.status) {
            withdraw::<ReconcilePayment>(tx, &payment_id.to_string()).await?;
        }
        Ok(settled)
    })
}

/// As [`settle`], for an order and all of its payments that are locked already, and within their transaction. Only if the
/// checkout is `held`, a payment that fails reopens it.
#[expect(clippy::too_many_arguments, reason = "everything that is locked, and what is to follow from it")]
pub(crate) async fn settle_locked(
    tx: &Tx,
    app: &App,
    system: &System,
    mut locked: LockedOrder,
    payments: &[Model],
    payment_id: PaymentId,
    answer: &Answer,
    held: Option<Held>,
) -> Result<Model> {
    let payment = payments.iter().find(|payment| payment.id == payment_id).ok_or(Fault::NotFound)?;
    let Some(settled) = next(app, &locked.order, payment, answer) else { return Ok(payment.clone()) };
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
        // Only once: what comes for an order that is void, or paid by another payment, is the buyer's.
        PaymentStatus::Captured if void || received => {
            owe_back(tx, app, &mut locked, settled.captured_amount).await?;
        }
        PaymentStatus::Captured => {
            for other in others.into_iter().filter(|other| is_open(other.status)) {
                supersede_open(tx, app, other).await?;
            }
            lifecycle::confirm_locked(tx, app, system, locked, true).await?;
        }
        PaymentStatus::Authorized if void || received || waiting => {
            enqueue(tx, &app.clock, &CancelPayment { payment_id }, Enqueue::default()).await?;
        }
        PaymentStatus::Authorized => lifecycle::confirm_locked(tx, app, system, locked, false).await?,
        // Another payment of the order decides about it.
        _ if received || waiting => {}
        // Cancelled by a person before it was paid: the buyer gets checkout and cart back, now that nothing can be charged.
        _ if void => {
            if order.status == OrderStatus::Cancelled && !is_decided(payment.status) {
                reopen::reopen(tx, app, &order, held).await?;
            }
        }
        _ => {
            let reason = settled.failure_reason.as_deref().unwrap_or_default();
            lifecycle::fail_locked(tx, app, system, locked, &format!("The payment failed: {reason}.")).await?;
            reopen::reopen(tx, app, &order, held).await?;
        }
    }
    Ok(settled)
}

/// Notes that money must be returned to the buyer of an order that is locked.
async fn owe_back(tx: &Tx, app: &App, locked: &mut LockedOrder, amount: Minor) -> Result<()> {
    locked.order.paid_at = locked.order.paid_at.or_else(|| Some(app.clock.now()));
    locked.order.refund_due = locked.order.refund_due.plus(amount)?;
    locked.save(tx, app).await?;
    tracing::error!(order = %locked.order.id, amount = amount.0, "money was received that is owed back to the buyer");
    live::append(tx, &app.clock, vec![refund_due(locked, amount)]).await
}

/// The event that says how much is owed back.
pub(crate) fn refund_due(locked: &LockedOrder, amount: Minor) -> NewOrderEvent {
    let currency = locked.order.currency;
    let message = format!("{} {currency} were received and are owed back to the buyer.", currency.format(amount));
    locked.event(EventType::RefundDue, message, SYSTEM)
}

/// Ends a payment that is not needed any more, as another one paid the order.
async fn supersede_open(tx: &Tx, app: &App, other: &Model) -> Result<()> {
    if other.provider == PaymentProvider::Manual {
        return cancel::write(tx, app, other, PaymentStatus::Cancelled, other.amount).await;
    }
    enqueue(tx, &app.clock, &CancelPayment { payment_id: other.id }, Enqueue::default()).await
}

/// The payment after the answer; `None` where it changes nothing.
pub(super) fn next(app: &App, order: &order::Model, payment: &Model, answer: &Answer) -> Option<Model> {
    let status = match &answer.outcome {
        Outcome::Pending => PaymentStatus::Pending,
        Outcome::RequiresAction { .. } => PaymentStatus::RequiresAction,
        Outcome::Authorized => PaymentStatus::Authorized,
        Outcome::Captured => PaymentStatus::Captured,
        Outcome::Failed { .. } => PaymentStatus::Failed,
        Outcome::Cancelled => PaymentStatus::Cancelled,
    };
    if !may_follow(payment.status, status) || (payment.status == status && payment.provider_reference.is_some()) {
        return None;
    }
    let mut next = payment.clone();
    next.status = status;
    next.provider_reference = Some(truncate(&answer.reference, 255).to_owned());
    (next.redirect_url, next.client_secret) = (None, None);
    match &answer.outcome {
        Outcome::RequiresAction { redirect_url, client_secret } => {
            (next.redirect_url, next.client_secret) = (redirect_url.clone(), client_secret.clone());
        }
        Outcome::Captured => {
            next.captured_amount = payment.amount;
            next.failure_reason = None;
        }
        Outcome::Failed { reason } => next.failure_reason = Some(truncate(reason, 500).to_owned()),
        Outcome::Cancelled => next.failure_reason = Some(why_cancelled(app, order).to_owned()),
        Outcome::Pending | Outcome::Authorized => {}
    }
    if is_decided(status) {
        next.method_token = None;
    }
    next.version += 1;
    next.updated_at = app.clock.now();
    Some(next)
}

/// Why a payment is cancelled that nobody replaced.
fn why_cancelled(app: &App, order: &order::Model) -> &'static str {
    match order.status {
        OrderStatus::Cancelled => "the order was cancelled",
        _ if order.hold_expires_at.is_some_and(|end| end <= app.clock.now()) => "it was not made in time",
        _ => "it was cancelled before it was made",
    }
}

/// What is undecided can become anything. What was promised can be received or cancelled. Money that comes after a refusal is
/// still money. Nothing else moves, so an answer that comes late or twice is harmless.
fn may_follow(from: PaymentStatus, to: PaymentStatus) -> bool {
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
    let amount = format!("{} {}", payment.currency.format(payment.amount), payment.currency);
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
