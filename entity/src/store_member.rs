//! Table `store_members`.

use crate::prelude::*;

/// A user who works for a store.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreMemberId,
    pub store_id: StoreId,
    pub user_id: UserId,
    pub role: StoreRole,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "store_id", to = "id")]
    pub store: BelongsTo<super::store::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
