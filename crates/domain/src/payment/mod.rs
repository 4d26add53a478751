//! Payments: asked of a provider outside any transaction, and settled by one function, whoever brings the answer.
//!
//! A payment that fails takes its order along: the order is FAILED, its stock goes back, the cart gets its lines again and the
//! checkout is open again, so that the buyer can complete it once more, with a new idempotency key; that makes a new order.
//!
//! An order can have several payments, one after the other: a buyer who leaves the payment page and chooses another method
//! replaces the one that waits, after its provider said that it can no longer succeed. At most one is open at any time.

mod call_provider;
mod cancel;
mod confirm;
mod manual;
mod reconcile;
mod reopen;
mod settle;
mod supersede;

pub(crate) use call_provider::{ProviderCall, call_provider};
pub(crate) use call_provider::{immediate_outcome, word};
pub use cancel::CancelPayment;
pub(crate) use cancel::{cancel_open, cancel_waiting};
pub use confirm::confirm;
pub(crate) use manual::receive_manual;
pub use reconcile::ReconcilePayment;
pub use settle::settle;
pub(crate) use settle::{refund_due, settle_locked};
pub(crate) use supersede::{Method, new_payment, supersede};

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
use std::collections::HashMap;

/// Several by their IDs, for references from what the viewer may see already.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[PaymentId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The payments of several orders, oldest first, for references from what the viewer may see already.
pub async fn of_orders(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<OrderId, Vec<Model>> = HashMap::new();
    for row in rows {
        found.entry(row.order_id).or_default().push(row);
    }
    Ok(found)
}

/// Whether nothing a provider says can still decide about the order.
pub fn is_decided(status: PaymentStatus) -> bool {
    !matches!(status, PaymentStatus::Pending | PaymentStatus::RequiresAction)
}

/// Whether money can still come by it without being late.
pub(crate) fn is_open(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Pending | PaymentStatus::RequiresAction | PaymentStatus::Authorized)
}

/// Whether money came by it that was not returned in full.
pub(crate) fn is_received(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Captured | PaymentStatus::PartiallyRefunded)
}

/// Of the payments of an order, oldest first: the one that decides about it. That is the newest, unless an earlier one is open or
/// was received.
pub fn current(payments: &[Model]) -> Option<&Model> {
    let live = |payment: &&Model| is_open(payment.status) || is_received(payment.status);
    payments.iter().rev().find(live).or(payments.last())
}

/// What the buyer must know of a payment that was not made, for the field at `path`.
pub fn problem(payment: &Model, order: &order::Model, path: &str) -> Option<Problem> {
    let reason = payment.failure_reason.as_deref().unwrap_or("no reason was given");
    let message = match payment.status {
        PaymentStatus::Failed | PaymentStatus::Cancelled if !is_void(order.status) => {
            format!("This payment was not made: {reason}. See the status of the order and of its newest payment.")
        }
        PaymentStatus::Failed => format!("The payment failed: {reason}. Nothing was charged; {TRY_AGAIN}."),
        PaymentStatus::Cancelled => format!("The payment was cancelled: {reason}. Nothing was charged; {TRY_AGAIN}."),
        _ => return None,
    };
    Some(Problem::new(path, Code::PaymentFailed, message))
}

const TRY_AGAIN: &str = "to try again, complete the checkout with a new idempotencyKey";

/// What the buyer must know of a payment of an order that is void, and which is nevertheless not simply cancelled.
pub fn void_problem(payment: &Model, order: &order::Model, path: &str) -> Option<Problem> {
    if !is_void(order.status) {
        return None;
    }
    if is_received(payment.status) {
        let message = format!(
            "The order is {}. Its payment was received all the same and is owed back to you; begin a new checkout to order again.",
            order.status
        );
        return Some(Problem::new(path, Code::InvalidState, message));
    }
    let message = format!(
        "The order is {}, and its payment is being cancelled; its provider has not confirmed that yet. Try again in a moment.",
        order.status
    );
    (!is_decided(payment.status)).then(|| Problem::new(path, Code::PaymentPending, message))
}
