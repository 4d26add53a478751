//! Makes an index anew without the rows that are not alive.

use super::dictionary::Dictionary;
use super::index::{Index, Word};
use super::name::NONE;
use super::posting::{Posting, shrink};
use super::row::Part;
use roaring::RoaringBitmap;
use std::ops::Range;
use std::sync::Arc;

/// Rows that are not alive, from which compacting is worth it: at least this number, and a fifth of all.
const MANY_DEAD: u64 = 10_000;

impl Index {
    /// Whether many rows are not alive.
    pub(super) fn is_sparse(&self) -> bool {
        let dead = self.rows.len() as u64 - self.alive.len();
        dead > MANY_DEAD && dead * 5 > self.rows.len() as u64
    }

    /// The same products in an index without rows that are not alive.
    pub(super) fn compacted(&self) -> Self {
        let mut fresh = Self::new(&self.stems.languages());
        let mut new = vec![NONE; self.rows.len()];
        for (ordinal, old) in self.alive.iter().enumerate() {
            if let Some(place) = new.get_mut(old as usize) {
                *place = ordinal as u32;
            }
        }
        let new = |old: u32| new.get(old as usize).copied().filter(|ordinal| *ordinal != NONE);
        let bitmap = |old: &RoaringBitmap| old.iter().filter_map(new).collect::<RoaringBitmap>();
        for old in &self.alive {
            let at = old as usize;
            let (Some(row), Some(id)) = (self.rows.get(at), self.ids.get(at)) else { continue };
            let ordinal = fresh.rows.len() as u32;
            let mut cells = self.variants.get(row.variants()).unwrap_or_default().to_vec();
            for cell in &mut cells {
                let (values, numbers) = (self.combinations.values(cell.combination), self.combinations.numbers(cell.combination));
                cell.combination = fresh.combinations.of(values, numbers);
            }
            let values = moved(&self.values, &mut fresh.values, row.all_values());
            let numbers = moved(&self.numbers, &mut fresh.numbers, row.numbers());
            let variants = Part::of(&mut fresh.variants, cells).start;
            fresh.rows.push(row.with_lists(values, numbers, variants));
            fresh.ids.push(*id);
            fresh.ordinals.insert(&fresh.ids, *id, ordinal);
            fresh.alive.insert(ordinal);
        }
        let columns = [
            (&self.sales, &mut fresh.sales),
            (&self.views, &mut fresh.views),
            (&self.min_price, &mut fresh.min_price),
            (&self.created_at, &mut fresh.created_at),
            (&self.published_at, &mut fresh.published_at),
        ];
        for (old, new) in columns {
            new.extend(self.alive.iter().filter_map(|at| old.get(at as usize)));
        }
        fresh.rating.extend(self.alive.iter().filter_map(|at| self.rating.get(at as usize)));
        fresh.value_ordinals.clone_from(&self.value_ordinals);
        fresh.by_value = self.by_value.iter().map(|set| set.renumbered(&new)).collect();
        fresh.attribute_ordinals.clone_from(&self.attribute_ordinals);
        fresh.store_ordinals.clone_from(&self.store_ordinals);
        fresh.store_ids.clone_from(&self.store_ids);
        fresh.by_store = self.by_store.iter().map(bitmap).collect();
        fresh.category_ordinals.clone_from(&self.category_ordinals);
        fresh.category_ids.clone_from(&self.category_ids);
        fresh.by_category = self.by_category.iter().map(bitmap).collect();
        fresh.shown = bitmap(&self.shown);
        fresh.names = Arc::clone(&self.names);
        let mut kept = Vec::new();
        for (word, at) in &self.word_ordinals {
            let Some(found) = self.words.get(*at as usize).map(|old| old.renumbered(&new)) else { continue };
            if !found.is_empty() {
                let at = fresh.words.len() as u32;
                fresh.words.push(found);
                fresh.word_ordinals.insert(word.clone(), at);
                kept.push((word.clone(), at));
                for stem in fresh.stems.of(word) {
                    fresh.by_stem.entry(stem.into()).or_default().push(at);
                }
            }
        }
        fresh.dictionary = Dictionary::new(kept);
        fresh.shrink();
        fresh
    }
}

impl Index {
    /// Frees memory that was reserved for more products.
    pub(super) fn shrink(&mut self) {
        for word in &mut self.words {
            for posting in [&mut word.name, &mut word.tag, &mut word.text] {
                posting.shrink();
            }
        }
        self.by_value.iter_mut().for_each(Posting::shrink);
        self.by_stem.values_mut().for_each(Posting::shrink);
        for set in self.by_store.iter_mut().chain(&mut self.by_category).chain([&mut self.alive, &mut self.shown]) {
            shrink(set);
        }
        self.rows.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.values.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self.variants.shrink_to_fit();
    }
}

impl Word {
    fn renumbered(&self, new: &impl Fn(u32) -> Option<u32>) -> Self {
        Self { name: self.name.renumbered(new), tag: self.tag.renumbered(new), text: self.text.renumbered(new) }
    }

    fn is_empty(&self) -> bool {
        self.name.is_empty() && self.tag.is_empty() && self.text.is_empty()
    }
}

/// Copies a part of a list to the end of another one, and returns its start there.
fn moved<T: Copy>(old: &[T], new: &mut Vec<T>, part: Range<usize>) -> u32 {
    Part::of(new, old.get(part).unwrap_or_default().iter().copied()).start
}
