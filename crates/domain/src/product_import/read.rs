//! Imports as those see them who manage the products of the store.

use super::entry::LineProblem;
use super::record::MAX_PROBLEMS;
use crate::page::{self, Cursor, KeyType, Keyset, Page, PageRequest};
use entity::id::{ProductImportId, StoreId};
use entity::import::{Column, Entity, Model};
use entity::import_problem;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::{Code, Fault, Result};
use std::collections::HashMap;

/// Condition for imports of stores whose products the viewer manages; `None` for guests.
fn managed(viewer: &Viewer) -> Option<Condition> {
    of_stores_with_task(viewer, StoreTask::Products, Column::StoreId)
}

/// Imports by ID that the viewer may see.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ProductImportId]) -> Result<Vec<Model>> {
    let Some(managed) = managed(viewer) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(managed).all(app.db.read()).await?)
}

fn of_store(viewer: &Viewer, store: StoreId) -> Option<Select<Entity>> {
    Some(Entity::find().filter(Column::StoreId.eq(store)).filter(managed(viewer)?))
}

/// A page of the imports of each store, newest first; for the stores whose products the viewer manages.
pub async fn of_stores(
    app: &App,
    viewer: &Viewer,
    ids: &[StoreId],
    request: &PageRequest,
) -> Result<HashMap<StoreId, Page<Model>>> {
    let staff = viewer.staff_of_stores(&app.db, ids, StoreTask::Products).await?;
    let stores: Vec<_> = staff.iter().map(StoreStaff::store_id).collect();
    let newest = Keyset::newest(Column::CreatedAt, Column::Id);
    let query = |store: StoreId| Entity::find().filter(Column::StoreId.eq(store));
    page::fetch_for_each(app.db.read(), &stores, query, &newest, request, |row: &Model| Cursor::at(row.created_at, row.id.0))
        .await
}

/// Number of imports of a store, counted up to `cap`, and whether that is exact.
pub async fn count_of_store(app: &App, viewer: &Viewer, store: StoreId, cap: u64) -> Result<(u64, bool)> {
    match of_store(viewer, store) {
        Some(query) => page::count(app.db.read(), query, cap).await,
        None => Ok((0, true)),
    }
}

/// The actor who may change an import; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: ProductImportId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}

/// A page of the kept problems of an import that the viewer sees, in the order of the lines.
pub async fn problems(app: &App, _viewer: &Viewer, id: ProductImportId, request: &PageRequest) -> Result<Page<LineProblem>> {
    use import_problem::{Column, Entity};
    let query = Entity::find().filter(Column::ImportId.eq(id));
    // The number is unique within the import, and so needs no ID for ties.
    let keyset = Keyset { column: Column::Number, key_type: KeyType::Number, id: Column::ImportId, descending: false };
    let cursor = |row: &import_problem::Model| Cursor::of(row.number, row.import_id.0);
    let page = page::fetch(app.db.read(), query, &keyset, request, cursor).await?;
    let items = page.items.into_iter().map(|(cursor, row)| (cursor, problem(row))).collect();
    Ok(Page { items, has_next: page.has_next, has_previous: page.has_previous })
}

/// Number of kept problems.
pub async fn count_problems(app: &App, _viewer: &Viewer, id: ProductImportId) -> Result<(u64, bool)> {
    use import_problem::{Column, Entity};
    Ok((Entity::find().filter(Column::ImportId.eq(id)).count(app.db.read()).await?, true))
}

/// The kept problems of an import.
pub(super) async fn first_problems(app: &App, id: ProductImportId) -> Result<Vec<LineProblem>> {
    use import_problem::{Column, Entity};
    let query = Entity::find().filter(Column::ImportId.eq(id)).order_by_asc(Column::Number);
    let rows = query.limit(u64::try_from(MAX_PROBLEMS).unwrap_or(0)).all(app.db.read()).await?;
    Ok(rows.into_iter().map(problem).collect())
}

fn problem(row: import_problem::Model) -> LineProblem {
    LineProblem {
        line: u32::try_from(row.line).unwrap_or(0),
        column: row.column_name,
        value: row.value,
        code: Code::named(&row.code).unwrap_or(Code::Invalid),
        message: row.message,
    }
}
