//! Categories and stores whose names begin with what was typed.

use super::index::Index;
use super::name::Owner;
use super::query::Suggested;
use super::text::query_words;
use std::collections::HashMap;

impl Index {
    /// Categories and stores whose names have all words of a text, the last one as a beginning; at most `limit` of each.
    pub(super) fn suggest(&self, text: &str, limit: usize) -> Suggested {
        let words = query_words(text, &self.stems);
        let mut hits: HashMap<(bool, u32), usize> = HashMap::new();
        for (at, word) in words.iter().enumerate() {
            let mut add = |number: u32| {
                for owner in self.names.owners(number) {
                    let key = match owner {
                        Owner::Store(store) => (true, *store),
                        Owner::Category(category) => (false, *category),
                        Owner::Value(_) => continue,
                    };
                    let count = hits.entry(key).or_default();
                    // Only names with all earlier words, each counted once.
                    if *count == at {
                        *count += 1;
                    }
                }
            };
            if word.is_prefix {
                self.names.dictionary.beginning(&word.text, add);
            } else if let Some(number) = self.names.word(&word.text) {
                add(number);
            }
        }
        let all = |is_store: bool| {
            let found = hits.iter().filter(|((store, _), count)| *store == is_store && **count == words.len());
            let mut found: Vec<_> = found
                .filter_map(|((_, ordinal), _)| {
                    let (id, products) = if is_store {
                        let products = self.by_store.get(*ordinal as usize)?.intersection_len(&self.shown);
                        (*self.store_ids.get(*ordinal as usize)?, products)
                    } else {
                        (*self.category_ids.get(*ordinal as usize)?, self.in_category(*ordinal).intersection_len(&self.shown))
                    };
                    (products > 0).then_some((std::cmp::Reverse(products), id))
                })
                .collect();
            found.sort_unstable();
            found.into_iter().take(limit).map(|(_, id)| id).collect()
        };
        Suggested { categories: all(false), stores: all(true) }
    }
}
