//! `variant_options`.

use crate::prelude::*;

/// The options an active variant is filtered by: lower-cased, once each. `product_variants.options` has them as they were written.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant_options")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: ProductVariantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The variant's product. No foreign key: whoever changes a variant holds it, and would share the product with others who do.
    pub product_id: ProductId,
}

impl ActiveModelBehavior for ActiveModel {}
