//! Queries of stores.

use crate::access::public;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::StoreStatus;
use crate::error::Result;
use crate::id;
use crate::page::{self, COUNT_CAP, Counter};
use crate::rating;
use crate::store::{Store, StoreConnection};
use async_graphql::{Context, Enum, ID, InputObject, Object};
use souk_core::error::Fault;
use souk_domain::store::{self, StoreFilter as DomainFilter, StoreSort as DomainSort};
use std::sync::Arc;

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

#[Object]
impl StoreQuery {
    /// A store by its ID or its slug; exactly one of them must be given.
    #[graphql(directive = public::apply())]
    async fn store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its ID.")] id: Option<ID>,
        #[graphql(desc = "Its name in addresses.")] slug: Option<String>,
    ) -> Result<Option<Store>> {
        match (id, slug) {
            (Some(id), None) => Store::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(store::by_slug(ctx.app()?, ctx.viewer()?, &slug).await?.map(Store::from)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }

    /// The open stores.
    #[graphql(directive = public::apply(), directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from the beginning: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<StoreFilter>,
        #[graphql(desc = "In which order; NEWEST when left out.")] sort_by: Option<StoreSort>,
    ) -> Result<StoreConnection> {
        let sort = sort_by.map(DomainSort::from).unwrap_or_default();
        let filter = filter.map(StoreFilter::decode).transpose()?.unwrap_or_default();
        let page = page::arguments(first, after, last, before).of("stores", &(&filter, sort))?;
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let found = store::list(&app, &viewer, &filter, sort, &page.request).await?;
        let counter = Counter::new(move || {
            let (app, viewer, filter) = (Arc::clone(&app), viewer.clone(), filter.clone());
            Box::pin(async move { store::count(&app, &viewer, &filter, COUNT_CAP).await })
        });
        Ok(StoreConnection::new(found, page.scope, counter))
    }
}
