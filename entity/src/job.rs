//! Table `jobs`.

use crate::prelude::*;

/// Work to be done after a commit, at least once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Name of the job type.
    pub kind: String,
    /// Input of the job: IDs.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// Queued jobs of the same kind with the same key run once.
    pub dedup_key: Option<String>,
    pub status: JobStatus,
    /// Number of started attempts.
    pub attempts: i32,
    /// Earliest time of the next attempt.
    pub run_at: DateTimeUtc,
    /// End of the worker's lease.
    pub claimed_until: Option<DateTimeUtc>,
    /// ID of the lease, so that a worker whose lease expired can't finish the job of another one.
    pub claimed_by: Option<Uuid>,
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
