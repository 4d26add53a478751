//! Cancels unpaid orders with manual payment after the time that the marketplace has set.

use super::cancel_store_orders;
use crate::order::locked::{LockedOrder, SYSTEM};
use crate::order::status::is_void;
use crate::setting;
use entity::id::OrderId;
use entity::order::{Column, Entity};
use entity::payment;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::Registry;
use souk_core::transact;
use std::time::Duration;

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("expired unpaid orders", |app, system| Box::pin(cancel_unpaid(app, system)))
}

/// Number of orders per statement.
const BATCH: u64 = 200;

/// Cancels orders with manual payment that were not paid within the setting `unpaidOrderExpiryDays` and that no store has begun
/// to process: restores the stock, and notifies buyer and stores by mail. Returns their number.
pub async fn cancel_unpaid(app: &App, _system: &System) -> Result<u64> {
    let days = setting::load(app.db.read()).await?.unpaid_order_expiry_days;
    let Ok(days @ 1..) = u64::try_from(days) else { return Ok(0) };
    let before = app.clock.now() - Duration::from_secs(days * 86_400);
    let (mut cancelled, mut last): (u64, Option<(DateTimeUtc, OrderId)>) = (0, None);
    loop {
        let mut query = Entity::find()
            .filter(Column::Status.eq(OrderStatus::Confirmed))
            .filter(Column::PaidAt.is_null())
            .filter(Column::CreatedAt.lt(before));
        if let Some((created_at, id)) = last {
            let same = Condition::all().add(Column::CreatedAt.eq(created_at)).add(Column::Id.gt(id));
            query = query.filter(Condition::any().add(Column::CreatedAt.gt(created_at)).add(same));
        }
        let query = query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(BATCH);
        let rows: Vec<(DateTimeUtc, OrderId)> =
            query.select_only().column(Column::CreatedAt).column(Column::Id).into_tuple().all(app.db.read()).await?;
        let Some(end) = rows.last().copied() else { return Ok(cancelled) };
        last = Some(end);
        for (_, id) in rows {
            cancelled += u64::from(cancel_one(app, id).await?);
        }
    }
}

async fn cancel_one(app: &App, id: OrderId) -> Result<bool> {
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, id).await?;
        let store_orders: Vec<_> = locked.store_orders.iter().filter(|store_order| !is_void(store_order.status)).collect();
        // A store that began to process an unpaid order accepted to wait for the money.
        if locked.order.paid_at.is_some() || store_orders.iter().any(|store_order| store_order.status != OrderStatus::Confirmed) {
            return Ok(false);
        }
        let store_orders: Vec<_> = store_orders.iter().map(|store_order| store_order.id).collect();
        let authorized = payment::Entity::find()
            .filter(payment::Column::OrderId.eq(id))
            .filter(payment::Column::Provider.eq(PaymentProvider::Manual))
            .filter(payment::Column::Status.eq(PaymentStatus::Authorized));
        if authorized.count(tx).await? == 0 || store_orders.is_empty() {
            return Ok(false);
        }
        cancel_store_orders(tx, app, &mut locked, "id", &store_orders, Some("It was not paid in time."), SYSTEM).await?;
        Ok(true)
    })
}
