//! Table `store_suspensions`.

use crate::prelude::*;

/// The suspension of a store because its owner was blocked. A store that staff suspended for another reason has no row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_suspensions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub store_id: StoreId,
    /// The status that the store gets when it is reopened.
    pub status_before: StoreStatus,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
