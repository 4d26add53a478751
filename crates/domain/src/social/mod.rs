//! Posts on social networks about new stores and products: recorded in the transaction of their cause, and posted once by a job.
//! Failures do not affect the store or the product.

mod compose;
mod post;

pub use post::PostToNetwork;

use entity::id::{ProductId, SocialPostId, StoreId};
use entity::social_post::{ActiveModel, Column, Entity, Model};
use entity::value::{SocialNetwork, SocialPostStatus};
use entity::{product, product_image};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Viewer, of_managed_stores};
use souk_core::db::InPadded;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::group::grouped;
use souk_core::job::{Enqueue, Registry, enqueue};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// Adds the job of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<PostToNetwork>()
}

/// Delay of the post about a product without images, as they are uploaded by separate requests.
const WAIT_FOR_PICTURE: Duration = Duration::from_secs(60);

/// Enqueues posts about a store, once per network, however often it is called. The store must be locked, or written in this
/// transaction.
pub(crate) async fn announce_store(tx: &Tx, app: &App, store: &entity::store::Model) -> Result<()> {
    announce(tx, app, store.id, None, Duration::ZERO).await
}

/// Enqueues posts about a published product, once per network, however often it is called. The product must be locked, or written
/// in this transaction.
pub(crate) async fn announce_product(tx: &Tx, app: &App, product: &product::Model) -> Result<()> {
    if app.networks.configured().is_empty() {
        return Ok(());
    }
    let picture = product_image::Entity::find().filter(product_image::Column::ProductId.eq(product.id)).one(tx).await?;
    let wait = if picture.is_some() { Duration::ZERO } else { WAIT_FOR_PICTURE };
    announce(tx, app, product.store_id, Some(product.id), wait).await
}

async fn announce(tx: &Tx, app: &App, store_id: StoreId, product_id: Option<ProductId>, wait: Duration) -> Result<()> {
    let configured = app.networks.configured();
    if configured.is_empty() {
        return Ok(());
    }
    let subject = subject_of(store_id, product_id);
    let announced: Vec<SocialNetwork> =
        Entity::find().select_only().column(Column::Network).filter(Column::Subject.eq(subject)).into_tuple().all(tx).await?;
    for network in configured.into_iter().filter(|network| !announced.contains(network)) {
        let id: SocialPostId = app.clock.new_id();
        let job = PostToNetwork { social_post_id: id };
        let row = ActiveModel { id: Set(id), ..row(app, store_id, product_id, network) };
        Entity::insert(row).exec_without_returning(tx).await?;
        let options = Enqueue { run_at: Some(app.clock.now() + wait), ..Enqueue::default() };
        enqueue(tx, &app.clock, &job, options).await?;
    }
    Ok(())
}

fn row(app: &App, store_id: StoreId, product_id: Option<ProductId>, network: SocialNetwork) -> ActiveModel {
    let now = app.clock.now();
    ActiveModel {
        store_id: Set(store_id),
        product_id: Set(product_id),
        subject: Set(subject_of(store_id, product_id)),
        network: Set(network),
        status: Set(SocialPostStatus::Pending),
        external_id: Set(None),
        url: Set(None),
        error: Set(None),
        attempts: Set(0),
        posted_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// The subject of a post: the product, or else the store.
fn subject_of(store_id: StoreId, product_id: Option<ProductId>) -> Uuid {
    product_id.map_or(store_id.0, |id| id.0)
}

/// Posts about stores, without those about their products; only published posts, unless the viewer manages the store.
pub async fn of_stores(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let query = Entity::find().filter(Column::StoreId.in_padded(ids)).filter(Column::ProductId.is_null());
    let rows = query.filter(visible_to(viewer)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_id))
}

/// Posts about products; only published posts, unless the viewer manages the product's store.
pub async fn of_products(app: &App, viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ProductId.in_padded(ids)).filter(visible_to(viewer));
    let rows = query.order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.product_id).into_iter().filter_map(|(id, rows)| Some((id?, rows))).collect())
}

/// Posts by ID; only published posts, unless the viewer manages the store. Access to the subject is checked by the store and the
/// product.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[SocialPostId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible_to(viewer)).all(app.db.read()).await?)
}

/// Condition for the posts that the viewer may see: published ones; all of stores that the viewer manages.
fn visible_to(viewer: &Viewer) -> Condition {
    match of_managed_stores(viewer, Column::StoreId) {
        Some(managed) if managed.is_empty() => managed,
        Some(managed) => Condition::any().add(Column::Status.eq(SocialPostStatus::Posted)).add(managed),
        None => Condition::all().add(Column::Status.eq(SocialPostStatus::Posted)),
    }
}
