//! Balances: sums of entries, from the last day that was added up.

use entity::earning;
use entity::id::{LedgerAccountId, StoreId};
use entity::ledger_account::{Column as AccountColumn, Entity as Accounts};
use entity::ledger_entry::{Column as EntryColumn, Entity as Entries};
use entity::money::{CurrencyCode, Minor, Money};
use entity::value::LedgerAccountKind;
use entity::{ledger_account, ledger_balance};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, Func, OnConflict, Order, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use souk_core::app::App;
use souk_core::auth::{System, Viewer};
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::transact;
use std::time::Duration;

/// What the marketplace owes to a store, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreBalance {
    /// Balance of its account `STORE_PAYABLE`; negative if the store owes the marketplace.
    pub payable: Money,
    /// Part of `payable` that can't be paid out yet.
    pub pending: Money,
    /// The rest, which can be paid out; negative if the store owes more than it has earned.
    pub available: Money,
    /// Earnings that are held because money is disputed; not part of `payable`.
    pub held: Money,
}

/// Debits and credits of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub debit: Minor,
    pub credit: Minor,
}

impl Sums {
    /// Balance of an account of a liability.
    pub(super) fn credit_balance(self) -> Result<Minor> {
        Ok(self.credit.minus(self.debit)?)
    }
}

/// Balances of a store, one for each currency in which it sold something; for those who may see its finances.
pub async fn of_store(app: &App, viewer: &Viewer, store: StoreId) -> Result<Vec<StoreBalance>> {
    viewer.store_staff(&app.db, store, souk_core::auth::StoreTask::Finance).await?;
    let db = app.db.read();
    let accounts = Accounts::find()
        .filter(AccountColumn::StoreId.eq(store))
        .filter(AccountColumn::Kind.eq(LedgerAccountKind::StorePayable))
        .order_by_asc(AccountColumn::Currency);
    let mut balances = Vec::new();
    for account in accounts.all(db).await? {
        let payable = sums(db, account.id, None).await?.credit_balance()?;
        let pending = pending(app, store, account.currency).await?;
        let money = |amount| Money::new(amount, account.currency);
        let available = money(payable.minus(pending)?);
        let held = credit_balance(db, store, LedgerAccountKind::StoreHeld, account.currency).await?;
        balances.push(StoreBalance { payable: money(payable), pending: money(pending), available, held: money(held) });
    }
    Ok(balances)
}

/// What the marketplace owes to a store, within a transaction; negative if the store owes it.
pub(crate) async fn payable(tx: &Tx, store: StoreId, currency: CurrencyCode) -> Result<Minor> {
    credit_balance(tx, store, LedgerAccountKind::StorePayable, currency).await
}

/// Balance of an account of a store that is a liability; zero if there is none.
async fn credit_balance(
    db: &impl ConnectionTrait,
    store: StoreId,
    kind: LedgerAccountKind,
    currency: CurrencyCode,
) -> Result<Minor> {
    let account = Accounts::find()
        .filter(AccountColumn::StoreId.eq(store))
        .filter(AccountColumn::Kind.eq(kind))
        .filter(AccountColumn::Currency.eq(currency));
    match account.one(db).await? {
        Some(account) => sums(db, account.id, None).await?.credit_balance(),
        None => Ok(Minor::ZERO),
    }
}

/// Earnings that can't be paid out yet.
async fn pending(app: &App, store: StoreId, currency: CurrencyCode) -> Result<Minor> {
    use earning::{Column, Entity};
    let later = Condition::any().add(Column::AvailableAt.is_null()).add(Column::AvailableAt.gt(app.clock.now()));
    let query = Entity::find().filter(Column::StoreId.eq(store)).filter(Column::Currency.eq(currency)).filter(later);
    sum(app.db.read(), query, Column::Amount).await
}

/// Debits and credits of an account before a time, or all: those of the last day that was added up, and the entries since.
pub(super) async fn sums(db: &impl ConnectionTrait, account: LedgerAccountId, before: Option<DateTimeUtc>) -> Result<Sums> {
    use ledger_balance::{Column, Entity};
    let last = |column: Column| {
        let mut last = Query::select();
        last.column(column).from(Entity).and_where(Column::AccountId.eq(account)).order_by(Column::Until, Order::Desc).limit(1);
        if let Some(before) = before {
            last.and_where(Column::Until.lte(before));
        }
        Expr::SubQuery(None, Box::new(last.take().into()))
    };
    let since = |side: EntryColumn| {
        let until: Expr = Func::coalesce([last(Column::Until), Expr::value(DateTimeUtc::UNIX_EPOCH)]).into();
        let mut sum = Query::select();
        sum.expr(EntryColumn::Amount.into_expr().sum()).from(Entries).and_where(side.eq(account));
        sum.and_where(EntryColumn::CreatedAt.into_expr().gte(until));
        if let Some(before) = before {
            sum.and_where(EntryColumn::CreatedAt.lt(before));
        }
        Expr::SubQuery(None, Box::new(sum.take().into()))
    };
    let total = |known: Column, side: EntryColumn| {
        let part = |expr: Expr| Expr::from(Func::coalesce([expr, Expr::value(0_i64)]));
        part(last(known)).add(part(since(side))).cast_as(integer(db))
    };
    let mut query = Query::select();
    query.expr_as(total(Column::DebitTotal, EntryColumn::DebitAccountId), "debit");
    query.expr_as(total(Column::CreditTotal, EntryColumn::CreditAccountId), "credit");
    let row = db.query_one(&query).await?;
    let sum = |name| row.as_ref().map_or(Ok(0), |row| row.try_get("", name));
    Ok(Sums { debit: Minor(sum("debit")?), credit: Minor(sum("credit")?) })
}

/// The type of an integer of 64 bits in a cast.
fn integer(db: &impl ConnectionTrait) -> &'static str {
    if db.get_database_backend() == DbBackend::MySql { "signed" } else { "bigint" }
}

/// Sum of an amount over the rows of a query; zero without rows.
pub(super) async fn sum<E: EntityTrait>(db: &impl ConnectionTrait, query: Select<E>, column: E::Column) -> Result<Minor> {
    // A sum of integers is a decimal on PostgreSQL and MariaDB.
    let sum = column.into_expr().sum().cast_as(integer(db));
    let sum: Option<Option<i64>> = query.select_only().expr_as(sum, "total").into_tuple().one(db).await?;
    Ok(Minor(sum.flatten().unwrap_or(0)))
}

/// Time after the end of a day at which all of its transactions are committed.
const SETTLED_AFTER: Duration = Duration::from_secs(3_600);
/// Accounts per run of the periodic task.
const BATCH: u64 = 500;

/// Adds up the accounts until the end of the last complete day, so that balances are read quickly however many entries an account has.
/// Accounts without entries since their last sum are left out. Returns the number of accounts.
pub(crate) async fn add_up(app: &App, _system: &System) -> Result<u64> {
    let Some(settled) = app.clock.now().checked_sub_signed(chrono::Duration::from_std(SETTLED_AFTER).unwrap_or_default()) else {
        return Ok(0);
    };
    let Some(until) = settled.date_naive().and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc()) else { return Ok(0) };
    let mut added = 0;
    let mut after: Option<LedgerAccountId> = None;
    loop {
        let mut accounts = Accounts::find().order_by_asc(AccountColumn::Id).limit(BATCH);
        if let Some(after) = after {
            accounts = accounts.filter(AccountColumn::Id.gt(after));
        }
        let accounts = accounts.all(app.db.read()).await?;
        let Some(last) = accounts.last() else { return Ok(added) };
        after = Some(last.id);
        for account in &accounts {
            added += u64::from(add_up_account(app, account, until).await?);
        }
    }
}

async fn add_up_account(app: &App, account: &ledger_account::Model, until: DateTimeUtc) -> Result<bool> {
    use ledger_balance::{Column, Entity, Model};
    let db = app.db.read();
    let last = Entity::find().filter(Column::AccountId.eq(account.id)).order_by_desc(Column::Until).one(db).await?;
    if last.as_ref().is_some_and(|last| last.until >= until) {
        return Ok(false);
    }
    let Sums { debit, credit } = sums(db, account.id, Some(until)).await?;
    let known = last.map_or((Minor::ZERO, Minor::ZERO), |last| (last.debit_total, last.credit_total));
    if (debit, credit) == known {
        return Ok(false);
    }
    let row = Model { account_id: account.id, until, debit_total: debit, credit_total: credit };
    transact!(app.db, tx, {
        // Another process can add up the same account.
        let existing = OnConflict::columns([Column::AccountId, Column::Until]).do_nothing_on([Column::AccountId]).to_owned();
        Entity::insert(row.clone().into_active_model().reset_all()).on_conflict(existing).exec_without_returning(tx).await?;
        Ok(true)
    })
}
