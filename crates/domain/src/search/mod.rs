//! Search for products: filling the index, keeping it up to date, and answering from it.

mod condition;
mod feed;
mod load;
mod query;
mod suggestion;

pub use condition::AttributeFilter;
pub use feed::SearchFeed;
pub use query::{ProductSearch, SearchFilter, SearchResult, facet_request, facets, find, find_in_stores, matches};
pub use suggestion::{Suggestions, suggest};
