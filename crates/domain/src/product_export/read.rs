//! Exports as those see them who manage the products of the store, and the links to their files.

use crate::link;
use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::export::{Column, Entity, Model};
use entity::id::{ProductExportId, StoreId};
use entity::value::ProductFileFormat;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, Viewer, of_stores_with_task};
use souk_core::crypto::keys::Capability;
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result, internal};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// How long the URL of a file can be used.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// Exports by ID that the viewer may see.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ProductExportId]) -> Result<Vec<Model>> {
    let Some(managed) = of_stores_with_task(viewer, StoreTask::Products, Column::StoreId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(managed).all(app.db.read()).await?)
}

/// A page of the exports of each store, newest first; for the stores whose products the viewer manages.
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

/// Number of exports of a store, counted up to `cap`, and whether that is exact.
pub async fn count_of_store(app: &App, viewer: &Viewer, store: StoreId, cap: u64) -> Result<(u64, bool)> {
    let Some(managed) = of_stores_with_task(viewer, StoreTask::Products, Column::StoreId) else { return Ok((0, true)) };
    page::count(app.db.read(), Entity::find().filter(Column::StoreId.eq(store)).filter(managed), cap).await
}

/// What the token in the URL claims. Times are in microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Claims {
    export: Uuid,
    expires: i64,
}

/// URL of the file of an export that the caller may see; `None` unless it is completed. Its holder needs no other authentication, for
/// [`LIFETIME`].
pub async fn url(app: &App, viewer: &Viewer, row: &Model) -> Result<Option<String>> {
    viewer.user_id().ok_or(Fault::Unauthenticated)?;
    let Some(key) = &row.storage_key else { return Ok(None) };
    if let Some(signed) = app.storage.sign_download(key, LIFETIME).await.map_err(internal)? {
        return Ok(Some(signed));
    }
    let claims = Claims { export: row.id.0, expires: (app.clock.now() + LIFETIME).timestamp_micros() };
    let claims = serde_json::to_vec(&claims).map_err(internal)?;
    Ok(Some(link::export(app, &app.keys.sign(Capability::Export, &claims))))
}

/// A file that is downloaded. Finding one proves that the URL was valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub storage_key: String,
    pub filename: String,
    /// MIME type.
    pub content_type: &'static str,
}

/// The file of the token in a URL. A token that is invalid or expired is not found.
pub async fn open(app: &App, token: &str) -> Result<Download> {
    let claims = app.keys.verify(Capability::Export, token).ok_or(Fault::NotFound)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Fault::NotFound)?;
    if app.clock.now().timestamp_micros() >= claims.expires {
        return Err(Fault::NotFound.into());
    }
    let row = Entity::find_by_id(ProductExportId(claims.export)).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let filename = filename(&row);
    let content_type = match row.format {
        ProductFileFormat::Csv => "text/csv; charset=utf-8; header=present",
        ProductFileFormat::Jsonl => "application/jsonl",
    };
    Ok(Download { storage_key: row.storage_key.ok_or(Fault::NotFound)?, filename, content_type })
}

/// Such as `products-2026-11-27.csv`.
pub(super) fn filename(row: &Model) -> String {
    let extension = match row.format {
        ProductFileFormat::Csv => "csv",
        ProductFileFormat::Jsonl => "jsonl",
    };
    format!("products-{}.{extension}", row.created_at.format("%Y-%m-%d"))
}
