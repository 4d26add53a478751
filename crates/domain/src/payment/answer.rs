//! What a provider's answer means for a payment.

use super::status::is_decided;
use entity::money::Money;
use entity::order;
use entity::payment::Model;
use entity::value::{ActorKind, EventType, OrderStatus, PaymentStatus};
use entity::versioned::Versioned;
use souk_core::app::App;
use souk_core::live::NewOrderEvent;
use souk_core::provider::payment::{Answer, Outcome};
use souk_core::text::truncate;

/// The payment after the answer; `None` if the answer changes nothing.
pub(crate) fn apply_answer(app: &App, order: &order::Model, payment: &Model, answer: &Answer) -> Option<Model> {
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

/// The event of a payment that was settled, if its order's timeline has one.
pub(crate) fn answer_event(order: &order::Model, payment: &Model) -> Option<NewOrderEvent> {
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
