//! What is asked of the index, and what it answers.

use super::document::Value;
use uuid::Uuid;

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// What a person typed; without words, everything is found.
    pub text: Option<String>,
    pub filter: Filter,
    pub sort: Sort,
    pub page: Page,
    /// Counts to make beside it.
    pub facets: Option<FacetRequest>,
    /// How the words were read for an earlier page; absent: it is decided now.
    pub reading: Option<Reading>,
    /// Whether all words must match as they were typed; otherwise typos are corrected and words are dropped if few products match.
    pub is_exact: bool,
    /// Products that are found besides those that match the words, as if all words were in their names.
    pub pinned: Vec<Uuid>,
}

/// Conditions that all hold; those on variants hold for the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// In one of these categories or below; absent: in any or none.
    pub categories: Option<Vec<Uuid>>,
    /// Of one of these stores; absent: of any.
    pub stores: Option<Vec<Uuid>>,
    /// Whether price, stock and discount are conditions on the product: its lowest price, and whether any variant has them. Otherwise
    /// one variant must meet them together.
    pub is_by_product: bool,
    /// Price of a variant, in minor units.
    pub min_price: Option<i64>,
    /// Price of a variant, in minor units.
    pub max_price: Option<i64>,
    /// Hundredths of a star.
    pub min_rating: Option<i32>,
    /// A variant is in stock, or none is.
    pub is_in_stock: Option<bool>,
    /// A variant is on sale, or none is.
    pub is_on_sale: Option<bool>,
    pub is_featured: Option<bool>,
    pub is_bestseller: Option<bool>,
    pub is_new_arrival: Option<bool>,
    pub is_digital: Option<bool>,
    /// Published at or after this time, in microseconds since 1970.
    pub published_from: Option<i64>,
    /// Published before this time, in microseconds since 1970.
    pub published_before: Option<i64>,
    pub conditions: Vec<Condition>,
}

/// A condition on values or numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Any of these values, of the attribute if they belong to one.
    Values(Option<Uuid>, Vec<Value>),
    /// A number of the attribute between these.
    Range { attribute: Uuid, min: Option<i64>, max: Option<i64> },
}

/// Maximum number of conditions, so that each has a bit.
pub const MAX_CONDITIONS: usize = 40;

/// Orders of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// By how well the words match, then by sales.
    #[default]
    Relevance,
    PriceLowToHigh,
    PriceHighToLow,
    Newest,
    Rating,
    BestSelling,
    MostViewed,
}

/// A page of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Page {
    /// Results behind this one.
    pub after: Option<Key>,
    /// Results in front of this one.
    pub before: Option<Key>,
    /// Number of results.
    pub limit: usize,
    /// The last results, in place of the first ones.
    pub is_last: bool,
}

/// The place of a result among all: smaller ones come first. It is made of the product alone, so that it is the same on every instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// How far the product is from the words; 0 in orders other than by relevance.
    pub cost: u16,
    /// The value by which results are sorted; negative for descending orders.
    pub value: i64,
    /// The product.
    pub id: Uuid,
}

/// The product to which others are related.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RelatedTo {
    pub id: Uuid,
    /// Its name, which the index does not keep.
    pub name: String,
    /// Maximum number of products to return.
    pub limit: usize,
}

/// How the words of a query were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Whether words with typos matched.
    pub with_typos: bool,
    /// Number of words that had to match; the last ones are dropped if nothing is found.
    pub words: u8,
}

/// What to count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FacetRequest {
    /// Only these facets, by slug; absent: all.
    pub slugs: Option<Vec<String>>,
    /// Maximum number of values of each.
    pub values: usize,
}

/// Slugs of the facets that are not attributes.
pub mod facet_slug {
    pub const CATEGORY: &str = "category";
    pub const STORE: &str = "store";
    pub const PRICE: &str = "price";
    pub const RATING: &str = "rating";
    pub const IN_STOCK: &str = "in-stock";
    pub const KIND: &str = "kind";
    pub const ON_SALE: &str = "on-sale";
    /// All of them. Attributes have other slugs.
    pub const ALL: [&str; 7] = [CATEGORY, STORE, PRICE, RATING, IN_STOCK, KIND, ON_SALE];
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Number of products in all pages.
    pub total: u64,
    pub hits: Vec<Hit>,
    /// Whether there are more results in the direction of the page.
    pub has_more: bool,
    /// In their order; empty if none were asked for.
    pub facets: Vec<Facet>,
    /// The words of the query.
    pub words: Vec<String>,
    /// Absent without words.
    pub reading: Option<Reading>,
    /// The query with its typos corrected, if words with typos matched.
    pub corrected: Option<String>,
    /// Number of products that the filter was applied to.
    pub candidates: u64,
}

/// A product that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub key: Key,
    /// The place of the cheapest active variant that meets the filter, among the active variants.
    pub variant: Option<u16>,
}

/// Counts of products by something. The condition on the same thing is left out, so that the counts tell what another choice would find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub slug: String,
    pub name: String,
    pub counts: Counts,
}

/// The counts of a facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counts {
    /// By value.
    Values {
        values: Vec<ValueCount>,
        /// Sum of the counts of the values that are not listed.
        other: u64,
    },
    /// By range, of prices in minor units, numbers in millionths, or ratings in hundredths of a star.
    Ranges {
        min: Option<i64>,
        max: Option<i64>,
        /// In ascending order, with at least one product each.
        bands: Vec<Band>,
    },
    /// The lowest and the highest date, in days since 1970.
    Dates { min: i64, max: i64 },
}

/// Number of products with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCount {
    pub slug: String,
    pub name: String,
    pub count: u64,
    pub is_selected: bool,
    pub swatch: Option<String>,
}

/// Number of products in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub from: i64,
    /// The first value above it; absent: without an upper end.
    pub below: Option<i64>,
    pub count: u64,
}

/// Names that begin so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggested {
    /// Shown categories with products, those with the most products first.
    pub categories: Vec<Uuid>,
    /// Open stores with products, those with the most products first.
    pub stores: Vec<Uuid>,
}
