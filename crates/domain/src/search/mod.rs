//! Search for products: filling the index, keeping it up to date, and answering from it.

mod condition;
mod feed;
mod load;
mod place;
mod query;
mod related;
mod suggestion;

pub use condition::AttributeFilter;
pub use feed::SearchFeed;
pub use query::{ProductSearch, SearchFilter, SearchResult, facets, find, matches};
pub use related::related;
pub use suggestion::{Suggestions, suggest};
