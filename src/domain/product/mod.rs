//! Products.

mod create;
mod delete;
mod fields;
mod list;
mod search;
mod summary;
mod update;

pub use create::{NewProduct, create};
pub use delete::{Removed, delete};
pub use list::{Criteria, ProductFilter, ProductSort, count, count_of_store, list, of_stores, resolve, select};
pub use search::{MOST_WORDS, words_of};
pub use summary::{Summary, Texts, halves, texts};
pub use update::{ProductPatch, update};

use crate::app::App;
use crate::auth::{StoreStaff, StoreTask, Viewer};
use crate::db::Among;
use crate::domain::store::memberships;
use crate::error::{Fault, Result};
use entity::id::{ProductId, StoreId};
use entity::product::{Column, Entity, Model};
use entity::store;
use entity::value::Permission;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

/// Several by their IDs, for references from what the viewer may see already.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Summary>> {
    let query = Entity::find().filter(Column::Id.among(ids));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}

/// Those of several that the viewer may see: what the storefront shows, and everything of stores they own, work for or watch over.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<Vec<Summary>> {
    let query = Entity::find().filter(Column::Id.among(ids)).filter(visible_to(viewer));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}

/// One by its slug, if the viewer may see it.
pub async fn by_slug(app: &App, viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).filter(visible_to(viewer)).one(app.db.read()).await?)
}

/// Somebody who may change a product; for everybody else it does not exist.
pub async fn staff(app: &App, viewer: &Viewer, id: ProductId) -> Result<StoreStaff> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId);
    let store: Option<StoreId> = query.into_tuple().one(app.db.read()).await?;
    viewer.store_staff(&app.db, store.ok_or(Fault::NotFound)?, StoreTask::Products).await
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
