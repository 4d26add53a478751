//! Orders: queries, and status changes by payments. Store orders are changed by `store_order` and `fulfillment`, cancelled by
//! `cancellation`, and paid manually by `receipt`.

mod claim;
mod erase;
pub mod lifecycle;
mod line;
pub(crate) mod locked;
pub(crate) mod notify;
pub mod number;
pub(crate) mod reversal;
pub mod status;
pub mod timeline;
mod track;
mod write;

pub(crate) use claim::{BATCH as CLAIM_BATCH, claim_some};
pub(crate) use erase::erase;
pub use line::{due, lines, lines_by_ids, lines_of_store_orders};
pub(crate) use notify::status_changed;
pub use track::track;
pub(crate) use write::{add_fulfilled, insert, write_checkout, write_reversed};

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use crate::scope;
use entity::id::{OrderId, StoreId, UserId};
use entity::order::{Column, Entity, Model};
use entity::store_order;
use entity::value::{OrderStatus, Permission};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Staff, Viewer};
use souk_core::crypto::keys::Capability;
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;

/// Orders by ID. The caller must have checked access.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Orders by ID that the viewer placed; all for staff with MANAGE_ORDERS.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[OrderId]) -> Result<Vec<Model>> {
    let Some(visible) = visible_to(viewer) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// Condition for the orders that [`visible`] finds; `None` for guests, who see them only by a token.
fn visible_to(viewer: &Viewer) -> Option<Condition> {
    let me = viewer.user_id()?;
    let own = (!viewer.may(Permission::ManageOrders)).then(|| Column::UserId.eq(me));
    Some(Condition::all().add_option(own))
}

/// Condition for rows of the orders that [`visible`] finds; `order` is the column of the order. `None` for guests.
pub(crate) fn of_visible(viewer: &Viewer, order: impl ColumnTrait) -> Option<Condition> {
    Some(scope::rows_of(order, Entity, Column::Id, visible_to(viewer)?))
}

/// An order that the viewer may see, or that the token opens.
pub async fn find(app: &App, viewer: &Viewer, id: OrderId, token: Option<&str>) -> Result<Option<Model>> {
    if app.keys.opens(Capability::Order, token, id) {
        return Ok(Entity::find_by_id(id).one(app.db.read()).await?);
    }
    Ok(visible(app, viewer, &[id]).await?.pop())
}

/// The token that gives access to an order without signing in. The row proves that the caller may access the order already.
pub fn token(app: &App, row: &Model) -> String {
    app.keys.capability(Capability::Order, row.id)
}

/// Conditions on a list of orders; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Order number, normalised by [`number::normalize`].
    pub number: Option<String>,
    /// Email address, in lower case.
    pub email: Option<String>,
    /// With a store order of this store.
    pub store: Option<StoreId>,
    /// With any of these statuses; empty: all.
    pub status: Vec<OrderStatus>,
    /// Whether the money was received.
    pub is_paid: Option<bool>,
    /// Created at this time or later.
    pub created_from: Option<DateTimeUtc>,
    /// Created before this time.
    pub created_before: Option<DateTimeUtc>,
}

fn newest() -> Keyset<Column> {
    Keyset::newest(Column::CreatedAt, Column::Id)
}

fn cursor(row: &Model) -> Cursor {
    Cursor::at(row.created_at, row.id.0)
}

fn all(filter: &OrderFilter) -> Select<Entity> {
    let mut select = Entity::find();
    if let Some(number) = &filter.number {
        select = select.filter(Column::Number.eq(number));
    }
    if let Some(email) = &filter.email {
        select = select.filter(Column::Email.eq(email));
    }
    if let Some(store) = filter.store {
        let store_orders = Query::select()
            .column(store_order::Column::OrderId)
            .from(store_order::Entity)
            .and_where(store_order::Column::StoreId.eq(store))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(store_orders));
    }
    match filter.is_paid {
        Some(true) => select = select.filter(Column::PaidAt.is_not_null()),
        Some(false) => select = select.filter(Column::PaidAt.is_null()),
        None => {}
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

/// Orders of the marketplace, newest first.
pub async fn list(app: &App, _staff: &Staff<ManageOrders>, filter: &OrderFilter, page: &PageRequest) -> Result<Page<Model>> {
    page::fetch(app.db.read(), all(filter), &newest(), page, cursor).await
}

/// Number of orders that [`list`] finds, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _staff: &Staff<ManageOrders>, filter: &OrderFilter, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), all(filter), cap).await
}

/// Whether the viewer may see the orders of a user: their own; all for staff with MANAGE_ORDERS.
pub fn sees_orders_of(viewer: &Viewer, user: UserId) -> bool {
    viewer.user_id() == Some(user) || viewer.may(Permission::ManageOrders)
}

fn of_user(user: UserId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(user))
}

/// A page of the orders of each user, newest first, without users whose orders the viewer may not see.
pub async fn of_users(app: &App, viewer: &Viewer, users: &[UserId], page: &PageRequest) -> Result<HashMap<UserId, Page<Model>>> {
    let seen: Vec<_> = users.iter().copied().filter(|user| sees_orders_of(viewer, *user)).collect();
    page::fetch_for_each(app.db.read(), &seen, of_user, &newest(), page, cursor).await
}

/// Number of orders of a user, counted up to `cap`, and whether that is exact.
pub async fn count_of_user(app: &App, viewer: &Viewer, user: UserId, cap: u64) -> Result<(u64, bool)> {
    if !sees_orders_of(viewer, user) {
        return Ok((0, true));
    }
    page::count(app.db.read(), of_user(user), cap).await
}
