//! Lists of the products of a store or a category.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::Loaders;
use crate::page::{Arguments, COUNT_CAP, Counter};
use crate::product::{ProductConnection, ProductFilter, ProductSort};
use async_graphql::Context;
use async_graphql::dataloader::Loader;
use entity::id::{CategoryId, StoreId};
use entity::money::CurrencyCode;
use entity::value::ProductStatus;
use souk_core::error::{Error, Result as DomainResult};
use souk_domain::page::{Page, PageRequest};
use souk_domain::product::{self, Criteria, ProductFilter as DomainFilter, ProductSort as DomainSort, Summary};
use std::collections::HashMap;
use std::sync::Arc;

/// Conditions on the products of a parent, and their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductSelection {
    status: Option<Vec<ProductStatus>>,
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
            status: status.map(|all| all.into_iter().map(ProductStatus::from).collect()),
            filter: filter.map(|filter| filter.decode(currency)).transpose()?.unwrap_or_default(),
            sort: sort.map(DomainSort::from).unwrap_or_default(),
        })
    }
}

/// Loads a page of the products of a parent.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PageKey<P> {
    parent: P,
    selection: Arc<ProductSelection>,
    page: PageRequest,
}

/// Groups the parents by the other parts of the key: each group is read by one statement, as a field of a list has the same
/// arguments for each parent.
fn group_by_page<P: Copy>(keys: &[PageKey<P>]) -> HashMap<(Arc<ProductSelection>, PageRequest), Vec<P>> {
    let mut groups: HashMap<_, Vec<P>> = HashMap::new();
    for key in keys {
        groups.entry((Arc::clone(&key.selection), key.page)).or_default().push(key.parent);
    }
    groups
}

impl Loaders {
    async fn criteria(&self, selection: &ProductSelection) -> DomainResult<Criteria> {
        product::resolve(&self.app, &self.viewer, &selection.filter).await
    }
}

impl Loader<PageKey<StoreId>> for Loaders {
    type Value = Page<Summary>;
    type Error = Error;

    async fn load(&self, keys: &[PageKey<StoreId>]) -> Result<HashMap<PageKey<StoreId>, Page<Summary>>, Error> {
        let mut all = HashMap::new();
        for ((selection, page), stores) in group_by_page(keys) {
            let criteria = self.criteria(&selection).await?;
            let status = selection.status.as_deref();
            let found = product::of_stores(&self.app, &self.viewer, &stores, status, &criteria, selection.sort, &page).await?;
            let key = |parent| PageKey { parent, selection: Arc::clone(&selection), page };
            all.extend(found.into_iter().map(|(store, rows)| (key(store), rows)));
        }
        Ok(all)
    }
}

impl Loader<PageKey<CategoryId>> for Loaders {
    type Value = Page<Summary>;
    type Error = Error;

    async fn load(&self, keys: &[PageKey<CategoryId>]) -> Result<HashMap<PageKey<CategoryId>, Page<Summary>>, Error> {
        let mut all = HashMap::new();
        for ((selection, page), ids) in group_by_page(keys) {
            let criteria = self.criteria(&selection).await?;
            let found = product::of_each_category(&self.app, &self.viewer, &ids, &criteria, selection.sort, &page).await?;
            let key = |parent| PageKey { parent, selection: Arc::clone(&selection), page };
            all.extend(found.into_iter().map(|(id, rows)| (key(id), rows)));
        }
        Ok(all)
    }
}

/// A page of the products of a store.
pub async fn of_store(ctx: &Context<'_>, id: StoreId, selection: ProductSelection, page: Arguments) -> Result<ProductConnection> {
    let page = page.of("Store.products", &(id, &selection))?;
    let selection = Arc::new(selection);
    let key = PageKey { parent: id, selection: Arc::clone(&selection), page: page.request };
    let found = ctx.load_one(key).await?.unwrap_or_else(Page::empty);
    let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
    let counter = Counter::new(move || {
        let (app, viewer, selection) = (Arc::clone(&app), viewer.clone(), Arc::clone(&selection));
        Box::pin(async move {
            let criteria = product::resolve(&app, &viewer, &selection.filter).await?;
            product::count_of_store(&app, &viewer, id, selection.status.as_deref(), &criteria, COUNT_CAP).await
        })
    });
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
    let key = PageKey { parent: id, selection: Arc::clone(&selection), page: page.request };
    let found = ctx.load_one(key).await?.unwrap_or_else(Page::empty);
    let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
    let counter = Counter::new(move || {
        let (app, viewer, selection) = (Arc::clone(&app), viewer.clone(), Arc::clone(&selection));
        Box::pin(async move {
            let criteria = product::resolve(&app, &viewer, &selection.filter).await?;
            product::count_of_category(&app, &viewer, id, &criteria, COUNT_CAP).await
        })
    });
    Ok(ProductConnection::new(found, page.scope, counter))
}

/// Loads the number of products for sale of a parent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CountKey<P>(P);

impl Loader<CountKey<StoreId>> for Loaders {
    type Value = u64;
    type Error = Error;

    async fn load(&self, keys: &[CountKey<StoreId>]) -> Result<HashMap<CountKey<StoreId>, u64>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = product::counts_of_stores(&self.app, &self.viewer, &ids, COUNT_CAP).await?;
        Ok(counts.into_iter().map(|(id, count)| (CountKey(id), count)).collect())
    }
}

impl Loader<CountKey<CategoryId>> for Loaders {
    type Value = u64;
    type Error = Error;

    async fn load(&self, keys: &[CountKey<CategoryId>]) -> Result<HashMap<CountKey<CategoryId>, u64>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = product::counts_of_categories(&self.app, &self.viewer, &ids, COUNT_CAP).await?;
        Ok(counts.into_iter().map(|(id, count)| (CountKey(id), count)).collect())
    }
}

/// Number of products for sale of a store, at most [`COUNT_CAP`].
pub async fn count_of_store(ctx: &Context<'_>, id: StoreId) -> Result<i32> {
    let count = ctx.load_one(CountKey(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Number of products for sale of a category and of all categories below it, at most [`COUNT_CAP`].
pub async fn count_of_category(ctx: &Context<'_>, id: CategoryId) -> Result<i32> {
    let count = ctx.load_one(CountKey(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
