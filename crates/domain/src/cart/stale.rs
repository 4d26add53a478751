//! Deletion of abandoned guest carts.

use super::lock_checkouts;
use entity::cart::{Column, Entity};
use entity::id::CartId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{InPadded, lock_in_order};
use souk_core::error::Result;
use souk_core::job::Registry;
use souk_core::transact;
use std::time::Duration;

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("abandoned guest carts", |app, system| Box::pin(delete_stale(app, system)))
}

/// Guest carts are deleted this long after their last change.
pub const STALE_AFTER: Duration = Duration::from_secs(30 * 86_400);

/// Number of carts deleted by one transaction.
const BATCH: u64 = 500;

/// Deletes abandoned guest carts; returns their number.
pub async fn delete_stale(app: &App, _system: &System) -> Result<u64> {
    let before = app.clock.now() - STALE_AFTER;
    let stale = Entity::find().filter(Column::UserId.is_null()).filter(Column::UpdatedAt.lt(before));
    let mut total = 0;
    loop {
        let query = stale.clone().select_only().column(Column::Id).order_by_asc(Column::UpdatedAt).limit(BATCH);
        let ids: Vec<CartId> = query.into_tuple().all(app.db.read()).await?;
        if ids.is_empty() {
            return Ok(total);
        }
        let removed: Result<u64> = transact!(app.db, tx, {
            // As in `docs/LOCKS.md`: deleting a cart changes its checkouts.
            lock_checkouts(tx, &ids).await?;
            let carts = Entity::find().filter(Column::Id.in_padded(&ids));
            let _: Vec<CartId> = lock_in_order(tx, carts, Column::Id).await?;
            // Checked again: the guest may have changed the cart in the meantime.
            let delete = Entity::delete_many()
                .filter(Column::Id.in_padded(&ids))
                .filter(Column::UserId.is_null())
                .filter(Column::UpdatedAt.lt(before));
            Ok(delete.exec(tx).await?.rows_affected)
        });
        total += removed?;
    }
}
