//! Lists of reviews of a product, a store, a user and the marketplace.

use super::Review;
use crate::connection;
use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::page_loaders;
use crate::page::{self, COUNT_CAP, Counter};
use async_graphql::{Context, Enum};
use entity::id::{ProductId, StoreId};
use entity::review::Model;
use entity::value::ReviewStatus;
use souk_core::auth::Staff;
use souk_core::auth::permissions::Moderate;
use souk_domain::page::Page;
use souk_domain::review::{self, Sort};
use souk_domain::{product, store};

connection!(ReviewConnection, ReviewEdge, Review, "reviews");

/// Order in which reviews are listed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Sort")]
pub enum ReviewSort {
    /// Newest reviews first.
    Newest,
    /// Highest rating first.
    HighestRating,
    /// Lowest rating first.
    LowestRating,
}

page_loaders! {
    /// Loads a page of the reviews of a product.
    OfProduct(ProductId, with Sort) => Model, by review::of_products;
    /// Loads a page of the reviews of a store's products.
    OfStore(StoreId, with Sort) => Model, by review::of_stores;
}

/// Published reviews of a product, loaded in a batch with those of other products.
pub async fn of_product(
    ctx: &Context<'_>,
    product: &product::Summary,
    sort: Option<ReviewSort>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let sort = sort.map_or(Sort::Newest, Sort::from);
    let page = page.of("Product.reviews", &(product.id, sort))?;
    let rows = ctx.load_one(OfProduct::new(product.id, sort, page.request)).await?.unwrap_or_else(Page::empty);
    Ok(ReviewConnection::new(rows, page.scope, Counter::stored(product.rating_count)))
}

/// Published reviews of the products of a store, loaded in a batch with those of other stores.
pub async fn of_store(
    ctx: &Context<'_>,
    store: &store::Summary,
    sort: Option<ReviewSort>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let (id, sort) = (store.id, sort.map_or(Sort::Newest, Sort::from));
    let page = page.of("Store.reviews", &(id, sort))?;
    let rows = ctx.load_one(OfStore::new(id, sort, page.request)).await?.unwrap_or_else(Page::empty);
    let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
        Box::pin(review::count_of_store(app, viewer, id, COUNT_CAP))
    })?;
    Ok(ReviewConnection::new(rows, page.scope, counter))
}

/// Reviews by the viewer in every status, newest first.
pub async fn of_viewer(ctx: &Context<'_>, page: page::Arguments) -> Result<ReviewConnection> {
    let customer = ctx.viewer()?.customer()?;
    let page = page.of("User.reviews", &customer.user_id())?;
    let rows = review::of_customer(ctx.app()?, &customer, &page.request).await?;
    let counter = Counter::new(ctx, customer, |app, customer| Box::pin(review::count_of_customer(app, customer, COUNT_CAP)))?;
    Ok(ReviewConnection::new(rows, page.scope, counter))
}

/// All reviews, or those in a status, newest first.
pub(super) async fn of_marketplace(
    ctx: &Context<'_>,
    staff: Staff<Moderate>,
    status: Option<ReviewStatus>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let page = page.of("reviews", &status)?;
    let rows = review::list(ctx.app()?, &staff, status, &page.request).await?;
    let counter = Counter::new(ctx, staff, move |app, staff| Box::pin(review::count(app, staff, status, COUNT_CAP)))?;
    Ok(ReviewConnection::new(rows, page.scope, counter))
}
