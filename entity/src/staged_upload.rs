//! Table `staged_uploads`.

use crate::prelude::*;

/// A file that a client may put directly into the storage.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staged_uploads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StagedUploadId,
    pub user_id: UserId,
    pub storage_key: String,
    pub filename: String,
    pub content_type: String,
    /// Size that the client announced.
    pub byte_size: i64,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// Time when a mutation used it.
    pub used_at: Option<DateTimeUtc>,
    /// What it can be used for.
    pub purpose: UploadPurpose,
}

impl ActiveModelBehavior for ActiveModel {}
