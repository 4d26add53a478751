//! The job that completes delivered store orders, as it is enqueued; `complete.rs` runs it.

use entity::id::StoreOrderId;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, enqueue, withdraw};
use std::time::Duration;

/// Time from the delivery to the completion.
pub(super) const AFTER: Duration = Duration::from_secs(14 * 86_400);

/// Completes a store order some time after its delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompleteDelivered {
    pub store_order_id: StoreOrderId,
}

impl CompleteDelivered {
    pub(super) async fn enqueue(&self, tx: &Tx, app: &App) -> Result<()> {
        let options = Enqueue { run_at: Some(app.clock.now() + AFTER), dedup_key: Some(self.store_order_id.to_string()) };
        enqueue(tx, &app.clock, self, options).await
    }

    pub(super) async fn withdraw(&self, tx: &Tx) -> Result<()> {
        withdraw::<Self>(tx, &self.store_order_id.to_string()).await
    }
}
