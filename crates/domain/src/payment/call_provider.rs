//! Asking the provider, outside any transaction.

use super::is_decided;
use super::settle::settle;
use crate::order::status::is_void;
use entity::money::Minor;
use entity::payment::{Entity, Model};
use entity::{order, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::error::{Fault, Result};
use souk_core::provider::payment::{Answer, Charge, Unreachable};
use souk_core::text::truncate;
use souk_core::transact;

/// What the provider is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderCall {
    /// For the money.
    Authorize,
    /// Where it stands; for the money, where the provider never heard of it: the call before was lost.
    LookUp,
    /// Again, after the buyer confirmed it.
    Confirm,
    /// To cancel it.
    Cancel,
}

/// Asks the provider and settles what it says. Where it can't be reached the payment stays as it is: [`ReconcilePayment`] asks
/// again. Safe to repeat, also from several processes at once.
///
/// Money is asked for only while the order wants it: for one that was cancelled meanwhile the payment is cancelled instead, and
/// a payment that was decided meanwhile is answered as it is.
///
/// [`ReconcilePayment`]: super::ReconcilePayment
pub(crate) async fn call_provider(app: &App, payment: &Model, ask: ProviderCall) -> Result<Model> {
    let found = Entity::find_by_id(payment.id).find_also_related(order::Entity).one(app.db.read()).await?;
    let Some((payment, Some(order))) = found else { return Err(Fault::NotFound.into()) };
    if is_decided(payment.status) && ask != ProviderCall::Cancel {
        return Ok(payment);
    }
    let ask = if is_void(order.status) { ProviderCall::Cancel } else { ask };
    match word(app, &payment, ask).await? {
        Some(answer) => Box::pin(settle(app, payment.id, answer)).await,
        None => Ok(payment),
    }
}

/// What the provider says, not yet settled; `None` where it can't be reached, which is noted.
pub(crate) async fn word(app: &App, payment: &Model, ask: ProviderCall) -> Result<Option<Answer>> {
    match ask_provider(app, payment, ask).await {
        Ok(answer) => Ok(Some(answer)),
        Err(Unreachable(reason)) => {
            tracing::warn!(payment = %payment.id, provider = %payment.provider, reason, "a payment provider can't be reached");
            note(app, payment, &reason).await?;
            Ok(None)
        }
    }
}

/// What is known of a payment that is just being made, without asking anybody: a charge of nothing, which no provider takes, and
/// one that a person will collect.
pub(crate) fn immediate_outcome(app: &App, payment: &Model) -> Option<Answer> {
    app.payments.immediate_outcome(payment.provider, &charge(app, payment))
}

fn charge(app: &App, payment: &Model) -> Charge {
    Charge {
        id: payment.id,
        amount: payment.amount,
        currency: payment.currency,
        token: payment.method_token.clone(),
        created_at: payment.created_at,
        now: app.clock.now(),
    }
}

async fn ask_provider(app: &App, payment: &Model, ask: ProviderCall) -> Result<Answer, Unreachable> {
    let charge = charge(app, payment);
    let (payments, provider) = (&app.payments, payment.provider);
    if payment.amount == Minor::ZERO
        && let Some(answer) = payments.immediate_outcome(provider, &charge)
    {
        return Ok(answer);
    }
    match ask {
        ProviderCall::Authorize => payments.authorize(provider, &charge).await,
        ProviderCall::Confirm => payments.confirm(provider, &charge).await,
        ProviderCall::Cancel => payments.cancel(provider, &charge).await,
        ProviderCall::LookUp => match payments.look_up(provider, &charge).await? {
            Some(answer) => Ok(answer),
            None => payments.authorize(provider, &charge).await,
        },
    }
}

async fn note(app: &App, payment: &Model, reason: &str) -> Result<()> {
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
