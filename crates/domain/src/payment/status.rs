//! What the status of a payment means.

use crate::order::status::is_void;
use entity::money::Minor;
use entity::order;
use entity::payment::Model;
use entity::value::PaymentStatus;
use souk_core::error::{Code, Problem};
use souk_core::provider::payment::ProviderState;

/// Whether the provider's decision is known: the payment is neither PENDING nor REQUIRES_ACTION.
pub fn is_decided(status: PaymentStatus) -> bool {
    !matches!(status, PaymentStatus::Pending | PaymentStatus::RequiresAction)
}

/// Whether money can still be received by it.
pub(crate) fn is_open(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Pending | PaymentStatus::RequiresAction | PaymentStatus::Authorized)
}

/// Whether money was received by it and not returned in full.
pub(crate) fn is_received(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::PartiallyCaptured | PaymentStatus::Captured | PaymentStatus::PartiallyRefunded)
}

/// The status of a payment that follows from its amounts; if no money was received, from the state at its provider. A provider that
/// reports a capture without an amount has received nothing.
pub(crate) fn status_of(payment: &Model, state: &ProviderState) -> PaymentStatus {
    let (due, captured, refunded) = (payment.amount_due(), payment.captured_amount, payment.refunded_amount);
    if captured > Minor::ZERO {
        return match refunded {
            Minor::ZERO if captured >= due => PaymentStatus::Captured,
            Minor::ZERO => PaymentStatus::PartiallyCaptured,
            _ if refunded >= captured => PaymentStatus::Refunded,
            _ => PaymentStatus::PartiallyRefunded,
        };
    }
    match state {
        ProviderState::Captured if due == Minor::ZERO => PaymentStatus::Captured,
        ProviderState::Captured | ProviderState::Created | ProviderState::Pending => PaymentStatus::Pending,
        ProviderState::RequiresAction { .. } => PaymentStatus::RequiresAction,
        ProviderState::Authorized => PaymentStatus::Authorized,
        ProviderState::Failed { .. } => PaymentStatus::Failed,
        ProviderState::Cancelled => PaymentStatus::Cancelled,
    }
}

/// The payment that determines the state of the order, from its payments, oldest first: the newest, unless an earlier one is open
/// or received.
pub fn current(payments: &[Model]) -> Option<&Model> {
    let live = |payment: &&Model| is_open(payment.status) || is_received(payment.status);
    payments.iter().rev().find(live).or(payments.last())
}

/// The problem of a payment that failed or was cancelled, for the field `path`.
pub fn problem(payment: &Model, order: &order::Model, path: &str) -> Option<Problem> {
    let reason = payment.failure_reason.as_deref().unwrap_or("no reason was given");
    let message = match payment.status {
        PaymentStatus::PartiallyCaptured if is_void(order.status) => {
            let (captured, due) = (payment.captured_amount, payment.amount_due());
            let (captured, due) = (payment.currency.format(captured), payment.currency.format(due));
            let currency = payment.currency;
            format!("Only {captured} of {due} {currency} were received, which are due for a refund; {TRY_AGAIN}.")
        }
        PaymentStatus::Failed | PaymentStatus::Cancelled if !is_void(order.status) => {
            format!("The payment was not made ({reason}); see the status of the order and of its newest payment.")
        }
        PaymentStatus::Failed => format!("The payment failed ({reason}) and nothing was charged; {TRY_AGAIN}."),
        PaymentStatus::Cancelled => format!("The payment was cancelled ({reason}) and nothing was charged; {TRY_AGAIN}."),
        _ => return None,
    };
    Some(Problem::new(path, Code::PaymentFailed, message))
}

const TRY_AGAIN: &str = "to try again, complete the checkout with a new idempotencyKey";

/// The problem of a payment of a void order that was received, or is not decided yet.
pub fn void_problem(payment: &Model, order: &order::Model, path: &str) -> Option<Problem> {
    if !is_void(order.status) {
        return None;
    }
    if payment.status == PaymentStatus::Refunded {
        let message =
            format!("The order is {}, and its payment was refunded; start a new checkout to order again.", order.status);
        return Some(Problem::new(path, Code::InvalidState, message));
    }
    if is_received(payment.status) {
        let message = format!(
            "The order is {}, but its payment was received and is due for a refund; start a new checkout to order again.",
            order.status
        );
        return Some(Problem::new(path, Code::InvalidState, message));
    }
    let message = format!(
        "The order is {}, and its provider has not confirmed yet that the payment is cancelled; try again in a moment.",
        order.status
    );
    (!is_decided(payment.status)).then(|| Problem::new(path, Code::PaymentPending, message))
}
