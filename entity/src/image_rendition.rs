//! Table `image_renditions`.

use crate::prelude::*;

/// A smaller copy of a picture, as WebP.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "image_renditions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub picture_id: PictureId,
    /// Never `ORIGINAL`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: ImageSize,
    pub storage_key: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Size of the stored file in bytes.
    pub byte_size: i64,
}

impl ActiveModelBehavior for ActiveModel {}
