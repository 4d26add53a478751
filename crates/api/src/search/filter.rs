//! Conditions and orders of a search.

use crate::decode;
use crate::enums::ProductKind;
use crate::id;
use crate::money::Decimal;
use crate::product::DecimalRange;
use crate::rating;
use crate::scalar::Date;
use crate::time::DateTimeRange;
use async_graphql::{Enum, ID, InputObject};
use entity::money::CurrencyCode;
use souk_core::error::Fault;
use souk_core::provider::search::Sort;
use souk_domain::search::{AttributeFilter as DomainAttributeFilter, SearchFilter};

/// Order of the results of a search.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Sort")]
pub enum ProductSearchSort {
    /// Best matches first, then best-selling products.
    Relevance,
    /// Lowest price first, by the lowest price of each product.
    PriceLowToHigh,
    /// Highest price first, by the lowest price of each product.
    PriceHighToLow,
    /// Newest products first.
    Newest,
    /// Highest average rating first.
    Rating,
    /// Most units sold first.
    BestSelling,
    /// Most viewed products first. The order can be behind by a twentieth of the views of a product, and by ten views, for up to a day.
    MostViewed,
}

/// Condition on an attribute: `values` if it has choices, `min` or `max` if it is a number, `minDate` or `maxDate` if it is a date, or
/// `boolean`.
#[derive(InputObject)]
pub struct AttributeFilter {
    /// Slug of the attribute.
    slug: String,
    /// Slugs of choices, at most 50, of which the product or its variant has one.
    values: Option<Vec<String>>,
    /// Lowest number; unlimited if left out.
    min: Option<Decimal>,
    /// Highest number; unlimited if left out.
    max: Option<Decimal>,
    /// Whether the value is yes or no.
    boolean: Option<bool>,
    /// First date; unlimited if left out.
    min_date: Option<Date>,
    /// Last date; unlimited if left out.
    max_date: Option<Date>,
}

impl From<AttributeFilter> for DomainAttributeFilter {
    fn from(filter: AttributeFilter) -> Self {
        let AttributeFilter { slug, mut values, min, max, boolean, min_date, max_date } = filter;
        if let Some(values) = &mut values {
            values.sort();
            values.dedup();
        }
        let (min, max) = (min.map(|number| number.0), max.map(|number| number.0));
        let (min_date, max_date) = (min_date.map(|date| date.0), max_date.map(|date| date.0));
        Self { slug, values, min, max, boolean, min_date, max_date }
    }
}

/// Conditions on the products of a search. A product must meet all that are given; those on price, stock, discount and attributes must
/// be met by the same active variant, with the attributes of its product.
#[derive(InputObject)]
pub struct ProductSearchFilter {
    /// ID of a category: products of it or of the categories below it.
    category_id: Option<ID>,
    /// Slug of a category, instead of `categoryId`. Cannot be given together with it.
    category_slug: Option<String>,
    /// IDs of stores, at most 50: products of any of them.
    store_ids: Option<Vec<ID>>,
    /// Range of a variant's price, in the currency of the marketplace and with at most as many decimals.
    price: Option<DecimalRange>,
    /// Lowest average rating, 1 to 5, such as 4.5.
    min_rating: Option<f64>,
    /// Whether a variant can be bought now; false: no variant of the product can.
    is_in_stock: Option<bool>,
    /// Whether a variant has a compare-at price; false: no variant of the product has one.
    is_on_sale: Option<bool>,
    /// Whether the marketplace features the product.
    is_featured: Option<bool>,
    /// Whether the product is a bestseller.
    is_bestseller: Option<bool>,
    /// Whether the product is a new arrival.
    is_new_arrival: Option<bool>,
    /// How the product is delivered.
    kind: Option<ProductKind>,
    /// Range of the time of the first publication.
    published_at: Option<DateTimeRange>,
    /// Conditions on attributes, at most 10, each on another attribute.
    attributes: Option<Vec<AttributeFilter>>,
    /// Tags, at most 20, of which the product has one. Upper and lower case are the same.
    tags: Option<Vec<String>>,
}

impl ProductSearchFilter {
    /// Parses the IDs and sorts the lists, so that the cursors do not depend on the order in which a client writes the lists.
    pub(super) fn decode(self, currency: CurrencyCode) -> Result<SearchFilter, Fault> {
        let (min, max) = self.price.map_or((None, None), |range| (range.min, range.max));
        let stores = self.store_ids.map(|ids| ids.iter().map(|id| id::argument("storeIds", id)).collect::<Result<Vec<_>, _>>());
        let stores = stores.transpose()?.map(|mut ids| {
            ids.sort();
            ids.dedup();
            ids
        });
        let (published_from, published_before) = DateTimeRange::ends(self.published_at);
        let mut attributes: Vec<_> = self.attributes.unwrap_or_default().into_iter().map(Into::into).collect();
        attributes.sort();
        let tags = self.tags.map(|mut tags| {
            tags.sort();
            tags.dedup();
            tags
        });
        Ok(SearchFilter {
            category_id: self.category_id.map(|id| id::argument("categoryId", &id)).transpose()?,
            category_slug: self.category_slug,
            store_ids: stores,
            min_price: min.map(|amount| decode::amount("price.min", &amount, currency)),
            max_price: max.map(|amount| decode::amount("price.max", &amount, currency)),
            min_rating: self.min_rating.map(|minimum| rating::hundredths("minRating", minimum)).transpose()?,
            is_in_stock: self.is_in_stock,
            is_on_sale: self.is_on_sale,
            is_featured: self.is_featured,
            is_bestseller: self.is_bestseller,
            is_new_arrival: self.is_new_arrival,
            kind: self.kind.map(Into::into),
            published_from,
            published_before,
            attributes,
            tags,
        })
    }
}
