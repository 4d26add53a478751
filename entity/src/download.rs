//! Table `downloads`.

use crate::prelude::*;

/// A link to a file that was created by a grant.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "downloads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DownloadId,
    pub grant_id: DownloadGrantId,
    /// No foreign key; kept if the file is deleted.
    pub file_id: DigitalFileId,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
