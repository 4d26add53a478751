//! Which products are listed.

use crate::cost;
use crate::enums::ProductKind;
use crate::id;
use crate::money::Decimal;
use crate::rating;
use crate::renamed;
use async_graphql::{ID, InputObject};
use souk_core::error::Fault;
use souk_domain::product::{MAX_ITEMS, ProductFilter as DomainFilter};
use souk_domain::variant::OptionFilter;

/// Range of amounts, both ends included.
#[derive(InputObject)]
pub struct DecimalRange {
    /// Lowest amount, such as "5" or "19.90"; not limited if left out.
    pub min: Option<Decimal>,
    /// Highest amount; not limited if left out.
    pub max: Option<Decimal>,
}

/// Which tags products have. Upper and lower case are the same.
#[derive(InputObject)]
pub struct ProductTagFilter {
    /// Products that have at least one of these tags, at most 20.
    any: Option<Vec<String>>,
    /// Products that have all of these tags, at most 20.
    all: Option<Vec<String>>,
}

/// An option that a variant of a product has. Upper and lower case are the same.
#[derive(InputObject)]
pub struct ProductOptionFilter {
    /// Name of the option, such as "Size".
    name: String,
    /// The variant has one of these values, such as "M"; at most 20.
    values: Vec<String>,
}

/// Which products are listed: those that match all fields that are given.
#[derive(InputObject)]
pub struct ProductFilter {
    /// Products of this store.
    store_id: Option<ID>,
    /// Products of any of these categories, at most 20, or of categories below them.
    category_ids: Option<Vec<ID>>,
    /// Products of this category, or of categories below it; not together with `categoryIds`.
    category_id: Option<ID>,
    /// As `categoryId`, by the slug; not together with it or `categoryIds`.
    category_slug: Option<String>,
    /// Range that the lowest price of the product lies in, in the currency of the marketplace, with at most as many decimals.
    price: Option<DecimalRange>,
    /// The lowest price of the product is at least this.
    #[graphql(deprecation = "Use `price.min`.")]
    min_price: Option<Decimal>,
    /// The lowest price of the product is at most this.
    #[graphql(deprecation = "Use `price.max`.")]
    max_price: Option<Decimal>,
    /// Whether any of its variants can be bought now.
    is_in_stock: Option<bool>,
    /// Whether any of its variants can be bought now.
    #[graphql(deprecation = "Use `isInStock`.")]
    in_stock: Option<bool>,
    /// Whether any of its variants is reduced: shown against a higher price.
    is_on_sale: Option<bool>,
    /// Whether the marketplace recommends it.
    is_featured: Option<bool>,
    /// Whether the marketplace recommends it.
    #[graphql(deprecation = "Use `isFeatured`.")]
    featured: Option<bool>,
    /// How the product is delivered.
    kind: Option<ProductKind>,
    /// The average of its ratings is at least this, from 1 to 5, such as 4.5.
    min_rating: Option<f64>,
    /// Tags that the product has.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP))]
    tags: Option<ProductTagFilter>,
    /// Products with a variant that has all of these options, at most 5; such as size M or L in red.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP))]
    options: Option<Vec<ProductOptionFilter>>,
    /// Words that the name or the tags have; each may be the beginning of one. The first eight are looked at.
    #[graphql(directive = cost::Weighs::apply(cost::SEARCH))]
    search: Option<String>,
}

fn renamed<T>(new: (&str, Option<T>), old: (&str, Option<T>)) -> Result<Option<T>, Fault> {
    renamed::argument("filter", new, old)
}

fn wrong<T>(message: String) -> Result<T, Fault> {
    Err(Fault::BadUserInput { argument: "filter", message })
}

impl ProductFilter {
    /// The filter, with its IDs read. Lists are sorted, so that a filter written in another order has the same cursors.
    pub fn decode(self) -> Result<DomainFilter, Fault> {
        let (min, max) = self.price.map_or((None, None), |range| (range.min, range.max));
        let (any_tag, all_tags) = self.tags.map_or((None, None), |tags| (tags.any, tags.all));
        let options = self.options.unwrap_or_default().into_iter();
        let options = options.map(|option| OptionFilter { name: option.name, values: sorted(option.values) });
        Ok(DomainFilter {
            store_id: self.store_id.map(|id| id::argument("storeId", &id)).transpose()?,
            category_ids: categories(self.category_ids, self.category_id)?,
            category_slug: self.category_slug,
            min_price: renamed(("price.min", min), ("minPrice", self.min_price))?.map(|price| price.0),
            max_price: renamed(("price.max", max), ("maxPrice", self.max_price))?.map(|price| price.0),
            in_stock: renamed(("isInStock", self.is_in_stock), ("inStock", self.in_stock))?,
            on_sale: self.is_on_sale,
            featured: renamed(("isFeatured", self.is_featured), ("featured", self.featured))?,
            kind: self.kind.map(Into::into),
            min_rating: self.min_rating.map(|least| rating::hundredths("minRating", least)).transpose()?,
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

fn categories(several: Option<Vec<ID>>, one: Option<ID>) -> Result<Option<Vec<entity::id::CategoryId>>, Fault> {
    match (several, one) {
        (Some(_), Some(_)) => wrong("categoryId and categoryIds cannot be given together.".into()),
        (Some(several), None) if several.len() > MAX_ITEMS => {
            wrong(format!("categoryIds must have at most {MAX_ITEMS} items; found {}.", several.len()))
        }
        (Some(several), None) => {
            let ids: Result<_, _> = several.iter().map(|id| id::argument("categoryIds", id)).collect();
            Ok(Some(sorted(ids?)))
        }
        (None, one) => Ok(one.map(|id| id::argument("categoryId", &id)).transpose()?.map(|id| vec![id])),
    }
}
