//! `former_store_members`.

use crate::prelude::*;

/// A membership that has ended. Kept because the review rule asks who was a member when a product was bought.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_store_members")]
pub struct Model {
    /// The ID that the membership had.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreMemberId,
    pub store_id: StoreId,
    pub user_id: UserId,
    pub joined_at: DateTimeUtc,
    pub left_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
