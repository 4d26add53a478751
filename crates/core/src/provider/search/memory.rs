//! The index behind its lock: queries read it side by side, and one writer keeps it up to date.

use super::document::Attribute;
use super::engine::{SearchEngine, Size, Totals, Update};
use super::index::Index;
use super::query::{Answer, Query, RelatedTo, Suggested};
use super::synonym::Synonyms;
use super::token::Language;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// Changes that are written while queries wait; more are divided.
const AT_ONCE: usize = 50;

/// An index in memory.
#[derive(Debug)]
pub struct MemoryIndex(RwLock<State>);

#[derive(Debug)]
struct State {
    index: Index,
    synonyms: Synonyms,
}

impl MemoryIndex {
    /// Without products.
    pub fn new(languages: &[Language]) -> Self {
        Self(RwLock::new(State { index: Index::new(languages), synonyms: Synonyms::default() }))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the dictionary and the rows anew if it is worth it, while queries go on.
    fn tidy(&self) {
        let dictionary = self.read().index.new_dictionary();
        if let Some(dictionary) = dictionary {
            self.write().index.dictionary = dictionary;
        }
        let compacted = {
            let state = self.read();
            state.index.is_sparse().then(|| state.index.compacted())
        };
        if let Some(compacted) = compacted {
            let old = std::mem::replace(&mut self.write().index, compacted);
            // Freed without the lock.
            drop(old);
        }
    }
}

impl SearchEngine for MemoryIndex {
    fn search(&self, query: &Query) -> Answer {
        let state = self.read();
        state.index.search(query, &state.synonyms)
    }

    fn suggest(&self, text: &str, limit: usize) -> Suggested {
        self.read().index.suggest(text, limit)
    }

    fn related(&self, to: &RelatedTo) -> Vec<Uuid> {
        self.read().index.related(to)
    }

    fn attributes(&self) -> Vec<Attribute> {
        self.read().index.names.attributes.clone()
    }

    fn highlight(&self, query: &Query, text: &str) -> Vec<Range<usize>> {
        let state = self.read();
        state.index.highlight(query, &state.synonyms, text)
    }

    fn apply(&self, updates: Vec<Update>) {
        let mut updates = updates.into_iter().peekable();
        let mut has_new_names = false;
        while updates.peek().is_some() {
            let mut state = self.write();
            for update in updates.by_ref().take(AT_ONCE) {
                has_new_names |= state.apply(update);
            }
            if has_new_names && updates.peek().is_none() {
                state.index.index_names();
            }
        }
        self.tidy();
    }

    fn shrink(&self) {
        self.write().index.shrink();
    }

    fn size(&self) -> Size {
        let state = self.read();
        let index = &state.index;
        Size { products: index.len(), shown: index.shown.len(), words: index.words.len() as u64 }
    }

    fn totals(&self) -> Totals {
        self.read().index.totals(&HashSet::new())
    }

    fn totals_without(&self, products: &HashSet<Uuid>) -> Totals {
        self.read().index.totals(products)
    }

    fn languages(&self) -> Vec<Language> {
        self.read().index.stems.languages()
    }

    fn emptied(&self, languages: &[Language]) -> Arc<dyn SearchEngine> {
        Arc::new(Self::new(languages))
    }
}

impl State {
    /// Returns whether names changed.
    fn apply(&mut self, update: Update) -> bool {
        match update {
            Update::Put(document) => self.index.put(&document),
            Update::Remove(id) => self.index.remove(id),
            Update::Store(store) => return self.index.set_stores([Ok(store)]),
            Update::RemoveStore(id) => return self.index.set_stores([Err(id)]),
            Update::Categories(categories) => {
                self.index.set_categories(categories);
                return true;
            }
            Update::Attributes(attributes) => {
                self.index.set_attributes(attributes);
                return true;
            }
            Update::Synonyms(synonyms) => self.synonyms = synonyms,
        }
        false
    }
}

#[cfg(test)]
impl MemoryIndex {
    /// The same index, compacted.
    pub(super) fn compacted(&self) -> Self {
        let state = self.read();
        let (index, synonyms) = (state.index.compacted(), state.synonyms.clone());
        Self(RwLock::new(State { index, synonyms }))
    }
}
