//! Lists of reviews of a product, a store, a user and the marketplace.

use super::Review;
use crate::connection;
use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::Loaders;
use crate::page::{self, COUNT_CAP, Counter, ListPage};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum};
use entity::id::{ProductId, StoreId};
use entity::review::Model;
use entity::value::ReviewStatus;
use souk_core::auth::Staff;
use souk_core::auth::permissions::Moderate;
use souk_core::error::Error;
use souk_domain::page::{Page, PageRequest};
use souk_domain::review::{self, Sort};
use souk_domain::{product, store};
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

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

/// Loads a page of the reviews of a parent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PageKey<P> {
    parent: P,
    sort: Sort,
    request: PageRequest,
}

/// Groups the parents by the other parts of the key: each group is read by one statement.
fn group_by_page<P: Copy>(keys: &[PageKey<P>]) -> HashMap<(Sort, PageRequest), Vec<P>> {
    let mut groups: HashMap<_, Vec<P>> = HashMap::new();
    for key in keys {
        groups.entry((key.sort, key.request)).or_default().push(key.parent);
    }
    groups
}

impl Loader<PageKey<ProductId>> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[PageKey<ProductId>]) -> Result<HashMap<PageKey<ProductId>, Page<Model>>, Error> {
        let mut found = HashMap::new();
        for ((sort, request), ids) in group_by_page(keys) {
            let pages = review::of_products(&self.app, &self.viewer, &ids, sort, &request).await?;
            found.extend(pages.into_iter().map(|(parent, page)| (PageKey { parent, sort, request }, page)));
        }
        Ok(found)
    }
}

impl Loader<PageKey<StoreId>> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[PageKey<StoreId>]) -> Result<HashMap<PageKey<StoreId>, Page<Model>>, Error> {
        let mut found = HashMap::new();
        for ((sort, request), ids) in group_by_page(keys) {
            let pages = review::of_stores(&self.app, &self.viewer, &ids, sort, &request).await?;
            found.extend(pages.into_iter().map(|(parent, page)| (PageKey { parent, sort, request }, page)));
        }
        Ok(found)
    }
}

async fn load_page<P>(
    ctx: &Context<'_>,
    list: &str,
    parent: P,
    sort: Option<ReviewSort>,
    page: &page::Arguments,
) -> Result<(Page<Model>, ListPage)>
where
    P: Copy + Eq + Hash + Send + Sync + Debug + 'static,
    Loaders: Loader<PageKey<P>, Value = Page<Model>, Error = Error>,
{
    let sort = sort.map_or(Sort::Newest, Sort::from);
    let page = page.of(list, &(parent, sort))?;
    let rows = ctx.load_one(PageKey { parent, sort, request: page.request }).await?;
    Ok((rows.unwrap_or_else(Page::empty), page))
}

/// Counter for a total that is stored with the parent.
fn stored_count(count: i64) -> Counter {
    let count = u64::try_from(count).unwrap_or(0);
    Counter::new(move || Box::pin(async move { Ok((count, true)) }))
}

/// Published reviews of a product, loaded in a batch with those of other products.
pub async fn of_product(
    ctx: &Context<'_>,
    product: &product::Summary,
    sort: Option<ReviewSort>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let (rows, page) = load_page(ctx, "Product.reviews", product.id, sort, &page).await?;
    Ok(ReviewConnection::new(rows, page.scope, stored_count(product.rating_count)))
}

/// Published reviews of the products of a store, loaded in a batch with those of other stores.
pub async fn of_store(
    ctx: &Context<'_>,
    store: &store::Summary,
    sort: Option<ReviewSort>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let (rows, page) = load_page(ctx, "Store.reviews", store.id, sort, &page).await?;
    let (app, viewer, id) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone(), store.id);
    let counter = Counter::new(move || {
        let (app, viewer) = (Arc::clone(&app), viewer.clone());
        Box::pin(async move { review::count_of_store(&app, &viewer, id, COUNT_CAP).await })
    });
    Ok(ReviewConnection::new(rows, page.scope, counter))
}

/// Reviews by the viewer in every status, newest first.
pub async fn of_viewer(ctx: &Context<'_>, page: page::Arguments) -> Result<ReviewConnection> {
    let (app, customer) = (Arc::clone(ctx.app()?), ctx.viewer()?.customer()?);
    let page = page.of("User.reviews", &customer.user_id())?;
    let rows = review::of_customer(&app, &customer, &page.request).await?;
    let counter = Counter::new(move || {
        let (app, customer) = (Arc::clone(&app), customer.clone());
        Box::pin(async move { review::count_of_customer(&app, &customer, COUNT_CAP).await })
    });
    Ok(ReviewConnection::new(rows, page.scope, counter))
}

/// All reviews, or those in a status, newest first.
pub(super) async fn of_marketplace(
    ctx: &Context<'_>,
    staff: Staff<Moderate>,
    status: Option<ReviewStatus>,
    page: page::Arguments,
) -> Result<ReviewConnection> {
    let app = Arc::clone(ctx.app()?);
    let page = page.of("reviews", &status)?;
    let rows = review::list(&app, &staff, status, &page.request).await?;
    let counter = Counter::new(move || {
        let (app, staff) = (Arc::clone(&app), staff.clone());
        Box::pin(async move { review::count(&app, &staff, status, COUNT_CAP).await })
    });
    Ok(ReviewConnection::new(rows, page.scope, counter))
}
