//! Table `ledger_entries`.

use crate::prelude::*;

/// An amount that moves from the credited to the debited account; both sides are in one row, so that a transaction is always balanced.
/// Rows can't be changed or deleted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerEntryId,
    pub transaction_id: LedgerTransactionId,
    pub debit_account_id: LedgerAccountId,
    pub credit_account_id: LedgerAccountId,
    /// Currency of both accounts.
    pub currency: CurrencyCode,
    /// Always above zero.
    pub amount: Minor,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
