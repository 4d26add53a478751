//! Lists of products that belong to something: a store or a category.

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

/// Which products of a parent, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Question {
    status: Option<Vec<ProductStatus>>,
    filter: DomainFilter,
    sort: DomainSort,
}

impl Question {
    /// As the arguments of a field ask it.
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

/// A page of the products of a parent.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PageOf<P> {
    parent: P,
    question: Arc<Question>,
    page: PageRequest,
}

/// A field is asked with the same arguments for each parent of a list: those are one statement.
fn grouped<P: Copy>(keys: &[PageOf<P>]) -> HashMap<(Arc<Question>, PageRequest), Vec<P>> {
    let mut groups: HashMap<_, Vec<P>> = HashMap::new();
    for key in keys {
        groups.entry((Arc::clone(&key.question), key.page)).or_default().push(key.parent);
    }
    groups
}

impl Loaders {
    async fn criteria(&self, question: &Question) -> DomainResult<Criteria> {
        product::resolve(&self.app, &self.viewer, &question.filter).await
    }
}

impl Loader<PageOf<StoreId>> for Loaders {
    type Value = Page<Summary>;
    type Error = Error;

    async fn load(&self, keys: &[PageOf<StoreId>]) -> Result<HashMap<PageOf<StoreId>, Page<Summary>>, Error> {
        let mut all = HashMap::new();
        for ((question, page), stores) in grouped(keys) {
            let criteria = self.criteria(&question).await?;
            let status = question.status.as_deref();
            let found = product::of_stores(&self.app, &self.viewer, &stores, status, &criteria, question.sort, &page).await?;
            let key = |parent| PageOf { parent, question: Arc::clone(&question), page };
            all.extend(found.into_iter().map(|(store, rows)| (key(store), rows)));
        }
        Ok(all)
    }
}

impl Loader<PageOf<CategoryId>> for Loaders {
    type Value = Page<Summary>;
    type Error = Error;

    async fn load(&self, keys: &[PageOf<CategoryId>]) -> Result<HashMap<PageOf<CategoryId>, Page<Summary>>, Error> {
        let mut all = HashMap::new();
        for ((question, page), ids) in grouped(keys) {
            let criteria = self.criteria(&question).await?;
            let found = product::of_each_category(&self.app, &self.viewer, &ids, &criteria, question.sort, &page).await?;
            let key = |parent| PageOf { parent, question: Arc::clone(&question), page };
            all.extend(found.into_iter().map(|(id, rows)| (key(id), rows)));
        }
        Ok(all)
    }
}

/// A page of the products of a store.
pub async fn of_store(ctx: &Context<'_>, id: StoreId, question: Question, page: Arguments) -> Result<ProductConnection> {
    let page = page.of("Store.products", &(id, &question))?;
    let question = Arc::new(question);
    let key = PageOf { parent: id, question: Arc::clone(&question), page: page.request };
    let found = ctx.load_one(key).await?.unwrap_or_else(Page::empty);
    let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
    let counter = Counter::new(move || {
        let (app, viewer, question) = (Arc::clone(&app), viewer.clone(), Arc::clone(&question));
        Box::pin(async move {
            let criteria = product::resolve(&app, &viewer, &question.filter).await?;
            product::count_of_store(&app, &viewer, id, question.status.as_deref(), &criteria, COUNT_CAP).await
        })
    });
    Ok(ProductConnection::new(found, page.scope, counter))
}

/// A page of the products of a category and of all below it.
pub async fn of_category(ctx: &Context<'_>, id: CategoryId, question: Question, page: Arguments) -> Result<ProductConnection> {
    let page = page.of("Category.products", &(id, &question))?;
    let question = Arc::new(question);
    let key = PageOf { parent: id, question: Arc::clone(&question), page: page.request };
    let found = ctx.load_one(key).await?.unwrap_or_else(Page::empty);
    let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
    let counter = Counter::new(move || {
        let (app, viewer, question) = (Arc::clone(&app), viewer.clone(), Arc::clone(&question));
        Box::pin(async move {
            let criteria = product::resolve(&app, &viewer, &question.filter).await?;
            product::count_of_category(&app, &viewer, id, &criteria, COUNT_CAP).await
        })
    });
    Ok(ProductConnection::new(found, page.scope, counter))
}

/// How many products a parent has, as far as the storefront shows them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CountOf<P>(P);

impl Loader<CountOf<StoreId>> for Loaders {
    type Value = u64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf<StoreId>]) -> Result<HashMap<CountOf<StoreId>, u64>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = product::counts_of_stores(&self.app, &self.viewer, &ids, COUNT_CAP).await?;
        Ok(counts.into_iter().map(|(id, count)| (CountOf(id), count)).collect())
    }
}

impl Loader<CountOf<CategoryId>> for Loaders {
    type Value = u64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf<CategoryId>]) -> Result<HashMap<CountOf<CategoryId>, u64>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let counts = product::counts_of_categories(&self.app, &self.viewer, &ids, COUNT_CAP).await?;
        Ok(counts.into_iter().map(|(id, count)| (CountOf(id), count)).collect())
    }
}

/// How many products of a store the storefront shows, at most [`COUNT_CAP`].
pub async fn count_of_store(ctx: &Context<'_>, id: StoreId) -> Result<i32> {
    let count = ctx.load_one(CountOf(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// How many products of a category and of all below it the storefront shows, at most [`COUNT_CAP`].
pub async fn count_of_category(ctx: &Context<'_>, id: CategoryId) -> Result<i32> {
    let count = ctx.load_one(CountOf(id)).await?.unwrap_or(0);
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
