//! Which products meet a filter, and how many would with another choice: one pass over the candidates.
//!
//! Each condition has a bit. A variant whose conditions all hold counts for every facet; one that fails a single condition counts for the
//! facet of this condition alone, as it would be found with another choice there.

use super::condition::{Test, Tests};
use super::count::Counter;
use super::document::Value;
use super::index::{BESTSELLER, Cell, DIGITAL, FEATURED, IN_STOCK, Index, NEW_ARRIVAL, ON_SALE, Row};
use super::name::NONE;
use super::query::{Condition, Filter, MAX_CONDITIONS};
use roaring::RoaringBitmap;

impl Index {
    /// The conditions of a filter, without categories.
    pub(super) fn tests(&self, filter: &Filter) -> Tests {
        let mut all = Vec::new();
        if let Some(stores) = &filter.stores {
            all.push(Test::Stores(stores.iter().filter_map(|id| self.store(*id)).collect()));
        }
        if filter.min_price.is_some() || filter.max_price.is_some() {
            let (min, max) = (filter.min_price.unwrap_or(i64::MIN), filter.max_price.unwrap_or(i64::MAX));
            all.push(Test::Price { min, max });
        }
        all.extend(filter.min_rating.map(Test::Rating));
        for (wanted, flag, of_variant) in
            [(filter.is_in_stock, IN_STOCK, Test::InStock), (filter.is_on_sale, ON_SALE, Test::OnSale)]
        {
            match wanted {
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
        let has_variant_tests = all.iter().any(Test::is_of_variants);
        Tests { all, has_variant_tests }
    }

    /// The candidates that meet all conditions; `counter` counts them, and those that fail one.
    pub(super) fn filtered(&self, tests: &Tests, candidates: &RoaringBitmap, counter: &mut Option<Counter<'_>>) -> RoaringBitmap {
        let mut found = RoaringBitmap::new();
        if tests.all.is_empty() && counter.is_none() {
            return candidates.clone();
        }
        for ordinal in candidates {
            let Some(row) = self.rows.get(ordinal as usize) else { continue };
            let failed = self.failed_by_product(tests, ordinal, row);
            // Only the facet of the failed condition would count it.
            if failed != 0 && (counter.is_none() || !failed.is_power_of_two()) {
                continue;
            }
            if let Some(counter) = counter {
                counter.begin(ordinal);
            }
            let is_found = if tests.has_variant_tests {
                let mut is_found = false;
                for cell in self.variants.get(row.variants.range()).unwrap_or_default() {
                    let failed = failed | self.failed_by_variant(tests, row, cell);
                    is_found |= failed == 0;
                    if let Some(counter) = counter {
                        counter.variant(row, cell, failed);
                    } else if is_found {
                        break;
                    }
                }
                is_found
            } else {
                if let Some(counter) = counter {
                    counter.product(row, failed);
                }
                failed == 0
            };
            if is_found {
                found.insert(ordinal);
            }
        }
        found
    }

    /// Bits of the conditions that the product fails whatever its variants are.
    fn failed_by_product(&self, tests: &Tests, ordinal: u32, row: &Row) -> u64 {
        let at = ordinal as usize;
        let mut failed = 0;
        for (bit, test) in tests.all.iter().enumerate() {
            let holds = match test {
                Test::Rating(least) => self.rating.get(at).is_some_and(|rating| rating >= least),
                Test::Flag { flag, is_set } => (row.flags & flag != 0) == *is_set,
                Test::Published { from, before } => self.published_at.get(at).is_some_and(|time| (from..before).contains(&time)),
                Test::Stores(stores) => stores.contains(&row.store),
                Test::Price { .. } | Test::InStock | Test::OnSale | Test::Values { .. } | Test::Numbers { .. } => true,
            };
            failed |= u64::from(!holds) << bit;
        }
        failed
    }

    /// Bits of the conditions that a variant fails, with the values of its product.
    fn failed_by_variant(&self, tests: &Tests, row: &Row, cell: &Cell) -> u64 {
        let mut failed = 0;
        for (bit, test) in tests.all.iter().enumerate() {
            let holds = match test {
                Test::Price { min, max } => (min..=max).contains(&&cell.price),
                Test::InStock => cell.flags & IN_STOCK != 0,
                Test::OnSale => cell.flags & ON_SALE != 0,
                Test::Values { values, .. } => {
                    let mut all = [cell.values, row.own_values]
                        .into_iter()
                        .flat_map(|part| self.values.get(part.range()).unwrap_or_default());
                    all.any(|value| values.contains(value))
                }
                Test::Numbers { attribute, min, max } => {
                    let mut all = [cell.numbers, row.numbers]
                        .into_iter()
                        .flat_map(|part| self.numbers.get(part.range()).unwrap_or_default());
                    all.any(|(of, number)| of == attribute && (min..=max).contains(&number))
                }
                Test::Rating(_) | Test::Flag { .. } | Test::Published { .. } | Test::Stores(_) => true,
            };
            failed |= u64::from(!holds) << bit;
        }
        failed
    }

    /// The place of the cheapest variant that meets all conditions, among the active variants; the first of those with this price.
    pub(super) fn cheapest(&self, tests: &Tests, ordinal: u32) -> Option<u16> {
        let row = self.rows.get(ordinal as usize)?;
        let cells = self.variants.get(row.variants.range())?;
        let found = (0..).zip(cells).filter(|(_, cell)| self.failed_by_variant(tests, row, cell) == 0);
        found.min_by_key(|(at, cell): &(u16, &Cell)| (cell.price, *at)).map(|(at, _)| at)
    }
}
