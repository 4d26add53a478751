//! Which products meet a filter, and how many would with another choice: one pass over the candidates.
//!
//! Each condition has a bit. A variant whose conditions all hold counts for every facet; one that fails a single condition counts for the
//! facet of this condition alone, as it would be found with another choice there.

use super::condition::{Test, Tests};
use super::count::{Counter, Reach};
use super::document::Value;
use super::index::Index;
use super::name::NONE;
use super::query::{Condition, Filter, MAX_CONDITIONS};
use super::row::{BESTSELLER, Cell, DIGITAL, FEATURED, IN_STOCK, NEW_ARRIVAL, ON_SALE, Row};
use roaring::RoaringBitmap;
use std::hint::black_box;

/// Rows that are read at once.
const BLOCK: usize = 64;

impl Index {
    /// The conditions of a filter, without categories.
    pub(super) fn tests(&self, filter: &Filter) -> Tests {
        let mut all = Vec::new();
        if let Some(stores) = &filter.stores {
            all.push(Test::Stores(stores.iter().filter_map(|id| self.store(*id)).collect()));
        }
        if filter.min_price.is_some() || filter.max_price.is_some() {
            let (min, max) = (filter.min_price.unwrap_or(i64::MIN), filter.max_price.unwrap_or(i64::MAX));
            all.push(if filter.is_by_product { Test::LowestPrice { min, max } } else { Test::Price { min, max } });
        }
        all.extend(filter.min_rating.map(Test::Rating));
        for (wanted, flag, of_variant) in
            [(filter.is_in_stock, IN_STOCK, Test::InStock), (filter.is_on_sale, ON_SALE, Test::OnSale)]
        {
            match wanted {
                Some(true) if filter.is_by_product => all.push(Test::Flag { flag, is_set: true }),
                Some(true) => all.push(of_variant),
                Some(false) => all.push(Test::Flag { flag, is_set: false }),
                None => {}
            }
        }
        for (wanted, flag) in [
            (filter.is_featured, FEATURED),
            (filter.is_bestseller, BESTSELLER),
            (filter.is_new_arrival, NEW_ARRIVAL),
            (filter.is_digital, DIGITAL),
        ] {
            all.extend(wanted.map(|is_set| Test::Flag { flag, is_set }));
        }
        if filter.published_from.is_some() || filter.published_before.is_some() {
            // Those that were never published have the lowest of all times.
            let (from, before) = (filter.published_from.unwrap_or(i64::MIN + 1), filter.published_before.unwrap_or(i64::MAX));
            all.push(Test::Published { from, before });
        }
        for condition in filter.conditions.iter().take(MAX_CONDITIONS) {
            all.push(match condition {
                Condition::Values(attribute, values) => {
                    let values = values.iter().filter_map(|value: &Value| self.value(value)).collect();
                    Test::Values { attribute: *attribute, values }
                }
                Condition::Range { attribute, min, max } => Test::Numbers {
                    attribute: self.attribute(*attribute).unwrap_or(NONE),
                    min: min.unwrap_or(i64::MIN),
                    max: max.unwrap_or(i64::MAX),
                },
            });
        }
        Tests::new(all)
    }

    /// The candidates that meet all conditions; `counter` counts them, and those that fail one.
    pub(super) fn filtered(&self, tests: &Tests, candidates: &RoaringBitmap, counter: &mut Option<Counter<'_>>) -> RoaringBitmap {
        if tests.is_empty() {
            if let Some(counter) = counter {
                let reach = Reach { is_found: true, alone: 0 };
                self.each_row(candidates, false, |ordinal, row| counter.product(ordinal, row, reach));
            }
            return candidates.clone();
        }
        let mut found = Vec::new();
        self.each_row(candidates, !tests.of_variants.is_empty(), |ordinal, row| {
            let failed = self.failed_by_product(tests, ordinal, row);
            // Only the facet of the failed condition would count it.
            let Some(reach) = Reach::of(failed).filter(|reach| reach.is_found || counter.is_some()) else { return };
            let reach = match (tests.of_variants.is_empty(), &mut *counter) {
                (true, None) => reach,
                (true, Some(counter)) => {
                    counter.product(ordinal, row, reach);
                    reach
                }
                (false, None) => Reach { is_found: self.has_variant(tests, row), alone: 0 },
                (false, Some(counter)) => self.count_variants(tests, ordinal, row, failed, counter),
            };
            if reach.is_found {
                found.push(ordinal);
            }
        });
        RoaringBitmap::from_sorted_iter(found).unwrap_or_default()
    }

    /// Calls `visit` with the rows of a set. What a visit reads of a block of rows is touched before, so that the processor waits for the
    /// memory of many rows at once and not of one after the other.
    fn each_row(&self, set: &RoaringBitmap, with_variants: bool, mut visit: impl FnMut(u32, &Row)) {
        let mut block: Vec<u32> = Vec::with_capacity(BLOCK);
        let mut ordinals = set.iter();
        loop {
            block.clear();
            block.extend(ordinals.by_ref().take(BLOCK));
            if block.is_empty() {
                return;
            }
            let rows = || block.iter().filter_map(|ordinal| Some((*ordinal, self.rows.get(*ordinal as usize)?)));
            black_box(rows().fold(0, |sum, (_, row)| sum ^ row.store));
            if with_variants {
                let price = |row: &Row| self.variants.get(row.variants().start).map_or(0, |cell| cell.price);
                black_box(rows().fold(0, |sum, (_, row)| sum ^ price(row)));
            } else {
                let value = |row: &Row| self.values.get(row.all_values().start).copied().unwrap_or(0);
                black_box(rows().fold(0, |sum, (_, row)| sum ^ value(row)));
            }
            rows().for_each(|(ordinal, row)| visit(ordinal, row));
        }
    }

    /// Whether a variant meets all conditions on variants.
    fn has_variant(&self, tests: &Tests, row: &Row) -> bool {
        let open = self.failed_without_variants(tests, row);
        let cells = self.variants.get(row.variants()).unwrap_or_default();
        cells.iter().any(|cell| self.failed_by_variant(tests, cell, open) == 0)
    }

    /// Counts a product that fails these conditions by itself, with its variants.
    fn count_variants(&self, tests: &Tests, ordinal: u32, row: &Row, failed: u64, counter: &mut Counter<'_>) -> Reach {
        let open = self.failed_without_variants(tests, row);
        let mut all = Reach { is_found: false, alone: 0 };
        let mut is_counted = false;
        for cell in self.variants.get(row.variants()).unwrap_or_default() {
            let Some(reach) = Reach::of(failed | self.failed_by_variant(tests, cell, open)) else { continue };
            all.is_found |= reach.is_found;
            all.alone |= reach.alone;
            is_counted = true;
            counter.variant(ordinal, cell, reach);
        }
        if is_counted {
            counter.after_variants(ordinal, row, all);
        }
        all
    }

    /// Bits of the conditions that the product fails whatever its variants are.
    fn failed_by_product(&self, tests: &Tests, ordinal: u32, row: &Row) -> u64 {
        let mut failed = 0;
        for (bit, test) in &tests.of_products {
            let holds = match test {
                Test::Rating(least) => i32::from(row.rating) >= *least,
                Test::Flag { flag, is_set } => (row.flags & flag != 0) == *is_set,
                Test::Published { from, before } => {
                    self.published_at.get(ordinal as usize).is_some_and(|time| (from..before).contains(&time))
                }
                Test::Stores(stores) => stores.contains(&row.store),
                Test::LowestPrice { min, max } => {
                    self.min_price.get(ordinal as usize).is_some_and(|price| (min..=max).contains(&price))
                }
                Test::Price { .. } | Test::InStock | Test::OnSale | Test::Values { .. } | Test::Numbers { .. } => true,
            };
            if !holds {
                failed |= bit;
            }
        }
        failed
    }

    /// Bits of the conditions on variants that the values and numbers of the product itself do not meet.
    fn failed_without_variants(&self, tests: &Tests, row: &Row) -> u64 {
        let mut failed = 0;
        for (bit, test) in &tests.of_variants {
            let holds = match test {
                Test::Values { values, .. } => {
                    let own = self.values.get(row.own_values()).unwrap_or_default();
                    own.iter().any(|value| values.contains(value))
                }
                Test::Numbers { attribute, min, max } => {
                    let own = self.numbers.get(row.numbers()).unwrap_or_default();
                    own.iter().any(|(of, number)| of == attribute && (min..=max).contains(&number))
                }
                _ => false,
            };
            if !holds {
                failed |= bit;
            }
        }
        failed
    }

    /// Bits of the conditions, of those in `open`, that a variant fails.
    fn failed_by_variant(&self, tests: &Tests, cell: &Cell, open: u64) -> u64 {
        let mut failed = 0;
        for (bit, test) in &tests.of_variants {
            if open & bit == 0 {
                continue;
            }
            let holds = match test {
                Test::Price { min, max } => (min..=max).contains(&&cell.price),
                Test::InStock => cell.flags & IN_STOCK != 0,
                Test::OnSale => cell.flags & ON_SALE != 0,
                Test::Values { values, .. } => {
                    let own = self.combinations.values(cell.combination);
                    own.iter().any(|value| values.contains(value))
                }
                Test::Numbers { attribute, min, max } => {
                    let own = self.combinations.numbers(cell.combination);
                    own.iter().any(|(of, number)| of == attribute && (min..=max).contains(&number))
                }
                Test::Rating(_) | Test::Flag { .. } | Test::Published { .. } | Test::Stores(_) | Test::LowestPrice { .. } => true,
            };
            if !holds {
                failed |= bit;
            }
        }
        failed
    }

    /// The place of the cheapest variant that meets all conditions, among the active variants; the first of those with this price.
    pub(super) fn cheapest(&self, tests: &Tests, ordinal: u32) -> Option<u16> {
        let row = self.rows.get(ordinal as usize)?;
        let open = self.failed_without_variants(tests, row);
        let cells = self.variants.get(row.variants())?;
        let found = (0..).zip(cells).filter(|(_, cell)| self.failed_by_variant(tests, cell, open) == 0);
        found.min_by_key(|(at, cell): &(u16, &Cell)| (cell.price, *at)).map(|(at, _)| at)
    }
}
