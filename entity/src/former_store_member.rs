//! Table `former_store_members`.

use crate::prelude::*;

/// An ended membership. Kept because the review policy needs to know who was a member when an order was placed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_store_members")]
pub struct Model {
    /// The ID of the membership.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreMemberId,
    pub store_id: StoreId,
    pub user_id: UserId,
    pub joined_at: DateTimeUtc,
    pub left_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
