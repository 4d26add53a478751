//! Variants whose stock is low.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::StoreId;
use entity::product_variant::{Column, Entity, Model};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer};
use souk_core::error::Result;
use std::collections::HashMap;

/// IDs of products of a store with an active variant whose stock is at or below its threshold.
pub(crate) fn products_with_low_stock(store: StoreId) -> SelectStatement {
    Query::select()
        .column(Column::ProductId)
        .from(Entity)
        .and_where(Column::LowStock.eq(true))
        .and_where(Column::StoreId.eq(store))
        .and_where(Column::Active.eq(true))
        .to_owned()
}

fn of_store(store: StoreId) -> Select<Entity> {
    Entity::find().filter(Column::LowStock.eq(true)).filter(Column::StoreId.eq(store)).filter(Column::Active.eq(true))
}

/// A page of the active variants of each store whose stock is low, newest first; of stores whose products the viewer may change.
pub async fn low_of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    page: &PageRequest,
) -> Result<HashMap<StoreId, Page<Model>>> {
    let staff = viewer.staff_of_stores(&app.db, stores, StoreTask::Products).await?;
    let stores: Vec<_> = staff.iter().map(|staff| staff.store_id()).collect();
    let newest = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch_for_each(app.db.read(), &stores, of_store, &newest, page, |row: &Model| Cursor::at(row.created_at, row.id.0))
        .await
}

/// Number of these variants of a store, counted up to `cap`, and whether that is exact.
pub async fn count_low_of_store(app: &App, viewer: &Viewer, store: StoreId, cap: u64) -> Result<(u64, bool)> {
    viewer.store_staff(&app.db, store, StoreTask::Products).await?;
    page::count(app.db.read(), of_store(store), cap).await
}
