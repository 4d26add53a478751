//! Queries of stores.

use crate::context::ContextExt;
use crate::cost;
use crate::enums::StoreStatus;
use crate::error::Result;
use crate::id;
use crate::page::{self, COUNT_CAP, Counter};
use crate::rating;
use crate::store::{Store, StoreConnection};
use async_graphql::{Context, Enum, ID, InputObject};
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_domain::store::{self, StoreFilter as DomainFilter, StoreSort as DomainSort};
use souk_macros::root_object;

/// Order in which stores are listed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "DomainSort")]
pub enum StoreSort {
    /// Newest stores first.
    Newest,
    /// Highest average rating first.
    Rating,
}

/// Conditions on stores. A store must meet all that are given.
#[derive(InputObject)]
pub struct StoreFilter {
    /// Search words, each the beginning of a word in the name of the store. Only the first eight words are used.
    #[graphql(directive = cost::Weighs::apply(cost::SEARCH))]
    search: Option<String>,
    /// Lowest average rating of the store's products, 1 to 5, such as 4.5.
    min_rating: Option<f64>,
    /// Statuses of the stores; only for staff with `MANAGE_PRODUCTS`. If left out, only `ACTIVE` stores are listed.
    status: Option<Vec<StoreStatus>>,
}

impl StoreFilter {
    fn decode(self) -> Result<DomainFilter, Fault> {
        Ok(DomainFilter {
            search: self.search,
            min_rating: self.min_rating.map(|minimum| rating::hundredths("minRating", minimum)).transpose()?,
            status: self.status.map(|all| all.into_iter().map(Into::into).collect()),
        })
    }
}

/// Queries of stores.
#[derive(Default)]
pub struct StoreQuery;

#[root_object]
impl StoreQuery {
    /// Store by its ID or its slug; exactly one of them is required. Null if it does not exist or you cannot see it.
    async fn store(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the store.")] id: Option<ID>,
        #[graphql(desc = "URL identifier of the store.")] slug: Option<String>,
    ) -> Result<Option<Store>> {
        match (id, slug) {
            (Some(id), None) => Store::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(store::by_slug(ctx.app()?, viewer, &slug).await?.map(Store::from)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }

    /// Stores that are open for business.
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions that the stores must meet.")] filter: Option<StoreFilter>,
        #[graphql(desc = "Sort order; default NEWEST.")] sort_by: Option<StoreSort>,
    ) -> Result<StoreConnection> {
        let sort = sort_by.map(DomainSort::from).unwrap_or_default();
        let filter = filter.map(StoreFilter::decode).transpose()?.unwrap_or_default();
        let page = page.of("stores", &(&filter, sort))?;
        let found = store::list(ctx.app()?, viewer, &filter, sort, &page.request).await?;
        let counter = Counter::new(ctx, (viewer.clone(), filter), |app, (viewer, filter)| {
            Box::pin(store::count(app, viewer, filter, COUNT_CAP))
        })?;
        Ok(StoreConnection::new(found, page.scope, counter))
    }
}
