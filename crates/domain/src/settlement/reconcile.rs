//! Reconciliation: pending payments are looked up until they are decided.

use super::call::call_provider;
use crate::order::status::is_void;
use crate::payment::{ProviderCall, ReconcilePayment, is_decided};
use entity::payment::Model;
use entity::{order, payment};
use sea_orm::EntityTrait;
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::{Job, JobError, withdraw};
use souk_core::transact;
use std::time::Duration;

/// The intervals grow with the age of the payment, within this range.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(600));

impl ReconcilePayment {
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
    // A call to a provider can take 20 seconds, and a declined payment needs three.
    const LEASE: Duration = Duration::from_secs(120);

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
