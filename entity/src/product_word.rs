//! Table `product_words`.

use crate::prelude::*;

/// Search words of a product: lower-cased, without accents, distinct.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_words")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
}

impl ActiveModelBehavior for ActiveModel {}
