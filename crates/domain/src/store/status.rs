//! The status of a store, and its effect on the products.

use crate::category;
use crate::social;
use crate::store::invitation;
use crate::store::suspension::delete_suspension;
use crate::store::update::save;
use entity::id::{ProductId, StoreId};
use entity::product;
use entity::store::Model;
use entity::value::{ProductStatus, StoreStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{Subject, Tx, lock_in_order};
use souk_core::error::Result;

/// Maximum number of products that are announced when their store opens, the newest ones.
const MAX_ANNOUNCED: u64 = 10;

/// Sets the status of a store whose row is locked; its products are listed or hidden.
pub(super) async fn change(tx: &Tx, app: &App, row: Model, status: StoreStatus) -> Result<Model> {
    let mut active = row.into_active_model();
    active.status = Set(status);
    let store = save(tx, app, active).await?;
    delete_suspension(tx, store.id).await?;
    if status == StoreStatus::Closed {
        invitation::revoke_of_store(tx, store.id).await?;
    }
    show_products(tx, app, store.id, status == StoreStatus::Active).await?;
    Ok(store)
}

/// Lists the active products of an open store, or hides all products. Publishes products that waited for the store.
async fn show_products(tx: &Tx, app: &App, id: StoreId, open: bool) -> Result<()> {
    let now = app.clock.now();
    let changing = product::Entity::find().filter(product::Column::StoreId.eq(id)).filter(product::Column::Listed.eq(!open));
    let changing = if open { changing.filter(product::Column::Status.eq(ProductStatus::Active)) } else { changing };
    category::lock_for_products(tx, changing.clone(), None).await?;
    let _: Vec<ProductId> = lock_in_order(tx, changing, product::Column::Id).await?;
    let query = product::Entity::update_many()
        .col_expr(product::Column::Listed, Expr::value(open))
        .col_expr(product::Column::UpdatedAt, Expr::value(now))
        .filter(product::Column::StoreId.eq(id))
        .filter(product::Column::Listed.eq(!open));
    let query = if open { query.filter(product::Column::Status.eq(ProductStatus::Active)) } else { query };
    query.exec(tx).await?;
    if !open {
        return Ok(());
    }
    let waiting = || {
        Condition::all()
            .add(product::Column::StoreId.eq(id))
            .add(product::Column::Listed.eq(true))
            .add(product::Column::PublishedAt.is_null())
    };
    let newest = product::Entity::find().filter(waiting()).order_by_desc(product::Column::CreatedAt).limit(MAX_ANNOUNCED);
    let newest = newest.all(tx).await?;
    // The index reads their time of publication again, and that they are new.
    let published = product::Entity::find().filter(waiting()).select_only().column(product::Column::Id);
    for id in published.into_tuple::<ProductId>().all(tx).await? {
        tx.changed(Subject::Product(id));
    }
    // What staff decided stays.
    let is_new = Func::coalesce([Expr::col(product::Column::PinnedNewArrival), Expr::value(true)]);
    product::Entity::update_many()
        .col_expr(product::Column::NewArrival, is_new.into())
        .col_expr(product::Column::PublishedAt, Expr::value(now))
        .filter(waiting())
        .exec(tx)
        .await?;
    for product in &newest {
        social::announce_product(tx, app, product).await?;
    }
    Ok(())
}
