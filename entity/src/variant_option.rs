//! Table `variant_options`.

use crate::prelude::*;

/// Options of active variants for filters: lower-cased and distinct. `product_variants.options` has them as they were written.
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
    /// Product of the variant. No foreign key: changes of a variant lock the variant, and would take shared locks on the product.
    pub product_id: ProductId,
}

impl ActiveModelBehavior for ActiveModel {}
