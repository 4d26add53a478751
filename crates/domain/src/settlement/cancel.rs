//! Cancelling payments at their providers.

use super::call::call_provider;
use crate::payment::{CancelPayment, ProviderCall, is_decided, is_open};
use entity::id::OrderId;
use entity::payment::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::{Job, JobError};
use std::time::Duration;

/// Requests the cancellation of pending payments of a cancelled order from their providers, so that the checkout is open again
/// for the buyer's next request. [`CancelPayment`] and [`ReconcilePayment`](crate::payment::ReconcilePayment) repeat failed calls.
pub(crate) async fn cancel_pending(app: &App, order_id: OrderId) -> Result<()> {
    let payments = Entity::find().filter(Column::OrderId.eq(order_id)).all(app.db.read()).await?;
    for payment in payments.iter().filter(|payment| !is_decided(payment.status)) {
        Box::pin(call_provider(app, payment, ProviderCall::Cancel)).await?;
    }
    Ok(())
}

impl Job for CancelPayment {
    // The name in the table of jobs: queued rows and earlier versions have it.
    const KIND: &'static str = "payment.call_off";
    // A call to a provider can take 20 seconds, and a payment that was never created there needs three.
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(payment) = Entity::find_by_id(self.payment_id).one(app.db.read()).await? else { return Ok(()) };
        if !is_open(payment.status) {
            return Ok(());
        }
        let updated = call_provider(app, &payment, ProviderCall::Cancel).await?;
        if is_open(updated.status) { Err(JobError::later("The provider has not cancelled the payment yet.")) } else { Ok(()) }
    }
}
