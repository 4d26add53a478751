//! Makes facets of what was counted.

use super::condition::{Test, Tests};
use super::count::{Counter, RATINGS};
use super::document::{Attribute, AttributeKind};
use super::name::{ValuePlace, ranks};
use super::query::{Band, Counts, Facet, ValueCount, facet_slug};
use super::row::DIGITAL;
use std::cmp::Ordering;
use std::collections::HashMap;

/// A value that may be listed.
struct Candidate<'a> {
    slug: &'a str,
    name: &'a str,
    swatch: Option<&'a str>,
    count: u32,
    is_selected: bool,
    /// Its place by name and slug.
    rank: u32,
}

impl Candidate<'_> {
    /// The largest counts first, then by name.
    fn order(&self, other: &Self) -> Ordering {
        (other.count, self.rank).cmp(&(self.count, other.rank))
    }

    fn owned(self) -> ValueCount {
        ValueCount {
            slug: self.slug.to_owned(),
            name: self.name.to_owned(),
            count: u64::from(self.count),
            is_selected: self.is_selected,
            swatch: self.swatch.map(str::to_owned),
        }
    }
}

fn facet(slug: &str, name: &str, counts: Counts) -> Facet {
    Facet { slug: slug.to_owned(), name: name.to_owned(), counts }
}

impl Counter<'_> {
    /// The facets: the built-in ones in the order of [`facet_slug::ALL`], then the attributes that any product has.
    pub(super) fn finish(&self, tests: &Tests) -> Vec<Facet> {
        let mut facets = Vec::new();
        let names = &self.index.names;
        if self.category.is_wanted {
            let ranks = ranks(&self.groups, |group| names.category(*group).map(|found| (&*found.row.name, &*found.row.slug)));
            let values = self.groups.iter().zip(&self.by_category).zip(ranks).filter_map(|((category, count), rank)| {
                let row = &names.category(*category)?.row;
                Some(Candidate { slug: &row.slug, name: &row.name, swatch: None, count: *count, is_selected: false, rank })
            });
            facets.push(facet(facet_slug::CATEGORY, "Category", self.listed(values.collect())));
        }
        if self.store.is_wanted {
            let selected = tests.iter().find_map(|(_, test)| if let Test::Stores(stores) = test { Some(stores) } else { None });
            let values = (0..).zip(&self.by_store).zip(&names.store_ranks).filter_map(|((store, count), rank)| {
                let is_selected = selected.is_some_and(|stores| stores.contains(&store));
                if *count == 0 && !is_selected {
                    return None;
                }
                let row = names.store(store).filter(|row| row.is_open)?;
                Some(Candidate { slug: &row.slug, name: &row.name, swatch: None, count: *count, is_selected, rank: *rank })
            });
            facets.push(facet(facet_slug::STORE, "Store", self.listed(values.collect())));
        }
        if self.price.is_wanted {
            facets.push(facet(facet_slug::PRICE, "Price", self.prices.finish()));
        }
        if self.rating.is_wanted {
            facets.push(facet(facet_slug::RATING, "Rating", self.rating_counts()));
        }
        let single = |count: u32, bit: u64, test: &Test| {
            let is_selected = bit != 0 && tests.contains(test);
            let value = Candidate { slug: "true", name: "Yes", swatch: None, count, is_selected, rank: 0 };
            Counts::Values { values: vec![value.owned()], other: 0 }
        };
        if self.in_stock.is_wanted {
            facets.push(facet(facet_slug::IN_STOCK, "In stock", single(self.stocked, self.in_stock.bit, &Test::InStock)));
        }
        if self.kind.is_wanted {
            let value = |slug, name, count, is_set| {
                let is_selected = tests.contains(&Test::Flag { flag: DIGITAL, is_set });
                Candidate { slug, name, swatch: None, count, is_selected, rank: 0 }.owned()
            };
            let values =
                vec![value("physical", "Physical", self.physical, false), value("digital", "Digital", self.digital, true)];
            facets.push(facet(facet_slug::KIND, "Kind", Counts::Values { values, other: 0 }));
        }
        if self.on_sale.is_wanted {
            facets.push(facet(facet_slug::ON_SALE, "On sale", single(self.discounted, self.on_sale.bit, &Test::OnSale)));
        }
        self.attribute_facets(tests, &mut facets);
        facets
    }

    /// Products by the rating that they have at least.
    fn rating_counts(&self) -> Counts {
        let mut bands = Vec::new();
        let mut count = 0;
        // From the products that reach all of the ratings.
        for (least, reached) in RATINGS.into_iter().zip(self.ratings.iter().rev()) {
            count += u64::from(*reached);
            if count > 0 {
                bands.push(Band { from: i64::from(least), below: None, count });
            }
        }
        bands.reverse();
        Counts::Ranges { min: None, max: None, bands }
    }

    fn attribute_facets(&self, tests: &Tests, facets: &mut Vec<Facet>) {
        let names = &self.index.names;
        let is_selected = |ordinal: u32| {
            tests
                .of_variants
                .iter()
                .any(|(_, test)| matches!(test, Test::Values { attribute: Some(_), values } if values.contains(&ordinal)))
        };
        let mut by_attribute: HashMap<u32, Vec<Candidate<'_>>> = HashMap::new();
        for (ordinal, tally) in (0..).zip(&self.values) {
            let is_selected = is_selected(ordinal);
            if tally.count == 0 && !is_selected {
                continue;
            }
            let Some(place) = names.value(ordinal) else { continue };
            let Some(attribute) = names.attributes.get(place.attribute as usize) else { continue };
            if let Some(value) = candidate(attribute, place, tally.count, is_selected) {
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
                AttributeKind::Number | AttributeKind::Date => match self.numbers.get(place as usize) {
                    Some(range) if !range.is_empty() => range.counts(attribute.kind == AttributeKind::Date),
                    _ => continue,
                },
                AttributeKind::Text => continue,
            };
            facets.push(facet(&attribute.slug, &attribute.name, counts));
        }
    }

    /// The largest counts; values that are selected always.
    fn listed(&self, mut values: Vec<Candidate<'_>>) -> Counts {
        values.retain(|value| value.count > 0 || value.is_selected);
        let limit = self.request.values;
        if let Some(last) = limit.checked_sub(1)
            && limit < values.len()
        {
            values.select_nth_unstable_by(last, Candidate::order);
        }
        let mut other = 0;
        let mut place = 0;
        values.retain(|value| {
            place += 1;
            let is_kept = place <= limit || value.is_selected;
            other += if is_kept { 0 } else { u64::from(value.count) };
            is_kept
        });
        values.sort_unstable_by(Candidate::order);
        Counts::Values { values: values.into_iter().map(Candidate::owned).collect(), other }
    }
}

fn candidate(attribute: &Attribute, place: ValuePlace, count: u32, is_selected: bool) -> Option<Candidate<'_>> {
    let ValuePlace { choice, rank, .. } = place;
    let (slug, name, swatch) = match &attribute.kind {
        AttributeKind::Choices(choices) => {
            let choice = choices.get(choice as usize)?;
            (choice.slug.as_str(), choice.name.as_str(), choice.swatch.as_deref())
        }
        AttributeKind::Flag if choice == 0 => ("false", "No", None),
        AttributeKind::Flag => ("true", "Yes", None),
        AttributeKind::Number | AttributeKind::Date | AttributeKind::Text => return None,
    };
    Some(Candidate { slug, name, swatch, count, is_selected, rank })
}
