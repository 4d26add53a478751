//! Jobs about payments, as they are enqueued; the settlement runs them.

use entity::id::PaymentId;
use sea_orm::prelude::DateTimeUtc;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue, withdraw};
use std::time::Duration;

/// Delay of the first look-up; a successful call is answered earlier.
const FIRST_DELAY: Duration = Duration::from_secs(30);

/// Captures an authorized payment when the goods are shipped, or shortly before the authorization lapses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapturePayment {
    pub payment_id: PaymentId,
}

impl CapturePayment {
    /// Interval in which it is checked whether the goods are shipped.
    pub(crate) const INTERVAL: Duration = Duration::from_secs(3600);

    /// Enqueues the next check of an authorized payment, once.
    pub(crate) async fn enqueue_next(tx: &Tx, app: &App, payment_id: PaymentId) -> Result<()> {
        withdraw::<Self>(tx, &payment_id.to_string()).await?;
        let options = Enqueue { run_at: Some(app.clock.now() + Self::INTERVAL), dedup_key: Some(payment_id.to_string()) };
        enqueue(tx, &app.clock, &Self { payment_id }, options).await
    }
}

/// Requests the cancellation of a payment from its provider until it is decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelPayment {
    pub payment_id: PaymentId,
}

/// Looks up the status of a payment at its provider until it is decided. When the time to pay is over, requests its cancellation;
/// the stock is restored only when the provider confirms that the payment can no longer succeed.
///
/// Enqueued in the transaction that places the order, so that it continues after a crash at any later point; withdrawn when the
/// payment is decided.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReconcilePayment {
    pub payment_id: PaymentId,
}

impl ReconcilePayment {
    /// Enqueues the job for a new payment.
    pub async fn enqueue_first(tx: &Tx, app: &App, payment_id: PaymentId) -> Result<()> {
        Self { payment_id }.enqueue_at(tx, app, app.clock.now() + FIRST_DELAY).await
    }

    pub(crate) async fn enqueue_at(&self, tx: &Tx, app: &App, at: DateTimeUtc) -> Result<()> {
        let options = Enqueue { run_at: Some(at), dedup_key: Some(self.payment_id.to_string()) };
        enqueue(tx, &app.clock, self, options).await
    }
}
