//! What follows from a provider's word. The answer to a call, a look-up by a job and a webhook all end here.

use super::reconcile::ReconcilePayment;
use super::{is_decided, reopen};
use crate::app::App;
use crate::auth::System;
use crate::db::Tx;
use crate::domain::order::locked::LockedOrder;
use crate::domain::order::{lifecycle, status};
use crate::error::{Fault, Result};
use crate::job::withdraw;
use crate::live::{self, NewEvent};
use crate::provider::payment::{Answer, Outcome};
use crate::text::truncate;
use crate::transact;
use entity::id::PaymentId;
use entity::payment::{self, Column, Entity, Model};
use entity::value::{ActorKind, EventType, PaymentStatus};
use entity::{order, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// Settles a payment: the order is confirmed when it was promised or received; it fails, and gives back what it took, when it
/// was refused or called off; else the order goes on waiting. The same answer again changes nothing.
pub async fn settle(app: &App, system: &System, payment_id: PaymentId, answer: Answer) -> Result<Model> {
    transact!(app.db, tx, {
        let of_payment = Query::select().column(Column::OrderId).from(Entity).and_where(Column::Id.eq(payment_id)).to_owned();
        let order = order::Entity::find().filter(order::Column::Id.in_subquery(of_payment));
        let locked = LockedOrder::with_parts(tx, order).await?;
        let payment = Entity::find_by_id(payment_id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let settled = Box::pin(settle_locked(tx, app, system, locked, payment, &answer)).await?;
        if is_decided(settled.status) {
            withdraw::<ReconcilePayment>(tx, &payment_id.to_string()).await?;
        }
        Ok(settled)
    })
}

/// As [`settle`], for an order and a payment that are held already, and within their transaction.
pub(crate) async fn settle_locked(
    tx: &Tx,
    app: &App,
    system: &System,
    locked: LockedOrder,
    payment: Model,
    answer: &Answer,
) -> Result<Model> {
    let Some(settled) = next(app, &payment, answer) else { return Ok(payment) };
    let order = locked.order.clone();
    write(tx, app, &settled).await?;
    live::append(tx, &app.clock, event(&order, &settled).into_iter().collect()).await?;
    if !is_decided(settled.status) {
        return Ok(settled);
    }
    match settled.status {
        PaymentStatus::Captured | PaymentStatus::Authorized if status::is_void(order.status) => {
            tracing::error!(payment = %payment.id, order = %order.id, "money came for an order that had come to nothing: return it");
        }
        PaymentStatus::Captured => lifecycle::confirm_locked(tx, app, system, locked, true).await?,
        PaymentStatus::Authorized => lifecycle::confirm_locked(tx, app, system, locked, false).await?,
        _ if status::is_void(order.status) => {}
        _ => {
            let reason = settled.failure_reason.as_deref().unwrap_or_default();
            lifecycle::fail_locked(tx, app, system, locked, &format!("The payment failed: {reason}.")).await?;
            reopen::reopen(tx, app, &order).await?;
        }
    }
    Ok(settled)
}

/// The payment after the answer; `None` where it changes nothing.
fn next(app: &App, payment: &Model, answer: &Answer) -> Option<Model> {
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
        Outcome::Captured => next.captured_amount = payment.amount,
        Outcome::Failed { reason } => next.failure_reason = Some(truncate(reason, 500).to_owned()),
        Outcome::Cancelled => next.failure_reason = Some("it was not made in time".to_owned()),
        Outcome::Pending | Outcome::Authorized => {}
    }
    if is_decided(status) {
        next.method_token = None;
    }
    next.version += 1;
    next.updated_at = app.clock.now();
    Some(next)
}

/// What is undecided can become anything. What was promised can be received or called off. Money that comes after a refusal is
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

async fn write(tx: &Tx, app: &App, row: &Model) -> Result<()> {
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

fn event(order: &order::Model, payment: &Model) -> Option<NewEvent> {
    let amount = format!("{} {}", payment.currency.format(payment.amount), payment.currency);
    let reason = payment.failure_reason.as_deref().unwrap_or_default();
    let (event_type, message) = match payment.status {
        PaymentStatus::Captured => (EventType::PaymentCaptured, format!("{amount} were received.")),
        PaymentStatus::Failed | PaymentStatus::Cancelled => {
            (EventType::PaymentFailed, format!("The payment of {amount} failed: {reason}."))
        }
        _ => return None,
    };
    Some(NewEvent {
        order_id: order.id,
        part: None,
        buyer: order.user_id,
        event_type,
        message: truncate(&message, 500).to_owned(),
        actor: (ActorKind::System, None),
        order_status: order.status,
    })
}
