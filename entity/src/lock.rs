//! Table `locks`.

use crate::prelude::*;

/// The lock of every change of the category tree.
pub const CATEGORY_TREE: &str = "category_tree";

/// The lock of creating and deleting product types and attributes, whose number is limited and whose slugs are never used again.
pub const PRODUCT_TYPES: &str = "product_types";

/// The lock of creating groups of synonyms, whose number is limited.
pub const SEARCH_SYNONYMS: &str = "search_synonyms";

/// A lock on something that is not a single row: transactions lock its row. Migrations insert the rows.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "locks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
