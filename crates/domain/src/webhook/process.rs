//! Processing stored events: the payment is looked up, and what its provider reports is settled. The body of an event is never applied.

use crate::payment::{self, ProviderCall, ask_provider};
use crate::reconciliation::{self, Finding};
use crate::settlement::settle;
use entity::id::ProviderEventId;
use entity::money::{Minor, Money};
use entity::payment::Model as Payment;
use entity::provider_event::{Column, Entity, Model};
use entity::value::{FindingKind, PaymentProvider, ProviderEventStatus};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use souk_core::job::JobError;
use souk_core::text::truncate;
use souk_core::transact;
use std::time::Duration;

/// Time for which an event waits for its payment: it can arrive before the payment's reference is stored.
const WAIT: Duration = Duration::from_secs(600);
/// Type of a finding's subject that is an event.
const PROVIDER_EVENT: &str = "PROVIDER_EVENT";

/// Processes the new events about a payment.
pub(super) async fn process(app: &App, provider: PaymentProvider, reference: &str) -> Result<(), JobError> {
    let events = new_events(app, provider, reference).await?;
    let Some(oldest) = events.first().map(|event| event.received_at) else { return Ok(()) };
    let named = events.iter().find_map(|event| event.payment_id);
    match payment::by_reference(app, provider, reference, named).await? {
        Some(payment) if payment.provider_reference.as_deref() == Some(reference) => {
            let report = ask_provider(app, &payment, ProviderCall::Observe).await?.ok_or_else(no_report)?;
            Box::pin(settle(app, payment.id, report)).await?;
            Ok(finish(app, &events, ProviderEventStatus::Done, None, &[]).await?)
        }
        Some(payment) if payment.provider_reference.is_some() || is_over(app, oldest) => {
            of_surplus(app, &events, payment, reference).await
        }
        None if is_over(app, oldest) => {
            let found = Money::new(Minor::ZERO, app.config.currency);
            fail(app, &events, FindingKind::PaymentUnknown, found, "no payment has this reference").await
        }
        _ => Err(JobError::later("The payment of the event is not known yet.")),
    }
}

/// Marks the new events about a payment as failed, after the last attempt.
pub(super) async fn mark_failed(app: &App, provider: PaymentProvider, reference: &str, reason: &str) -> Result<()> {
    let events = new_events(app, provider, reference).await?;
    let found = Money::new(Minor::ZERO, app.config.currency);
    let findings: Vec<_> = events.iter().map(|event| finding(event, FindingKind::EventFailed, found)).collect();
    finish(app, &events, ProviderEventStatus::Failed, Some(reason), &findings).await
}

/// The events name a payment that has another reference: they are about one that was created in vain. It must have received no money.
async fn of_surplus(app: &App, events: &[Model], payment: Payment, reference: &str) -> Result<(), JobError> {
    let surplus = Payment { provider_reference: Some(reference.to_owned()), ..payment };
    let report = ask_provider(app, &surplus, ProviderCall::Observe).await?.ok_or_else(no_report)?;
    let captured = report.captured().map_err(|_| JobError::never("The captured amounts are too large."))?;
    if captured == Minor::ZERO {
        let why = Some("the payment has another reference, and nothing was received");
        return Ok(finish(app, events, ProviderEventStatus::Ignored, why, &[]).await?);
    }
    let found = Money::new(captured, report.currency());
    fail(app, events, FindingKind::PaymentUnknown, found, "money was received for another reference of the payment").await
}

fn no_report() -> JobError {
    JobError::later("The provider has not reported the payment.")
}

fn is_over(app: &App, received_at: DateTimeUtc) -> bool {
    app.clock.now() >= received_at + WAIT
}

async fn new_events(app: &App, provider: PaymentProvider, reference: &str) -> Result<Vec<Model>> {
    let query = Entity::find()
        .filter(Column::Provider.eq(provider))
        .filter(Column::Reference.eq(reference))
        .filter(Column::Status.eq(ProviderEventStatus::New))
        .order_by_asc(Column::Id);
    Ok(query.all(app.db.read()).await?)
}

async fn fail(app: &App, events: &[Model], kind: FindingKind, found: Money, why: &str) -> Result<(), JobError> {
    let findings: Vec<_> = events.iter().map(|event| finding(event, kind, found)).collect();
    Ok(finish(app, events, ProviderEventStatus::Failed, Some(why), &findings).await?)
}

fn finding(event: &Model, kind: FindingKind, found: Money) -> Finding {
    Finding { kind, subject_type: PROVIDER_EVENT, subject_id: event.id.0, expected: Minor::ZERO, found }
}

async fn finish(
    app: &App,
    events: &[Model],
    status: ProviderEventStatus,
    error: Option<&str>,
    findings: &[Finding],
) -> Result<()> {
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    transact!(app.db, tx, {
        write_status(tx, app, &ids, status, error).await?;
        reconciliation::record(tx, app, findings).await
    })
}

async fn write_status(
    tx: &Tx,
    app: &App,
    ids: &[ProviderEventId],
    status: ProviderEventStatus,
    error: Option<&str>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::Error, Expr::value(error.map(|text| truncate(text, 500).to_owned())))
        .col_expr(Column::FinishedAt, Expr::value(app.clock.now()))
        .filter(Column::Id.in_padded(ids))
        .filter(Column::Status.eq(ProviderEventStatus::New))
        .exec(tx)
        .await?;
    Ok(())
}
