//! Table `earnings`.

use crate::prelude::*;

/// What a transaction of the ledger changes in the balance of a store. The earnings of a store add up to the balance of its account
/// STORE_PAYABLE.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earnings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EarningId,
    pub store_id: StoreId,
    pub store_order_id: Option<StoreOrderId>,
    pub kind: EarningKind,
    /// ID of the cause, as in the transaction; unique within kind and store.
    pub source_id: Uuid,
    /// Negative if the store owes it.
    pub amount: Minor,
    pub currency: CurrencyCode,
    /// Time from which it can be paid out; absent until the items are delivered.
    pub available_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
