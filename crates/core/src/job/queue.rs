//! Enqueueing jobs.

use crate::clock::Clock;
use crate::db::Tx;
use crate::error::{Result, internal};
use crate::job::Job;
use entity::job;
use entity::value::JobStatus;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// When a job runs, and what it is merged with.
#[derive(Clone, Debug, Default)]
pub struct Enqueue {
    /// Earliest time; absent for at once.
    pub run_at: Option<DateTimeUtc>,
    /// Jobs of one kind with the same key that are due together run as one. Each is written all the same, and merged only when they
    /// are claimed: one that was left out because another is queued could be lost, if the other begins before this transaction
    /// commits and does not see its changes.
    pub dedup_key: Option<String>,
}

/// Enqueues a job in the transaction of its cause; written with the commit.
pub async fn enqueue<J: Job>(tx: &Tx, clock: &Clock, job: &J, how: Enqueue) -> Result<()> {
    let now = clock.now();
    let row = job::ActiveModel {
        id: Set(clock.new_id()),
        kind: Set(J::KIND.to_owned()),
        payload: Set(serde_json::to_value(job).map_err(internal)?),
        dedup_key: Set(how.dedup_key.map(|key| format!("{}:{key}", J::KIND))),
        status: Set(JobStatus::Queued),
        attempts: Set(0),
        run_at: Set(how.run_at.unwrap_or(now)),
        claimed_until: Set(None),
        claimed_by: Set(None),
        last_error: Set(None),
        created_at: Set(now),
        finished_at: Set(None),
    };
    tx.add_job(row);
    Ok(())
}

/// Withdraws queued jobs with a key that have nothing more to do. One that runs is not touched.
pub async fn withdraw<J: Job>(tx: &Tx, key: &str) -> Result<()> {
    let key = format!("{}:{key}", J::KIND);
    tx.remove_jobs(|row| row.dedup_key.as_ref() == &Some(key.clone()));
    job::Entity::delete_many()
        .filter(job::Column::DedupKey.eq(key))
        .filter(job::Column::Status.eq(JobStatus::Queued))
        .filter(job::Column::ClaimedUntil.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
