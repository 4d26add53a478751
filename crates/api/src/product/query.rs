//! Queries of products.

use crate::context::ContextExt;
use crate::error::Result;
use crate::id;
use crate::page::{self, COUNT_CAP, Counter};
use crate::product::{Product, ProductConnection, ProductFilter};
use async_graphql::{Context, Enum, ID};
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_domain::product::{self, ProductSort as DomainSort};
use souk_macros::root_object;

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
    /// Most viewed first.
    MostViewed,
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
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions that the products must meet.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Sort order; default NEWEST.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let sort = sort_by.map(DomainSort::from).unwrap_or_default();
        let app = ctx.app()?;
        let filter = filter.map(|filter| filter.decode(app.config.currency)).transpose()?.unwrap_or_default();
        let page = page.of("products", &(&filter, sort))?;
        let criteria = product::resolve(app, viewer, &filter).await?;
        let found = product::list(app, viewer, &criteria, sort, &page.request).await?;
        let counter = Counter::new(ctx, (viewer.clone(), criteria), |app, (viewer, criteria)| {
            Box::pin(product::count(app, viewer, criteria, COUNT_CAP))
        })?;
        Ok(ProductConnection::new(found, page.scope, counter))
    }
}
