//! Removing the personal data of old events.

use entity::id::ProviderEventId;
use entity::provider_event::{Column, Entity};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::transact;
use std::time::Duration;

/// How long the body of an event is kept. The row stays, so that a repeated event is still recognised.
pub(super) const RETENTION: Duration = Duration::from_secs(90 * 86_400);
/// Rows that one statement changes.
const BATCH: u64 = 1000;

/// Empties the bodies of old events; returns how many.
pub(super) async fn empty_bodies(app: &App, _system: &System) -> Result<u64> {
    let mut emptied = 0;
    loop {
        let ids: Vec<ProviderEventId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::BodyExpiresAt.lte(app.clock.now()))
            .limit(BATCH)
            .into_tuple()
            .all(app.db.read())
            .await?;
        if ids.is_empty() {
            return Ok(emptied);
        }
        emptied += transact!(app.db, tx, {
            let update = Entity::update_many()
                .col_expr(Column::Body, Expr::value(""))
                .col_expr(Column::BodyExpiresAt, Expr::value(Option::<DateTimeUtc>::None))
                .filter(Column::Id.in_padded(&ids));
            Ok(update.exec(tx).await?.rows_affected)
        })?;
    }
}
