//! `product_images`.

use crate::prelude::*;

/// A picture of a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductImageId,
    pub product_id: ProductId,
    /// Where it lies in the storage.
    pub storage_key: String,
    pub alt_text: String,
    pub is_primary: bool,
    /// InPadded the product's pictures, lowest first.
    pub position: i32,
    pub content_type: String,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    /// Bytes as stored.
    pub byte_size: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
