//! Counts of a search.

use crate::money::Decimal;
use crate::scalar::Date;
use async_graphql::{Interface, SimpleObject};
use entity::money::{CurrencyCode, Minor};
use souk_core::provider::search::{Band, Counts, Facet as Counted, ValueCount, facet_slug};
use souk_domain::attribute::{format_date, format_number};

/// Counts of the found products by something. The condition of the filter on the same thing is left out, so that each count tells how
/// many products another choice would find.
#[derive(Interface)]
#[allow(clippy::duplicated_attributes, reason = "both fields have the same type")]
#[graphql(
    field(name = "slug", ty = "&String", desc = "Identifier of the facet, such as `price`."),
    field(name = "name", ty = "&String", desc = "Name of the facet, in English.")
)]
pub enum Facet {
    /// Counts by value.
    ChoiceFacet(ChoiceFacet),
    /// Counts by range of a number.
    RangeFacet(RangeFacet),
    /// Range of a date.
    DateFacet(DateFacet),
}

/// Counts by value, such as by store.
#[derive(SimpleObject)]
pub struct ChoiceFacet {
    /// Identifier of the facet: `category`, `store`, `in-stock`, `kind`, `on-sale`, or the slug of an attribute.
    slug: String,
    /// Name of the facet, in English.
    name: String,
    /// Values with the most products first; those that the filter selects always. Of `category`, the categories directly below the
    /// one of the filter, or the ones at the top.
    #[graphql(directive = crate::cost::ListOf::apply(20))]
    values: Vec<FacetValue>,
    /// Sum of the counts of the values that are not listed.
    other_count: i32,
}

/// Value of a facet with the number of products that have it.
#[derive(SimpleObject)]
pub struct FacetValue {
    /// Identifier of the value, such as the slug of the store.
    slug: String,
    /// Name of the value.
    name: String,
    /// Number of found products that have the value.
    count: i32,
    /// Whether the filter selects the value.
    is_selected: bool,
    /// Color to show for the value, such as `#1e90ff`; null if it has none.
    swatch: Option<String>,
}

/// Counts by range of a number, such as the price.
#[derive(SimpleObject)]
pub struct RangeFacet {
    /// Identifier of the facet: `price`, `rating`, or the slug of an attribute.
    slug: String,
    /// Name of the facet, in English.
    name: String,
    /// Lowest number of the found products; null if there is none, and of `rating`.
    min: Option<Decimal>,
    /// Highest number of the found products; null if there is none, and of `rating`.
    max: Option<Decimal>,
    /// Ranges with products, in ascending order. Of `rating`, each is "from this rating up".
    #[graphql(directive = crate::cost::ListOf::apply(10))]
    bands: Vec<FacetBand>,
}

/// Range of a date.
#[derive(SimpleObject)]
pub struct DateFacet {
    /// Slug of the attribute.
    slug: String,
    /// Name of the attribute.
    name: String,
    /// First date of the found products.
    min_date: Date,
    /// Last date of the found products.
    max_date: Date,
}

/// Range of a number with the number of products in it.
#[derive(SimpleObject)]
pub struct FacetBand {
    /// Lowest number of the range.
    from: Decimal,
    /// Lowest number above the range; null if the range has no upper end.
    below: Option<Decimal>,
    /// Number of found products in the range.
    count: i32,
}

fn count(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl Facet {
    /// A facet as it is shown. Prices are in the currency.
    pub(super) fn new(facet: Counted, currency: CurrencyCode) -> Self {
        let Counted { slug, name, counts } = facet;
        match counts {
            Counts::Values { values, other } => {
                let value = |value: ValueCount| FacetValue {
                    slug: value.slug,
                    name: value.name,
                    count: count(value.count),
                    is_selected: value.is_selected,
                    swatch: value.swatch,
                };
                let values = values.into_iter().map(value).collect();
                Self::ChoiceFacet(ChoiceFacet { slug, name, values, other_count: count(other) })
            }
            Counts::Dates { min, max } => {
                Self::DateFacet(DateFacet { slug, name, min_date: Date(format_date(min)), max_date: Date(format_date(max)) })
            }
            Counts::Ranges { min, max, bands } => {
                let number = |number: i64| {
                    Decimal(match slug.as_str() {
                        facet_slug::PRICE => currency.format(Minor(number)),
                        facet_slug::RATING => format!("{}.{:02}", number / 100, number % 100),
                        _ => format_number(number),
                    })
                };
                let band =
                    |band: Band| FacetBand { from: number(band.from), below: band.below.map(number), count: count(band.count) };
                let bands = bands.into_iter().map(band).collect();
                let (min, max) = (min.map(number), max.map(number));
                Self::RangeFacet(RangeFacet { slug, name, min, max, bands })
            }
        }
    }
}
