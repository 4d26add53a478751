//! Reading products.

use crate::domain::product::{self, ProductFilter as DomainFilter, ProductSort as DomainSort};
use crate::error::Fault;
use crate::graphql::access::public;
use crate::graphql::context::ContextExt;
use crate::graphql::cost;
use crate::graphql::enums::ProductKind;
use crate::graphql::id;
use crate::graphql::money::Decimal;
use crate::graphql::page::{self, COUNT_CAP, Counter};
use crate::graphql::product::{Product, ProductConnection};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use std::sync::Arc;

/// In which order products are listed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "DomainSort")]
pub enum ProductSort {
    /// The newest first.
    Newest,
    /// The cheapest first, by the lowest price of each.
    PriceLowToHigh,
    /// The dearest first, by the lowest price of each.
    PriceHighToLow,
    /// The best reviewed first.
    Rating,
    /// The most sold first.
    BestSelling,
}

/// Which products are listed: those that pass all that is given.
#[derive(InputObject)]
pub struct ProductFilter {
    /// Of this store.
    store_id: Option<ID>,
    /// Of this category and all below it.
    category_id: Option<ID>,
    /// As `categoryId`, by the slug; not together with it.
    category_slug: Option<String>,
    /// Their lowest price is at least this.
    min_price: Option<Decimal>,
    /// Their lowest price is at most this.
    max_price: Option<Decimal>,
    /// Whether any of it can be bought.
    in_stock: Option<bool>,
    /// Whether the marketplace recommends it.
    featured: Option<bool>,
    /// Whether it is sent.
    kind: Option<ProductKind>,
    /// Words that the name or the tags have; each may be the beginning of one. The first eight are looked at.
    #[graphql(directive = cost::Weighs::apply(cost::SEARCH))]
    search: Option<String>,
}

impl ProductFilter {
    fn decode(self) -> Result<DomainFilter, Fault> {
        Ok(DomainFilter {
            store_id: self.store_id.map(|id| id::argument("storeId", &id)).transpose()?,
            category_id: self.category_id.map(|id| id::argument("categoryId", &id)).transpose()?,
            category_slug: self.category_slug,
            min_price: self.min_price.map(|price| price.0),
            max_price: self.max_price.map(|price| price.0),
            in_stock: self.in_stock,
            featured: self.featured,
            kind: self.kind.map(Into::into),
            search: self.search,
        })
    }
}

/// Reading products.
#[derive(Default)]
pub struct ProductQuery;

#[Object]
impl ProductQuery {
    /// A product by its ID or its slug; exactly one of them must be given.
    #[graphql(directive = public::apply())]
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its ID.")] id: Option<ID>,
        #[graphql(desc = "Its name in addresses.")] slug: Option<String>,
    ) -> Result<Option<Product>> {
        match (id, slug) {
            (Some(id), None) => Product::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(product::by_slug(ctx.app()?, ctx.viewer()?, &slug).await?.map(Product::from)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }

    /// What is for sale.
    #[graphql(directive = public::apply(), directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from the beginning: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<ProductFilter>,
        #[graphql(desc = "In which order; NEWEST when left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let sort = sort_by.map(DomainSort::from).unwrap_or_default();
        let filter = filter.map(ProductFilter::decode).transpose()?.unwrap_or_default();
        let page = page::arguments(first, after, last, before).of("products", &(&filter, sort))?;
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let criteria = product::resolve(&app, &viewer, &filter).await?;
        let found = product::list(&app, &viewer, &criteria, sort, &page.request).await?;
        let counter = Counter::new(move || {
            let (app, viewer, criteria) = (Arc::clone(&app), viewer.clone(), criteria.clone());
            Box::pin(async move { product::count(&app, &viewer, &criteria, COUNT_CAP).await })
        });
        Ok(ProductConnection::new(found, page.scope, counter))
    }
}
