//! Search for products: filling the index, keeping it up to date, and answering from it.

mod agreement;
mod code;
mod condition;
mod feed;
mod load;
mod query;
mod related;
mod status;
mod suggestion;
mod synonym;

pub use condition::AttributeFilter;
pub use feed::{Inspection, SearchFeed, inspect};
pub use query::{ProductSearch, SearchFilter, SearchResult, facet_request, facets, find, find_in_stores, matches};
pub use related::related;
pub use status::{Status, status};
pub use suggestion::{Suggestions, suggest};
pub use synonym::{
    NewSynonym, SynonymPatch, count_synonyms, create_synonym, delete_synonym, synonyms, synonyms_by_ids, update_synonym,
};
