//! Table `product_types`.

use crate::prelude::*;

/// A kind of products, which says what attributes they have.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_types")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductTypeId,
    pub name: String,
    /// Never changed or used again: files and filters name the type by it.
    pub slug: String,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
