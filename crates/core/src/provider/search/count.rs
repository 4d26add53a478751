//! Counts of products by values and ranges.

use super::condition::{Test, Tests};
use super::document::{Attribute, AttributeKind};
use super::index::{Cell, DIGITAL, IN_STOCK, Index, ON_SALE, Part, Row};
use super::name::NONE;
use super::query::{Band, Counts, Facet, FacetRequest, ValueCount, facet_slug};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Ratings from which products are counted, in hundredths of a star.
const RATINGS: [i32; 4] = [400, 300, 200, 100];
/// The band of a number: 0 below 1, then one for each of 1, 2, 5, 10, 20, 50 and so on, from which it reaches to the next.
fn band_of(number: i64) -> usize {
    let Some(decade) = number.checked_ilog10() else { return 0 };
    let unit = 10_i64.pow(decade);
    3 * decade as usize + 1 + usize::from(number / 2 >= unit) + usize::from(number / 5 >= unit)
}

/// The lowest number of a band above 0; absent if it is too large for any number.
fn band_start(band: usize) -> Option<i64> {
    let place = u32::try_from(band.checked_sub(1)?).ok()?;
    let factor = [1, 2, 5].into_iter().nth((place % 3) as usize)?;
    10_i64.checked_pow(place / 3)?.checked_mul(factor)
}

/// A range of numbers that is counted: minimum, maximum and products by band.
#[derive(Clone, Debug, Default)]
struct RangeCount {
    min: Option<i64>,
    max: Option<i64>,
    bands: Vec<u64>,
    /// Bands in which the present product was counted.
    counted: u64,
}

impl RangeCount {
    fn add(&mut self, number: i64) {
        self.min = Some(self.min.map_or(number, |min| min.min(number)));
        self.max = Some(self.max.map_or(number, |max| max.max(number)));
        let band = band_of(number);
        if self.counted & (1 << band) == 0 {
            self.counted |= 1 << band;
            if self.bands.len() <= band {
                self.bands.resize(band + 1, 0);
            }
            if let Some(count) = self.bands.get_mut(band) {
                *count += 1;
            }
        }
    }

    fn finish(self) -> Counts {
        let bands = self.bands.iter().enumerate().filter(|(_, count)| **count > 0).map(|(band, count)| Band {
            from: band_start(band).unwrap_or(self.min.unwrap_or(0).min(0)),
            below: band_start(band + 1),
            count: *count,
        });
        Counts::Ranges { min: self.min, max: self.max, bands: bands.collect() }
    }
}

/// Whether a facet is asked for, and the bit of the condition on the same thing.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    is_wanted: bool,
    bit: u64,
}

impl Wanted {
    /// Whether what failed these conditions counts.
    fn counts(self, failed: u64) -> bool {
        self.is_wanted && failed & !self.bit == 0
    }
}

/// The count of a value.
#[derive(Clone, Copy, Debug)]
struct ValueTally {
    /// Bits of the conditions that must not fail; all for values of no facet, whose counts are not read.
    mask: u64,
    count: u32,
    /// The product that was counted last.
    last: u32,
}

/// Counts the products of one pass.
pub(super) struct Counter<'a> {
    index: &'a Index,
    request: &'a FacetRequest,
    /// The product, so that it counts once for each value.
    product: u32,
    category: Wanted,
    store: Wanted,
    price: Wanted,
    rating: Wanted,
    in_stock: Wanted,
    on_sale: Wanted,
    kind: Wanted,
    /// By place of the attribute.
    attributes: Vec<Wanted>,
    /// By ordinal of the value; empty if no attribute is asked for.
    values: Vec<ValueTally>,
    has_numbers: bool,
    numbers: Vec<RangeCount>,
    prices: RangeCount,
    by_category: Vec<(u64, u32)>,
    by_store: Vec<(u64, u32)>,
    ratings: [(u64, u32); RATINGS.len()],
    physical: (u64, u32),
    digital: (u64, u32),
    stocked: (u64, u32),
    discounted: (u64, u32),
    /// By category, the one of the facet that it belongs to.
    group_of_category: Vec<u32>,
    groups: Vec<u32>,
}

/// Counts a product once.
fn once(place: Option<&mut (u64, u32)>, product: u32) {
    if let Some((count, last)) = place
        && *last != product
    {
        *last = product;
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
            product: NONE,
            category: wanted(facet_slug::CATEGORY, 0),
            store: wanted(facet_slug::STORE, tests.bit(|test| matches!(test, Test::Stores(_)))),
            price: wanted(facet_slug::PRICE, tests.bit(|test| matches!(test, Test::Price { .. }))),
            rating: wanted(facet_slug::RATING, tests.bit(|test| matches!(test, Test::Rating(_)))),
            in_stock: wanted(facet_slug::IN_STOCK, tests.bit(|test| is_flag(test, &Test::InStock, IN_STOCK))),
            on_sale: wanted(facet_slug::ON_SALE, tests.bit(|test| is_flag(test, &Test::OnSale, ON_SALE))),
            kind: wanted(facet_slug::KIND, tests.bit(|test| matches!(test, Test::Flag { flag: DIGITAL, .. }))),
            values: tallies(index, &attributes),
            has_numbers: attributes.iter().zip(&names.attributes).any(|(of, row)| of.is_wanted && is_number(row)),
            numbers: vec![RangeCount::default(); attributes.len()],
            attributes,
            prices: RangeCount::default(),
            by_category: Vec::new(),
            by_store: Vec::new(),
            ratings: [(0, NONE); RATINGS.len()],
            physical: (0, NONE),
            digital: (0, NONE),
            stocked: (0, NONE),
            discounted: (0, NONE),
            group_of_category: Vec::new(),
            groups: Vec::new(),
        };
        if counter.store.is_wanted {
            counter.by_store = vec![(0, NONE); index.by_store.len()];
        }
        if counter.category.is_wanted {
            counter.groups = names.children(category).iter().copied().filter(|below| is_shown(index, *below)).collect();
            counter.by_category = vec![(0, NONE); counter.groups.len()];
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

    /// Begins with the next product.
    pub(super) fn begin(&mut self, product: u32) {
        self.product = product;
        self.prices.counted = 0;
        for range in &mut self.numbers {
            range.counted = 0;
        }
    }

    /// Counts a product that failed at most one condition, of itself, if there is no condition on variants.
    pub(super) fn product(&mut self, row: &Row, failed: u64) {
        self.of_product(row, failed);
        let index = self.index;
        self.count_values(row.all_values, failed);
        self.count_numbers(row.numbers, failed);
        for cell in index.variants.get(row.variants.range()).unwrap_or_default() {
            if self.price.counts(failed) {
                self.prices.add(cell.price);
            }
            self.count_numbers(cell.numbers, failed);
        }
        if row.flags & IN_STOCK != 0 && self.in_stock.counts(failed) {
            once(Some(&mut self.stocked), self.product);
        }
        if row.flags & ON_SALE != 0 && self.on_sale.counts(failed) {
            once(Some(&mut self.discounted), self.product);
        }
    }

    /// Counts a variant that failed these conditions.
    pub(super) fn variant(&mut self, row: &Row, cell: &Cell, failed: u64) {
        if failed != 0 && !failed.is_power_of_two() {
            return;
        }
        self.of_product(row, failed);
        if self.price.counts(failed) {
            self.prices.add(cell.price);
        }
        if cell.flags & IN_STOCK != 0 && self.in_stock.counts(failed) {
            once(Some(&mut self.stocked), self.product);
        }
        if cell.flags & ON_SALE != 0 && self.on_sale.counts(failed) {
            once(Some(&mut self.discounted), self.product);
        }
        for part in [row.own_values, cell.values] {
            self.count_values(part, failed);
        }
        for part in [row.numbers, cell.numbers] {
            self.count_numbers(part, failed);
        }
    }

    /// Counts what all variants share.
    fn of_product(&mut self, row: &Row, failed: u64) {
        let product = self.product;
        if self.category.counts(failed)
            && let Some(group) = self.group_of_category.get(row.category as usize)
        {
            once(self.by_category.get_mut(*group as usize), product);
        }
        if self.store.counts(failed) {
            once(self.by_store.get_mut(row.store as usize), product);
        }
        if self.rating.counts(failed)
            && let Some(rating) = self.index.rating.get(product as usize)
        {
            for (place, least) in self.ratings.iter_mut().zip(RATINGS) {
                if *rating >= least {
                    once(Some(place), product);
                }
            }
        }
        if self.kind.counts(failed) {
            once(Some(if row.flags & DIGITAL != 0 { &mut self.digital } else { &mut self.physical }), product);
        }
    }

    fn count_values(&mut self, part: Part, failed: u64) {
        if self.values.is_empty() {
            return;
        }
        for value in self.index.values.get(part.range()).unwrap_or_default() {
            if let Some(tally) = self.values.get_mut(*value as usize)
                && failed & tally.mask == 0
                && tally.last != self.product
            {
                tally.last = self.product;
                tally.count += 1;
            }
        }
    }

    fn count_numbers(&mut self, part: Part, failed: u64) {
        if !self.has_numbers {
            return;
        }
        let index = self.index;
        for (attribute, number) in index.numbers.get(part.range()).unwrap_or_default() {
            let Some(place) = index.names.attribute_place(*attribute) else { continue };
            if self.attributes.get(place as usize).is_some_and(|of| of.counts(failed))
                && let Some(range) = self.numbers.get_mut(place as usize)
            {
                range.add(*number);
            }
        }
    }

    /// The facets: the built-in ones in the order of [`facet_slug::ALL`], then the attributes that any product has.
    pub(super) fn finish(mut self, tests: &Tests) -> Vec<Facet> {
        let mut facets = Vec::new();
        let facet = |slug: &str, name: &str, counts| Facet { slug: slug.to_owned(), name: name.to_owned(), counts };
        let value = |slug: &str, name: &str, count, is_selected| ValueCount {
            slug: slug.to_owned(),
            name: name.to_owned(),
            count,
            is_selected,
            swatch: None,
        };
        let names = &self.index.names;
        if self.category.is_wanted {
            let values = self.groups.iter().zip(&self.by_category).filter_map(|(category, (count, _))| {
                let row = &names.category(*category)?.row;
                Some(value(&row.slug, &row.name, *count, false))
            });
            facets.push(facet(facet_slug::CATEGORY, "Category", self.listed(values.collect())));
        }
        if self.store.is_wanted {
            let selected = tests.all.iter().find_map(|test| if let Test::Stores(stores) = test { Some(stores) } else { None });
            let values = (0..).zip(&self.by_store).filter_map(|(store, (count, _))| {
                let is_selected = selected.is_some_and(|stores| stores.contains(&store));
                let row = names.store(store).filter(|row| row.is_open && (*count > 0 || is_selected))?;
                Some(value(&row.slug, &row.name, *count, is_selected))
            });
            facets.push(facet(facet_slug::STORE, "Store", self.listed(values.collect())));
        }
        if self.price.is_wanted {
            let counts = std::mem::take(&mut self.prices).finish();
            facets.push(facet(facet_slug::PRICE, "Price", counts));
        }
        if self.rating.is_wanted {
            let bands = self.ratings.iter().zip(RATINGS).filter(|((count, _), _)| *count > 0);
            let mut bands: Vec<_> =
                bands.map(|((count, _), least)| Band { from: i64::from(least), below: None, count: *count }).collect();
            bands.reverse();
            facets.push(facet(facet_slug::RATING, "Rating", Counts::Ranges { min: None, max: None, bands }));
        }
        let single = |(count, _): (u64, u32), bit: u64, test: &Test| {
            let is_selected = bit != 0 && tests.all.contains(test);
            Counts::Values { values: vec![value("true", "Yes", count, is_selected)], other: 0 }
        };
        if self.in_stock.is_wanted {
            facets.push(facet(facet_slug::IN_STOCK, "In stock", single(self.stocked, self.in_stock.bit, &Test::InStock)));
        }
        if self.kind.is_wanted {
            let is_selected = |is_set| tests.all.contains(&Test::Flag { flag: DIGITAL, is_set });
            let values = vec![
                value("physical", "Physical", self.physical.0, is_selected(false)),
                value("digital", "Digital", self.digital.0, is_selected(true)),
            ];
            facets.push(facet(facet_slug::KIND, "Kind", Counts::Values { values, other: 0 }));
        }
        if self.on_sale.is_wanted {
            facets.push(facet(facet_slug::ON_SALE, "On sale", single(self.discounted, self.on_sale.bit, &Test::OnSale)));
        }
        self.attribute_facets(tests, &mut facets);
        facets
    }

    fn attribute_facets(&mut self, tests: &Tests, facets: &mut Vec<Facet>) {
        let names = &self.index.names;
        let mut by_attribute: HashMap<u32, Vec<ValueCount>> = HashMap::new();
        for (ordinal, ValueTally { count, .. }) in (0..).zip(&self.values) {
            let is_selected = tests
                .all
                .iter()
                .any(|test| matches!(test, Test::Values { attribute: Some(_), values } if values.contains(&ordinal)));
            if *count == 0 && !is_selected {
                continue;
            }
            let Some(place) = names.value(ordinal) else { continue };
            let Some(attribute) = names.attributes.get(place.attribute as usize) else { continue };
            if let Some(value) = value_of(attribute, place.choice, u64::from(*count), is_selected) {
                by_attribute.entry(place.attribute).or_default().push(value);
            }
        }
        for (place, attribute) in (0..).zip(&names.attributes) {
            if !self.attributes.get(place as usize).is_some_and(|of| of.is_wanted) {
                continue;
            }
            let counts = match attribute.kind {
                AttributeKind::Choices(_) | AttributeKind::Flag => match by_attribute.remove(&place) {
                    Some(values) => self.listed(values),
                    None => continue,
                },
                AttributeKind::Number | AttributeKind::Date => {
                    let range = self.numbers.get_mut(place as usize).map(std::mem::take).unwrap_or_default();
                    let (Some(min), Some(max)) = (range.min, range.max) else { continue };
                    if attribute.kind == AttributeKind::Date { Counts::Dates { min, max } } else { range.finish() }
                }
                AttributeKind::Text => continue,
            };
            facets.push(Facet { slug: attribute.slug.clone(), name: attribute.name.clone(), counts });
        }
    }

    /// The largest counts; values that are selected always.
    fn listed(&self, mut values: Vec<ValueCount>) -> Counts {
        values.retain(|value| value.count > 0 || value.is_selected);
        values.sort_by(|a, b| (Reverse(a.count), &a.name, &a.slug).cmp(&(Reverse(b.count), &b.name, &b.slug)));
        let mut other = 0;
        let mut listed = Vec::new();
        for value in values {
            if listed.len() < self.request.values || value.is_selected {
                listed.push(value);
            } else {
                other += value.count;
            }
        }
        Counts::Values { values: listed, other }
    }
}

/// The tallies of all values; none if no attribute is asked for.
fn tallies(index: &Index, attributes: &[Wanted]) -> Vec<ValueTally> {
    if !attributes.iter().any(|of| of.is_wanted) {
        return Vec::new();
    }
    let all = (0..index.by_value.len() as u32).map(|value| {
        let of = index.names.value(value).and_then(|place| attributes.get(place.attribute as usize));
        ValueTally { mask: !of.map_or(0, |of| of.bit), count: 0, last: NONE }
    });
    all.collect()
}

fn is_number(attribute: &Attribute) -> bool {
    matches!(attribute.kind, AttributeKind::Number | AttributeKind::Date)
}

fn value_of(attribute: &Attribute, choice: u32, count: u64, is_selected: bool) -> Option<ValueCount> {
    let (slug, name, swatch) = match &attribute.kind {
        AttributeKind::Choices(choices) => {
            let choice = choices.get(choice as usize)?;
            (choice.slug.clone(), choice.name.clone(), choice.swatch.clone())
        }
        AttributeKind::Flag if choice == 0 => ("false".to_owned(), "No".to_owned(), None),
        AttributeKind::Flag => ("true".to_owned(), "Yes".to_owned(), None),
        AttributeKind::Number | AttributeKind::Date | AttributeKind::Text => return None,
    };
    Some(ValueCount { slug, name, count, is_selected, swatch })
}

fn is_flag(test: &Test, of_variant: &Test, wanted: u8) -> bool {
    test == of_variant || matches!(test, Test::Flag { flag, .. } if *flag == wanted)
}

fn is_shown(index: &Index, category: u32) -> bool {
    index.names.category(category).is_some_and(|found| found.is_shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_at_one_two_and_five_of_each_decade() {
        for (number, start) in [
            (1, 1),
            (2, 2),
            (4, 2),
            (5, 5),
            (9, 5),
            (10, 10),
            (19, 10),
            (999, 500),
            (1000, 1000),
            (i64::MAX, 5_000_000_000_000_000_000),
        ] {
            let band = band_of(number);
            assert_eq!(band_start(band), Some(start), "{number}");
            assert!(band_start(band + 1).is_none_or(|next| next > number), "{number}");
        }
        assert_eq!((band_of(0), band_of(-7), band_start(0), band_start(1)), (0, 0, None, Some(1)));
    }
}
