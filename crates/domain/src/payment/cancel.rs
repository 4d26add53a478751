//! Cancelling payments: of cancelled orders, and obsolete ones.

use super::job::CancelPayment;
use super::status::{is_open, is_received};
use super::write::{lock_all, write_due};
use entity::money::Minor;
use entity::order;
use entity::payment::Model;
use entity::value::{PaymentProvider, PaymentStatus};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue};

/// Reduces the amount due by that of cancelled items that were not paid, or cancels the payments of a whole order. The order's row must be
/// locked.
pub(crate) async fn cancel_open(tx: &Tx, app: &App, order: &order::Model, amount: Minor, whole: bool) -> Result<()> {
    let mut payments = lock_all(tx, order.id).await?;
    for payment in payments.iter_mut().filter(|payment| is_open(payment.status)) {
        let is_manual = payment.provider == PaymentProvider::Manual;
        if !whole {
            // What the provider captures above that is due for a refund.
            reduce(payment, amount)?;
            if is_manual {
                payment.authorized_amount = payment.amount_due();
            }
            write_due(tx, app, payment).await?;
        } else if is_manual {
            // No provider knows the payment.
            (payment.status, payment.authorized_amount) = (PaymentStatus::Cancelled, Minor::ZERO);
            write_due(tx, app, payment).await?;
        } else {
            // Only the provider can confirm that the payment will not succeed; it is called after the commit.
            enqueue(tx, &app.clock, &CancelPayment { payment_id: payment.id }, Enqueue::default()).await?;
        }
    }
    // A payment that was received in part: the rest is due for what is left.
    let received = payments.iter_mut().find(|payment| is_received(payment.status) && amount > Minor::ZERO);
    let Some(payment) = received else { return Ok(()) };
    reduce(payment, amount)?;
    if payment.provider == PaymentProvider::Manual {
        payment.authorized_amount = Minor(payment.amount_due().0.saturating_sub(payment.captured_amount.0).max(0));
    }
    write_due(tx, app, payment).await
}

/// Reduces the amount due, to zero at the least.
fn reduce(payment: &mut Model, amount: Minor) -> Result<()> {
    payment.cancelled_amount = payment.cancelled_amount.plus(amount.min(payment.amount_due()))?;
    if payment.status == PaymentStatus::PartiallyCaptured && payment.captured_amount >= payment.amount_due() {
        payment.status = PaymentStatus::Captured;
    }
    Ok(())
}

/// Cancels a locked payment that is obsolete because another one paid the order.
pub(crate) async fn cancel_obsolete(tx: &Tx, app: &App, payment: &Model) -> Result<()> {
    if payment.provider == PaymentProvider::Manual {
        let cancelled = Model { status: PaymentStatus::Cancelled, authorized_amount: Minor::ZERO, ..payment.clone() };
        return write_due(tx, app, &cancelled).await;
    }
    enqueue(tx, &app.clock, &CancelPayment { payment_id: payment.id }, Enqueue::default()).await
}
