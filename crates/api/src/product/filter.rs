//! Conditions on products.

use crate::cost;
use crate::decode;
use crate::enums::ProductKind;
use crate::id;
use crate::money::Decimal;
use crate::rating;
use crate::renamed;
use async_graphql::{ID, InputObject};
use entity::money::CurrencyCode;
use souk_core::error::Fault;
use souk_domain::product::{MAX_ITEMS, ProductFilter as DomainFilter};
use souk_domain::variant::OptionFilter;

/// Range of amounts, both ends included.
#[derive(InputObject)]
pub struct DecimalRange {
    /// Lowest amount, such as "5" or "19.90"; unlimited if left out.
    pub min: Option<Decimal>,
    /// Highest amount, such as "19.90"; unlimited if left out.
    pub max: Option<Decimal>,
}

/// Conditions on the tags of a product. Upper and lower case are the same.
#[derive(InputObject)]
pub(super) struct ProductTagFilter {
    /// At least one of these tags, at most 20.
    any: Option<Vec<String>>,
    /// All of these tags, at most 20.
    all: Option<Vec<String>>,
}

/// Condition on an option of a variant. Upper and lower case are the same.
#[derive(InputObject)]
pub(super) struct ProductOptionFilter {
    /// Name of the option, such as "Size".
    name: String,
    /// Values of which the variant has one, such as "M" and "L"; at most 20.
    values: Vec<String>,
}

/// Conditions on products. A product must meet all that are given.
#[derive(InputObject)]
pub struct ProductFilter {
    /// ID of the store.
    store_id: Option<ID>,
    /// IDs of categories, at most 20: products of any of them or of the categories below them.
    category_ids: Option<Vec<ID>>,
    /// ID of a category: products of it or of the categories below it. Cannot be given together with `categoryIds`.
    category_id: Option<ID>,
    /// Slug of a category, instead of `categoryId`. Cannot be given together with `categoryId` or `categoryIds`.
    category_slug: Option<String>,
    /// Range of the product's lowest price, in the currency of the marketplace and with at most as many decimals.
    price: Option<DecimalRange>,
    /// Lowest value of the product's lowest price.
    #[graphql(deprecation = "Use `price.min`.")]
    min_price: Option<Decimal>,
    /// Highest value of the product's lowest price.
    #[graphql(deprecation = "Use `price.max`.")]
    max_price: Option<Decimal>,
    /// Whether a variant of the product can be bought now.
    is_in_stock: Option<bool>,
    /// Whether a variant of the product can be bought now.
    #[graphql(deprecation = "Use `isInStock`.")]
    in_stock: Option<bool>,
    /// Whether a variant of the product has a compare-at price, which is above its price.
    is_on_sale: Option<bool>,
    /// Whether the marketplace features the product.
    is_featured: Option<bool>,
    /// Whether the marketplace features the product.
    #[graphql(deprecation = "Use `isFeatured`.")]
    featured: Option<bool>,
    /// Whether the product is a bestseller.
    is_bestseller: Option<bool>,
    /// Whether the product is a new arrival.
    is_new_arrival: Option<bool>,
    /// How the product is delivered.
    kind: Option<ProductKind>,
    /// Lowest average rating, 1 to 5, such as 4.5.
    min_rating: Option<f64>,
    /// Tags that the product has.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP))]
    tags: Option<ProductTagFilter>,
    /// Options that one active variant of the product must have, at most 5; such as size M or L in red.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP))]
    options: Option<Vec<ProductOptionFilter>>,
    /// Words that the products match as in `productSearch`, all of them and without typos; eight words are read. A text without words is as
    /// absent. `Store.products` for those who see products in every status finds words in names, beginnings of tags, and SKUs instead.
    /// While the search index is being filled, the error is `UNAVAILABLE`.
    #[graphql(directive = cost::Weighs::apply(cost::SEARCH))]
    search: Option<String>,
}

fn renamed<T>(new: (&str, Option<T>), old: (&str, Option<T>)) -> Result<Option<T>, Fault> {
    renamed::argument("filter", new, old)
}

fn invalid_filter<T>(message: String) -> Result<T, Fault> {
    Err(Fault::BadUserInput { argument: "filter", message })
}

impl ProductFilter {
    /// Parses the IDs and sorts the lists, so that the cursors do not depend on the order in which a client writes the lists.
    pub fn decode(self, currency: CurrencyCode) -> Result<DomainFilter, Fault> {
        let (min, max) = self.price.map_or((None, None), |range| (range.min, range.max));
        let (any_tag, all_tags) = self.tags.map_or((None, None), |tags| (tags.any, tags.all));
        let options = self.options.unwrap_or_default().into_iter();
        let options = options.map(|option| OptionFilter { name: option.name, values: sorted(option.values) });
        let price = |path, value: Option<Decimal>| value.map(|value| decode::amount(path, &value, currency));
        Ok(DomainFilter {
            store_id: self.store_id.map(|id| id::argument("storeId", &id)).transpose()?,
            category_ids: category_ids(self.category_ids, self.category_id)?,
            category_slug: self.category_slug,
            min_price: price("price.min", renamed(("price.min", min), ("minPrice", self.min_price))?),
            max_price: price("price.max", renamed(("price.max", max), ("maxPrice", self.max_price))?),
            in_stock: renamed(("isInStock", self.is_in_stock), ("inStock", self.in_stock))?,
            on_sale: self.is_on_sale,
            featured: renamed(("isFeatured", self.is_featured), ("featured", self.featured))?,
            bestseller: self.is_bestseller,
            new_arrival: self.is_new_arrival,
            kind: self.kind.map(Into::into),
            min_rating: self.min_rating.map(|minimum| rating::hundredths("minRating", minimum)).transpose()?,
            any_tag: any_tag.map(sorted),
            all_tags: sorted(all_tags.unwrap_or_default()),
            options: sorted(options.collect()),
            search: self.search,
        })
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}

fn category_ids(several: Option<Vec<ID>>, one: Option<ID>) -> Result<Option<Vec<entity::id::CategoryId>>, Fault> {
    match (several, one) {
        (Some(_), Some(_)) => invalid_filter("categoryId and categoryIds cannot be given together.".into()),
        (Some(several), None) if several.len() > MAX_ITEMS => {
            invalid_filter(format!("categoryIds must have at most {MAX_ITEMS} items; got {}.", several.len()))
        }
        (Some(several), None) => {
            let ids: Result<_, _> = several.iter().map(|id| id::argument("categoryIds", id)).collect();
            Ok(Some(sorted(ids?)))
        }
        (None, one) => Ok(one.map(|id| id::argument("categoryId", &id)).transpose()?.map(|id| vec![id])),
    }
}
