//! Automatic completion of delivered store orders.

use crate::order::locked::SYSTEM;
use crate::store_order::step::step;
use entity::id::StoreOrderId;
use entity::store_order::{Entity, Model};
use entity::value::OrderStatus;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue, withdraw};
use souk_core::transact;
use std::time::Duration;

/// Time from the delivery to the completion.
pub const AFTER: Duration = Duration::from_secs(14 * 86_400);

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

impl Job for CompleteDelivered {
    const KIND: &'static str = "store_order.complete_delivered";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let id = self.store_order_id;
        let Some(store_order) = Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(()) };
        if store_order.status != OrderStatus::Delivered {
            return Ok(());
        }
        let done: Result<Model> =
            async { transact!(app.db, tx, { step(tx, app, store_order.order_id, id, OrderStatus::Completed, SYSTEM).await }) }
                .await;
        match done {
            // The store order was changed after it was read.
            Ok(_) | Err(souk_core::error::Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
