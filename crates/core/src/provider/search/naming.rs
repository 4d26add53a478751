//! Takes names and switches of stores, categories and attributes into the index.

use super::document::{Attribute, AttributeKind, Category, Store, Value};
use super::index::Index;
use super::name::{CategoryName, NONE, ValuePlace, is_shown, ranks};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

impl Index {
    /// Takes stores as they are now; `Err` has the ID of one that is gone. The words of the names follow with [`Self::index_names`].
    /// Returns whether any name or switch changed.
    pub(super) fn set_stores(&mut self, stores: impl IntoIterator<Item = Result<Store, Uuid>>) -> bool {
        let mut is_changed = false;
        for found in stores {
            let id = found.as_ref().map_or_else(|id| *id, |store| store.id);
            let store = self.store_ordinal(id);
            let at = store as usize;
            let names = Arc::make_mut(&mut self.names);
            if names.stores.len() <= at {
                names.stores.resize(at + 1, None);
            }
            let Some(place) = names.stores.get_mut(at) else { continue };
            let row = found.ok();
            if *place == row {
                continue;
            }
            *place = row;
            is_changed = true;
            self.show_store(store);
        }
        is_changed
    }

    /// Takes all categories as they are now.
    pub(super) fn set_categories(&mut self, categories: Vec<Category>) {
        let ordinals: Vec<u32> = categories.iter().map(|row| self.category_ordinal(row.id)).collect();
        let parents: Vec<u32> =
            categories.iter().map(|row| row.parent.map_or(NONE, |parent| self.category_ordinal(parent))).collect();
        let count = self.category_ids.len();
        let names = Arc::make_mut(&mut self.names);
        names.categories = vec![None; count];
        for ((row, ordinal), parent) in categories.into_iter().zip(&ordinals).zip(&parents) {
            if let Some(place) = names.categories.get_mut(*ordinal as usize) {
                *place = Some(CategoryName { is_shown: row.is_active, row, parent: *parent });
            }
        }
        for category in &ordinals {
            let is_shown = is_shown(&names.categories, *category);
            if let Some(Some(found)) = names.categories.get_mut(*category as usize) {
                found.is_shown = is_shown;
            }
        }
        let mut order = ordinals;
        order.sort_by_cached_key(|category| {
            names.category(*category).map(|found| (found.row.position, found.row.name.clone(), found.row.id))
        });
        names.children = vec![Vec::new(); count];
        names.roots.clear();
        for category in order {
            let Some(parent) = names.category(category).map(|found| found.parent) else { continue };
            match names.children.get_mut(parent as usize) {
                Some(children) => children.push(category),
                None => names.roots.push(category),
            }
        }
    }

    /// Takes all attributes as they are now.
    pub(super) fn set_attributes(&mut self, attributes: Vec<Attribute>) {
        let mut places = HashMap::new();
        let mut values = Vec::new();
        for (at, attribute) in (0..).zip(&attributes) {
            places.insert(self.attribute_ordinal(attribute.id), at);
            match &attribute.kind {
                AttributeKind::Choices(choices) => {
                    let ranks = ranks(choices, |row| (&*row.name, &*row.slug));
                    for ((choice, row), rank) in (0..).zip(choices).zip(ranks) {
                        values.push((self.value_ordinal(&Value::Choice(row.id)), ValuePlace { attribute: at, choice, rank }));
                    }
                }
                AttributeKind::Flag => {
                    for is_set in [false, true] {
                        let value = self.value_ordinal(&Value::Flag(attribute.id, is_set));
                        let choice = u32::from(is_set);
                        values.push((value, ValuePlace { attribute: at, choice, rank: choice }));
                    }
                }
                AttributeKind::Number | AttributeKind::Date | AttributeKind::Text => {}
            }
        }
        // Values of no attribute, such as tags, have no place; most of them have higher ordinals.
        let count = values.iter().map(|(value, _)| *value as usize + 1).max().unwrap_or(0);
        let names = Arc::make_mut(&mut self.names);
        names.values = vec![None; count];
        for (value, place) in values {
            if let Some(found) = names.values.get_mut(value as usize) {
                *found = Some(place);
            }
        }
        names.attributes = attributes;
        names.attribute_places = places;
    }

    /// Makes the words of the names anew, after some changed.
    pub(super) fn index_names(&mut self) {
        Arc::make_mut(&mut self.names).index_words(&self.stems);
    }
}
