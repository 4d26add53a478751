//! Table `product_type_attributes`.

use crate::prelude::*;

/// An attribute that products of a type have.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_type_attributes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_type_id: ProductTypeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attribute_id: AttributeId,
    pub level: AttributeLevel,
    pub required: bool,
    /// Sort position among the attributes of the type, ascending.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
