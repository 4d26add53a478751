//! Cancelling payments: of cancelled orders, and obsolete ones.

use super::job::CancelPayment;
use super::status::{is_open, is_received};
use super::write::{lock_all, set_amount};
use entity::money::Minor;
use entity::order;
use entity::payment::Model;
use entity::value::{PaymentProvider, PaymentStatus};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue};

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
            set_amount(tx, app, payment, status, left).await?;
        } else if whole {
            // Only the provider can confirm that the payment will not succeed; it is called after the commit.
            enqueue(tx, &app.clock, &CancelPayment { payment_id: payment.id }, Enqueue::default()).await?;
        }
    }
    Ok(payments.iter().any(|payment| is_received(payment.status)))
}

/// Cancels a locked payment that is obsolete because another one paid the order.
pub(crate) async fn cancel_obsolete(tx: &Tx, app: &App, payment: &Model) -> Result<()> {
    if payment.provider == PaymentProvider::Manual {
        return set_amount(tx, app, payment, PaymentStatus::Cancelled, payment.amount).await;
    }
    enqueue(tx, &app.clock, &CancelPayment { payment_id: payment.id }, Enqueue::default()).await
}
