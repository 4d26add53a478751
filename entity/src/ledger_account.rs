//! Table `ledger_accounts`.

use crate::prelude::*;

/// An account of the ledger in one currency. Its balance is the sum of its entries.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerAccountId,
    /// Kind and owner, such as COMMISSION, PROVIDER:STRIPE or STORE_PAYABLE:{store}; unique within the currency.
    pub code: String,
    pub kind: LedgerAccountKind,
    /// The store of an account of a store.
    pub store_id: Option<StoreId>,
    /// The provider of an account of a provider.
    pub provider: Option<PaymentProvider>,
    pub currency: CurrencyCode,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
