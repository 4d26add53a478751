//! Files of digital products: private, and listed for their store and for those who bought them.

mod add;
mod content;
mod edit;

pub(crate) use add::copy;
pub use add::{MAX_FILES, NewFile, add};
pub(crate) use content::safe_name;
pub use edit::{FilePatch, delete, update};

use crate::scope;
use entity::digital_file::{Column, Entity, Model};
use entity::id::{DigitalFileId, ProductId, StoreId};
use entity::value::{ProductKind, ProductStatus};
use entity::{download_grant, product, product_variant};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, of_stores_with_task};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::group::grouped;
use std::collections::HashMap;

/// Files by ID that the viewer may see: those of products that the viewer manages or bought.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[DigitalFileId]) -> Result<Vec<Model>> {
    let Some(visible) = managed(viewer) else { return Ok(Vec::new()) };
    let visible = if visible.is_empty() { visible } else { Condition::any().add(visible).add_option(bought(viewer)) };
    let query = Entity::find().filter(Column::Id.in_padded(ids)).filter(visible);
    Ok(query.all(app.db.read()).await?)
}

/// Files by product, by position, for products that the viewer manages.
pub async fn of_products(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let Some(managed) = managed(viewer) else { return Ok(HashMap::new()) };
    let query = Entity::find().filter(Column::ProductId.in_padded(ids)).filter(managed);
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.product_id))
}

/// Files of products that were bought, by position. The caller must have checked the grants.
pub async fn of_bought_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.product_id))
}

/// The actor who may change a file; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: DigitalFileId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::ProductId);
    let product: Option<ProductId> = query.into_tuple().one(app.db.read()).await?;
    let query = product::Entity::find_by_id(product.ok_or(Fault::NotFound)?).select_only().column(product::Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}

/// Condition for files of products that the viewer manages; `None` for guests.
fn managed(viewer: &Viewer) -> Option<Condition> {
    let of_stores = of_stores_with_task(viewer, StoreTask::Products, product::Column::StoreId)?;
    Some(scope::rows_of(Column::ProductId, product::Entity, product::Column::Id, of_stores))
}

/// Condition for files that a grant of the viewer gives access to; `None` for guests.
fn bought(viewer: &Viewer) -> Option<Condition> {
    use download_grant::Column as Grant;
    let grant = |column: Grant| Expr::col((download_grant::Entity, column));
    let file = |column: Column| Expr::col((Entity, column));
    let of_variant = file(Column::VariantId).is_null().or(file(Column::VariantId).eq(grant(Grant::VariantId)));
    let own = Query::select()
        .expr(Expr::val(1))
        .from(download_grant::Entity)
        .and_where(grant(Grant::UserId).eq(viewer.user_id()?))
        .and_where(grant(Grant::RevokedAt).is_null())
        .and_where(grant(Grant::ProductId).eq(file(Column::ProductId)))
        .and_where(of_variant)
        .to_owned();
    Some(Condition::all().add(Expr::exists(own)))
}

/// Storage keys of the files of products that are deleted; `products` selects their IDs.
pub(crate) async fn storage_keys(tx: &Tx, products: SelectStatement) -> Result<Vec<String>> {
    let query = Entity::find().select_only().column(Column::StorageKey).filter(Column::ProductId.in_subquery(products));
    Ok(query.into_tuple().all(tx).await?)
}

/// Refuses a digital product that is for sale unless it has a file for every active variant. `path` is the field that makes it so.
pub(crate) async fn check_complete(tx: &Tx, product: &product::Model, path: &str) -> Result<()> {
    check_without(tx, product, path, None).await
}

/// As [`check_complete`], as if a file did not exist.
async fn check_without(tx: &Tx, product: &product::Model, path: &str, without: Option<DigitalFileId>) -> Result<()> {
    if product.kind != ProductKind::Digital || product.status != ProductStatus::Active {
        return Ok(());
    }
    let files = Entity::find().filter(Column::ProductId.eq(product.id)).all(tx).await?;
    let files: Vec<_> = files.into_iter().filter(|file| Some(file.id) != without).collect();
    if files.iter().any(|file| file.variant_id.is_none()) {
        return Ok(());
    }
    let variants = product_variant::Entity::find()
        .filter(product_variant::Column::ProductId.eq(product.id))
        .filter(product_variant::Column::Active.eq(true))
        .order_by_asc(product_variant::Column::Position)
        .all(tx)
        .await?;
    let missing = variants.iter().find(|variant| !files.iter().any(|file| file.variant_id == Some(variant.id.0)));
    match missing {
        Some(variant) => {
            let message =
                format!("An active digital product must have a file for every active variant; {:?} has none.", variant.name);
            refuse(path, Code::Incomplete, message)
        }
        None => Ok(()),
    }
}
