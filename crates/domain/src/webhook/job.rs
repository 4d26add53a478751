//! The job that processes stored events.

use super::process;
use entity::value::PaymentProvider;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue};
use std::time::Duration;

/// Maximum length of a reference in the key that merges jobs, in bytes.
const MAX_KEY: usize = 150;

/// Looks up the payment that new events are about, and settles it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcessProviderEvents {
    pub provider: PaymentProvider,
    /// The provider's identifier of the payment.
    pub reference: String,
}

impl ProcessProviderEvents {
    /// Jobs about the same payment are merged: the one that is kept processes all of its events.
    pub(super) async fn enqueue(&self, tx: &Tx, app: &App) -> Result<()> {
        let key = format!("{}:{}", self.provider, self.reference);
        let options = Enqueue { run_at: None, dedup_key: Some(key).filter(|key| key.len() <= MAX_KEY) };
        enqueue(tx, &app.clock, self, options).await
    }
}

impl Job for ProcessProviderEvents {
    const KIND: &'static str = "webhook.process";
    // More than half a day, as an event can be the only notice of a refund or a dispute.
    const ATTEMPTS: i32 = 24;
    // A call to the provider can take 20 seconds, and a declined payment needs several.
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        process::process(app, self.provider, &self.reference).await
    }

    async fn on_failure(&self, app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        Ok(process::mark_failed(app, self.provider, &self.reference, reason).await?)
    }
}
