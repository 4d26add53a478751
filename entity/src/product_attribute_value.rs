//! Table `product_attribute_values`.

use crate::prelude::*;

/// A value of an attribute of a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_attribute_values")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attribute_id: AttributeId,
    /// Several values of one attribute, in order, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub choice_id: Option<AttributeChoiceId>,
    pub text: Option<String>,
    /// Millionths of a number, 0 or 1 for a boolean, or days since 1970-01-01 for a date.
    pub number: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
