//! Deleting old exports with their files.

use crate::product_import::KEPT;
use entity::export::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::transact;

/// Exports deleted by one call.
const BATCH: u64 = 50;

/// Deletes exports older than [`KEPT`] that ended; returns their number. If a file can't be deleted, its row is kept.
pub(super) async fn delete_old(app: &App, _system: &System) -> Result<u64> {
    let old = Entity::find().filter(Column::CreatedAt.lt(app.clock.now() - KEPT)).filter(Column::ActiveStoreId.is_null());
    let rows = old.order_by_asc(Column::CreatedAt).limit(BATCH).all(app.db.read()).await?;
    let mut deleted = Vec::new();
    for row in rows {
        let result = match &row.storage_key {
            Some(key) => app.storage.delete(key).await,
            None => Ok(()),
        };
        match result {
            Ok(()) => deleted.push(row.id),
            Err(error) => tracing::warn!(export = %row.id, %error, "the file of an old export could not be deleted"),
        }
    }
    if deleted.is_empty() {
        return Ok(0);
    }
    transact!(app.db, tx, {
        let removed = Entity::delete_many().filter(Column::Id.in_padded(&deleted)).exec(tx).await?;
        Ok(removed.rows_affected)
    })
}
