//! Table `pictures`.

use crate::prelude::*;

/// A stored picture of a product, store or category that has renditions, or will have them. The row exists as long as the file is used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pictures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PictureId,
    /// Storage key of the original.
    #[sea_orm(unique)]
    pub storage_key: String,
    /// Kind of the subject of the change log that the picture belongs to, such as `PRODUCT`.
    pub subject_kind: String,
    pub subject_id: Uuid,
    /// Absent until the picture is rendered.
    pub blurhash: Option<String>,
    pub rendered_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
