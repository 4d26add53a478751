//! The search index as the owner of the marketplace sees it.

use crate::context::ContextExt;
use crate::error::Result;
use crate::search::SearchLanguage;
use async_graphql::{Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use souk_core::auth::Owner;
use souk_core::provider::search::{Agreement, Progress, Totals};
use souk_domain::search::{self, Status};
use souk_macros::root_object;

/// Whether a search index responds.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchState {
    /// The index is being filled for the first time; searches fail with `UNAVAILABLE`.
    Filling,
    /// The index responds.
    Ready,
}

/// Search index of the instance that responds. Each instance has its own.
#[derive(SimpleObject)]
pub struct SearchStatus {
    /// Whether the index responds.
    state: SearchState,
    /// Number of products that were read while the index is being filled; null once it responds.
    filled_products: Option<i32>,
    /// Number of products to read while the index is being filled; null once it responds.
    total_products: Option<i32>,
    /// Number of active products in the index, including those of suspended and closed stores.
    products: i32,
    /// Number of products that searches find.
    searchable_products: i32,
    /// Number of distinct words.
    words: i32,
    /// Position of the change log up to which the index knows all changes; 0 until it is filled.
    position: String,
    /// Position that the change log has reached. The index follows in less than a second.
    log_position: String,
    /// Languages whose word forms the index knows.
    #[graphql(directive = crate::cost::ListOf::apply(11))]
    languages: Vec<SearchLanguage>,
    /// Number of searches and suggestions since the instance started.
    queries: String,
    /// Last comparison with the database, which is made every hour; null if there was none yet.
    agreement: Option<SearchAgreement>,
}

/// Comparison of a search index with the database. If they differ, the index is filled again.
#[derive(SimpleObject)]
pub struct SearchAgreement {
    /// Time of the comparison.
    checked_at: DateTime<Utc>,
    /// Position of the change log at which both were compared.
    position: String,
    /// Whether both are equal.
    is_equal: bool,
    /// Sums of the index.
    index: SearchTotals,
    /// Sums of the database.
    database: SearchTotals,
}

/// Sums over all products that are for sale, without those that changed a moment before the comparison.
#[derive(SimpleObject)]
pub struct SearchTotals {
    /// Number of products.
    products: i32,
    /// Sum of the lowest prices of the products, in the smallest unit of the currency.
    min_price: String,
    /// Number of products that are in stock.
    in_stock: i32,
    /// Sum of the sold units.
    sales: String,
}

fn count(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl From<Totals> for SearchTotals {
    fn from(totals: Totals) -> Self {
        Self {
            products: i32::try_from(totals.products).unwrap_or(i32::MAX),
            min_price: totals.min_price.to_string(),
            in_stock: i32::try_from(totals.in_stock).unwrap_or(i32::MAX),
            sales: totals.sales.to_string(),
        }
    }
}

impl From<Agreement> for SearchAgreement {
    fn from(agreement: Agreement) -> Self {
        Self {
            checked_at: agreement.checked_at,
            position: agreement.position.to_string(),
            is_equal: agreement.is_equal(),
            index: agreement.index.into(),
            database: agreement.database.into(),
        }
    }
}

impl From<Status> for SearchStatus {
    fn from(status: Status) -> Self {
        let filling = match status.progress {
            Progress::Ready => None,
            Progress::Absent => Some((0, 0)),
            Progress::Filling { done, total } => Some((done, total)),
        };
        Self {
            state: if filling.is_some() { SearchState::Filling } else { SearchState::Ready },
            filled_products: filling.map(|(done, _)| count(done)),
            total_products: filling.map(|(_, total)| count(total)),
            products: count(status.size.products),
            searchable_products: count(status.size.shown),
            words: count(status.size.words),
            position: status.position.to_string(),
            log_position: status.log_position.to_string(),
            languages: status.languages.into_iter().map(Into::into).collect(),
            queries: status.queries.to_string(),
            agreement: status.agreement.map(Into::into),
        }
    }
}

/// Queries of the status of the search.
#[derive(Default)]
pub struct SearchStatusQuery;

#[root_object]
impl SearchStatusQuery {
    /// Search index of the instance that responds: progress, size, position, and its last comparison with the database.
    async fn search_status(&self, ctx: &Context<'_>, #[actor] owner: Owner) -> Result<SearchStatus> {
        Ok(search::status(ctx.app()?, &owner).await?.into())
    }
}
