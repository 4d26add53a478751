//! Names that many products share: of stores, categories and values of attributes. They are not posted with each product, so that a new
//! name costs nothing.

use super::dictionary::Dictionary;
use super::document::{Attribute, AttributeKind, Category, Store};
use super::token::{Stems, tokens};
use std::collections::HashMap;
use std::sync::Arc;

/// No parent, store, category or attribute.
pub(super) const NONE: u32 = u32::MAX;
/// Maximum depth of the tree of categories that is followed.
const MAX_DEPTH: usize = 64;

/// What a word is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Store(u32),
    Category(u32),
    Value(u32),
}

/// A category by its ordinal.
#[derive(Clone, Debug)]
pub(super) struct CategoryName {
    pub(super) row: Category,
    pub(super) parent: u32,
    /// Whether it and all above it are active.
    pub(super) is_shown: bool,
}

/// Where a value belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValuePlace {
    /// Place of its attribute among all.
    pub(super) attribute: u32,
    /// Place of the choice among those of the attribute; 0 for no, 1 for yes.
    pub(super) choice: u32,
    /// Its place among the choices of the attribute by name and slug.
    pub(super) rank: u32,
}

/// The names, by ordinals of the index.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) stores: Vec<Option<Store>>,
    /// Places of the stores by name and slug.
    pub(super) store_ranks: Vec<u32>,
    pub(super) categories: Vec<Option<CategoryName>>,
    pub(super) children: Vec<Vec<u32>>,
    /// Categories without a parent.
    pub(super) roots: Vec<u32>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) attribute_places: HashMap<u32, u32>,
    pub(super) values: Vec<Option<ValuePlace>>,
    words: HashMap<Box<str>, u32>,
    by_stem: HashMap<Box<str>, Vec<u32>>,
    owners: Vec<Vec<Owner>>,
    pub(super) dictionary: Arc<Dictionary>,
}

impl Names {
    pub(super) fn is_open(&self, store: u32) -> bool {
        self.store(store).is_some_and(|row| row.is_open)
    }

    pub(super) fn store(&self, store: u32) -> Option<&Store> {
        self.stores.get(store as usize)?.as_ref()
    }

    pub(super) fn category(&self, category: u32) -> Option<&CategoryName> {
        self.categories.get(category as usize)?.as_ref()
    }

    /// The categories below one, or those at the top, in their order, hidden ones as well.
    pub(super) fn children(&self, category: Option<u32>) -> &[u32] {
        match category {
            None => &self.roots,
            Some(category) => self.children.get(category as usize).map_or(&[], Vec::as_slice),
        }
    }

    /// A category and all below it, hidden ones as well.
    pub(super) fn subtree(&self, category: u32) -> Vec<u32> {
        let mut all = vec![category];
        let mut at = 0;
        while let Some(next) = all.get(at).copied() {
            all.extend(self.children(Some(next)));
            at += 1;
            // A cycle can't be stored; it would end here.
            if all.len() > self.categories.len() + 1 {
                break;
            }
        }
        all
    }

    /// Where a value belongs; absent for tags, options, and values of attributes that are gone.
    pub(super) fn value(&self, value: u32) -> Option<ValuePlace> {
        *self.values.get(value as usize)?
    }

    /// The number of a word of the names.
    pub(super) fn word(&self, word: &str) -> Option<u32> {
        self.words.get(word).copied()
    }

    /// The numbers of the words of a stem.
    pub(super) fn of_stem(&self, stem: &str) -> &[u32] {
        self.by_stem.get(stem).map_or(&[], Vec::as_slice)
    }

    /// What a word is part of the name of.
    pub(super) fn owners(&self, word: u32) -> &[Owner] {
        self.owners.get(word as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn index_words(&mut self, stems: &Stems) {
        self.store_ranks = ranks(&self.stores, |store| store.as_ref().map(|row| (&*row.name, &*row.slug)));
        let mut found: HashMap<String, Vec<Owner>> = HashMap::new();
        let mut add = |name: &str, owner: Owner| {
            for token in tokens(name) {
                let owners = found.entry(token.text).or_default();
                if owners.last() != Some(&owner) {
                    owners.push(owner);
                }
            }
        };
        for (store, row) in (0..).zip(&self.stores) {
            if let Some(row) = row.as_ref().filter(|row| row.is_open) {
                add(&row.name, Owner::Store(store));
            }
        }
        for (category, found) in (0..).zip(&self.categories) {
            if let Some(found) = found.as_ref().filter(|found| found.is_shown) {
                add(&found.row.name, Owner::Category(category));
            }
        }
        for (value, place) in (0..).zip(&self.values) {
            let Some(place) = place else { continue };
            if let Some(AttributeKind::Choices(choices)) = self.attributes.get(place.attribute as usize).map(|row| &row.kind)
                && let Some(choice) = choices.get(place.choice as usize)
            {
                add(&choice.name, Owner::Value(value));
            }
        }
        self.words.clear();
        self.by_stem.clear();
        self.owners.clear();
        for (word, owners) in found {
            let at = self.owners.len() as u32;
            for stem in stems.of(&word) {
                self.by_stem.entry(stem.into()).or_default().push(at);
            }
            self.words.insert(word.into(), at);
            self.owners.push(owners);
        }
        let words = self.words.iter().map(|(word, at)| (word.clone(), *at)).collect();
        self.dictionary = Arc::new(Dictionary::new(words));
    }
}

/// The place of each item in the order of a key.
pub(super) fn ranks<'a, T, K: Ord>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<u32> {
    let mut order: Vec<(K, u32)> = items.iter().map(key).zip(0..).collect();
    order.sort_unstable();
    let mut ranks = vec![0; items.len()];
    for (rank, (_, at)) in (0..).zip(order) {
        if let Some(place) = ranks.get_mut(at as usize) {
            *place = rank;
        }
    }
    ranks
}

/// Whether a category and all above it are active.
pub(super) fn is_shown(categories: &[Option<CategoryName>], mut category: u32) -> bool {
    for _ in 0..MAX_DEPTH {
        let Some(Some(found)) = categories.get(category as usize) else { return false };
        if !found.row.is_active {
            return false;
        }
        if found.parent == NONE {
            return true;
        }
        category = found.parent;
    }
    false
}
