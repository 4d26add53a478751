//! `jobs`.

use crate::prelude::*;

/// Work to be done after a commit, at least once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// The name of the job's type.
    pub kind: String,
    /// Its IDs.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// Those with the same key that are due together are done as one.
    pub dedup_key: Option<String>,
    pub status: JobStatus,
    /// How often it was begun.
    pub attempts: i32,
    /// Not before then.
    pub run_at: DateTimeUtc,
    /// A worker has it until then.
    pub claimed_until: Option<DateTimeUtc>,
    /// Which claim has it: a late worker can't finish for the next one.
    pub claimed_by: Option<Uuid>,
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
