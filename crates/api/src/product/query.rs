//! Queries of products.

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::page::{self, COUNT_CAP, Counter};
use crate::product::{Product, ProductConnection, ProductFilter};
use async_graphql::{Context, Enum, ID};
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_domain::product::{self, ProductSort as DomainSort};
use souk_macros::root_object;
use std::sync::Arc;

/// Order in which products are listed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "DomainSort")]
pub enum ProductSort {
    /// Newest products first.
    Newest,
    /// Lowest price first, by the lowest price of each product.
    PriceLowToHigh,
    /// Highest price first, by the lowest price of each product.
    PriceHighToLow,
    /// Highest average rating first.
    Rating,
    /// Most units sold first.
    BestSelling,
}

/// Queries of products.
#[derive(Default)]
pub struct ProductQuery;

#[root_object]
impl ProductQuery {
    /// Product by its ID or its slug; exactly one of them is required. Null if it does not exist or you cannot see it.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the product.")] id: Option<ID>,
        #[graphql(desc = "URL identifier of the product.")] slug: Option<String>,
    ) -> Result<Option<Product>> {
        match (id, slug) {
            (Some(id), None) => Product::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(product::by_slug(ctx.app()?, viewer, &slug).await?.map(Product::from)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }

    /// Products that are for sale.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Conditions that the products must meet.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Sort order; default NEWEST.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let sort = sort_by.map(DomainSort::from).unwrap_or_default();
        let (app, viewer) = (Arc::clone(ctx.app()?), viewer.clone());
        let filter = filter.map(|filter| filter.decode(app.config.currency)).transpose()?.unwrap_or_default();
        let page = page::arguments(first, after, last, before).of("products", &(&filter, sort))?;
        let criteria = product::resolve(&app, &viewer, &filter).await?;
        let found = product::list(&app, &viewer, &criteria, sort, &page.request).await?;
        let counter = Counter::new(move || {
            let (app, viewer, criteria) = (Arc::clone(&app), viewer.clone(), criteria.clone());
            Box::pin(async move { product::count(&app, &viewer, &criteria, COUNT_CAP).await })
        });
        Ok(ProductConnection::new(found, page.scope, counter))
    }
}
