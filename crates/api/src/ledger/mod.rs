//! The ledger: transactions for staff, balances and statements of stores.

pub mod finding;
pub mod statement;

pub use finding::{FindingMutation, FindingQuery, ReconciliationFinding};
pub use statement::{LedgerStatementQuery, StoreEarning};

use crate::connection;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::{LedgerAccountKind, LedgerTransactionKind, PaymentProvider};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::order::Order;
use crate::page::{self, COUNT_CAP, Counter};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{LedgerAccountId, LedgerTransactionId};
use entity::ledger_transaction::Model;
use entity::{ledger_account, ledger_entry};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageFinance;
use souk_core::error::Fault;
use souk_domain::ledger::{self, TransactionFilter};
use souk_macros::root_object;

/// A transaction of the ledger.
pub struct LedgerTransaction(Model);

impl From<Model> for LedgerTransaction {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Entries of the ledger that have one cause. A transaction is never changed; corrections are further transactions.
#[Object]
impl LedgerTransaction {
    /// ID of the transaction.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Kind of the transaction.
    async fn kind(&self) -> LedgerTransactionKind {
        self.0.kind.into()
    }

    /// Order that the transaction belongs to; null if it belongs to none, or you cannot see orders.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match self.0.order_id {
            Some(id) => Order::load_visible(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Entries of the transaction; their debits and credits are equal by construction.
    #[graphql(directive = cost::ListOf::apply(8))]
    async fn entries(&self, ctx: &Context<'_>) -> Result<Vec<LedgerEntry>> {
        let rows = ctx.load_one(EntriesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(LedgerEntry).collect())
    }

    /// Time of the cause.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// An entry of the ledger.
pub struct LedgerEntry(ledger_entry::Model);

/// Amount that moves from one account of the ledger to another.
#[Object]
impl LedgerEntry {
    /// Account that is debited.
    async fn debit(&self, ctx: &Context<'_>) -> Result<LedgerAccount> {
        LedgerAccount::load(ctx, self.0.debit_account_id).await
    }

    /// Account that is credited.
    async fn credit(&self, ctx: &Context<'_>) -> Result<LedgerAccount> {
        LedgerAccount::load(ctx, self.0.credit_account_id).await
    }

    /// Amount of the entry, always above zero.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }
}

/// Account of the ledger.
#[derive(SimpleObject, Clone, Debug)]
pub struct LedgerAccount {
    /// Code of the account, unique within its currency: its kind, and the provider or the store if it has one, such as
    /// `PROVIDER:SANDBOX`.
    pub code: String,
    /// Kind of the account.
    pub kind: LedgerAccountKind,
    /// Payment provider of an account of the kind `PROVIDER`; otherwise null.
    pub provider: Option<PaymentProvider>,
    /// ID of the store of an account of a store; otherwise null.
    pub store_id: Option<ID>,
}

impl LedgerAccount {
    async fn load(ctx: &Context<'_>, id: LedgerAccountId) -> Result<Self> {
        let row = ctx.load_one(AccountKey(id)).await?.ok_or_else(|| Fault::internal("an account of the ledger is missing"))?;
        Ok(row.into())
    }
}

impl From<ledger_account::Model> for LedgerAccount {
    fn from(row: ledger_account::Model) -> Self {
        Self {
            code: row.code,
            kind: row.kind.into(),
            provider: row.provider.map(Into::into),
            store_id: row.store_id.map(id::output),
        }
    }
}

loaders! {
    /// Loads a transaction for staff with MANAGE_FINANCE.
    TransactionKey(LedgerTransactionId) => row Model, by ledger::visible;
    /// Loads the entries of a transaction.
    EntriesKey(LedgerTransactionId) => value Vec<ledger_entry::Model>, by ledger::entries;
    /// Loads an account.
    AccountKey(LedgerAccountId) => row ledger_account::Model, by ledger::accounts;
}

impl LedgerTransaction {
    /// Loads a transaction for staff with MANAGE_FINANCE; `None` for all others.
    pub async fn load_visible(ctx: &Context<'_>, id: LedgerTransactionId) -> Result<Option<Self>> {
        Ok(ctx.load_one(TransactionKey(id)).await?.map(Self))
    }
}

connection!(LedgerTransactionConnection, LedgerTransactionEdge, LedgerTransaction, "transactions of the ledger");

/// Filter for transactions of the ledger. A transaction must match all conditions that are set.
#[derive(InputObject, Clone, Debug)]
struct LedgerTransactionFilter {
    /// Kinds of transactions, any of which matches.
    kind: Option<Vec<LedgerTransactionKind>>,
    /// ID of the order that the transactions belong to.
    order_id: Option<ID>,
}

/// Queries of the ledger.
#[derive(Default)]
pub struct LedgerQuery;

#[root_object]
impl LedgerQuery {
    /// Transactions of the ledger, newest first.
    async fn ledger_transactions(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions on the transactions.")] filter: Option<LedgerTransactionFilter>,
    ) -> Result<LedgerTransactionConnection> {
        let mut wanted = TransactionFilter::default();
        if let Some(filter) = filter {
            wanted.kinds = filter.kind.unwrap_or_default().into_iter().map(Into::into).collect();
            wanted.order_id = filter.order_id.map(|id| id::argument("orderId", &id)).transpose()?;
        }
        let page = page.of("ledgerTransactions", &wanted)?;
        let found = ledger::transactions(ctx.app()?, &staff, &wanted, &page.request).await?;
        let counter = Counter::new(ctx, (staff, wanted), |app, (staff, filter)| {
            Box::pin(ledger::count_transactions(app, staff, filter, COUNT_CAP))
        })?;
        Ok(LedgerTransactionConnection::new(found, page.scope, counter))
    }
}
