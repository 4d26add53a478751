//! Payments: asked of a provider outside any transaction, and settled by one function, whoever brings the answer.
//!
//! A payment that fails takes its order along: the order is FAILED, its stock goes back, the cart gets its lines again and the
//! checkout is open again, so that the buyer can complete it once more, with a new idempotency key; that makes a new order.

mod by_hand;
mod call_off;
mod confirm;
mod pursue;
mod reconcile;
mod reopen;
mod settle;

pub(crate) use by_hand::receive_by_hand;
pub use call_off::CallOffPayment;
pub(crate) use call_off::call_off;
pub use confirm::confirm;
pub(crate) use pursue::at_once;
pub use pursue::{Ask, pursue};
pub use reconcile::ReconcilePayment;
pub use settle::settle;
pub(crate) use settle::settle_locked;

use crate::app::App;
use crate::auth::Viewer;
use crate::db::Among;
use crate::error::{Code, Problem, Result};
use entity::id::{OrderId, PaymentId};
use entity::payment::{Column, Entity, Model};
use entity::value::PaymentStatus;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// Several by their IDs, for references from what the viewer may see already.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[PaymentId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.among(ids)).all(app.db.read()).await?)
}

/// The payments of several orders, oldest first, for references from what the viewer may see already.
pub async fn of_orders(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.among(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
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

/// What the buyer must know of a payment that failed.
pub fn problem(payment: &Model) -> Option<Problem> {
    let reason = payment.failure_reason.as_deref().unwrap_or("no reason was given");
    matches!(payment.status, PaymentStatus::Failed | PaymentStatus::Cancelled).then(|| {
        let message = format!(
            "The payment failed: {reason}. The cart is as it was; try again with another payment and a new idempotencyKey."
        );
        Problem::new("paymentToken", Code::PaymentFailed, message)
    })
}
