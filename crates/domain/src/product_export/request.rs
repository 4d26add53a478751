//! Requesting exports.

use super::job::ExportProducts;
use super::selection::Selection;
use super::write::write;
use crate::product_import;
use entity::export::{Entity, Model};
use entity::id::{CategoryId, ProductExportId};
use entity::value::{ProductFileFormat, ProductStatus, ProductStatuses, ProductTransferStatus};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, System};
use souk_core::db::is_taken;
use souk_core::error::{Error, Problem, Result};
use souk_core::job::{Enqueue, enqueue};
use souk_core::transact;
use std::io::Write;

/// An export to be created.
#[derive(Clone, Debug)]
pub struct NewExport {
    pub format: ProductFileFormat,
    /// Only products with these statuses; all if empty.
    pub statuses: Vec<ProductStatus>,
    /// Only products of this category, without its descendants.
    pub category_id: Option<CategoryId>,
}

/// Creates an export. A store has one at a time.
pub async fn create(app: &App, staff: &StoreStaff, new: NewExport) -> Result<Model> {
    transact!(app.db, tx, {
        staff.lock_store(tx, StoreTask::Products).await?;
        let row = Model {
            id: app.clock.new_id::<ProductExportId>(),
            store_id: staff.store_id(),
            active_store_id: Some(staff.store_id()),
            user_id: staff.user_id(),
            format: new.format,
            statuses: ProductStatuses(new.statuses.clone()),
            category_id: new.category_id,
            status: ProductTransferStatus::Queued,
            storage_key: None,
            product_count: 0,
            reason: None,
            created_at: app.clock.now(),
            finished_at: None,
        };
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await.map_err(one_at_a_time)?;
        enqueue(tx, &app.clock, &ExportProducts { export_id: row.id }, Enqueue::default()).await?;
        Ok(row)
    })
}

fn one_at_a_time(error: sea_orm::DbErr) -> Error {
    if is_taken(&error, "exports_active", "exports", &["active_store_id"]) {
        let message = "Another export of the store is running; wait for it.";
        return Problem::new("storeId", souk_core::error::Code::LimitReached, message).into();
    }
    error.into()
}

/// Writes the products of the store with a slug, for the command line; returns their number.
pub async fn export_file(
    app: &App,
    system: &System,
    store_slug: &str,
    new: NewExport,
    to: &mut (impl Write + Send),
) -> Result<i32> {
    let staff = product_import::owner_of(app, system, store_slug).await?;
    let selection = Selection { store_id: staff.store_id(), statuses: new.statuses, category_id: new.category_id };
    let mut writing = write(app, new.format, selection).await?;
    while let Some(part) = writing.next().await? {
        to.write_all(&part).map_err(souk_core::error::internal)?;
    }
    Ok(writing.products())
}
