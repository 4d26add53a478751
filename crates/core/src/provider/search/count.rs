//! Counts of products by values and ranges.
//!
//! A facet counts a product that meets all conditions, and one that fails only the condition on the same thing. So the counter is told of
//! each product whether it was found, and which conditions were the only one that it, or one of its variants, failed.

use super::condition::{Test, Tests};
use super::document::{Attribute, AttributeKind};
use super::index::Index;
use super::name::NONE;
use super::query::{FacetRequest, facet_slug};
use super::range::{RangeCount, bit_of};
use super::row::{Cell, DIGITAL, IN_STOCK, ON_SALE, Row};

/// Ratings from which products are counted, in hundredths of a star.
pub(super) const RATINGS: [i16; 4] = [400, 300, 200, 100];

/// Whether a facet is asked for, and the bit of the condition on the same thing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) is_wanted: bool,
    pub(super) bit: u64,
}

/// Which conditions a product, or any of its variants, meets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// All.
    pub(super) is_found: bool,
    /// Bits of those that are the only one that fails.
    pub(super) alone: u64,
}

impl Reach {
    /// Of what failed these conditions; absent if no facet counts it.
    pub(super) fn of(failed: u64) -> Option<Self> {
        (failed & failed.wrapping_sub(1) == 0).then_some(Self { is_found: failed == 0, alone: failed })
    }

    /// Whether the facet of this condition counts it.
    fn counts(self, bit: u64) -> bool {
        self.is_found || self.alone & bit != 0
    }
}

impl Wanted {
    fn counts(self, reach: Reach) -> bool {
        self.is_wanted && reach.counts(self.bit)
    }
}

/// The count of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueTally {
    /// The bit of the condition on its attribute.
    bit: u64,
    pub(super) count: u32,
    /// The product that was counted last.
    last: u32,
}

/// Counts the products of one pass.
pub(super) struct Counter<'a> {
    pub(super) index: &'a Index,
    pub(super) request: &'a FacetRequest,
    pub(super) category: Wanted,
    pub(super) store: Wanted,
    pub(super) price: Wanted,
    pub(super) rating: Wanted,
    pub(super) in_stock: Wanted,
    pub(super) on_sale: Wanted,
    pub(super) kind: Wanted,
    /// By place of the attribute.
    pub(super) attributes: Vec<Wanted>,
    /// By ordinal of the value; without values that have no attribute and higher ordinals, and empty if no attribute is asked for.
    pub(super) values: Vec<ValueTally>,
    /// By ordinal of the attribute, its place; empty if no attribute with numbers is asked for.
    number_places: Vec<u32>,
    /// By place of the attribute.
    pub(super) numbers: Vec<RangeCount>,
    pub(super) prices: RangeCount,
    /// Bands of prices in which variants of the present product are, and whether any is in stock or on sale.
    bands: u64,
    flags: u8,
    pub(super) by_category: Vec<u32>,
    pub(super) by_store: Vec<u32>,
    /// By number of the [`RATINGS`] that are reached.
    pub(super) ratings: [u32; RATINGS.len() + 1],
    pub(super) physical: u32,
    pub(super) digital: u32,
    pub(super) stocked: u32,
    pub(super) discounted: u32,
    /// By category, the one of the facet that it belongs to.
    group_of_category: Vec<u32>,
    pub(super) groups: Vec<u32>,
}

fn increment(counts: &mut [u32], at: u32) {
    if let Some(count) = counts.get_mut(at as usize) {
        *count += 1;
    }
}

impl<'a> Counter<'a> {
    /// Counts for a request. `category` is the one that the products are limited to.
    pub(super) fn new(index: &'a Index, request: &'a FacetRequest, tests: &Tests, category: Option<u32>) -> Self {
        let is_wanted = |slug: &str| request.slugs.as_ref().is_none_or(|slugs| slugs.iter().any(|wanted| wanted == slug));
        let wanted = |slug: &str, bit: u64| Wanted { is_wanted: is_wanted(slug), bit };
        let names = &index.names;
        let attributes = names.attributes.iter().map(|attribute| {
            let ordinal = index.attribute(attribute.id);
            let bit = tests.bit(|test| match test {
                Test::Values { attribute: of, .. } => *of == Some(attribute.id),
                Test::Numbers { attribute: of, .. } => Some(*of) == ordinal,
                _ => false,
            });
            Wanted { is_wanted: attribute.is_filterable && is_wanted(&attribute.slug), bit }
        });
        let attributes: Vec<_> = attributes.collect();
        let mut counter = Self {
            index,
            request,
            category: wanted(facet_slug::CATEGORY, 0),
            store: wanted(facet_slug::STORE, tests.bit(|test| matches!(test, Test::Stores(_)))),
            price: wanted(facet_slug::PRICE, tests.bit(|test| matches!(test, Test::Price { .. }))),
            rating: wanted(facet_slug::RATING, tests.bit(|test| matches!(test, Test::Rating(_)))),
            in_stock: wanted(facet_slug::IN_STOCK, tests.bit(|test| is_flag(test, &Test::InStock, IN_STOCK))),
            on_sale: wanted(facet_slug::ON_SALE, tests.bit(|test| is_flag(test, &Test::OnSale, ON_SALE))),
            kind: wanted(facet_slug::KIND, tests.bit(|test| matches!(test, Test::Flag { flag: DIGITAL, .. }))),
            values: tallies(index, &attributes),
            number_places: number_places(index, &attributes),
            numbers: vec![RangeCount::default(); attributes.len()],
            attributes,
            prices: RangeCount::default(),
            bands: 0,
            flags: 0,
            by_category: Vec::new(),
            by_store: Vec::new(),
            ratings: [0; RATINGS.len() + 1],
            physical: 0,
            digital: 0,
            stocked: 0,
            discounted: 0,
            group_of_category: Vec::new(),
            groups: Vec::new(),
        };
        if counter.store.is_wanted {
            counter.by_store = vec![0; index.by_store.len()];
        }
        if counter.category.is_wanted {
            counter.groups = names.children(category).iter().copied().filter(|below| is_shown(index, *below)).collect();
            counter.by_category = vec![0; counter.groups.len()];
            counter.group_of_category = vec![NONE; index.by_category.len()];
            for (group, top) in (0..).zip(&counter.groups) {
                for below in names.subtree(*top) {
                    if let Some(place) = counter.group_of_category.get_mut(below as usize) {
                        *place = group;
                    }
                }
            }
        }
        counter
    }

    /// Counts a product if there is no condition on variants.
    pub(super) fn product(&mut self, ordinal: u32, row: &Row, reach: Reach) {
        self.of_product(row, reach);
        self.own_numbers(ordinal, row, reach);
        if !self.values.is_empty() {
            // Each value is in the list once.
            for value in self.index.values.get(row.all_values()).unwrap_or_default() {
                if let Some(tally) = self.values.get_mut(*value as usize)
                    && reach.counts(tally.bit)
                {
                    tally.count += 1;
                }
            }
        }
        if self.price.counts(reach) && row.price_bands != 0 {
            self.prices.add_all(row.min_price, row.max_price, row.price_bands);
        }
        if row.flags & IN_STOCK != 0 && self.in_stock.counts(reach) {
            self.stocked += 1;
        }
        if row.flags & ON_SALE != 0 && self.on_sale.counts(reach) {
            self.discounted += 1;
        }
        if !self.number_places.is_empty() {
            for cell in self.index.variants.get(row.variants()).unwrap_or_default() {
                self.count_numbers(ordinal, self.index.combinations.numbers(cell.combination), reach);
            }
        }
    }

    /// Counts a variant. When all variants of the product were counted, [`Self::after_variants`] is called.
    pub(super) fn variant(&mut self, ordinal: u32, cell: &Cell, reach: Reach) {
        if self.price.counts(reach) {
            let bit = bit_of(cell.price);
            self.prices.add_all(cell.price, cell.price, bit & !self.bands);
            self.bands |= bit;
        }
        if self.in_stock.counts(reach) {
            self.flags |= cell.flags & IN_STOCK;
        }
        if self.on_sale.counts(reach) {
            self.flags |= cell.flags & ON_SALE;
        }
        self.count_values(ordinal, self.index.combinations.values(cell.combination), reach);
        self.count_numbers(ordinal, self.index.combinations.numbers(cell.combination), reach);
    }

    /// Counts what the variants of a product share; `reach` is that of all its variants together.
    pub(super) fn after_variants(&mut self, ordinal: u32, row: &Row, reach: Reach) {
        self.of_product(row, reach);
        self.count_values(ordinal, self.index.values.get(row.own_values()).unwrap_or_default(), reach);
        self.own_numbers(ordinal, row, reach);
        self.stocked += u32::from(self.flags & IN_STOCK != 0);
        self.discounted += u32::from(self.flags & ON_SALE != 0);
        (self.bands, self.flags) = (0, 0);
    }

    fn of_product(&mut self, row: &Row, reach: Reach) {
        if self.category.counts(reach)
            && let Some(group) = self.group_of_category.get(row.category as usize)
        {
            increment(&mut self.by_category, *group);
        }
        if self.store.counts(reach) {
            increment(&mut self.by_store, row.store);
        }
        if self.rating.counts(reach) {
            let reached: usize = RATINGS.into_iter().map(|least| usize::from(row.rating >= least)).sum();
            if let Some(count) = self.ratings.get_mut(reached) {
                *count += 1;
            }
        }
        if self.kind.counts(reach) {
            *(if row.flags & DIGITAL != 0 { &mut self.digital } else { &mut self.physical }) += 1;
        }
    }

    fn count_values(&mut self, ordinal: u32, values: &[u32], reach: Reach) {
        if self.values.is_empty() {
            return;
        }
        for value in values {
            if let Some(tally) = self.values.get_mut(*value as usize)
                && reach.counts(tally.bit)
                && tally.last != ordinal
            {
                tally.last = ordinal;
                tally.count += 1;
            }
        }
    }

    fn own_numbers(&mut self, ordinal: u32, row: &Row, reach: Reach) {
        self.count_numbers(ordinal, self.index.numbers.get(row.numbers()).unwrap_or_default(), reach);
    }

    fn count_numbers(&mut self, ordinal: u32, numbers: &[(u32, i64)], reach: Reach) {
        if self.number_places.is_empty() {
            return;
        }
        for (attribute, number) in numbers {
            let Some(place) = self.number_places.get(*attribute as usize) else { continue };
            if let Some(wanted) = self.attributes.get(*place as usize)
                && wanted.counts(reach)
                && let Some(range) = self.numbers.get_mut(*place as usize)
            {
                range.add(ordinal, *number);
            }
        }
    }
}

/// The tallies of all values of attributes; none if no attribute is asked for.
fn tallies(index: &Index, attributes: &[Wanted]) -> Vec<ValueTally> {
    if !attributes.iter().any(|of| of.is_wanted) {
        return Vec::new();
    }
    let all = index.names.values.iter().map(|place| {
        let of = place.and_then(|place| attributes.get(place.attribute as usize));
        ValueTally { bit: of.map_or(0, |of| of.bit), count: 0, last: NONE }
    });
    all.collect()
}

/// The places of attributes by their ordinals; none if no attribute with numbers is asked for.
fn number_places(index: &Index, attributes: &[Wanted]) -> Vec<u32> {
    let is_wanted =
        |(of, row): (&Wanted, &Attribute)| of.is_wanted && matches!(row.kind, AttributeKind::Number | AttributeKind::Date);
    if !attributes.iter().zip(&index.names.attributes).any(is_wanted) {
        return Vec::new();
    }
    let mut places = Vec::new();
    for (ordinal, place) in &index.names.attribute_places {
        let at = *ordinal as usize;
        if places.len() <= at {
            places.resize(at + 1, NONE);
        }
        if let Some(of) = places.get_mut(at) {
            *of = *place;
        }
    }
    places
}

fn is_flag(test: &Test, of_variant: &Test, wanted: u8) -> bool {
    test == of_variant || matches!(test, Test::Flag { flag, .. } if *flag == wanted)
}

fn is_shown(index: &Index, category: u32) -> bool {
    index.names.category(category).is_some_and(|found| found.is_shown)
}
