//! Automatic completion of delivered store orders.

use super::job::CompleteDelivered;
use crate::order::locked::SYSTEM;
use crate::store_order::step::step;
use entity::store_order::Entity;
use entity::value::OrderStatus;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::{Job, JobError};
use souk_core::transact;

impl Job for CompleteDelivered {
    const KIND: &'static str = "store_order.complete_delivered";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let id = self.store_order_id;
        let Some(store_order) = Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(()) };
        if store_order.status != OrderStatus::Delivered {
            return Ok(());
        }
        let order_id = store_order.order_id;
        match transact!(app.db, tx, { step(tx, app, order_id, id, OrderStatus::Completed, SYSTEM).await }) {
            // The store order was changed after it was read.
            Ok(_) | Err(souk_core::error::Error::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
