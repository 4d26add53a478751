//! Deleting old imports with their files.

use super::request::is_active;
use entity::import::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::transact;
use std::time::Duration;

/// How long imports and exports are kept.
pub(crate) const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Imports deleted by one call.
const BATCH: u64 = 50;

/// Deletes imports older than [`KEPT`] that ended; returns their number. If a file can't be deleted, its row is kept.
pub(super) async fn delete_old(app: &App, _system: &System) -> Result<u64> {
    let old = Entity::find().filter(Column::CreatedAt.lt(app.clock.now() - KEPT)).filter(is_active().not());
    let rows = old.order_by_asc(Column::CreatedAt).limit(BATCH).all(app.db.read()).await?;
    let mut deleted = Vec::new();
    for row in rows {
        match app.storage.delete(&row.storage_key).await {
            Ok(()) => deleted.push(row.id),
            Err(error) => tracing::warn!(import = %row.id, %error, "the file of an old import could not be deleted"),
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
