//! Aggregates of products: price ranges, availability and items sold of their variants; views and downloads; bestsellers and new arrivals.

mod count;
mod highlight;

pub(crate) use count::count_download;
pub use count::write_views;
pub use highlight::{HighlightPatch, pin};

use entity::id::ProductId;
use entity::value::ProductKind;
use entity::{product, product_variant};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{Subject, Tx};
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, Registry, enqueue};
use souk_core::transact;

/// Adds the jobs and the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<RefreshProductAggregates>()
        .with::<highlight::RefreshHighlights>()
        .with_periodic_task("bestsellers and new arrivals", |app, system| Box::pin(highlight::refresh_nightly(app, system)))
}

/// Computes the aggregates of a product. The product is locked first, so that the later of two concurrent changes sees the
/// variants of the other.
pub(crate) async fn refresh(tx: &Tx, id: ProductId) -> Result<()> {
    let Some(product) = product::Entity::find_by_id(id).lock_exclusive().one(tx).await? else { return Ok(()) };
    let variants = product_variant::Entity::find()
        .filter(product_variant::Column::ProductId.eq(id))
        .order_by_asc(product_variant::Column::Id)
        .all(tx)
        .await?;
    let active: Vec<_> = variants.iter().filter(|variant| variant.active).collect();
    let in_stock = active.iter().any(|variant| product.kind == ProductKind::Digital || variant.stock_quantity > 0);
    let prices = || active.iter().map(|variant| variant.price);
    let compare = || active.iter().filter_map(|variant| variant.compare_at_price);
    let sold: i64 = variants.iter().map(|variant| variant.sold_count).sum();
    tx.changed(Subject::Product(id));
    product::Entity::update_many()
        .col_expr(product::Column::MinPrice, Expr::value(prices().min().unwrap_or(product.min_price)))
        .col_expr(product::Column::MaxPrice, Expr::value(prices().max().unwrap_or(product.max_price)))
        .col_expr(product::Column::MinCompareAtPrice, Expr::value(compare().min()))
        .col_expr(product::Column::MaxCompareAtPrice, Expr::value(compare().max()))
        .col_expr(product::Column::OnSale, Expr::value(compare().next().is_some()))
        .col_expr(product::Column::InStock, Expr::value(in_stock))
        .col_expr(product::Column::SalesCount, Expr::value(sold))
        .filter(product::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Computes the aggregates of a product some time after a sale.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshProductAggregates {
    pub product_id: ProductId,
}

impl Job for RefreshProductAggregates {
    // The name in the table of jobs: queued rows and earlier versions have it.
    const KIND: &'static str = "product.refresh_figures";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        Ok(transact!(app.db, tx, { refresh(tx, self.product_id).await })?)
    }
}

/// Enqueues the job, unless one is queued for the same product.
pub(crate) async fn refresh_later(tx: &Tx, app: &App, product_id: ProductId) -> Result<()> {
    let options = Enqueue { dedup_key: Some(product_id.to_string()), ..Enqueue::default() };
    enqueue(tx, &app.clock, &RefreshProductAggregates { product_id }, options).await
}
