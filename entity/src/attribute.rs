//! Table `attributes`.

use crate::prelude::*;

/// A property that products or variants have a value of, such as a colour or a material.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attributes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttributeId,
    pub name: String,
    /// Never changed or used again: filters and files name the attribute by it.
    pub slug: String,
    pub input_type: AttributeInputType,
    /// Unit of a number, such as kg.
    pub unit: Option<String>,
    /// Whether searches can be filtered by it.
    pub filterable: bool,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
