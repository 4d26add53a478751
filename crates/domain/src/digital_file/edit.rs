//! Changing and deleting files.

use super::check_without;
use super::content::safe_name;
use crate::image::delete_later;
use entity::digital_file::{Column, Entity, Model};
use entity::id::{DigitalFileId, ProductId};
use entity::product;
use entity::versioned::put;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::transact;

/// Changes; a `None` field is left as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct FilePatch {
    pub filename: Option<String>,
    pub version: Option<Option<String>>,
    /// Sort position among the product's files, ascending.
    pub position: Option<i32>,
}

/// Changes a file: its name, version and position.
pub async fn update(app: &App, staff: &StoreStaff, id: DigitalFileId, patch: FilePatch) -> Result<Model> {
    let mut check = Check::new();
    let filename = patch.filename.as_ref().map(|name| check.line("filename", name, 1..=length::FILENAME));
    let filename = filename.map(|name| safe_name(&name));
    let version = patch.version.as_ref();
    let version = version.map(|text| check.optional_line("version", text.as_deref(), length::FILE_VERSION));
    if let Some(position) = patch.position {
        check.integer("position", position, 0..=1_000_000);
    }
    check.finish()?;
    transact!(app.db, tx, {
        let (_, row) = lock(tx, staff, id).await?;
        let mut active = row.clone().into_active_model();
        put(&mut active.filename, &filename);
        put(&mut active.version, &version);
        put(&mut active.position, &patch.position);
        if filename.is_none() && version.is_none() && patch.position.is_none() {
            return Ok(row);
        }
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Deletes a file; its buyers can't download it any more. Refused if a variant that is for sale would have no file.
pub async fn delete(app: &App, staff: &StoreStaff, id: DigitalFileId) -> Result<product::Model> {
    transact!(app.db, tx, {
        let (product, row) = lock(tx, staff, id).await?;
        check_without(tx, &product, "id", Some(id)).await?;
        Entity::delete_by_id(id).exec(tx).await?;
        delete_later(tx, app, &[&row.storage_key]).await?;
        Ok(product)
    })
}

/// Locks the product of a file, so that the second of two concurrent changes sees the first.
async fn lock(tx: &Tx, staff: &StoreStaff, id: DigitalFileId) -> Result<(product::Model, Model)> {
    let product: Option<ProductId> = Entity::find_by_id(id).select_only().column(Column::ProductId).into_tuple().one(tx).await?;
    let query = product::Entity::find_by_id(product.ok_or(Fault::NotFound)?);
    let query = query.filter(product::Column::StoreId.eq(staff.store_id()));
    let product = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
    let row = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
    Ok((product, row))
}
