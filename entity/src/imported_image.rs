//! Table `imported_images`.

use crate::prelude::*;

/// The image of a product that was loaded from a URL, so that another import of the same URL does not add it again.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imported_images")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// SHA-256 in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub url_hash: String,
    /// No foreign key; an image that was deleted is loaded again.
    pub image_id: ProductImageId,
}

impl ActiveModelBehavior for ActiveModel {}
