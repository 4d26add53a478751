//! Results of a search.

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::page::{PageInfo, parts};
use crate::product::{Product, TextsKey};
use crate::search::facet::Facet;
use crate::search::{ProductSearchFilter, ProductSearchSort};
use crate::variant::{ProductVariant, VariantsKey};
use async_graphql::{Context, Enum, InputType, Name, Object, SimpleObject, Value};
use entity::id::ProductId;
use souk_core::app::App;
use souk_core::provider::search::{Facet as Counted, FacetRequest, Query, Reading, Sort, facet_slug};
use souk_domain::page::CursorScope;
use souk_domain::product::Summary;
use souk_domain::search::{self, ProductSearch, SearchResult};
use std::collections::HashMap;
use std::sync::Arc;

/// Values of each facet, unless the query asks for another number.
const DEFAULT_FACET_VALUES: i32 = 20;

/// Page of the results of a search.
pub struct ProductSearchConnection {
    edges: Vec<ProductSearchEdge>,
    info: PageInfo,
    total: u64,
    reading: SearchReading,
    query: Arc<Query>,
    is_of_store: bool,
    /// Facets that were counted with the page.
    counted: Option<(FacetRequest, Vec<Counted>)>,
}

/// Result of a search, with its cursor.
pub struct ProductSearchEdge {
    cursor: String,
    node: Product,
    variant: Option<u16>,
    query: Arc<Query>,
}

/// How the words of a search were read.
#[derive(SimpleObject, Clone)]
pub struct SearchReading {
    /// Words of the query, in lower case and without accents, at most eight. Words such as "the" are left out beside others.
    words: Vec<String>,
    /// Words that the results match; the last ones are dropped if no product matches all.
    matched_words: Vec<String>,
    /// Query with its typos corrected; null if there is nothing to correct.
    corrected: Option<String>,
    /// Whether words with typos match, because few products match the words as they were typed.
    is_typo_tolerant: bool,
}

/// Text in which words were found.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchMatchField {
    /// Name of the product.
    Name,
    /// Short description of the product.
    ShortDescription,
}

/// Range of a text that matches a word of the query.
#[derive(SimpleObject)]
pub struct SearchMatch {
    /// Text that has the match.
    field: SearchMatchField,
    /// First character of the match, counted from 0 in UTF-16 code units, as in JavaScript.
    start: i32,
    /// Length of the match in UTF-16 code units.
    length: i32,
}

/// Decodes a search.
pub(super) fn decode(
    app: &App,
    text: Option<String>,
    filter: Option<ProductSearchFilter>,
    sort: Option<ProductSearchSort>,
) -> Result<ProductSearch> {
    let filter = filter.map(|filter| filter.decode(app.config.currency)).transpose()?.unwrap_or_default();
    Ok(ProductSearch { text, filter, sort: sort.map(Sort::from).unwrap_or_default() })
}

impl ProductSearchConnection {
    /// A page that was found, with the facets that were asked for. The facets of the list of one store leave out the store.
    pub(super) fn new(found: SearchResult, scope: CursorScope, is_of_store: bool, request: Option<FacetRequest>) -> Self {
        let counted = request.map(|request| (request, found.facets));
        let matched = found.reading.map_or(0, |reading: Reading| usize::from(reading.words));
        let reading = SearchReading {
            matched_words: found.words.iter().take(matched).cloned().collect(),
            words: found.words,
            corrected: found.corrected,
            is_typo_tolerant: found.reading.is_some_and(|reading| reading.with_typos),
        };
        let query = Arc::new(found.query);
        let (items, info) = parts(found.page, scope);
        let edge = |(cursor, row): (String, Summary)| ProductSearchEdge {
            cursor,
            variant: found.variants.get(&row.id).copied(),
            node: row.into(),
            query: Arc::clone(&query),
        };
        let edges = items.into_iter().map(edge).collect();
        Self { edges, info, total: found.total, reading, query, is_of_store, counted }
    }
}

/// The facets that the query selects, if it does so once and its arguments are right. They are counted in one pass with the page.
pub(super) fn selected_facets(ctx: &Context<'_>) -> Option<FacetRequest> {
    let field = ctx.field();
    let mut selections = field.selection_set().filter(|field| field.name() == "facets");
    let only = selections.next().filter(|_| selections.next().is_none())?;
    let mut arguments: HashMap<Name, Value> = only.arguments().ok()?.into_iter().collect();
    let slugs = InputType::parse(arguments.remove("slugs")).ok()?;
    let values = <Option<i32>>::parse(arguments.remove("valuesPerFacet")).ok()?;
    search::facet_request(slugs, values.unwrap_or(DEFAULT_FACET_VALUES)).ok()
}

/// Page of the results of a search.
#[Object]
impl ProductSearchConnection {
    /// Results of the page with their cursors.
    async fn edges(&self) -> &Vec<ProductSearchEdge> {
        &self.edges
    }

    /// Products of the page.
    async fn nodes(&self) -> Vec<&Product> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Position of the page in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.info
    }

    /// Number of found products on all pages.
    async fn total_count(&self) -> i32 {
        i32::try_from(self.total).unwrap_or(i32::MAX)
    }

    /// Whether `totalCount` is exact; always true.
    async fn is_total_count_exact(&self) -> bool {
        true
    }

    /// Counts of the found products.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP), directive = cost::ListOf::apply(7))]
    async fn facets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Slugs of the facets, at most 100; all if left out.")] slugs: Option<Vec<String>>,
        #[graphql(desc = "Maximum number of values of each facet, from 1 to 100; default 20.")] values_per_facet: Option<i32>,
    ) -> Result<Vec<Facet>> {
        let app = ctx.app()?;
        let request = search::facet_request(slugs, values_per_facet.unwrap_or(DEFAULT_FACET_VALUES))?;
        let found = match &self.counted {
            Some((counted, facets)) if *counted == request => facets.clone(),
            _ => search::facets(app, ctx.viewer()?, &self.query, request).await?,
        };
        let found = found.into_iter().filter(|facet| !self.is_of_store || facet.slug != facet_slug::STORE);
        Ok(found.map(|facet| Facet::new(facet, app.config.currency)).collect())
    }

    /// How the words were read.
    async fn query(&self) -> &SearchReading {
        &self.reading
    }
}

/// Result of a search, with its cursor.
#[Object]
impl ProductSearchEdge {
    /// Cursor of the result, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// Product that was found.
    async fn node(&self) -> &Product {
        &self.node
    }

    /// Ranges of the product's texts that match words of the query, in order; empty without words.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<SearchMatch>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let id: ProductId = self.node.row.id;
        let texts = ctx.load_one(TextsKey(id)).await?;
        let short = texts.as_ref().map_or("", |texts| texts.short_description.as_str());
        let of = |field, text: &str| {
            let ranges = search::matches(app, viewer, &self.query, text).into_iter();
            ranges.map(move |range| SearchMatch {
                field,
                start: i32::try_from(range.start).unwrap_or(i32::MAX),
                length: i32::try_from(range.len()).unwrap_or(i32::MAX),
            })
        };
        let name = of(SearchMatchField::Name, &self.node.row.name);
        Ok(name.chain(of(SearchMatchField::ShortDescription, short)).collect())
    }

    /// Cheapest variant that meets the filter; null if it changed since it was found.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        let Some(place) = self.variant else { return Ok(None) };
        let rows = ctx.load_one(VariantsKey(self.node.row.id)).await?.unwrap_or_default();
        let active = rows.into_iter().filter(|row| row.active).nth(usize::from(place));
        Ok(active.map(|row| ProductVariant::of(row, &self.node.row)))
    }
}
