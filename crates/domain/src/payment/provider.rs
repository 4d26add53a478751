//! Calls to payment providers, outside any transaction.

use super::write::{Attempt, insert_attempt, store_reference};
use crate::reconciliation::{self, Finding};
use entity::money::{Minor, Money};
use entity::payment::Model;
use entity::payment_attempt;
use entity::value::{AttemptKind, FindingKind, ProviderErrorKind};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use souk_core::app::App;
use souk_core::db::InPadded;
use souk_core::error::{Error, Result};
use souk_core::provider::payment::{Charge, ProviderError, ProviderPayment, ProviderState, idempotency_key};
use souk_core::text::truncate;
use souk_core::transact;

/// Kinds of calls to a payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderCall {
    /// Requests the money.
    Authorize,
    /// Asks for the status; requests the money if the provider does not know the payment, as the earlier call was lost.
    LookUp,
    /// Asks for the status, and never requests the money.
    Observe,
    /// Asks again after the buyer completed the required action.
    Confirm,
    /// Cancels the payment.
    Cancel,
}

/// What the buyer learns if the provider refused the call.
const REFUSED: &str = "the payment provider refused the payment";

/// The provider's report, not yet settled; `None` if there is none, which is recorded as an attempt.
///
/// A payment that was declined, or whose money the provider refused to request, is cancelled at the provider, and reported as failed
/// only after the provider confirmed that: until then it could still be paid there.
pub(crate) async fn ask_provider(app: &App, payment: &Model, call: ProviderCall) -> Result<Option<ProviderPayment>> {
    let mut charge = charge(app, payment).await?;
    let (kind, error) = match send_call(app, payment, &mut charge, call).await {
        Ok(report) => return Ok(report),
        Err(CallError::Internal(error)) => return Err(error),
        Err(CallError::Provider(kind, error)) => (kind, error),
    };
    record_failure(app, payment, kind, None, &error).await?;
    let requests_money = matches!(kind, AttemptKind::Create | AttemptKind::Confirm);
    let reason = match &error {
        ProviderError::Declined { message, .. } if call != ProviderCall::Cancel => message.as_str(),
        ProviderError::Refused { .. } if requests_money && call != ProviderCall::Cancel => REFUSED,
        _ => return Ok(None),
    };
    match app.payments.abandon(payment.provider, &charge, reason).await {
        Ok(report) => Ok(Some(report)),
        Err(error) => {
            record_failure(app, payment, AttemptKind::Cancel, None, &error).await?;
            Ok(None)
        }
    }
}

/// Captures the amount due of an authorized payment, which was looked up just before; the rest is released. `None` if there is no
/// report, which is recorded as an attempt.
pub(crate) async fn capture_at_provider(app: &App, payment: &Model) -> Result<Option<ProviderPayment>> {
    let amount = payment.amount_due();
    let attempt = count_unknown(app, payment, &[AttemptKind::Capture]).await?;
    let key = idempotency_key(payment.id.0, "capture", attempt);
    match app.payments.capture(payment.provider, &charge_of(app, payment, 0), amount, key).await {
        Ok(report) => Ok(Some(report)),
        Err(error) => {
            record_failure(app, payment, AttemptKind::Capture, Some(amount), &error).await?;
            Ok(None)
        }
    }
}

/// The report about a new payment that needs no call: an amount of zero, which no provider accepts, or a manual payment.
pub(crate) fn immediate_report(app: &App, payment: &Model) -> Option<ProviderPayment> {
    app.payments.immediate_report(payment.provider, &charge_of(app, payment, 0))
}

/// The payment as its provider is asked for it.
pub(crate) async fn charge(app: &App, payment: &Model) -> Result<Charge> {
    let creates_first = app.payments.abilities(payment.provider).is_some_and(|abilities| abilities.creates_first);
    let attempt = match creates_first {
        true => count_unknown(app, payment, &[AttemptKind::Create, AttemptKind::Confirm]).await?,
        false => 0,
    };
    Ok(charge_of(app, payment, attempt))
}

fn charge_of(app: &App, payment: &Model, attempt: u32) -> Charge {
    Charge {
        id: payment.id,
        money: Money::new(payment.amount_due(), payment.currency),
        token: payment.method_token.clone(),
        capture_method: payment.capture_method,
        reference: payment.provider_reference.clone(),
        attempt,
        created_at: payment.created_at,
        now: app.clock.now(),
    }
}

/// Number of calls whose effect was unknown. The next such call is sent only if a look-up showed that they had none; it needs a new key,
/// as providers answer a known key with the stored error.
async fn count_unknown(app: &App, payment: &Model, kinds: &[AttemptKind]) -> Result<u32> {
    use payment_attempt::Column;
    let count = payment_attempt::Entity::find()
        .filter(Column::PaymentId.eq(payment.id))
        .filter(Column::ErrorKind.eq(ProviderErrorKind::Unknown))
        .filter(Column::Kind.in_padded(kinds))
        .count(app.db.read())
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Why a call has no report.
enum CallError {
    Provider(AttemptKind, ProviderError),
    Internal(Error),
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

async fn send_call(
    app: &App,
    payment: &Model,
    charge: &mut Charge,
    call: ProviderCall,
) -> Result<Option<ProviderPayment>, CallError> {
    let (payments, provider) = (&app.payments, payment.provider);
    if payment.amount == Minor::ZERO
        && let Some(report) = payments.immediate_report(provider, charge)
    {
        return Ok(Some(report));
    }
    let of = |kind| move |error| CallError::Provider(kind, error);
    if matches!(call, ProviderCall::LookUp | ProviderCall::Observe) {
        let report = payments.look_up(provider, charge).await.map_err(of(AttemptKind::LookUp))?;
        let is_requested = report.as_ref().is_some_and(|report| *report.state() != ProviderState::Created);
        if is_requested || call == ProviderCall::Observe {
            return Ok(report);
        }
    }
    if payments.abilities(provider).is_some_and(|abilities| abilities.creates_first) && charge.reference.is_none() {
        create(app, payment, charge).await?;
    }
    let report = match call {
        ProviderCall::Cancel => return payments.cancel(provider, charge).await.map(Some).map_err(of(AttemptKind::Cancel)),
        ProviderCall::Confirm => payments.confirm(provider, charge).await.map_err(of(AttemptKind::LookUp))?,
        _ => return payments.authorize(provider, charge).await.map(Some).map_err(of(AttemptKind::Confirm)),
    };
    if *report.state() == ProviderState::Created {
        return payments.authorize(provider, charge).await.map(Some).map_err(of(AttemptKind::Confirm));
    }
    Ok(Some(report))
}

/// Creates the payment at its provider and stores the reference, before any money is requested: after a crash the reference tells what
/// happened. If another process stored another reference first, the payment that was just created is cancelled.
async fn create(app: &App, payment: &Model, charge: &mut Charge) -> Result<(), CallError> {
    let provider = payment.provider;
    let created = app.payments.create(provider, charge).await;
    let created = created.map_err(|error| CallError::Provider(AttemptKind::Create, error))?;
    let stored = store_reference(app, payment.id, &created).await?;
    charge.reference.clone_from(&stored.provider_reference);
    if stored.provider_reference.as_ref() != Some(&created) {
        let surplus = Charge { reference: Some(created), ..charge.clone() };
        if let Err(error) = app.payments.cancel(provider, &surplus).await {
            // It was never shown to the buyer and lapses.
            tracing::warn!(payment = %payment.id, %provider, %error, "a surplus payment could not be cancelled at its provider");
        }
    }
    match charge.reference {
        Some(_) => Ok(()),
        None => {
            let why = "the payment was decided while it was created at its provider".to_owned();
            Err(CallError::Provider(AttemptKind::Create, ProviderError::Retryable { after: None, why }))
        }
    }
}

async fn record_failure(
    app: &App,
    payment: &Model,
    kind: AttemptKind,
    amount: Option<Minor>,
    error: &ProviderError,
) -> Result<()> {
    let message = error.to_string();
    tracing::warn!(payment = %payment.id, provider = %payment.provider, %kind, error = message, "the payment provider has no report");
    let attempt = Attempt { kind: Some(kind), amount, error_kind: Some(error.kind()), message: Some(truncate(&message, 500)) };
    let is_refused = matches!(error, ProviderError::Refused { .. });
    let findings = is_refused.then(|| Finding {
        kind: FindingKind::ProviderRefused,
        subject_type: "PAYMENT",
        subject_id: payment.id.0,
        expected: payment.amount_due(),
        found: Money::new(Minor::ZERO, payment.currency),
    });
    let findings: Vec<_> = findings.into_iter().collect();
    transact!(app.db, tx, {
        insert_attempt(tx, app, payment, attempt, app.clock.now()).await?;
        reconciliation::record(tx, app, &findings).await
    })
}
