//! Balances and statements of stores.

use crate::connection;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::EarningKind;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::{CurrencyCode, Money};
use crate::page::{self, COUNT_CAP, Counter};
use crate::scalar::Url;
use crate::store_order::StoreOrder;
use crate::time::DateTimeInput;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::earning::Model;
use entity::id::EarningId;
use souk_core::auth::Customer;
use souk_core::error::Fault;
use souk_domain::ledger;
use souk_macros::{object, root_object};

/// What the marketplace owes to a store in one currency.
#[derive(SimpleObject, Clone, Debug)]
pub struct StoreBalance {
    /// Currency of the amounts.
    pub currency: CurrencyCode,
    /// Everything that the marketplace owes to the store; negative if the store owes the marketplace.
    pub payable: Money,
    /// Part of `payable` that can be paid out now; negative if the store owes more than it has earned.
    pub available: Money,
    /// Part of `payable` that cannot be paid out yet: its items are not delivered, or the delivery was too recent.
    pub pending: Money,
    /// Earnings that are held because buyers claim money back at their banks; not part of `payable`.
    pub held: Money,
}

impl From<ledger::StoreBalance> for StoreBalance {
    fn from(balance: ledger::StoreBalance) -> Self {
        let money = |money: entity::money::Money| Money::new(money.amount, money.currency);
        Self {
            currency: CurrencyCode(balance.payable.currency),
            payable: money(balance.payable),
            available: money(balance.available),
            pending: money(balance.pending),
            held: money(balance.held),
        }
    }
}

/// An earning of a store.
pub struct StoreEarning(Model);

impl From<Model> for StoreEarning {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Amount by which a sale or a refund changed the balance of a store.
#[Object]
impl StoreEarning {
    /// ID of the earning.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Kind of the earning.
    async fn kind(&self) -> EarningKind {
        self.0.kind.into()
    }

    /// Amount of the earning, after commission; negative if it reduced the balance.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// Store order that the earning is of; null if it is of none.
    async fn store_order(&self, ctx: &Context<'_>) -> Result<Option<StoreOrder>> {
        match self.0.store_order_id {
            Some(id) => StoreOrder::load_visible(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Time from which the earning can be paid out; null until the items are delivered.
    async fn available_at(&self) -> Option<DateTime<Utc>> {
        self.0.available_at
    }

    /// Time of the sale or the refund.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

loaders! {
    /// Loads an earning of a store whose finances the viewer may see.
    EarningKey(EarningId) => row Model, by ledger::visible_earnings;
}

impl StoreEarning {
    /// Loads an earning if the viewer may see the finances of its store.
    pub async fn load_visible(ctx: &Context<'_>, id: EarningId) -> Result<Option<Self>> {
        Ok(ctx.load_one(EarningKey(id)).await?.map(Self))
    }
}

connection!(StoreEarningConnection, StoreEarningEdge, StoreEarning, "earnings of a store");

/// A statement.
pub struct StoreStatement(ledger::Statement);

/// Statement of a store for a period: its earnings, and the balances before and after them.
#[object]
impl StoreStatement {
    /// Start of the period, inclusive.
    async fn from(&self) -> DateTime<Utc> {
        self.0.period.from
    }

    /// End of the period, exclusive.
    async fn before(&self) -> DateTime<Utc> {
        self.0.period.before
    }

    /// Balance at the start of the period.
    async fn opening_balance(&self) -> Money {
        Money::new(self.0.opening.amount, self.0.opening.currency)
    }

    /// Balance at the end of the period: the opening balance with all earnings of the period.
    async fn closing_balance(&self) -> Money {
        Money::new(self.0.closing.amount, self.0.closing.currency)
    }

    /// URL of the statement as CSV, for everyone who has it. It can be used for 10 minutes, without signing in. The rows are the
    /// earnings of the period, oldest first, with the balance after each.
    async fn csv_url(&self, ctx: &Context<'_>) -> Result<Url> {
        Ok(Url(ledger::download::url(ctx.app()?, ctx.viewer()?, &self.0)?))
    }

    /// Earnings of the period, newest first.
    async fn earnings(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<StoreEarningConnection> {
        let page = page.of("StoreStatement.earnings", &self.0.period)?;
        let found = ledger::lines(ctx.app()?, &self.0, &page.request).await?;
        let counter = Counter::new(ctx, self.0, |app, statement| Box::pin(ledger::count(app, statement, COUNT_CAP)))?;
        Ok(StoreEarningConnection::new(found, page.scope, counter))
    }
}

/// Queries of balances and statements.
#[derive(Default)]
pub struct LedgerStatementQuery;

#[root_object]
impl LedgerStatementQuery {
    /// Balances of a store, one for each currency in which it was paid, for its owner and for staff with `MANAGE_FINANCE`.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn store_balance(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] store_id: ID,
    ) -> Result<Vec<StoreBalance>> {
        let store = id::argument("storeId", &store_id)?;
        let balances = ledger::of_store(ctx.app()?, customer.viewer(), store).await?;
        Ok(balances.into_iter().map(StoreBalance::from).collect())
    }

    /// Statement of a store for a period, for its owner and for staff with `MANAGE_FINANCE`.
    async fn store_statement(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] store_id: ID,
        #[graphql(desc = "Start of the period, inclusive.")] from: DateTimeInput,
        #[graphql(desc = "End of the period, exclusive; after the start.")] before: DateTimeInput,
    ) -> Result<StoreStatement> {
        if before.0 <= from.0 {
            let message = format!("before must be later than from, {}; got {}.", from.0.to_rfc3339(), before.0.to_rfc3339());
            return Err(Fault::BadUserInput { argument: "before", message }.into());
        }
        let app = ctx.app()?;
        let store_id = id::argument("storeId", &store_id)?;
        let period = ledger::Period { store_id, currency: app.config.currency, from: from.0, before: before.0 };
        Ok(StoreStatement(ledger::statement(app, customer.viewer(), period).await?))
    }
}
