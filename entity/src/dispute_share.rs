//! Table `dispute_shares`.

use crate::prelude::*;

/// Part of a dispute that a store order covers, since the provider withdrew the money. Rows are only inserted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute_shares")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DisputeShareId,
    pub dispute_id: DisputeId,
    pub store_order_id: StoreOrderId,
    /// The store of the store order.
    pub store_id: StoreId,
    /// Part of the disputed amount.
    pub amount: Minor,
    /// What the store had earned with it, after commission.
    pub held_amount: Minor,
}

impl ActiveModelBehavior for ActiveModel {}
