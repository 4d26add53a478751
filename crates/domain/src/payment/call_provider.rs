//! Calls to payment providers, outside any transaction.

use super::is_decided;
use super::settle::settle;
use crate::order::status::is_void;
use entity::money::{Minor, Money};
use entity::payment::{Entity, Model};
use entity::{order, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::error::{Fault, Result};
use souk_core::provider::payment::{Answer, Charge, Unreachable};
use souk_core::text::truncate;
use souk_core::transact;

/// Kinds of calls to a payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderCall {
    /// Requests the money.
    Authorize,
    /// Asks for the status; requests the money if the provider does not know the payment, as the earlier call was lost.
    LookUp,
    /// Asks again after the buyer completed the required action.
    Confirm,
    /// Cancels the payment.
    Cancel,
}

/// Calls the provider and settles its answer. If the provider can't be reached, the payment is unchanged and [`ReconcilePayment`]
/// calls again. Idempotent, also from several processes at once.
///
/// The money is requested only while the order is not void: the payment of an order that was cancelled in the meantime is
/// cancelled instead. A payment that was decided in the meantime is returned as it is.
///
/// [`ReconcilePayment`]: super::ReconcilePayment
pub(crate) async fn call_provider(app: &App, payment: &Model, call: ProviderCall) -> Result<Model> {
    let found = Entity::find_by_id(payment.id).find_also_related(order::Entity).one(app.db.read()).await?;
    let Some((payment, Some(order))) = found else { return Err(Fault::NotFound.into()) };
    if is_decided(payment.status) && call != ProviderCall::Cancel {
        return Ok(payment);
    }
    let call = if is_void(order.status) { ProviderCall::Cancel } else { call };
    match provider_answer(app, &payment, call).await? {
        Some(answer) => Box::pin(settle(app, payment.id, answer)).await,
        None => Ok(payment),
    }
}

/// The provider's answer, not yet settled; `None` if the provider can't be reached, which is recorded as an attempt.
pub(crate) async fn provider_answer(app: &App, payment: &Model, call: ProviderCall) -> Result<Option<Answer>> {
    match send_call(app, payment, call).await {
        Ok(answer) => Ok(Some(answer)),
        Err(Unreachable(reason)) => {
            tracing::warn!(payment = %payment.id, provider = %payment.provider, reason, "the payment provider can't be reached");
            record_attempt(app, payment, &reason).await?;
            Ok(None)
        }
    }
}

/// The outcome of a new payment that needs no call: an amount of zero, which no provider accepts, or a manual payment.
pub(crate) fn immediate_outcome(app: &App, payment: &Model) -> Option<Answer> {
    app.payments.immediate_outcome(payment.provider, &charge(app, payment))
}

fn charge(app: &App, payment: &Model) -> Charge {
    Charge {
        id: payment.id,
        money: Money::new(payment.amount, payment.currency),
        token: payment.method_token.clone(),
        created_at: payment.created_at,
        now: app.clock.now(),
    }
}

async fn send_call(app: &App, payment: &Model, call: ProviderCall) -> Result<Answer, Unreachable> {
    let charge = charge(app, payment);
    let (payments, provider) = (&app.payments, payment.provider);
    if payment.amount == Minor::ZERO
        && let Some(answer) = payments.immediate_outcome(provider, &charge)
    {
        return Ok(answer);
    }
    match call {
        ProviderCall::Authorize => payments.authorize(provider, &charge).await,
        ProviderCall::Confirm => payments.confirm(provider, &charge).await,
        ProviderCall::Cancel => payments.cancel(provider, &charge).await,
        ProviderCall::LookUp => match payments.look_up(provider, &charge).await? {
            Some(answer) => Ok(answer),
            None => payments.authorize(provider, &charge).await,
        },
    }
}

async fn record_attempt(app: &App, payment: &Model, reason: &str) -> Result<()> {
    let row = payment_attempt::ActiveModel {
        id: Set(app.clock.new_id()),
        payment_id: Set(payment.id),
        outcome: Set(payment.status),
        provider_reference: Set(payment.provider_reference.clone()),
        message: Set(Some(truncate(reason, 500).to_owned())),
        created_at: Set(app.clock.now()),
    };
    transact!(app.db, tx, {
        payment_attempt::Entity::insert(row.clone()).exec_without_returning(tx).await?;
        Ok(())
    })
}
