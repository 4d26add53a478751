//! The job queue as owners see it: failed jobs are kept, listed and can be retried.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::JobId;
use entity::job::{Column, Entity, Model};
use entity::value::JobStatus;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Owner;
use souk_core::db::InPadded;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;

/// Jobs with a status, newest first.
pub async fn list(app: &App, _owner: &Owner, status: JobStatus, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    let select = Entity::find().filter(Column::Status.eq(status));
    page::fetch(app.db.read(), select, &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

pub async fn by_ids(app: &App, _owner: &Owner, ids: &[JobId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Number of jobs with a status, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _owner: &Owner, status: JobStatus, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), Entity::find().filter(Column::Status.eq(status)), cap).await
}

/// Queues a failed job again, with the full number of attempts.
pub async fn retry(app: &App, _owner: &Owner, id: JobId) -> Result<Model> {
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if row.status != JobStatus::Failed {
            let message = format!("Only a failed job can be retried; this one is {}.", row.status);
            return refuse("id", Code::InvalidState, message);
        }
        let mut active = row.into_active_model();
        active.status = Set(JobStatus::Queued);
        active.attempts = Set(0);
        active.run_at = Set(app.clock.now());
        active.finished_at = Set(None);
        let row = Entity::update(active).exec(tx).await?;
        tx.wake_job_workers();
        Ok(row)
    })
}
