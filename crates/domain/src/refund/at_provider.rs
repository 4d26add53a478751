//! Refunds that a provider reports: outcomes of those that were requested, and those that were made there, such as in its dashboard.

use super::request::{due_event, record_made};
use super::settle::{Outcome, settle_locked};
use crate::order::locked::{LockedOrder, SYSTEM};
use crate::payment;
use crate::reconciliation::{self, Finding};
use entity::id::{PaymentId, RefundId, StoreOrderId};
use entity::money::{Minor, Money};
use entity::payment::Model as Payment;
use entity::refund::{Column, Entity, Model};
use entity::value::{FindingKind, RefundReason, RefundStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live;
use souk_core::provider::payment::{ProviderPayment, ProviderRefund, RefundState};
use souk_core::text::truncate;

/// Why a refund fails whose money was returned by another one.
const REPLACED: &str = "the money was refunded at the payment provider";
/// Amounts with their store orders; without one for what is owed to the buyer after refunds failed.
type Allotment = Vec<(Option<StoreOrderId>, Minor)>;

/// Maximum length of a provider's identifier, in characters. The rest of the column is for the number of a part.
const MAX_REFERENCE: usize = 240;

/// Applies the refunds of a report to a payment of a locked order. One that the marketplace did not request is recorded as made at the
/// provider. The same report again changes nothing.
pub(crate) async fn take_in(tx: &Tx, app: &App, payment: &Payment, report: &ProviderPayment) -> Result<()> {
    for found in report.refunds() {
        let mut known: Vec<_> = of_payment(tx, payment.id).await?.into_iter().filter(|row| is_same(row, found)).collect();
        // A failed refund that is not known moved no money.
        if known.is_empty() && !matches!(found.state, RefundState::Failed { .. }) {
            known = record(tx, app, payment, found, report).await?;
        }
        for row in known {
            if let Some(outcome) = new_outcome(&row, found) {
                let locked = LockedOrder::lock(tx, payment.order_id).await?;
                settle_locked(tx, app, locked, row.id, &outcome, SYSTEM).await?;
            }
        }
    }
    Ok(())
}

/// What is owed to the buyer of a locked payment after refunds failed.
pub(crate) async fn owed_of(tx: &Tx, id: PaymentId) -> Result<Minor> {
    owed_after_failures(&of_payment(tx, id).await?)
}

pub(super) async fn of_payment(tx: &Tx, id: PaymentId) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::PaymentId.eq(id)).order_by_asc(Column::Id).all(tx).await?)
}

/// Whether a row is, or is a part of, a refund at the provider. One that failed before the provider knew it is not: if the provider made
/// it all the same, the money was returned and is recorded by another row.
fn is_same(row: &Model, found: &ProviderRefund) -> bool {
    match &row.provider_reference {
        Some(reference) => {
            let rest = reference.strip_prefix(short(&found.reference));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        None => {
            let is_final = row.status == RefundStatus::Failed && !matches!(found.state, RefundState::Failed { .. });
            found.souk_refund == Some(row.id.0) && !is_final
        }
    }
}

fn short(reference: &str) -> &str {
    truncate(reference, MAX_REFERENCE)
}

/// The outcome of a row, if it was not known.
fn new_outcome(row: &Model, found: &ProviderRefund) -> Option<Outcome> {
    let reference = row.provider_reference.clone().unwrap_or_else(|| found.reference.clone());
    let is_open = matches!(row.status, RefundStatus::Pending | RefundStatus::AwaitingPerson);
    match &found.state {
        RefundState::Succeeded if is_open => Some(Outcome::Succeeded { reference }),
        RefundState::Failed { reason } if row.status != RefundStatus::Failed => {
            Some(Outcome::Failed { reference: Some(reference), reason: reason.clone() })
        }
        _ => None,
    }
}

/// Records a refund that was made at the provider, by one row for each store order that it is allotted to. A refund of more than the
/// payment and its store orders have left is only a finding.
async fn record(tx: &Tx, app: &App, payment: &Payment, found: &ProviderRefund, report: &ProviderPayment) -> Result<Vec<Model>> {
    let payment = locked_payment(tx, payment).await?;
    let left = make_room(tx, app, &payment, found.amount, report).await?;
    let mut payment = locked_payment(tx, &payment).await?;
    let mut locked = LockedOrder::lock(tx, payment.order_id).await?;
    let parts = match left >= found.amount {
        true => allot(&locked, &of_payment(tx, payment.id).await?, found.amount)?,
        false => None,
    };
    let Some(parts) = parts else {
        let found = Money::new(found.amount, payment.currency);
        let (subject_type, subject_id) = ("PAYMENT", payment.id.0);
        let finding = Finding { kind: FindingKind::RefundExceedsPaid, subject_type, subject_id, expected: left, found };
        reconciliation::record(tx, app, &[finding]).await?;
        return Ok(Vec::new());
    };
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for (n, (store_order_id, amount)) in parts.into_iter().enumerate() {
        // The reference is unique within the payment.
        let reference = match n {
            0 => short(&found.reference).to_owned(),
            n => format!("{}/{}", short(&found.reference), n + 1),
        };
        rows.push(record_made(tx, app, &mut locked, &mut payment, store_order_id, amount, &reference).await?);
    }
    locked.save(tx, app).await?;
    if found.state == RefundState::Pending {
        for row in &rows {
            events.push(due_event(&locked, row)?);
        }
    }
    live::append(tx, &app.clock, events).await?;
    Ok(rows)
}

async fn locked_payment(tx: &Tx, payment: &Payment) -> Result<Payment> {
    let payments = payment::lock_all(tx, payment.order_id).await?;
    Ok(payments.into_iter().find(|row| row.id == payment.id).ok_or(Fault::NotFound)?)
}

/// Fails pending refunds that the provider does not know, the newest first, until the payment has `amount` left: the provider has returned
/// that money already and would refuse them. Returns what is left; nothing is changed if it can't be enough.
async fn make_room(tx: &Tx, app: &App, payment: &Payment, amount: Minor, report: &ProviderPayment) -> Result<Minor> {
    let rows = of_payment(tx, payment.id).await?;
    let is_reported = |row: &Model| report.refunds().iter().any(|found| is_same(row, found));
    let mut left = payment.unrefunded();
    let mut replaced: Vec<RefundId> = Vec::new();
    let is_requested = |row: &&Model| row.status == RefundStatus::Pending && row.reason != RefundReason::AtProvider;
    for row in rows.iter().rev().filter(is_requested).filter(|row| !is_reported(row)) {
        if left >= amount {
            break;
        }
        left = left.plus(row.amount)?;
        replaced.push(row.id);
    }
    if left < amount {
        return Ok(left);
    }
    for id in replaced {
        let locked = LockedOrder::lock(tx, payment.order_id).await?;
        let outcome = Outcome::Failed { reference: None, reason: REPLACED.into() };
        settle_locked(tx, app, locked, id, &outcome, SYSTEM).await?;
    }
    Ok(left)
}

/// What a refund that was made at the provider returns: first what is owed to the buyer after refunds failed, without a store order; then
/// what store orders received and have not refunded, by the largest remainder. `None` if that is not enough.
fn allot(locked: &LockedOrder, rows: &[Model], amount: Minor) -> Result<Option<Allotment>> {
    let owed = owed_after_failures(rows)?.min(amount);
    let rest = amount.minus(owed)?;
    let left = locked.store_orders.iter().map(|row| Ok(row.paid_total.minus(row.refunded_total)?.max(Minor::ZERO)));
    let left = left.collect::<Result<Vec<_>>>()?;
    if Minor::sum(left.iter().copied())? < rest {
        return Ok(None);
    }
    let of_store_orders = locked.store_orders.iter().map(|row| Some(row.id)).zip(rest.spread(&left)?);
    let parts = std::iter::once((None, owed)).chain(of_store_orders);
    Ok(Some(parts.filter(|(_, amount)| *amount > Minor::ZERO).collect()))
}

/// What is owed to the buyer by failed refunds of cancelled items and of money that no store order needed, and was neither requested again
/// nor returned at the provider since. `rows` are all refunds of the payment.
pub(super) fn owed_after_failures(rows: &[Model]) -> Result<Minor> {
    let is_made = |row: &&Model| row.reason == RefundReason::AtProvider;
    let failed = rows.iter().filter(|row| row.status == RefundStatus::Failed && !is_made(row));
    let is_repeated = |id| rows.iter().any(|row| row.retry_of_id == Some(id));
    let owed = failed.filter(|row| row.store_order_id.is_none() || row.reason == RefundReason::Cancelled);
    let owed = owed.filter(|row| !is_repeated(row.id));
    let returned = rows.iter().filter(is_made).filter(|row| row.status != RefundStatus::Failed && row.store_order_id.is_none());
    let owed = Minor::sum(owed.map(|row| row.amount))?;
    Ok(owed.minus(Minor::sum(returned.map(|row| row.amount))?)?.max(Minor::ZERO))
}
