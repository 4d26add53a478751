//! Calls to payment providers whose reports are settled.

use super::settle::settle;
use crate::order::status::is_void;
use crate::payment::{ProviderCall, ask_provider, is_decided};
use entity::order;
use entity::payment::{Entity, Model};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::error::{Fault, Result};

/// Calls the provider and settles its report. If the provider can't be reached, the payment is unchanged and [`ReconcilePayment`]
/// calls again. Idempotent, also from several processes at once.
///
/// The money is requested only while the order is not void: the payment of an order that was cancelled in the meantime is
/// cancelled instead. A payment that was decided in the meantime is returned as it is.
///
/// [`ReconcilePayment`]: crate::payment::ReconcilePayment
pub(crate) async fn call_provider(app: &App, payment: &Model, call: ProviderCall) -> Result<Model> {
    let found = Entity::find_by_id(payment.id).find_also_related(order::Entity).one(app.db.read()).await?;
    let Some((payment, Some(order))) = found else { return Err(Fault::NotFound.into()) };
    if is_decided(payment.status) && call != ProviderCall::Cancel {
        return Ok(payment);
    }
    let call = if is_void(order.status) { ProviderCall::Cancel } else { call };
    match ask_provider(app, &payment, call).await? {
        Some(report) => Box::pin(settle(app, payment.id, report)).await,
        None => Ok(payment),
    }
}
