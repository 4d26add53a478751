//! The ledger as staff read it.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::{LedgerAccountId, LedgerTransactionId, OrderId};
use entity::ledger_transaction::{Column, Entity, Model};
use entity::value::LedgerTransactionKind;
use entity::{ledger_account, ledger_entry};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use souk_core::app::App;
use souk_core::auth::permissions::ManageFinance;
use souk_core::auth::{Staff, Viewer};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Conditions on transactions; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TransactionFilter {
    /// Of any of these kinds; empty: all.
    pub kinds: Vec<LedgerTransactionKind>,
    pub order_id: Option<OrderId>,
}

fn select(filter: &TransactionFilter) -> Select<Entity> {
    let mut select = Entity::find();
    if !filter.kinds.is_empty() {
        select = select.filter(Column::Kind.in_padded(&filter.kinds));
    }
    if let Some(order) = filter.order_id {
        select = select.filter(Column::OrderId.eq(order));
    }
    select
}

/// A page of transactions, newest first.
pub async fn transactions(
    app: &App,
    _staff: &Staff<ManageFinance>,
    filter: &TransactionFilter,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), select(filter), &keyset, page, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of transactions, counted up to `cap`, and whether that is exact.
pub async fn count_transactions(
    app: &App,
    _staff: &Staff<ManageFinance>,
    filter: &TransactionFilter,
    cap: u64,
) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(filter), cap).await
}

/// Transactions by ID; none for callers without MANAGE_FINANCE.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[LedgerTransactionId]) -> Result<Vec<Model>> {
    if viewer.staff::<ManageFinance>().is_err() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Entries by transaction, in the order in which they were posted. The caller must have checked access to the transactions.
pub async fn entries(
    app: &App,
    _viewer: &Viewer,
    ids: &[LedgerTransactionId],
) -> Result<HashMap<LedgerTransactionId, Vec<ledger_entry::Model>>> {
    use ledger_entry::{Column, Entity};
    let query = Entity::find().filter(Column::TransactionId.in_padded(ids)).order_by_asc(Column::Id);
    Ok(grouped(query.all(app.db.read()).await?, |row| row.transaction_id))
}

/// Accounts by ID. The caller must have checked access to entries of them.
pub async fn accounts(app: &App, _viewer: &Viewer, ids: &[LedgerAccountId]) -> Result<Vec<ledger_account::Model>> {
    use ledger_account::{Column, Entity};
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}
