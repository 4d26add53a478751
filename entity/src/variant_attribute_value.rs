//! Table `variant_attribute_values`.

use crate::prelude::*;

/// A value of an attribute of a variant.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant_attribute_values")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: ProductVariantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attribute_id: AttributeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Product of the variant. No foreign key, as in `variant_options`.
    pub product_id: ProductId,
    pub choice_id: Option<AttributeChoiceId>,
    pub text: Option<String>,
    /// Millionths of a number, 0 or 1 for a boolean, or days since 1970-01-01 for a date.
    pub number: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
