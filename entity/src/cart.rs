//! Table `carts`.

use crate::prelude::*;

/// A shopping cart. A guest's cart is opened by a token made from its ID.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartId,
    /// Absent for a guest.
    pub user_id: Option<UserId>,
    /// Incremented at every change of its lines.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
