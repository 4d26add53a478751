//! Table `digital_files`.

use crate::prelude::*;

/// A file of a digital product, which its buyers download.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "digital_files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DigitalFileId,
    pub product_id: ProductId,
    /// The only variant that it belongs to; absent for all variants. No foreign key; kept if the variant is deleted.
    pub variant_id: Option<Uuid>,
    /// Below `private/`, which is never served by its key.
    pub storage_key: String,
    /// Name without a path.
    pub filename: String,
    /// MIME type by content.
    pub content_type: String,
    pub byte_size: i64,
    /// In hexadecimal.
    pub sha256: String,
    /// Such as `2.1`.
    pub version: Option<String>,
    /// Sort position among the product's files, ascending.
    pub position: i32,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
