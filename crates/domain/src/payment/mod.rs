//! Payments, and calls to their providers. What an answer of a provider changes is decided by [`settlement`](crate::settlement).
//!
//! An order can have several payments, one after the other: a buyer who chooses another method replaces the pending payment,
//! after its provider confirmed that it can no longer succeed. At most one payment is open at any time.

mod cancel;
mod job;
mod manual;
mod new;
mod provider;
mod report;
mod status;
mod write;

pub(crate) use cancel::{cancel_obsolete, cancel_open};
pub use job::{CancelPayment, CapturePayment, ReconcilePayment};
pub(crate) use manual::{capture_manual, lock_open_manual};
pub(crate) use new::{Method, new_payment};
pub(crate) use provider::{ProviderCall, ask_provider, capture_at_provider, charge, immediate_report};
pub(crate) use report::{apply_report, report_event};
pub use status::{current, is_decided, problem, void_problem};
pub(crate) use status::{is_open, is_received};
pub(crate) use write::{captures_of, count_disputed, end_refund, insert, lock_all, reserve_refund, write_report};

use crate::order;
use entity::capture;
use entity::id::{OrderId, PaymentId};
use entity::payment::{Column, Entity, Model};
use entity::value::PaymentProvider;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use souk_core::job::Registry;
use std::collections::HashMap;

/// Adds the jobs of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<CancelPayment>().with::<CapturePayment>().with::<ReconcilePayment>()
}

/// Payments by ID for orders that the viewer may see.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[PaymentId]) -> Result<Vec<Model>> {
    let Some(visible) = order::of_visible(viewer, Column::OrderId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// The payment with a provider's reference; if there is none, the one that an event of the provider names.
pub(crate) async fn by_reference(
    app: &App,
    provider: PaymentProvider,
    reference: &str,
    named: Option<PaymentId>,
) -> Result<Option<Model>> {
    let of_provider = || Entity::find().filter(Column::Provider.eq(provider));
    let found = of_provider().filter(Column::ProviderReference.eq(reference)).one(app.db.read()).await?;
    match (found, named) {
        (None, Some(id)) => Ok(of_provider().filter(Column::Id.eq(id)).one(app.db.read()).await?),
        (found, _) => Ok(found),
    }
}

/// Captures by payment, oldest first. The caller must have checked access to the payments.
pub async fn captures(app: &App, _viewer: &Viewer, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Vec<capture::Model>>> {
    let query = capture::Entity::find().filter(capture::Column::PaymentId.in_padded(ids));
    let rows = query.order_by_asc(capture::Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.payment_id))
}

/// Payments by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.order_id))
}
