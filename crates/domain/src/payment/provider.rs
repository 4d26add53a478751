//! Calls to payment providers, outside any transaction.

use super::write::record_attempt;
use entity::money::{Minor, Money};
use entity::payment::Model;
use souk_core::app::App;
use souk_core::error::Result;
use souk_core::provider::payment::{Charge, ProviderPayment, Unreachable};
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

/// The provider's report, not yet settled; `None` if the provider can't be reached, which is recorded as an attempt.
pub(crate) async fn ask_provider(app: &App, payment: &Model, call: ProviderCall) -> Result<Option<ProviderPayment>> {
    match send_call(app, payment, call).await {
        Ok(report) => Ok(Some(report)),
        Err(Unreachable(reason)) => {
            tracing::warn!(payment = %payment.id, provider = %payment.provider, reason, "the payment provider can't be reached");
            record_failure(app, payment, &reason).await?;
            Ok(None)
        }
    }
}

/// The report about a new payment that needs no call: an amount of zero, which no provider accepts, or a manual payment.
pub(crate) fn immediate_report(app: &App, payment: &Model) -> Option<ProviderPayment> {
    app.payments.immediate_report(payment.provider, &charge(app, payment))
}

fn charge(app: &App, payment: &Model) -> Charge {
    Charge {
        id: payment.id,
        money: Money::new(payment.amount_due(), payment.currency),
        token: payment.method_token.clone(),
        created_at: payment.created_at,
        now: app.clock.now(),
    }
}

async fn send_call(app: &App, payment: &Model, call: ProviderCall) -> Result<ProviderPayment, Unreachable> {
    let charge = charge(app, payment);
    let (payments, provider) = (&app.payments, payment.provider);
    if payment.amount == Minor::ZERO
        && let Some(report) = payments.immediate_report(provider, &charge)
    {
        return Ok(report);
    }
    match call {
        ProviderCall::Authorize => payments.authorize(provider, &charge).await,
        ProviderCall::Confirm => payments.confirm(provider, &charge).await,
        ProviderCall::Cancel => payments.cancel(provider, &charge).await,
        ProviderCall::LookUp => match payments.look_up(provider, &charge).await? {
            Some(report) => Ok(report),
            None => payments.authorize(provider, &charge).await,
        },
    }
}

async fn record_failure(app: &App, payment: &Model, reason: &str) -> Result<()> {
    transact!(app.db, tx, { record_attempt(tx, app, payment, Some(truncate(reason, 500)), app.clock.now()).await })
}
