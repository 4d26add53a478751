//! Payments: requested from a provider outside any transaction, and settled by one function for answers, look-ups and webhooks.
//!
//! If a payment fails, its order becomes FAILED: the stock is restored, the lines return to the cart and the checkout is open
//! again, so that the buyer can complete it with a new idempotency key, which makes a new order.
//!
//! An order can have several payments, one after the other: a buyer who chooses another method replaces the pending payment,
//! after its provider confirmed that it can no longer succeed. At most one payment is open at any time.

mod call_provider;
mod cancel;
mod confirm;
mod job;
mod manual;
mod reconcile;
mod reopen;
mod replace;
mod settle;
mod write;

pub(crate) use call_provider::{ProviderCall, call_provider};
pub(crate) use call_provider::{immediate_outcome, provider_answer};
pub(crate) use cancel::{cancel_open, cancel_pending};
pub use confirm::confirm;
pub use job::{CancelPayment, ReconcilePayment};
pub(crate) use manual::capture_manual;
pub(crate) use replace::{Method, new_payment, replace_payment};
pub use settle::settle;
pub(crate) use settle::{refund_due_event, settle_locked};

use crate::order::status::is_void;
use entity::id::{OrderId, PaymentId};
use entity::order;
use entity::payment::{Column, Entity, Model};
use entity::value::PaymentStatus;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::{Code, Problem, Result};
use souk_core::group::grouped;
use std::collections::HashMap;

/// Payments by ID. The caller must have checked access.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[PaymentId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Payments by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.order_id))
}

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
    matches!(status, PaymentStatus::Captured | PaymentStatus::PartiallyRefunded)
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
