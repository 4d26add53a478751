//! Store orders: queries, and the actions of stores.

mod complete;
mod digital;
mod job;
mod step;

pub use job::CompleteDelivered;
pub(crate) use step::actor;
pub use step::{allowed, can_cancel, cancel, cancel_lines, complete, deliver, mark_paid, process};

use crate::download::DeliverDigital;
use crate::ledger;
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::scope;
use entity::id::{OrderId, OrderLineId, StoreId, StoreOrderId};
use entity::money::Minor;
use entity::store_order::{Column, Entity, Model};
use entity::value::OrderStatus;
use entity::{order, order_line};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use souk_core::job::Registry;
use std::collections::{HashMap, HashSet};

/// Adds the jobs of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<CompleteDelivered>().with::<DeliverDigital>()
}

/// Store orders by ID. The caller must have checked access.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[StoreOrderId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Store orders by ID that the viewer may see: as their buyer, as a store member with the order role, or as staff with
/// MANAGE_ORDERS.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[StoreOrderId]) -> Result<Vec<Model>> {
    let Some(visible) = visible_to(viewer) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// Condition for the store orders that [`visible`] finds; `None` for guests, who see them only by the token of their order.
fn visible_to(viewer: &Viewer) -> Option<Condition> {
    let (me, processed) = (viewer.user_id()?, of_stores_with_task(viewer, StoreTask::Orders, Column::StoreId)?);
    if processed.is_empty() {
        return Some(processed);
    }
    let own = Query::select().column(order::Column::Id).from(order::Entity).and_where(order::Column::UserId.eq(me)).to_owned();
    Some(Condition::any().add(processed).add(Column::OrderId.in_subquery(own)))
}

/// Condition for rows of the store orders that [`visible`] finds; `store_order` is the column of the store order. `None` for guests.
pub(crate) fn of_visible(viewer: &Viewer, store_order: impl ColumnTrait) -> Option<Condition> {
    Some(scope::rows_of(store_order, Entity, Column::Id, visible_to(viewer)?))
}

/// Lines by ID of the store orders that [`visible`] finds.
pub async fn visible_lines(app: &App, viewer: &Viewer, ids: &[OrderLineId]) -> Result<Vec<order_line::Model>> {
    let Some(visible) = of_visible(viewer, order_line::Column::StoreOrderId) else { return Ok(Vec::new()) };
    let query = order_line::Entity::find().filter(order_line::Column::Id.in_padded(ids)).filter(visible);
    Ok(query.all(app.db.read()).await?)
}

/// The given store orders that the viewer processes, as a store member with the order role or as staff with MANAGE_ORDERS.
pub async fn managed(app: &App, viewer: &Viewer, ids: &[StoreOrderId]) -> Result<HashSet<StoreOrderId>> {
    with_task(app, viewer, ids, StoreTask::Orders).await
}

/// The given store orders of stores whose finances the viewer may see.
pub async fn with_finances(app: &App, viewer: &Viewer, ids: &[StoreOrderId]) -> Result<HashSet<StoreOrderId>> {
    with_task(app, viewer, ids, StoreTask::Finance).await
}

async fn with_task(app: &App, viewer: &Viewer, ids: &[StoreOrderId], task: StoreTask) -> Result<HashSet<StoreOrderId>> {
    let Some(processed) = of_stores_with_task(viewer, task, Column::StoreId) else { return Ok(HashSet::new()) };
    let query = Entity::find().select_only().column(Column::Id).filter(Column::Id.in_padded(ids)).filter(processed);
    let found: Vec<StoreOrderId> = query.into_tuple().all(app.db.read()).await?;
    Ok(found.into_iter().collect())
}

/// What the store has earned: what was paid and not refunded, after commission, the tax that the marketplace remits and passed on fees.
pub fn earning(row: &Model) -> Result<Minor> {
    let received =
        row.paid_total.minus(row.refunded_total)?.minus(row.lost_total)?.plus(row.posted_marketplace_discount_total)?;
    let kept = [row.posted_commission_total, row.posted_commission_tax_total, row.posted_tax_total, row.posted_fee_total];
    let kept = Minor::sum(kept)?;
    Ok(received.minus(kept)?)
}

/// What is left of an amount of the shipping, such as the commission on it, after refunds and a cancellation.
pub fn of_shipping(row: &Model, amount: Minor) -> Result<Minor> {
    if row.status == OrderStatus::Cancelled {
        return Ok(Minor::ZERO);
    }
    Ok(ledger::unrefunded_shipping(row, amount)?)
}

/// Store orders by order, sorted by ID. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(orders)).order_by_asc(Column::Id);
    Ok(grouped(query.all(app.db.read()).await?, |row| row.order_id))
}

fn newest() -> Keyset<Column> {
    Keyset::newest(Column::CreatedAt, Column::Id)
}

fn cursor(row: &Model) -> Cursor {
    Cursor::at(row.created_at, row.id.0)
}

/// Conditions on a store's orders; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreOrderFilter {
    /// Order number, normalised by [`number::normalize`](crate::order::number::normalize).
    pub number: Option<String>,
    /// With any of these statuses; empty: all.
    pub status: Vec<OrderStatus>,
    /// Created at this time or later.
    pub created_from: Option<DateTimeUtc>,
    /// Created before this time.
    pub created_before: Option<DateTimeUtc>,
}

fn of_store(store: StoreId, filter: &StoreOrderFilter) -> Select<Entity> {
    let mut select = Entity::find().filter(Column::StoreId.eq(store));
    if let Some(number) = &filter.number {
        let order =
            Query::select().column(order::Column::Id).from(order::Entity).and_where(order::Column::Number.eq(number)).to_owned();
        select = select.filter(Column::OrderId.in_subquery(order));
    }
    if !filter.status.is_empty() {
        select = select.filter(Column::Status.in_padded(&filter.status));
    }
    if let Some(from) = filter.created_from {
        select = select.filter(Column::CreatedAt.gte(from));
    }
    if let Some(before) = filter.created_before {
        select = select.filter(Column::CreatedAt.lt(before));
    }
    select
}

/// A page of the orders of each store, newest first, without stores whose orders the viewer may not see.
pub async fn of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    filter: &StoreOrderFilter,
    page: &PageRequest,
) -> Result<HashMap<StoreId, Page<Model>>> {
    let seen: Vec<_> = viewer.staff_of_stores(&app.db, stores, StoreTask::Orders).await?;
    let seen: Vec<_> = seen.iter().map(|staff| staff.store_id()).collect();
    let select = |store| of_store(store, filter);
    page::fetch_for_each(app.db.read(), &seen, select, &newest(), page, cursor).await
}

/// Number of a store's orders that [`of_stores`] finds, counted up to `cap`, and whether that is exact.
pub async fn count_of_store(
    app: &App,
    viewer: &Viewer,
    store: StoreId,
    filter: &StoreOrderFilter,
    cap: u64,
) -> Result<(u64, bool)> {
    viewer.store_staff(&app.db, store, StoreTask::Orders).await?;
    page::count(app.db.read(), of_store(store, filter), cap).await
}
