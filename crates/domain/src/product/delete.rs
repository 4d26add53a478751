//! Deleting products.

use crate::category;
use crate::digital_file;
use crate::image::delete_later;
use crate::review;
use entity::id::{ProductId, ProductVariantId};
use entity::product::{Column, Entity, Model};
use entity::value::ProductStatus;
use entity::versioned::Versioned;
use entity::{order_line, product_image, product_variant, store};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::db::{Subject, lock_for_change, lock_in_order};
use souk_core::error::{Fault, Result};
use souk_core::transact;

/// Result of [`delete`].
#[derive(Clone, Debug)]
pub enum Removed {
    Deleted(ProductId),
    /// Orders refer to it, so it was archived.
    Archived(Box<Model>),
}

/// Deletes a product with its variants, images and reviews; a product that was ever ordered is archived instead.
pub async fn delete(app: &App, staff: &StoreStaff, id: ProductId) -> Result<Removed> {
    transact!(app.db, tx, {
        // The store, the category, the variants, the product; see `docs/LOCKS.md`.
        lock_for_change::<store::Entity>(tx, staff.store_id()).await?;
        category::lock_for_products(tx, Entity::find_by_id(id), None).await?;
        let variants = product_variant::Entity::find().filter(product_variant::Column::ProductId.eq(id));
        let _: Vec<ProductVariantId> = lock_in_order(tx, variants, product_variant::Column::Id).await?;
        let query = Entity::find_by_id(id).filter(Column::StoreId.eq(staff.store_id()));
        let row = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        tx.changed(Subject::Product(id));
        let ordered = order_line::Entity::find().filter(order_line::Column::ProductId.eq(id)).limit(1).one(tx).await?;
        if ordered.is_some() {
            let mut active = row.into_active_model();
            active.status = Set(ProductStatus::Archived);
            active.listed = Set(false);
            active.touch(app.clock.now());
            return Ok(Removed::Archived(Box::new(Entity::update(active).exec(tx).await?)));
        }
        let images = product_image::Entity::find().filter(product_image::Column::ProductId.eq(id)).all(tx).await?;
        let own = Query::select().column(Column::Id).from(Entity).and_where(Column::Id.eq(id)).to_owned();
        let files = digital_file::storage_keys(tx, own).await?;
        let keys: Vec<_> = images.iter().map(|image| &image.storage_key).chain(&files).collect();
        delete_later(tx, app, &keys).await?;
        review::subtract_product(tx, &row).await?;
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(Removed::Deleted(id))
    })
}
