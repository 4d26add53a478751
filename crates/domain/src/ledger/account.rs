//! Accounts of the ledger.

use entity::id::{LedgerAccountId, StoreId};
use entity::ledger_account::{Column, Entity, Model};
use entity::money::CurrencyCode;
use entity::value::{LedgerAccountKind, PaymentProvider};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Fault, Result};
use std::collections::{BTreeSet, HashMap};

/// An account, in the currency of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// Money at a payment provider.
    Provider(PaymentProvider),
    /// Cash that a store collected.
    StoreCash(StoreId),
    /// What the marketplace owes to a store.
    StorePayable(StoreId),
    /// Earnings of a store that are held while money is disputed.
    StoreHeld(StoreId),
    /// Money that providers withdrew in disputes that are not decided.
    Disputes,
    /// Lost money that no store bears.
    Losses,
    /// What the marketplace owes to buyers.
    BuyerOwed,
    /// Tax on commission.
    CommissionTax,
    /// Sales tax that the marketplace remits.
    SalesTax,
    /// Commission of the marketplace.
    Commission,
    /// Fees of payment providers.
    ProviderFees,
    /// Discounts that the marketplace bears.
    Promotions,
    /// Payments from before the ledger.
    Opening,
}

impl Account {
    fn kind(self) -> LedgerAccountKind {
        match self {
            Self::Provider(_) => LedgerAccountKind::Provider,
            Self::StoreCash(_) => LedgerAccountKind::StoreCash,
            Self::StorePayable(_) => LedgerAccountKind::StorePayable,
            Self::StoreHeld(_) => LedgerAccountKind::StoreHeld,
            Self::Disputes => LedgerAccountKind::Disputes,
            Self::Losses => LedgerAccountKind::Losses,
            Self::BuyerOwed => LedgerAccountKind::BuyerOwed,
            Self::CommissionTax => LedgerAccountKind::CommissionTax,
            Self::SalesTax => LedgerAccountKind::SalesTax,
            Self::Commission => LedgerAccountKind::Commission,
            Self::ProviderFees => LedgerAccountKind::ProviderFees,
            Self::Promotions => LedgerAccountKind::Promotions,
            Self::Opening => LedgerAccountKind::Opening,
        }
    }

    fn store(self) -> Option<StoreId> {
        match self {
            Self::StoreCash(store) | Self::StorePayable(store) | Self::StoreHeld(store) => Some(store),
            _ => None,
        }
    }

    fn provider(self) -> Option<PaymentProvider> {
        match self {
            Self::Provider(provider) => Some(provider),
            _ => None,
        }
    }

    /// The account of a row; `None` if the row contradicts its kind.
    pub(super) fn of_row(row: &Model) -> Option<Self> {
        Some(match row.kind {
            LedgerAccountKind::Provider => Self::Provider(row.provider?),
            LedgerAccountKind::StoreCash => Self::StoreCash(row.store_id?),
            LedgerAccountKind::StorePayable => Self::StorePayable(row.store_id?),
            LedgerAccountKind::StoreHeld => Self::StoreHeld(row.store_id?),
            LedgerAccountKind::Disputes => Self::Disputes,
            LedgerAccountKind::Losses => Self::Losses,
            LedgerAccountKind::BuyerOwed => Self::BuyerOwed,
            LedgerAccountKind::CommissionTax => Self::CommissionTax,
            LedgerAccountKind::SalesTax => Self::SalesTax,
            LedgerAccountKind::Commission => Self::Commission,
            LedgerAccountKind::ProviderFees => Self::ProviderFees,
            LedgerAccountKind::Promotions => Self::Promotions,
            LedgerAccountKind::Opening => Self::Opening,
        })
    }

    /// Code of the account, unique within its currency.
    pub fn code(self) -> String {
        match (self.store(), self.provider()) {
            (Some(store), _) => format!("{}:{}", self.kind(), store.0),
            (None, Some(provider)) => format!("{}:{provider}", self.kind()),
            (None, None) => self.kind().to_string(),
        }
    }
}

/// The IDs of accounts, which are created if they do not exist. An account's row is never locked or changed: all sales refer to some.
pub(super) async fn ids(
    tx: &Tx,
    app: &App,
    accounts: &BTreeSet<Account>,
    currency: CurrencyCode,
) -> Result<HashMap<Account, LedgerAccountId>> {
    let mut found = find(tx, accounts, currency).await?;
    let missing: Vec<_> = accounts.iter().copied().filter(|account| !found.contains_key(account)).collect();
    if !missing.is_empty() {
        let now = app.clock.now();
        let rows = missing.iter().map(|account| {
            let row = Model {
                id: app.clock.new_id(),
                code: account.code(),
                kind: account.kind(),
                store_id: account.store(),
                provider: account.provider(),
                currency,
                created_at: now,
            };
            row.into_active_model().reset_all()
        });
        // Another transaction can create the same account.
        let existing = OnConflict::columns([Column::Code, Column::Currency]).do_nothing_on([Column::Id]).to_owned();
        Entity::insert_many(rows).on_conflict(existing).exec_without_returning(tx).await?;
        found = find(tx, accounts, currency).await?;
    }
    if found.len() == accounts.len() { Ok(found) } else { Err(Fault::internal("an account of the ledger is missing").into()) }
}

/// The IDs of the accounts that exist.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    accounts: &BTreeSet<Account>,
    currency: CurrencyCode,
) -> Result<HashMap<Account, LedgerAccountId>> {
    let codes: HashMap<String, Account> = accounts.iter().map(|account| (account.code(), *account)).collect();
    let names: Vec<&str> = codes.keys().map(String::as_str).collect();
    let rows = Entity::find().filter(Column::Code.in_padded(&names)).filter(Column::Currency.eq(currency)).all(db).await?;
    Ok(rows.into_iter().filter_map(|row| Some((*codes.get(&row.code)?, row.id))).collect())
}
