//! Search: products by words, filters and orders, with counts, from an index in memory.
//!
//! The index is made of rows of the database when a process starts, and follows the change log. It yields IDs; the database decides what
//! a viewer sees. Every result has a [`Key`] that is made of the product alone, so that pages continue on every instance.

mod answer;
mod compact;
mod condition;
mod count;
mod dictionary;
mod document;
mod engine;
mod facet;
mod filter;
mod handle;
mod highlight;
mod index;
mod lists;
mod memory;
mod name;
mod naming;
#[cfg(test)]
mod oracle;
mod posting;
mod query;
mod range;
mod related;
mod row;
mod suggest;
mod synonym;
mod text;
mod token;
mod watch;

pub use document::{Attribute, AttributeKind, Category, Choice, Document, DocumentVariant, Store, Value};
pub use engine::{SearchEngine, Size, Totals, Update};
pub use handle::{Progress, Search};
pub use memory::MemoryIndex;
pub use query::{
    Answer, Band, Condition, Counts, Facet, FacetRequest, Filter, Hit, Key, MAX_CONDITIONS, Page, Query, Reading, RelatedTo,
    Sort, ValueCount, facet_slug,
};
pub use synonym::Synonyms;
pub use text::{MAX_QUERY_LENGTH, MAX_WORDS, QueryWord, query_words};
pub use token::{Language, Stems, Token, compounds, max_typos, tokens};
pub use watch::{Agreement, Watch};
