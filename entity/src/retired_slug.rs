//! Table `retired_slugs`.

use crate::prelude::*;

/// Scope of the slugs of attributes.
pub const ATTRIBUTES: Uuid = Uuid::from_u128(1);
/// Scope of the slugs of product types.
pub const PRODUCT_TYPES: Uuid = Uuid::from_u128(2);

/// A slug of a deleted product type, attribute or choice, which is not used again.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_slugs")]
pub struct Model {
    /// ID of the attribute for a choice; otherwise one of the constants of this module.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
