//! Table `ledger_balances`.

use crate::prelude::*;

/// Sums of an account until the end of a day, so that a balance adds up only the entries after it. Rows are only inserted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_balances")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: LedgerAccountId,
    /// End of the day, exclusive: entries that were created before it are counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub until: DateTimeUtc,
    pub debit_total: Minor,
    pub credit_total: Minor,
}

impl ActiveModelBehavior for ActiveModel {}
