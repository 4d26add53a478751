//! Writing jobs down.

use crate::clock::Clock;
use crate::db::Tx;
use crate::error::{Result, internal};
use crate::job::Job;
use entity::job;
use entity::value::JobStatus;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};

/// When and how often.
#[derive(Clone, Debug, Default)]
pub struct Enqueue {
    /// Not before then; at once where it is left out.
    pub run_at: Option<DateTimeUtc>,
    /// While one with the same key waits, no second is written. It is taken off when the work begins, so that what changes
    /// meanwhile is done again.
    pub dedup_key: Option<String>,
}

/// Writes a job down in the transaction of its cause.
pub async fn enqueue<J: Job>(tx: &Tx, clock: &Clock, job: &J, how: Enqueue) -> Result<()> {
    let now = clock.now();
    let row = job::ActiveModel {
        id: Set(clock.new_id()),
        kind: Set(J::KIND.to_owned()),
        payload: Set(serde_json::to_value(job).map_err(internal)?),
        dedup_key: Set(how.dedup_key.clone().map(|key| format!("{}:{key}", J::KIND))),
        status: Set(JobStatus::Queued),
        attempts: Set(0),
        run_at: Set(how.run_at.unwrap_or(now)),
        claimed_until: Set(None),
        claimed_by: Set(None),
        last_error: Set(None),
        created_at: Set(now),
        finished_at: Set(None),
    };
    let mut insert = job::Entity::insert(row);
    if how.dedup_key.is_some() {
        insert = insert.on_conflict(on_dedup_conflict(tx.get_database_backend()));
    }
    match insert.exec_without_returning(tx).await {
        Ok(_) | Err(sea_orm::DbErr::RecordNotInserted) => {}
        Err(error) => return Err(error.into()),
    }
    tx.ring_jobs();
    Ok(())
}

/// Takes back a job that waits under a key, where it has nothing more to do. One that runs already is not touched.
pub async fn withdraw<J: Job>(tx: &Tx, key: &str) -> Result<()> {
    job::Entity::delete_many().filter(job::Column::DedupKey.eq(format!("{}:{key}", J::KIND))).exec(tx).await?;
    Ok(())
}

/// Leaves the one that waits as it is. MariaDB has no "do nothing"; setting the key to itself comes to the same.
fn on_dedup_conflict(backend: DbBackend) -> OnConflict {
    let mut conflict = OnConflict::column(job::Column::DedupKey);
    if backend == DbBackend::MySql {
        conflict.update_column(job::Column::DedupKey);
    } else {
        conflict.do_nothing();
    }
    conflict
}
