//! What an index can do, whatever it is made of.

use super::document::{Attribute, Category, Document, Store};
use super::query::{Answer, Query, RelatedTo, Suggested};
use super::synonym::Synonyms;
use super::token::Language;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// Finds products.
pub trait SearchEngine: Send + Sync + std::fmt::Debug {
    /// Answers a query. Takes up to some ten milliseconds of computing if a million products match.
    fn search(&self, query: &Query) -> Answer;

    /// Categories and stores whose names begin so, at most `limit` of each.
    fn suggest(&self, text: &str, limit: usize) -> Suggested;

    /// The products that are most like one, best first.
    fn related(&self, to: &RelatedTo) -> Vec<Uuid>;

    /// All attributes.
    fn attributes(&self) -> Vec<Attribute>;

    /// The ranges of a text that match the words of a query as they were read, in UTF-16 code units, in order and apart.
    fn highlight(&self, query: &Query, text: &str) -> Vec<Range<usize>>;

    /// Applies changes, in their order. Only one task may call it at a time.
    fn apply(&self, updates: Vec<Update>);

    /// Frees memory that was reserved for more products, after it was filled. Queries wait.
    fn shrink(&self);

    /// Its size.
    fn size(&self) -> Size;

    /// Sums over the shown products, to compare with the database.
    fn totals(&self) -> Totals;

    /// The same without these products.
    fn totals_without(&self, products: &HashSet<Uuid>) -> Totals;

    /// Languages whose word forms it knows.
    fn languages(&self) -> Vec<Language>;

    /// Another one of the same kind, with these languages and without products.
    fn emptied(&self, languages: &[Language]) -> Arc<dyn SearchEngine>;
}

/// A change of what is indexed.
#[derive(Clone, Debug)]
pub enum Update {
    /// Adds a product or replaces it.
    Put(Box<Document>),
    /// Takes a product out.
    Remove(Uuid),
    /// A store as it is now.
    Store(Store),
    /// A store that is gone.
    RemoveStore(Uuid),
    /// All categories.
    Categories(Vec<Category>),
    /// All attributes.
    Attributes(Vec<Attribute>),
    /// All synonyms.
    Synonyms(Synonyms),
}

/// The size of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Products of open stores and closed ones.
    pub products: u64,
    /// Products that queries can find.
    pub shown: u64,
    /// Distinct words.
    pub words: u64,
}

/// Sums over the shown products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub products: i64,
    /// Of the lowest prices, in minor units.
    pub min_price: i64,
    /// Products that are in stock.
    pub in_stock: i64,
    /// Items sold.
    pub sales: i64,
}
