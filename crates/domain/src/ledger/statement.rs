//! Statements: what a store earned in a period, with the balances before and after it.

use super::balance::sums;
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::earning::{Column, Entity, Model};
use entity::id::StoreId;
use entity::ledger_account::{Column as AccountColumn, Entity as Accounts};
use entity::money::{CurrencyCode, Minor, Money};
use entity::value::LedgerAccountKind;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer};
use souk_core::error::Result;

/// A period of a store's account in one currency, from a time until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    pub store_id: StoreId,
    pub currency: CurrencyCode,
    pub from: DateTimeUtc,
    pub before: DateTimeUtc,
}

/// A statement, without its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    pub period: Period,
    /// Balance at the beginning of the period.
    pub opening: Money,
    /// Balance at its end.
    pub closing: Money,
}

/// The statement of a period, for those who may see the store's finances.
pub async fn statement(app: &App, viewer: &Viewer, period: Period) -> Result<Statement> {
    viewer.store_staff(&app.db, period.store_id, StoreTask::Finance).await?;
    let money = |amount| Money::new(amount, period.currency);
    let (opening, closing) = (balance(app, &period, period.from).await?, balance(app, &period, period.before).await?);
    Ok(Statement { period, opening: money(opening), closing: money(closing) })
}

/// What the marketplace owed to the store before a time.
pub(super) async fn balance(app: &App, period: &Period, before: DateTimeUtc) -> Result<Minor> {
    let account = Accounts::find()
        .filter(AccountColumn::StoreId.eq(period.store_id))
        .filter(AccountColumn::Kind.eq(LedgerAccountKind::StorePayable))
        .filter(AccountColumn::Currency.eq(period.currency));
    match account.one(app.db.read()).await? {
        Some(account) => sums(app.db.read(), account.id, Some(before)).await?.credit_balance(),
        None => Ok(Minor::ZERO),
    }
}

/// A page of the earnings of a period, newest first. The period is of a [`Statement`], which proves that the caller may see it.
pub async fn lines(app: &App, statement: &Statement, page: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), of(&statement.period), &keyset, page, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of earnings of a period, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, statement: &Statement, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), of(&statement.period), cap).await
}

/// The earnings of a period.
pub(super) fn of(period: &Period) -> Select<Entity> {
    Entity::find()
        .filter(Column::StoreId.eq(period.store_id))
        .filter(Column::Currency.eq(period.currency))
        .filter(Column::CreatedAt.gte(period.from))
        .filter(Column::CreatedAt.lt(period.before))
}
