//! Table `ledger_transactions`.

use crate::prelude::*;

/// Entries of the ledger that have one cause. Rows can't be changed or deleted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_transactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerTransactionId,
    pub kind: LedgerTransactionKind,
    /// ID of the cause, such as a capture or a refund; unique within the kind, so that nothing is posted twice.
    pub source_id: Uuid,
    pub order_id: Option<OrderId>,
    pub currency: CurrencyCode,
    pub note: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
