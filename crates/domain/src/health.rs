//! What an operator asks first if something seems to be wrong.

use crate::search::{self, Inspection};
use entity::value::JobStatus;
use entity::{change, event, event_head, job};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use std::time::Duration;

/// A job that waits longer than this after it is due waits for a worker that does not run.
const OVERDUE: Duration = Duration::from_secs(10 * 60);
/// A row of a log gets its position in less than a second if any instance serves.
const LATE: Duration = Duration::from_secs(60);

/// The state of a marketplace.
#[derive(Clone, Debug)]
pub struct Health {
    /// Jobs that wait, due or not.
    pub waiting_jobs: u64,
    /// Jobs that should have run some time ago.
    pub overdue_jobs: u64,
    /// Jobs that failed for good.
    pub failed_jobs: u64,
    pub events: LogHealth,
    pub changes: LogHealth,
    pub search: Inspection,
}

/// The state of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHealth {
    /// The position that it has reached.
    pub position: i64,
    /// Rows without a position.
    pub pending: u64,
    /// Whether one of them waits for longer than a serving instance would let it wait.
    pub is_late: bool,
}

/// Reads the state, and fills an index of its own to compare it with the database.
pub async fn health(app: &App, system: &System) -> Result<Health> {
    let db = app.db.read();
    let now = app.clock.now();
    let with = |status: JobStatus| job::Entity::find().filter(job::Column::Status.eq(status));
    let oldest_event: Option<DateTimeUtc> = event::Entity::find()
        .select_only()
        .column(event::Column::CreatedAt)
        .filter(event::Column::Position.is_null())
        .order_by_asc(event::Column::CreatedAt)
        .into_tuple()
        .one(db)
        .await?;
    let oldest_change: Option<DateTimeUtc> = change::Entity::find()
        .select_only()
        .column(change::Column::CreatedAt)
        .filter(change::Column::Position.is_null())
        .order_by_asc(change::Column::CreatedAt)
        .into_tuple()
        .one(db)
        .await?;
    let log = |position: i64, pending: u64, oldest: Option<DateTimeUtc>| LogHealth {
        position,
        pending,
        is_late: oldest.is_some_and(|at| at < now - LATE),
    };
    let pending_events = event::Entity::find().filter(event::Column::Position.is_null()).count(db).await?;
    let pending_changes = change::Entity::find().filter(change::Column::Position.is_null()).count(db).await?;
    Ok(Health {
        waiting_jobs: with(JobStatus::Queued).count(db).await?,
        overdue_jobs: with(JobStatus::Queued).filter(job::Column::RunAt.lt(now - OVERDUE)).count(db).await?,
        failed_jobs: with(JobStatus::Failed).count(db).await?,
        events: log(head(app, event_head::EVENTS).await?, pending_events, oldest_event),
        changes: log(head(app, event_head::CHANGES).await?, pending_changes, oldest_change),
        search: search::inspect(app, system).await?,
    })
}

async fn head(app: &App, log: i32) -> Result<i64> {
    let row = event_head::Entity::find_by_id(log).one(app.db.read()).await?;
    Ok(row.map_or(0, |row| row.position))
}
