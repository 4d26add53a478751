//! Search for products.

mod connection;
mod facet;
mod filter;
mod language;
mod of_store;
mod status;
mod suggestion;
pub mod synonym;

pub use connection::{ProductSearchConnection, ProductSearchEdge, SearchMatch, SearchMatchField, SearchReading};
pub use facet::{ChoiceFacet, DateFacet, Facet, FacetBand, FacetValue, RangeFacet};
pub use filter::{AttributeFilter, ProductSearchFilter, ProductSearchSort};
pub use language::SearchLanguage;
pub use of_store::in_store;
pub use status::{SearchAgreement, SearchState, SearchStatus, SearchStatusQuery, SearchTotals};
pub use suggestion::SearchSuggestions;
pub use synonym::{SearchSynonym, SynonymMutation, SynonymQuery};

use crate::context::ContextExt;
use crate::error::Result;
use crate::page;
use async_graphql::Context;
use souk_core::auth::Viewer;
use souk_domain::search as domain;
use souk_macros::root_object;

/// Queries of the search.
#[derive(Default)]
pub struct SearchQuery;

#[root_object]
impl SearchQuery {
    /// Finds products by words, with counts. A word matches names, tags, descriptions, and the names of stores and categories; other
    /// forms of it and, if few products match, words with typos match as well.
    async fn product_search(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[page] page: page::Arguments,
        #[graphql(
            desc = "What a person typed, or the exact SKU or barcode of a variant; the first 200 characters and eight words of it are read. \
                    The last word may be the beginning of a word unless a space follows it. Without words, all products are found."
        )]
        query: Option<String>,
        #[graphql(desc = "Conditions that the products must meet.")] filter: Option<ProductSearchFilter>,
        #[graphql(desc = "Sort order; default RELEVANCE.")] sort_by: Option<ProductSearchSort>,
    ) -> Result<ProductSearchConnection> {
        let app = ctx.app()?;
        let search = connection::decode(app, query, filter, sort_by)?;
        let page = page.of("productSearch", &search)?;
        let facets = connection::selected_facets(ctx);
        let found = domain::find(app, viewer, &search, &page.request, facets.clone()).await?;
        Ok(ProductSearchConnection::new(found, page.scope, false, facets))
    }

    /// Suggestions while a person types.
    async fn search_suggest(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "What was typed so far.")] prefix: String,
        #[graphql(desc = "Maximum number of suggestions of each kind, from 1 to 20; default 8.")] limit: Option<i32>,
    ) -> Result<SearchSuggestions> {
        Ok(domain::suggest(ctx.app()?, viewer, &prefix, limit.unwrap_or(8)).await?.into())
    }
}
