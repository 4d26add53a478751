//! Products.

mod create;
mod delete;
mod fields;
mod filter;
mod found;
mod indexed;
mod list;
mod own;
mod place;
mod summary;
mod tag;
mod typed;
mod update;

pub use create::{NewProduct, create};
pub use delete::{Removed, delete};
pub use filter::{Criteria, MAX_ITEMS, ProductFilter, resolve, select};
pub use list::{
    ProductSort, StoreCriteria, count, count_of_category, count_of_store, counts_of_categories, counts_of_stores, list,
    of_each_category, of_stores,
};
pub use summary::{Summary, Texts, split_texts, texts};
pub use tag::tag_rows;
pub use update::{ProductPatch, update};

pub(crate) use create::{ATTEMPTS, check as check_new, is_generated_taken, write as write_new};
pub(crate) use found::{FoundPage, find_each};
pub(crate) use typed::TypeChange;
pub(crate) use update::{CheckedPatch, check_patch, drop_unchanged, write_changes};

use crate::{scope, variant};
use entity::id::{ProductId, ProductImageId, ProductVariantId, StoreId};
use entity::product::{Column, Entity, Model};
use entity::{product_image, product_variant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, of_managed_stores};
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result};

/// Products by ID that the viewer may see: those that storefronts show, and all of stores that the viewer owns, works for or
/// administers. References resolve products only by this function, so that none shows a draft.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Summary>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids)).filter(visible_to(viewer));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}

/// Variants by ID that the viewer may see: active ones of visible products; all of stores that the viewer works for.
pub async fn visible_variants(app: &App, viewer: &Viewer, ids: &[ProductVariantId]) -> Result<Vec<product_variant::Model>> {
    let query = product_variant::Entity::find().inner_join(Entity).filter(product_variant::Column::Id.in_padded(ids));
    Ok(query.filter(variant::visible_to(viewer)).filter(visible_to(viewer)).all(app.db.read()).await?)
}

/// Images by ID of products that the viewer may see.
pub async fn visible_images(app: &App, viewer: &Viewer, ids: &[ProductImageId]) -> Result<Vec<product_image::Model>> {
    let visible = scope::rows_of(product_image::Column::ProductId, Entity, Column::Id, visible_to(viewer));
    let query = product_image::Entity::find().filter(product_image::Column::Id.in_padded(ids)).filter(visible);
    Ok(query.all(app.db.read()).await?)
}

pub async fn by_slug(app: &App, viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).filter(visible_to(viewer)).one(app.db.read()).await?)
}

/// The actor who may change a product; [`Fault::NotFound`] for all other users.
pub async fn staff(app: &App, customer: &Customer, id: ProductId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    customer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
}

fn visible_to(viewer: &Viewer) -> Condition {
    match of_managed_stores(viewer, Column::StoreId) {
        // By the index that lists have.
        Some(managed) if managed.is_empty() => Condition::any().add(Column::Listed.eq(true)).add(Column::Listed.eq(false)),
        Some(managed) => Condition::any().add(Column::Listed.eq(true)).add(managed),
        None => Condition::any().add(Column::Listed.eq(true)),
    }
}
