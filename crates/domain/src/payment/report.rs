//! What the report of a provider means for a payment.

use super::status::{is_decided, status_of};
use crate::reconciliation::Finding;
use entity::money::{Minor, Money};
use entity::payment::Model;
use entity::value::{ActorKind, AttemptKind, CollectedBy, DisputeStatus, EventType, FindingKind, OrderStatus, PaymentStatus};
use entity::versioned::Versioned;
use entity::{capture, order};
use souk_core::app::App;
use souk_core::error::Result;
use souk_core::live::NewOrderEvent;
use souk_core::provider::payment::{ProviderDispute, ProviderPayment, ProviderState};
use souk_core::text::truncate;

/// What a provider's report changes.
#[derive(Default)]
pub(crate) struct Applied {
    /// The payment after the report; `None` if it does not change.
    pub payment: Option<Model>,
    /// Captures that were not known.
    pub captures: Vec<capture::Model>,
    /// Known captures whose fee was not known.
    pub late_fees: Vec<capture::Model>,
    /// Differences between what was requested and what the provider reports.
    pub findings: Vec<Finding>,
    /// Kind of the call that the provider answered; absent if nothing changes.
    pub call: Option<AttemptKind>,
}

/// Applies a report to a locked payment with its `known` captures. Amounts in another currency are only recorded as a finding, and so is
/// a captured amount that is not the amount due, or another fee than before. Late and repeated reports change nothing.
pub(crate) fn apply_report(
    app: &App,
    order: &order::Model,
    payment: &Model,
    known: &[capture::Model],
    report: &ProviderPayment,
) -> Result<Applied> {
    let captured = report.captured()?;
    let finding = |kind, expected| Finding {
        kind,
        subject_type: "PAYMENT",
        subject_id: payment.id.0,
        expected,
        found: Money::new(captured, report.currency()),
    };
    if report.currency() != payment.currency {
        let findings = vec![finding(FindingKind::CurrencyDiffers, payment.amount_due())];
        return Ok(Applied { findings, ..Applied::default() });
    }
    let (late_fees, different_fees) = fees(payment, known, report);
    let mut findings = disputed(payment, report)?;
    findings.extend(different_fees);
    // An older report, which arrives late.
    if captured < payment.captured_amount {
        return Ok(Applied { findings, late_fees, ..Applied::default() });
    }
    let mut next = payment.clone();
    (next.captured_amount, next.authorized_amount) = (captured, report.authorized());
    let status = status_of(&next, report.state());
    let captures = new_captures(app, payment, known, report);
    let is_new = payment.status != status || captured != payment.captured_amount || payment.provider_reference.is_none();
    // What is known already may differ from the amount due, as items were cancelled since.
    let differs = captured != payment.amount_due() && (is_new || captured == Minor::ZERO);
    if *report.state() == ProviderState::Captured && differs {
        findings.push(finding(FindingKind::AmountDiffers, payment.amount_due()));
    }
    if !is_allowed_transition(payment.status, status) || !is_new {
        return Ok(Applied { findings, late_fees, ..Applied::default() });
    }
    next.status = status;
    if !report.reference().is_empty() {
        next.provider_reference = Some(report.reference().to_owned());
    }
    next.account = report.account().map(str::to_owned).or(next.account);
    next.expires_at = report.expires_at().filter(|_| status == PaymentStatus::Authorized);
    (next.redirect_url, next.client_secret) = (None, None);
    match report.state() {
        ProviderState::RequiresAction { redirect_url, client_secret } => {
            (next.redirect_url, next.client_secret) = (redirect_url.clone(), client_secret.clone());
        }
        ProviderState::Captured => next.failure_reason = None,
        ProviderState::Failed { reason } => next.failure_reason = Some(truncate(reason, 500).to_owned()),
        ProviderState::Cancelled => next.failure_reason = Some(cancellation_reason(app, order).to_owned()),
        ProviderState::Created | ProviderState::Pending | ProviderState::Authorized => {}
    }
    if is_decided(status) {
        next.method_token = None;
    }
    next.touch(app.clock.now());
    Ok(Applied { payment: Some(next), captures, late_fees, findings, call: Some(report.call()) })
}

/// The finding about money that buyers claim back at the bank, unless all disputes ended in favour of the marketplace.
fn disputed(payment: &Model, report: &ProviderPayment) -> Result<Vec<Finding>> {
    let is_open = |dispute: &&ProviderDispute| !matches!(dispute.status, DisputeStatus::Won | DisputeStatus::Closed);
    let amounts: Vec<_> = report.disputes().iter().filter(is_open).map(|dispute| dispute.amount).collect();
    if amounts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        kind: FindingKind::Disputed,
        subject_type: "PAYMENT",
        subject_id: payment.id.0,
        expected: Minor::ZERO,
        found: Money::new(Minor::sum(amounts)?, report.currency()),
    }])
}

/// Known captures whose fee is known now, and findings about those whose fee was another one before: what was posted is never changed.
fn fees(payment: &Model, known: &[capture::Model], report: &ProviderPayment) -> (Vec<capture::Model>, Vec<Finding>) {
    let (mut late, mut different) = (Vec::new(), Vec::new());
    for reported in report.captures() {
        let row = known.iter().find(|row| row.provider_reference == reported.reference);
        match (row, reported.fee) {
            (Some(row), Some(fee)) if row.fee.is_none() => late.push(capture::Model { fee: Some(fee), ..row.clone() }),
            (Some(row), Some(fee)) if row.fee != Some(fee) => different.push(Finding {
                kind: FindingKind::FeeDiffers,
                subject_type: "CAPTURE",
                subject_id: row.id.0,
                expected: row.fee.unwrap_or_default(),
                found: Money::new(fee, payment.currency),
            }),
            _ => {}
        }
    }
    (late, different)
}

/// The captures of a report that are not known yet.
fn new_captures(app: &App, payment: &Model, known: &[capture::Model], report: &ProviderPayment) -> Vec<capture::Model> {
    let is_known = |reference: &str| known.iter().any(|row| row.provider_reference == reference);
    let new = report.captures().iter().filter(|capture| capture.amount > Minor::ZERO && !is_known(&capture.reference));
    new.map(|new| capture::Model {
        id: app.clock.new_id(),
        payment_id: payment.id,
        store_order_id: None,
        amount: new.amount,
        provider_reference: new.reference.clone(),
        collected_by: Some(CollectedBy::Marketplace),
        fee: new.fee,
        created_at: app.clock.now(),
    })
    .collect()
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
/// cancelled payment can still be captured, as the money was received. What was received changes only by more captures: late and
/// repeated reports are harmless.
fn is_allowed_transition(from: PaymentStatus, to: PaymentStatus) -> bool {
    use PaymentStatus::{Authorized, Cancelled, Captured, Failed, PartiallyCaptured, PartiallyRefunded, Pending, Refunded};
    match from {
        Pending => true,
        PaymentStatus::RequiresAction => to != Pending,
        Authorized => matches!(to, PartiallyCaptured | Captured | Cancelled),
        PartiallyCaptured => matches!(to, PartiallyCaptured | Captured),
        Captured => to == Captured,
        PartiallyRefunded => matches!(to, PartiallyRefunded | Captured),
        Failed | Cancelled => matches!(to, PartiallyCaptured | Captured),
        Refunded => matches!(to, PartiallyRefunded | Captured),
    }
}

/// The event of a payment that was settled, if its order's timeline has one.
pub(crate) fn report_event(order: &order::Model, payment: &Model) -> Option<NewOrderEvent> {
    let amount = Money::new(payment.amount_due(), payment.currency);
    let captured = Money::new(payment.captured_amount, payment.currency);
    let reason = payment.failure_reason.as_deref().unwrap_or_default();
    let (event_type, message) = match payment.status {
        PaymentStatus::Captured => (EventType::PaymentCaptured, format!("{captured} were received.")),
        PaymentStatus::PartiallyCaptured => (EventType::PaymentCaptured, format!("{captured} of {amount} were received.")),
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
