//! Automatic completion of digital store orders.

use crate::download::DeliverDigital;
use crate::order::locked::SYSTEM;
use crate::store_order::step::step;
use entity::store_order::Entity;
use entity::value::OrderStatus;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::{Error, Result};
use souk_core::job::{Job, JobError};
use souk_core::transact;

impl Job for DeliverDigital {
    const KIND: &'static str = "store_order.deliver_digital";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let id = self.store_order_id;
        let Some(store_order) = Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(()) };
        if !matches!(store_order.status, OrderStatus::Confirmed | OrderStatus::Processing) {
            return Ok(());
        }
        let order_id = store_order.order_id;
        let done: Result<()> = transact!(app.db, tx, {
            step(tx, app, order_id, id, OrderStatus::Delivered, SYSTEM).await?;
            step(tx, app, order_id, id, OrderStatus::Completed, SYSTEM).await?;
            Ok(())
        });
        match done {
            // The store order was changed after it was read.
            Ok(()) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
