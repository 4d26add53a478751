//! Synonyms.

use super::token::tokens;
use std::collections::HashMap;

/// Words that stand for others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms(HashMap<String, Vec<String>>);

impl Synonyms {
    /// From groups of words and whether only the first stands for the others.
    pub fn new(groups: impl IntoIterator<Item = (Vec<String>, bool)>) -> Self {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for (words, is_one_way) in groups {
            let words: Vec<String> =
                words.iter().filter_map(|word| tokens(word).into_iter().next().map(|token| token.text)).collect();
            for (at, word) in words.iter().enumerate().take(if is_one_way { 1 } else { words.len() }) {
                let others = words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other.clone());
                all.entry(word.clone()).or_default().extend(others);
            }
        }
        Self(all)
    }

    /// The words that are searched beside a word.
    pub fn of(&self, word: &str) -> &[String] {
        self.0.get(word).map_or(&[], Vec::as_slice)
    }
}
