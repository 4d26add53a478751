//! Products.

mod create;
mod delete;
mod fields;
mod filter;
mod list;
mod search;
mod summary;
mod update;

pub use create::{NewProduct, create};
pub use delete::{Removed, delete};
pub use filter::{Criteria, MAX_ITEMS, ProductFilter, resolve, select};
pub use list::{
    ProductSort, count, count_of_category, count_of_store, counts_of_categories, counts_of_stores, list, of_each_category,
    of_stores,
};
pub use search::{MAX_WORDS, tag_rows, words_of};
pub use summary::{Summary, Texts, split_texts, texts};
pub use update::{ProductPatch, update};

use crate::variant;
use entity::id::{ProductId, ProductVariantId, StoreId};
use entity::product::{Column, Entity, Model};
use entity::value::Permission;
use entity::{product_variant, store};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, managed, memberships};
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result};
use std::collections::HashSet;

/// Products by ID that the viewer may see: those that storefronts show, and all of stores that the viewer owns, works for or
/// administers. References resolve products only by this function, so that none shows a draft.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Summary>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids)).filter(visible_to(viewer));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}

/// Variants by ID that the viewer may see: active ones of visible products; all of stores that the viewer works for.
pub async fn visible_variants(app: &App, viewer: &Viewer, ids: &[ProductVariantId]) -> Result<Vec<product_variant::Model>> {
    let rows = variant::by_ids(app, viewer, ids).await?;
    let products: Vec<_> = rows.iter().map(|row| row.product_id).collect();
    let products: HashSet<_> = visible(app, viewer, &products).await?.into_iter().map(|row| row.id).collect();
    let stores: Vec<_> = rows.iter().map(|row| row.store_id).collect();
    let managed = managed(app, viewer, &stores).await?;
    let shown =
        |row: &product_variant::Model| products.contains(&row.product_id) && (row.active || managed.contains(&row.store_id));
    Ok(rows.into_iter().filter(shown).collect())
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
    let shown = Condition::any().add(Column::Listed.eq(true));
    if viewer.may(Permission::ManageProducts) {
        return shown.add(Column::Listed.eq(false));
    }
    let Some(me) = viewer.user_id() else { return shown };
    let own = Query::select().column(store::Column::Id).from(store::Entity).and_where(store::Column::OwnerId.eq(me)).to_owned();
    shown.add(Column::StoreId.in_subquery(own)).add(Column::StoreId.in_subquery(memberships(me)))
}
