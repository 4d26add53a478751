//! Table `product_tags`.

use crate::prelude::*;

/// Tags for filters: lower-cased and distinct. `products.tags` has them as they were written.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_tags")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
}

impl ActiveModelBehavior for ActiveModel {}
