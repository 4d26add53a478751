//! Lists of the products of a store or a category.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::{loaders, page_loaders};
use crate::page::{Arguments, COUNT_CAP, Counter};
use crate::product::{ProductConnection, ProductFilter, ProductSort};
use async_graphql::Context;
use entity::id::{CategoryId, StoreId};
use entity::money::CurrencyCode;
use entity::value::ProductStatus;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result as DomainResult;
use souk_domain::page::{Page, PageRequest};
use souk_domain::product::{self, ProductFilter as DomainFilter, ProductSort as DomainSort, StoreCriteria, Summary};
use std::collections::HashMap;
use std::sync::Arc;

/// Conditions on the products of a parent, and their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductSelection {
    of_store: StoreCriteria,
    filter: DomainFilter,
    sort: DomainSort,
}

impl ProductSelection {
    /// From the arguments of a field.
    pub fn new(
        status: Option<Vec<crate::enums::ProductStatus>>,
        filter: Option<ProductFilter>,
        sort: Option<ProductSort>,
        currency: CurrencyCode,
    ) -> Result<Self> {
        Ok(Self {
            of_store: StoreCriteria {
                status: status.map(|all| all.into_iter().map(ProductStatus::from).collect()),
                is_low_stock: None,
            },
            filter: filter.map(|filter| filter.decode(currency)).transpose()?.unwrap_or_default(),
            sort: sort.map(DomainSort::from).unwrap_or_default(),
        })
    }

    /// Adds a condition on the stock, for the products of a store.
    pub fn with_low_stock(mut self, is_low_stock: Option<bool>) -> Self {
        self.of_store.is_low_stock = is_low_stock;
        self
    }
}

page_loaders! {
    /// Loads a page of the products of a store.
    OfStore(StoreId, with Arc<ProductSelection>) => Summary, by of_stores;
    /// Loads a page of the products of a category and of all categories below it.
    OfCategory(CategoryId, with Arc<ProductSelection>) => Summary, by of_categories;
}

loaders! {
    /// Loads the number of products for sale of a store.
    StoreCount(StoreId) => value u64, by product::counts_of_stores, COUNT_CAP;
    /// Loads the number of products for sale of a category and of all categories below it.
    CategoryCount(CategoryId) => value u64, by product::counts_of_categories, COUNT_CAP;
}

async fn of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    selection: &ProductSelection,
    page: &PageRequest,
) -> DomainResult<HashMap<StoreId, Page<Summary>>> {
    let criteria = product::resolve(app, viewer, &selection.filter).await?;
    product::of_stores(app, viewer, stores, &selection.of_store, &criteria, selection.sort, page).await
}

async fn of_categories(
    app: &App,
    viewer: &Viewer,
    ids: &[CategoryId],
    selection: &ProductSelection,
    page: &PageRequest,
) -> DomainResult<HashMap<CategoryId, Page<Summary>>> {
    let criteria = product::resolve(app, viewer, &selection.filter).await?;
    product::of_each_category(app, viewer, ids, &criteria, selection.sort, page).await
}

/// A page of the products of a store.
pub async fn of_store(ctx: &Context<'_>, id: StoreId, selection: ProductSelection, page: Arguments) -> Result<ProductConnection> {
    let page = page.of("Store.products", &(id, &selection))?;
    let selection = Arc::new(selection);
    let found = ctx.load_one(OfStore::new(id, Arc::clone(&selection), page.request)).await?.unwrap_or_else(Page::empty);
    let counter = Counter::new(ctx, (ctx.viewer()?.clone(), selection), move |app, (viewer, selection)| {
        Box::pin(async move {
            let criteria = product::resolve(app, viewer, &selection.filter).await?;
            product::count_of_store(app, viewer, id, &selection.of_store, &criteria, COUNT_CAP).await
        })
    })?;
    Ok(ProductConnection::new(found, page.scope, counter))
}

/// A page of the products of a category and of all categories below it.
pub async fn of_category(
    ctx: &Context<'_>,
    id: CategoryId,
    selection: ProductSelection,
    page: Arguments,
) -> Result<ProductConnection> {
    let page = page.of("Category.products", &(id, &selection))?;
    let selection = Arc::new(selection);
    let found = ctx.load_one(OfCategory::new(id, Arc::clone(&selection), page.request)).await?.unwrap_or_else(Page::empty);
    let counter = Counter::new(ctx, (ctx.viewer()?.clone(), selection), move |app, (viewer, selection)| {
        Box::pin(async move {
            let criteria = product::resolve(app, viewer, &selection.filter).await?;
            product::count_of_category(app, viewer, id, &criteria, COUNT_CAP).await
        })
    })?;
    Ok(ProductConnection::new(found, page.scope, counter))
}

/// Number of products for sale of a store, at most [`COUNT_CAP`].
pub async fn count_of_store(ctx: &Context<'_>, id: StoreId) -> Result<i32> {
    let count = ctx.load_one(StoreCount(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Number of products for sale of a category and of all categories below it, at most [`COUNT_CAP`].
pub async fn count_of_category(ctx: &Context<'_>, id: CategoryId) -> Result<i32> {
    let count = ctx.load_one(CategoryCount(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
