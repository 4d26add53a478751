//! Claiming jobs: each by one worker, for the time of its lease.

use crate::app::App;
use crate::db::{InPadded, Tx};
use crate::error::Result;
use crate::transact;
use entity::id::JobId;
use entity::job::{Column, Entity, Model};
use entity::value::JobStatus;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashSet;
use std::time::Duration;

/// The most jobs with the same key that are merged by one claim.
const MOST_MERGED: u64 = 1000;

/// Claims at most `limit` jobs that are due and not claimed.
pub(super) async fn claim(app: &App, limit: u64, lease: Duration) -> Result<Vec<Model>> {
    let now = app.clock.now();
    let due = Entity::find().filter(is_due(now)).order_by_asc(Column::RunAt).order_by_asc(Column::Id).limit(limit);
    // Cheap if there is nothing to do, and on SQLite without the one write connection.
    if due.clone().one(app.db.read()).await?.is_none() {
        return Ok(Vec::new());
    }
    let claim = app.clock.new_uuid();
    transact!(app.db, tx, {
        // Rows that another worker is claiming are skipped, not waited for.
        let rows = due.clone().lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(tx).await?;
        let mut rows = merge(tx, rows, now).await?;
        if rows.is_empty() {
            return Ok(rows);
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        Entity::update_many()
            .col_expr(Column::ClaimedUntil, Expr::value(now + lease))
            .col_expr(Column::ClaimedBy, Expr::value(claim))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.in_padded(&ids))
            .exec(tx)
            .await?;
        for row in &mut rows {
            row.claimed_by = Some(claim);
            row.attempts += 1;
        }
        Ok(rows)
    })
}

fn is_due(now: DateTimeUtc) -> Condition {
    let nobodys = Column::ClaimedUntil.is_null().or(Column::ClaimedUntil.lte(now));
    Condition::all().add(Column::Status.eq(JobStatus::Queued)).add(Column::RunAt.lte(now)).add(nobodys)
}

/// Keeps one of those with the same key. The others are visible here, so their causes are committed, and the one that is kept will
/// see them.
async fn merge(tx: &Tx, rows: Vec<Model>, now: DateTimeUtc) -> Result<Vec<Model>> {
    let mut keys = HashSet::new();
    let (kept, mut surplus): (Vec<Model>, Vec<Model>) =
        rows.into_iter().partition(|row| row.dedup_key.clone().is_none_or(|key| keys.insert(key)));
    if keys.is_empty() {
        return Ok(kept);
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let more = Entity::find()
        .filter(is_due(now))
        .filter(Column::DedupKey.in_padded(&keys))
        .filter(Column::Id.is_not_in(kept.iter().chain(&surplus).map(|row| row.id)))
        .limit(MOST_MERGED)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    surplus.extend(more.all(tx).await?);
    if !surplus.is_empty() {
        let ids: Vec<JobId> = surplus.iter().map(|row| row.id).collect();
        Entity::delete_many().filter(Column::Id.in_padded(&ids)).exec(tx).await?;
    }
    Ok(kept)
}
