//! Payments of cancelled orders.

use super::call_provider::{ProviderCall, call_provider};
use super::job::CancelPayment;
use super::settle::lock_all;
use super::write::write;
use super::{is_decided, is_open, is_received};
use entity::id::OrderId;
use entity::money::Minor;
use entity::order;
use entity::payment::{Column, Entity};
use entity::value::{PaymentProvider, PaymentStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue};

/// Cancels payments that were not received, for cancelled items of the value `amount`, or for the whole order. The order's row
/// must be locked. Returns whether money was received already, which is then due for a refund.
pub(crate) async fn cancel_open(tx: &Tx, app: &App, order: &order::Model, amount: Minor, whole: bool) -> Result<bool> {
    let payments = lock_all(tx, order.id).await?;
    for payment in payments.iter().filter(|payment| is_open(payment.status)) {
        if payment.provider == PaymentProvider::Manual {
            // No provider knows the payment: the amount to collect is reduced to what remains of the order.
            let (status, left) = match whole {
                true => (PaymentStatus::Cancelled, payment.amount),
                false => (payment.status, payment.amount.minus(amount)?),
            };
            write(tx, app, payment, status, left).await?;
        } else if whole {
            // Only the provider can confirm that the payment will not succeed; it is called after the commit.
            enqueue(tx, &app.clock, &CancelPayment { payment_id: payment.id }, Enqueue::default()).await?;
        }
    }
    Ok(payments.iter().any(|payment| is_received(payment.status)))
}

/// Requests the cancellation of pending payments of a cancelled order from their providers, so that the checkout is open again
/// for the buyer's next request. [`CancelPayment`] and [`ReconcilePayment`](super::ReconcilePayment) repeat failed calls.
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

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(payment) = Entity::find_by_id(self.payment_id).one(app.db.read()).await? else { return Ok(()) };
        if !is_open(payment.status) {
            return Ok(());
        }
        let updated = call_provider(app, &payment, ProviderCall::Cancel).await?;
        if is_open(updated.status) { Err(JobError::later("The provider has not cancelled the payment yet.")) } else { Ok(()) }
    }
}
