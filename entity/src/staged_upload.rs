//! `staged_uploads`.

use crate::prelude::*;

/// A file a client was allowed to put straight into the storage.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staged_uploads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StagedUploadId,
    pub user_id: UserId,
    /// Where the client puts it.
    pub storage_key: String,
    pub filename: String,
    pub content_type: String,
    /// What the client said it would be.
    pub byte_size: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// It is worth nothing from then on.
    pub expires_at: DateTimeUtc,
    /// When a mutation took it.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
