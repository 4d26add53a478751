//! Reconciliation: pending payments are looked up until they are decided.

use super::{ProviderCall, call_provider, is_decided};
use crate::order::status::is_void;
use entity::id::PaymentId;
use entity::payment::Model;
use entity::{order, payment};
use sea_orm::EntityTrait;
use sea_orm::prelude::DateTimeUtc;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue, withdraw};
use souk_core::transact;
use std::time::Duration;

/// Delay of the first look-up; a successful call is answered earlier.
const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The intervals grow with the age of the payment, within this range.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(600));

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

    async fn enqueue_at(&self, tx: &Tx, app: &App, at: DateTimeUtc) -> Result<()> {
        let options = Enqueue { run_at: Some(at), dedup_key: Some(self.payment_id.to_string()) };
        enqueue(tx, &app.clock, self, options).await
    }

    async fn enqueue_next(&self, app: &App, payment: &Model, until: Option<DateTimeUtc>) -> Result<()> {
        let now = app.clock.now();
        let age = (now - payment.created_at).to_std().unwrap_or_default();
        let later = now + age.clamp(INTERVALS.0, INTERVALS.1);
        let at = until.filter(|end| *end > now).map_or(later, |end| later.min(end));
        transact!(app.db, tx, {
            // If the job runs twice, only one of the two is enqueued again.
            withdraw::<Self>(tx, &self.payment_id.to_string()).await?;
            self.enqueue_at(tx, app, at).await
        })
    }
}

impl Job for ReconcilePayment {
    const KIND: &'static str = "payment.reconcile";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let found = payment::Entity::find_by_id(self.payment_id).find_also_related(order::Entity).one(app.db.read()).await?;
        let Some((payment, Some(order))) = found else { return Ok(()) };
        if is_decided(payment.status) {
            return Ok(());
        }
        let over = order.hold_expires_at.is_some_and(|end| end <= app.clock.now()) || is_void(order.status);
        let updated = call_provider(app, &payment, if over { ProviderCall::Cancel } else { ProviderCall::LookUp }).await?;
        if !is_decided(updated.status) {
            self.enqueue_next(app, &updated, order.hold_expires_at).await?;
        }
        Ok(())
    }
}
