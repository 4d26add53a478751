//! Table `product_images`.

use crate::prelude::*;

/// An image of a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductImageId,
    pub product_id: ProductId,
    pub storage_key: String,
    pub alt_text: String,
    pub is_primary: bool,
    /// Sort position among the product's images, ascending.
    pub position: i32,
    pub content_type: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Size of the stored file in bytes.
    pub byte_size: i64,
    pub created_at: DateTimeUtc,
    /// When its renditions were requested; absent for images of earlier versions until a periodic task requests them.
    pub render_requested_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
