//! Searches for products.

use super::condition::{AttributeFilter, conditions};
use super::place::{cursor, place};
use crate::category;
use crate::page::{Page, PageRequest};
use crate::product::{self, Summary};
use entity::id::{CategoryId, ProductId, StoreId};
use entity::value::ProductKind;
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::{Amount, Check};
use souk_core::error::{Error, Fault, Refusal, Result};
use souk_core::provider::search::{Answer, Facet, FacetRequest, Filter, Page as EnginePage, Query, Reading, Sort};
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// Maximum number of stores in a filter.
const MAX_STORES: usize = 50;
/// Maximum number of values of each facet.
const MAX_FACET_VALUES: usize = 100;
/// How often a page is filled up if products went away since the index last read them.
const REFILLS: usize = 2;

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
    /// The query to the index, for its facets.
    pub query: Query,
}

/// A page of the products that match.
pub async fn find(app: &App, viewer: &Viewer, search: &ProductSearch, page: &PageRequest) -> Result<SearchResult> {
    let mut query = resolve(app, viewer, search).await?;
    let (after, before) = (page.after.map(place), page.before.map(place));
    query.reading = [after, before].into_iter().flatten().find_map(|(_, reading)| reading);
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    query.page =
        EnginePage { after: after.map(|(key, _)| key), before: before.map(|(key, _)| key), limit, is_last: page.backward };
    let mut found = app.search.search(query.clone()).await?;
    query.reading = found.reading;
    let mut items = rows(app, viewer, &found).await?;
    // Products that were hidden since the index last read them are missing.
    for _ in 0..REFILLS {
        let edge = if page.backward { found.hits.first() } else { found.hits.last() };
        let Some(edge) = edge.filter(|_| found.has_more && items.len() < limit) else { break };
        if page.backward {
            query.page.before = Some(edge.key);
        } else {
            query.page.after = Some(edge.key);
        }
        query.page.limit = limit - items.len();
        found = app.search.search(query.clone()).await?;
        let more = rows(app, viewer, &found).await?;
        if page.backward {
            items.splice(0..0, more);
        } else {
            items.extend(more);
        }
    }
    let variants = items.iter().filter_map(|(_, variant, row)| variant.map(|variant| (row.id, variant))).collect();
    let (has_previous, has_next) =
        if page.backward { (found.has_more, page.before.is_some()) } else { (page.after.is_some(), found.has_more) };
    Ok(SearchResult {
        page: Page { items: items.into_iter().map(|(cursor, _, row)| (cursor, row)).collect(), has_previous, has_next },
        variants,
        total: found.total,
        words: found.words,
        reading: found.reading,
        corrected: found.corrected,
        query,
    })
}

/// The facets of a search that was made; at most `values` of each, of those with these slugs or of all.
pub async fn facets(app: &App, _viewer: &Viewer, query: &Query, slugs: Option<Vec<String>>, values: i32) -> Result<Vec<Facet>> {
    let count = usize::try_from(values).ok().filter(|count| (1..=MAX_FACET_VALUES).contains(count));
    let Some(values) = count else {
        let message = format!("valuesPerFacet must be from 1 to {MAX_FACET_VALUES}; got {values}.");
        return Err(Fault::BadUserInput { argument: "valuesPerFacet", message }.into());
    };
    let request = FacetRequest { slugs, values };
    let page = EnginePage { limit: 0, ..EnginePage::default() };
    Ok(app.search.search(Query { facets: Some(request), page, ..query.clone() }).await?.facets)
}

/// The rows of the hits that storefronts still show, in their order, with cursors and variants.
async fn rows(app: &App, viewer: &Viewer, found: &Answer) -> Result<Vec<(crate::page::Cursor, Option<u16>, Summary)>> {
    let ids: Vec<_> = found.hits.iter().map(|hit| ProductId(hit.key.id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = product::visible(app, viewer, &ids).await?;
    // A vendor sees own drafts by their IDs, but finds none.
    let mut rows: HashMap<_, _> = rows.into_iter().filter(|row| row.listed).map(|row| (row.id, row)).collect();
    let hits = found.hits.iter();
    Ok(hits.filter_map(|hit| Some((cursor(hit.key, found.reading), hit.variant, rows.remove(&ProductId(hit.key.id))?))).collect())
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
    let conditions = match filter.attributes.as_slice() {
        [] => Vec::new(),
        filters => conditions(&app.search.engine().attributes(), filters)?,
    };
    let categories = match (&filter.category_slug, filter.category_id) {
        (Some(_), Some(_)) => return invalid("categoryId and categorySlug can't be given together.".to_owned()),
        // An unknown one has no products.
        (Some(slug), None) => Some(category::by_slug(app, viewer, slug).await?.map(|row| row.id.0).into_iter().collect()),
        (None, id) => id.map(|id| vec![id.0]),
    };
    Ok(Query {
        text: search.text.clone(),
        filter: Filter {
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
