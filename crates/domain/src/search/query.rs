//! Searches for products.

use super::code::with_code;
use super::condition::{AttributeFilter, conditions};
use crate::category;
use crate::page::{Page, PageRequest};
use crate::product::{FoundPage, Summary, find_each};
use entity::id::{CategoryId, ProductId, StoreId};
use entity::value::ProductKind;
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::{Amount, Check};
use souk_core::error::{Error, Fault, Refusal, Result};
use souk_core::provider::search::{
    Condition, Facet, FacetRequest, Filter, MAX_QUERY_LENGTH, Page as EnginePage, Query, Reading, Sort, Value,
};
use souk_core::text::truncate;
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// Maximum number of stores in a filter.
const MAX_STORES: usize = 50;
/// Maximum number of tags in a filter.
const MAX_TAGS: usize = 20;
/// Maximum number of values of each facet.
const MAX_FACET_VALUES: usize = 100;
/// Maximum number of slugs of facets in a query.
const MAX_FACET_SLUGS: usize = 100;

/// Conditions of a search, as clients send them. Those on price, stock, discount and attributes hold for the same variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SearchFilter {
    pub category_id: Option<CategoryId>,
    pub category_slug: Option<String>,
    pub store_ids: Option<Vec<StoreId>>,
    pub min_price: Option<Amount>,
    pub max_price: Option<Amount>,
    /// Hundredths of a star.
    pub min_rating: Option<i32>,
    pub is_in_stock: Option<bool>,
    pub is_on_sale: Option<bool>,
    pub is_featured: Option<bool>,
    pub is_bestseller: Option<bool>,
    pub is_new_arrival: Option<bool>,
    pub kind: Option<ProductKind>,
    pub published_from: Option<DateTimeUtc>,
    pub published_before: Option<DateTimeUtc>,
    pub attributes: Vec<AttributeFilter>,
    /// With one of these tags.
    pub tags: Option<Vec<String>>,
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductSearch {
    /// What a person typed.
    pub text: Option<String>,
    pub filter: SearchFilter,
    pub sort: Sort,
}

/// A page of results.
#[derive(Clone, Debug)]
pub struct SearchResult {
    pub page: Page<Summary>,
    /// The cheapest variant that meets the filter, by its place among the active ones, by product.
    pub variants: HashMap<ProductId, u16>,
    /// Number of products in all pages.
    pub total: u64,
    /// The words that were searched.
    pub words: Vec<String>,
    /// Absent without words.
    pub reading: Option<Reading>,
    /// The text with its typos corrected.
    pub corrected: Option<String>,
    /// The query to the index, for other facets.
    pub query: Query,
    /// The facets that were asked for.
    pub facets: Vec<Facet>,
}

/// A page of the products that match, with facets if they are asked for.
pub async fn find(
    app: &App,
    viewer: &Viewer,
    search: &ProductSearch,
    page: &PageRequest,
    facets: Option<FacetRequest>,
) -> Result<SearchResult> {
    let query = Query { facets, ..resolve(app, viewer, search).await? };
    let mut found = find_each(app, viewer, vec![((), query)], page).await?;
    Ok(found.remove(&()).ok_or_else(|| Fault::internal("a search without a page"))?.into())
}

/// A page of the products that match, for each of these stores.
pub async fn find_in_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    search: &ProductSearch,
    page: &PageRequest,
    facets: Option<FacetRequest>,
) -> Result<HashMap<StoreId, SearchResult>> {
    let query = Query { facets, ..resolve(app, viewer, search).await? };
    let of_store = |store: &StoreId| {
        let is_wanted = query.filter.stores.as_ref().is_none_or(|wanted| wanted.contains(&store.0));
        let stores = Some(if is_wanted { vec![store.0] } else { Vec::new() });
        (*store, Query { filter: Filter { stores, ..query.filter.clone() }, ..query.clone() })
    };
    let found = find_each(app, viewer, stores.iter().map(of_store).collect(), page).await?;
    Ok(found.into_iter().map(|(store, found)| (store, found.into())).collect())
}

impl From<FoundPage> for SearchResult {
    fn from(found: FoundPage) -> Self {
        let FoundPage { page, variants, answer, facets, query } = found;
        Self {
            page,
            variants,
            total: answer.total,
            words: answer.words.clone(),
            reading: answer.reading,
            corrected: answer.corrected.clone(),
            query,
            facets,
        }
    }
}

/// What to count: the facets with these slugs or all, and at most `values` of each.
pub fn facet_request(slugs: Option<Vec<String>>, values: i32) -> Result<FacetRequest> {
    let count = usize::try_from(values).ok().filter(|count| (1..=MAX_FACET_VALUES).contains(count));
    let Some(values) = count else {
        let message = format!("valuesPerFacet must be from 1 to {MAX_FACET_VALUES}; got {values}.");
        return Err(Fault::BadUserInput { argument: "valuesPerFacet", message }.into());
    };
    if let Some(slugs) = slugs.as_ref().filter(|slugs| slugs.len() > MAX_FACET_SLUGS) {
        let message = format!("slugs must have at most {MAX_FACET_SLUGS} items; got {}.", slugs.len());
        return Err(Fault::BadUserInput { argument: "slugs", message }.into());
    }
    Ok(FacetRequest { slugs, values })
}

/// The facets of a search that was made.
pub async fn facets(app: &App, _viewer: &Viewer, query: &Query, request: FacetRequest) -> Result<Vec<Facet>> {
    let page = EnginePage { limit: 0, ..EnginePage::default() };
    Ok(app.search.search(Query { facets: Some(request), page, ..query.clone() }).await?.facets.clone())
}

/// Checks a search and resolves its category. Problems are errors of the argument `filter`.
async fn resolve(app: &App, viewer: &Viewer, search: &ProductSearch) -> Result<Query> {
    let filter = &search.filter;
    let mut check = Check::new();
    let mut price =
        |path, value: &Option<Amount>| value.as_ref().map(|value| check.price(path, value, app.config.currency, true));
    let min_price = price("price.min", &filter.min_price);
    let max_price = price("price.max", &filter.max_price);
    if let Err(Error::Refused(Refusal(problems))) = check.finish() {
        let messages: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        return invalid(messages.join(" "));
    }
    if let (Some(min), Some(max)) = (min_price, max_price)
        && min > max
    {
        let money = |amount| entity::money::Money::new(amount, app.config.currency);
        return invalid(format!("price.min must be at most price.max; got {} and {}.", money(min), money(max)));
    }
    if let Some(stores) = filter.store_ids.as_ref().filter(|stores| stores.len() > MAX_STORES) {
        return invalid(format!("storeIds must have at most {MAX_STORES} items; got {}.", stores.len()));
    }
    if let Some(tags) = filter.tags.as_ref().filter(|tags| tags.len() > MAX_TAGS) {
        return invalid(format!("tags must have at most {MAX_TAGS} items; got {}.", tags.len()));
    }
    let mut conditions = match filter.attributes.as_slice() {
        [] => Vec::new(),
        filters => conditions(&app.search.engine().attributes(), filters)?,
    };
    conditions.extend(filter.tags.as_ref().map(|tags| {
        let tag = |tag: &String| Value::Tag(tag.trim().to_lowercase());
        Condition::Values(None, tags.iter().map(tag).collect())
    }));
    let pinned = match &search.text {
        Some(text) => with_code(app, text).await?.into_iter().map(|id| id.0).collect(),
        None => Vec::new(),
    };
    let categories = match (&filter.category_slug, filter.category_id) {
        (Some(_), Some(_)) => return invalid("categoryId and categorySlug can't be given together.".to_owned()),
        // An unknown one has no products.
        (Some(slug), None) => Some(category::by_slug(app, viewer, slug).await?.map(|row| row.id.0).into_iter().collect()),
        (None, id) => id.map(|id| vec![id.0]),
    };
    Ok(Query {
        // The query is kept with its answer.
        text: search.text.as_deref().map(|text| truncate(text, MAX_QUERY_LENGTH).to_owned()),
        filter: Filter {
            is_by_product: false,
            categories,
            stores: filter.store_ids.as_ref().map(|ids| ids.iter().map(|id| id.0).collect::<Vec<Uuid>>()),
            min_price: min_price.map(|amount| amount.0),
            max_price: max_price.map(|amount| amount.0),
            min_rating: filter.min_rating,
            is_in_stock: filter.is_in_stock,
            is_on_sale: filter.is_on_sale,
            is_featured: filter.is_featured,
            is_bestseller: filter.is_bestseller,
            is_new_arrival: filter.is_new_arrival,
            is_digital: filter.kind.map(|kind| kind == ProductKind::Digital),
            published_from: filter.published_from.map(|at| at.timestamp_micros()),
            published_before: filter.published_before.map(|at| at.timestamp_micros()),
            conditions,
        },
        sort: search.sort,
        // Words that are a SKU are no misspelled ones.
        is_exact: !pinned.is_empty(),
        pinned,
        ..Query::default()
    })
}

fn invalid<T>(message: String) -> Result<T> {
    Err(Fault::BadUserInput { argument: "filter", message }.into())
}

/// The ranges of a product's text that match the words of a search that was made, in UTF-16 code units.
pub fn matches(app: &App, _viewer: &Viewer, query: &Query, text: &str) -> Vec<Range<usize>> {
    app.search.engine().highlight(query, text)
}
