//! What variants are made of, stored once for all that are alike, and the ordinals of products by their IDs.

use super::row::Part;
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};
use uuid::Uuid;

/// Values and numbers that a variant has beside those of its product. Many variants have the same, such as a color and a size.
#[derive(Debug, Default)]
pub(super) struct Combinations {
    values: Vec<u32>,
    numbers: Vec<(u32, i64)>,
    all: Vec<(Part, Part)>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Combinations {
    /// The number of a combination, which is added if it is new.
    pub(super) fn of(&mut self, values: &[u32], numbers: &[(u32, i64)]) -> u32 {
        let hash = self.hasher.hash_one((values, numbers));
        let is_same = |at: &u32| self.values(*at) == values && self.numbers(*at) == numbers;
        if let Some(at) = self.table.find(hash, is_same) {
            return *at;
        }
        let at = self.all.len() as u32;
        let values = Part::of(&mut self.values, values.iter().copied());
        self.all.push((values, Part::of(&mut self.numbers, numbers.iter().copied())));
        let Self { values, numbers, all, table, hasher } = self;
        table.insert_unique(hash, at, |at| {
            let (of_values, of_numbers) = all.get(*at as usize).copied().unwrap_or_default();
            hasher.hash_one((of_values.of_list(values), of_numbers.of_list(numbers)))
        });
        at
    }

    /// Ordinals of values.
    pub(super) fn values(&self, at: u32) -> &[u32] {
        self.all.get(at as usize).map_or(&[], |(values, _)| values.of_list(&self.values))
    }

    /// Numbers by the ordinals of attributes.
    pub(super) fn numbers(&self, at: u32) -> &[(u32, i64)] {
        self.all.get(at as usize).map_or(&[], |(_, numbers)| numbers.of_list(&self.numbers))
    }
}

/// The newest ordinal of each product. The IDs are those of the rows and not stored again.
#[derive(Debug, Default)]
pub(super) struct Ordinals {
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Ordinals {
    pub(super) fn get(&self, ids: &[Uuid], id: Uuid) -> Option<u32> {
        self.table.find(self.hasher.hash_one(id), |ordinal| ids.get(*ordinal as usize) == Some(&id)).copied()
    }

    /// Adds a product that has no ordinal.
    pub(super) fn insert(&mut self, ids: &[Uuid], id: Uuid, ordinal: u32) {
        let hasher = &self.hasher;
        let hash_of = |ordinal: &u32| hasher.hash_one(ids.get(*ordinal as usize).copied().unwrap_or_default());
        self.table.insert_unique(hasher.hash_one(id), ordinal, hash_of);
    }

    pub(super) fn remove(&mut self, ids: &[Uuid], id: Uuid) -> Option<u32> {
        let found = self.table.find_entry(self.hasher.hash_one(id), |ordinal| ids.get(*ordinal as usize) == Some(&id));
        found.ok().map(|entry| entry.remove().0)
    }
}
