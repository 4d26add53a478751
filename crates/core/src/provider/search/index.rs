//! The index: rows, columns and sets of ordinals.
//!
//! A product whose texts or values change gets a new row, and the old one is no longer alive; prices, stock, sales and ratings change in
//! place. So sets only grow, at their end, until [`Index::compacted`] renumbers the rows that are alive.

use super::dictionary::Dictionary;
use super::document::{Document, Value};
use super::engine::Totals;
use super::lists::{Combinations, Ordinals};
use super::name::{NONE, Names};
use super::posting::Posting;
use super::row::{BESTSELLER, Cell, DIGITAL, FEATURED, IN_STOCK, Lists, NEW_ARRIVAL, ON_SALE, Part, Row, price_summary};
use super::token::{Language, Stems, compounds, tokens};
use roaring::RoaringBitmap;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use uuid::Uuid;

/// The products with a word, by the text that has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) name: Posting,
    pub(super) tag: Posting,
    pub(super) text: Posting,
}

/// Texts of a product.
#[derive(Clone, Copy)]
enum Field {
    Name,
    Tag,
    Text,
}

/// Products in memory.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) ids: Vec<Uuid>,
    pub(super) ordinals: Ordinals,
    /// The newest row of each product.
    pub(super) alive: RoaringBitmap,
    pub(super) rows: Vec<Row>,
    pub(super) sales: Vec<i64>,
    pub(super) views: Vec<i64>,
    pub(super) rating: Vec<i16>,
    pub(super) min_price: Vec<i64>,
    pub(super) created_at: Vec<i64>,
    pub(super) published_at: Vec<i64>,
    /// Ordinals of values.
    pub(super) values: Vec<u32>,
    pub(super) combinations: Combinations,
    /// Ordinals of attributes with numbers.
    pub(super) numbers: Vec<(u32, i64)>,
    pub(super) variants: Vec<Cell>,
    pub(super) value_ordinals: HashMap<Value, u32>,
    pub(super) by_value: Vec<Posting>,
    pub(super) attribute_ordinals: HashMap<Uuid, u32>,
    pub(super) store_ordinals: HashMap<Uuid, u32>,
    pub(super) store_ids: Vec<Uuid>,
    pub(super) by_store: Vec<RoaringBitmap>,
    pub(super) category_ordinals: HashMap<Uuid, u32>,
    pub(super) category_ids: Vec<Uuid>,
    pub(super) by_category: Vec<RoaringBitmap>,
    pub(super) word_ordinals: HashMap<Box<str>, u32>,
    pub(super) words: Vec<Word>,
    /// The words, without stems.
    pub(super) dictionary: Dictionary,
    /// The words of each stem.
    pub(super) by_stem: HashMap<Box<str>, Posting>,
    pub(super) stems: Stems,
    /// Names and switches of stores, categories and attributes.
    pub(super) names: Arc<Names>,
    /// Rows of open stores that are alive.
    pub(super) shown: RoaringBitmap,
}

impl Index {
    /// Without products.
    pub(super) fn new(languages: &[Language]) -> Self {
        Self {
            ids: Vec::new(),
            ordinals: Ordinals::default(),
            alive: RoaringBitmap::new(),
            rows: Vec::new(),
            sales: Vec::new(),
            views: Vec::new(),
            rating: Vec::new(),
            min_price: Vec::new(),
            created_at: Vec::new(),
            published_at: Vec::new(),
            values: Vec::new(),
            combinations: Combinations::default(),
            numbers: Vec::new(),
            variants: Vec::new(),
            value_ordinals: HashMap::new(),
            by_value: Vec::new(),
            attribute_ordinals: HashMap::new(),
            store_ordinals: HashMap::new(),
            store_ids: Vec::new(),
            by_store: Vec::new(),
            category_ordinals: HashMap::new(),
            category_ids: Vec::new(),
            by_category: Vec::new(),
            word_ordinals: HashMap::new(),
            words: Vec::new(),
            dictionary: Dictionary::default(),
            by_stem: HashMap::new(),
            stems: Stems::new(languages),
            names: Arc::default(),
            shown: RoaringBitmap::new(),
        }
    }

    /// Number of products, of open stores and closed ones.
    pub(super) fn len(&self) -> u64 {
        self.alive.len()
    }

    /// Sums over the shown products but these.
    pub(super) fn totals(&self, without: &HashSet<Uuid>) -> Totals {
        let mut totals = Totals::default();
        for at in self.shown.iter().map(|ordinal| ordinal as usize) {
            if !without.is_empty() && self.ids.get(at).is_some_and(|id| without.contains(id)) {
                continue;
            }
            totals.products += 1;
            totals.min_price = totals.min_price.saturating_add(self.min_price.get(at).copied().unwrap_or(0));
            totals.in_stock += i64::from(self.rows.get(at).is_some_and(|row| row.flags & IN_STOCK != 0));
            totals.sales = totals.sales.saturating_add(self.sales.get(at).copied().unwrap_or(0));
        }
        totals
    }

    /// Adds a product, or replaces it.
    pub(super) fn put(&mut self, document: &Document) {
        let hash = fixed_hash(document);
        if let Some(ordinal) = self.ordinals.get(&self.ids, document.id) {
            let at = ordinal as usize;
            if self.rows.get(at).is_some_and(|row| row.hash == hash && row.variants().len() == document.variants.len()) {
                self.set_columns(at, document);
                return;
            }
        }
        self.remove(document.id);
        let ordinal = self.rows.len() as u32;
        let store = self.store_ordinal(document.store);
        let category = document.category.map_or(NONE, |id| self.category_ordinal(id));
        let mut all: Vec<u32> = Vec::new();
        for value in &document.values {
            let value = self.value_ordinal(value);
            if !all.contains(&value) {
                all.push(value);
            }
        }
        let own_values = all.len();
        let mut cells = Vec::with_capacity(document.variants.len());
        for variant in &document.variants {
            let mut values: Vec<u32> = variant.values.iter().map(|value| self.value_ordinal(value)).collect();
            values.sort_unstable();
            for value in &values {
                if !all.contains(value) {
                    all.push(*value);
                }
            }
            let numbers: Vec<_> = variant.numbers.iter().map(|(id, number)| (self.attribute_ordinal(*id), *number)).collect();
            cells.push(Cell { price: 0, combination: self.combinations.of(&values, &numbers), flags: 0 });
        }
        for value in &all {
            if let Some(set) = self.by_value.get_mut(*value as usize) {
                set.push(ordinal);
            }
        }
        let numbers: Vec<_> = document.numbers.iter().map(|(id, number)| (self.attribute_ordinal(*id), *number)).collect();
        let lists = Lists {
            values: Part::of(&mut self.values, all),
            own_values,
            numbers: Part::of(&mut self.numbers, numbers),
            variants: Part::of(&mut self.variants, cells),
        };
        self.rows.push(Row::new(store, category, hash, lists));
        self.ids.push(document.id);
        self.ordinals.insert(&self.ids, document.id, ordinal);
        for column in [&mut self.sales, &mut self.views, &mut self.min_price, &mut self.created_at, &mut self.published_at] {
            column.push(0);
        }
        self.rating.push(0);
        self.set_columns(ordinal as usize, document);
        if let Some(set) = self.by_store.get_mut(store as usize) {
            set.insert(ordinal);
        }
        if let Some(set) = self.by_category.get_mut(category as usize) {
            set.insert(ordinal);
        }
        self.post(ordinal, document);
        self.alive.insert(ordinal);
        if self.names.is_open(store) {
            self.shown.insert(ordinal);
        }
    }

    /// Takes a product out.
    pub(super) fn remove(&mut self, id: Uuid) {
        if let Some(ordinal) = self.ordinals.remove(&self.ids, id) {
            self.alive.remove(ordinal);
            self.shown.remove(ordinal);
        }
    }

    /// Writes what changes in place.
    fn set_columns(&mut self, at: usize, document: &Document) {
        let Some(row) = self.rows.get_mut(at) else { return };
        let flags_of_product = [
            (document.is_digital, DIGITAL),
            (document.is_featured, FEATURED),
            (document.is_bestseller, BESTSELLER),
            (document.is_new_arrival, NEW_ARRIVAL),
        ];
        let mut flags = flags_of_product.into_iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, flag)| all | flag);
        let cells = self.variants.get_mut(row.variants()).unwrap_or_default();
        for (cell, variant) in cells.iter_mut().zip(&document.variants) {
            cell.price = variant.price;
            cell.flags = if variant.is_in_stock { IN_STOCK } else { 0 } | if variant.is_on_sale { ON_SALE } else { 0 };
            flags |= cell.flags;
        }
        row.flags = flags;
        (row.min_price, row.max_price, row.price_bands) = price_summary(cells.iter().map(|cell| cell.price));
        row.rating = i16::try_from(document.rating).unwrap_or(i16::MAX);
        let columns = [
            (&mut self.sales, document.sales),
            (&mut self.views, document.views),
            (&mut self.min_price, document.min_price),
            (&mut self.created_at, document.created_at),
            (&mut self.published_at, document.published_at.unwrap_or(i64::MIN)),
        ];
        for (column, value) in columns {
            if let Some(place) = column.get_mut(at) {
                *place = value;
            }
        }
        if let Some(place) = self.rating.get_mut(at) {
            *place = row.rating;
        }
    }

    fn post(&mut self, ordinal: u32, document: &Document) {
        let name = tokens(&document.name);
        let joined: Vec<_> = compounds(&name).map(|(_, word)| word).collect();
        for token in &name {
            self.post_word(&token.text, ordinal, Field::Name);
        }
        for word in joined {
            self.post_word(&word, ordinal, Field::Tag);
        }
        for tag in &document.tags {
            for token in tokens(tag) {
                self.post_word(&token.text, ordinal, Field::Tag);
            }
        }
        for token in tokens(&document.description) {
            self.post_word(&token.text, ordinal, Field::Text);
        }
    }

    fn post_word(&mut self, word: &str, ordinal: u32, field: Field) {
        let at = match self.word_ordinals.get(word) {
            Some(at) => *at,
            None => {
                let at = self.words.len() as u32;
                self.word_ordinals.insert(word.into(), at);
                self.words.push(Word::default());
                self.dictionary.add(word, at);
                for stem in self.stems.of(word) {
                    self.by_stem.entry(stem.into()).or_default().push(at);
                }
                at
            }
        };
        if let Some(found) = self.words.get_mut(at as usize) {
            found.push(ordinal, field);
        }
    }

    /// The number of a word.
    pub(super) fn word(&self, word: &str) -> Option<u32> {
        self.word_ordinals.get(word).copied()
    }

    /// The numbers of the words of a stem.
    pub(super) fn of_stem(&self, stem: &str) -> impl Iterator<Item = u32> {
        self.by_stem.get(stem).into_iter().flat_map(Posting::iter)
    }

    pub(super) fn ordinal(&self, id: Uuid) -> Option<u32> {
        self.ordinals.get(&self.ids, id)
    }

    pub(super) fn value(&self, value: &Value) -> Option<u32> {
        self.value_ordinals.get(value).copied()
    }

    pub(super) fn attribute(&self, id: Uuid) -> Option<u32> {
        self.attribute_ordinals.get(&id).copied()
    }

    pub(super) fn store(&self, id: Uuid) -> Option<u32> {
        self.store_ordinals.get(&id).copied()
    }

    pub(super) fn category(&self, id: Uuid) -> Option<u32> {
        self.category_ordinals.get(&id).copied()
    }

    pub(super) fn value_ordinal(&mut self, value: &Value) -> u32 {
        if let Some(found) = self.value_ordinals.get(value) {
            return *found;
        }
        let ordinal = self.by_value.len() as u32;
        self.value_ordinals.insert(value.clone(), ordinal);
        self.by_value.push(Posting::None);
        ordinal
    }

    pub(super) fn attribute_ordinal(&mut self, id: Uuid) -> u32 {
        let next = self.attribute_ordinals.len() as u32;
        *self.attribute_ordinals.entry(id).or_insert(next)
    }

    pub(super) fn store_ordinal(&mut self, id: Uuid) -> u32 {
        if let Some(found) = self.store_ordinals.get(&id) {
            return *found;
        }
        let ordinal = self.store_ids.len() as u32;
        self.store_ordinals.insert(id, ordinal);
        self.store_ids.push(id);
        self.by_store.push(RoaringBitmap::new());
        ordinal
    }

    pub(super) fn category_ordinal(&mut self, id: Uuid) -> u32 {
        if let Some(found) = self.category_ordinals.get(&id) {
            return *found;
        }
        let ordinal = self.category_ids.len() as u32;
        self.category_ordinals.insert(id, ordinal);
        self.category_ids.push(id);
        self.by_category.push(RoaringBitmap::new());
        ordinal
    }

    /// Shows or hides the products of a store.
    pub(super) fn show_store(&mut self, store: u32) {
        let Some(products) = self.by_store.get(store as usize) else { return };
        if self.names.is_open(store) {
            self.shown |= products & &self.alive;
        } else {
            self.shown -= products;
        }
    }

    /// The dictionary with all words, if it should be made anew.
    pub(super) fn new_dictionary(&self) -> Option<Dictionary> {
        let all = || self.word_ordinals.iter().map(|(word, at)| (word.clone(), *at)).collect();
        self.dictionary.is_stale().then(|| Dictionary::new(all()))
    }
}

impl Word {
    /// Adds a product.
    fn push(&mut self, ordinal: u32, field: Field) {
        match field {
            Field::Name => self.name.push(ordinal),
            Field::Tag => self.tag.push(ordinal),
            Field::Text => self.text.push(ordinal),
        }
    }
}

/// Hash of everything that is not changed in place.
fn fixed_hash(document: &Document) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Document { id: _, store, category, name, tags, description, values, numbers, variants, .. } = document;
    (store, category, name, tags, description, values, numbers).hash(&mut hasher);
    for variant in variants {
        (&variant.values, &variant.numbers).hash(&mut hasher);
    }
    hasher.finish()
}
