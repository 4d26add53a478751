//! Grants as their buyers see them.

use crate::order::{of_visible, sees_orders_of};
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::download_grant::{Column, Entity, Model};
use entity::id::{DownloadGrantId, OrderId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Grants by ID of orders that the viewer may see.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[DownloadGrantId]) -> Result<Vec<Model>> {
    let Some(visible) = of_visible(viewer, Column::OrderId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// Grants by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(orders)).order_by_asc(Column::Id);
    Ok(grouped(query.all(app.db.read()).await?, |row| row.order_id))
}

fn of_user(user: UserId) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(user))
}

/// A page of the grants of each user, newest first, without users whose orders the viewer may not see.
pub async fn of_users(app: &App, viewer: &Viewer, users: &[UserId], page: &PageRequest) -> Result<HashMap<UserId, Page<Model>>> {
    let seen: Vec<_> = users.iter().copied().filter(|user| sees_orders_of(viewer, *user)).collect();
    let newest = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch_for_each(app.db.read(), &seen, of_user, &newest, page, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of grants of a user, counted up to `cap`, and whether that is exact.
pub async fn count_of_user(app: &App, viewer: &Viewer, user: UserId, cap: u64) -> Result<(u64, bool)> {
    if !sees_orders_of(viewer, user) {
        return Ok((0, true));
    }
    page::count(app.db.read(), of_user(user), cap).await
}
