//! Which products match the words of a query, and how well.
//!
//! Each word has six sets of products, by how far they are from it: 0 the word is in the name; 1 it is in a tag or in the name of the
//! store, the category or a value, or another form or a synonym of it is; 2 it is a beginning; 3 one typo; 4 in the description; 5 two
//! typos. The cost of a product is the sum over all words.

use super::index::{Index, Word};
use super::name::Owner;
use super::posting::Union;
use super::synonym::Synonyms;
use super::token::{Stems, max_typos, tokens};
use roaring::RoaringBitmap;
use std::collections::HashMap;

/// Maximum number of characters of a query that are read.
pub const MAX_QUERY_LENGTH: usize = 200;
/// Maximum number of words of a query; the others are ignored.
pub const MAX_WORDS: usize = 8;
/// Number of classes of a word.
const CLASSES: usize = 6;
/// Up to this number of products the cost of each is computed by itself; tests take both ways.
const FEW: u64 = if cfg!(test) { 5 } else { 2_000 };

/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// The folded word.
    pub text: String,
    /// Whether longer words match, as the person may not have finished it.
    pub is_prefix: bool,
    /// The word written as one with a neighbor, and whether that is a prefix.
    pub joined: Vec<(String, bool)>,
}

/// The words of a query, at most [`MAX_WORDS`]. Stop words are left out if there are others.
pub fn query_words(text: &str, stems: &Stems) -> Vec<QueryWord> {
    let text: String = text.chars().take(MAX_QUERY_LENGTH).collect();
    let length = text.chars().count();
    let mut found = tokens(&text);
    // A single character of a script without spaces matters only alone.
    let pairs: Vec<_> =
        found.iter().filter(|token| token.is_unsegmented && token.end - token.start == 2).map(|token| token.start).collect();
    let is_covered = |start: usize| pairs.contains(&start) || start.checked_sub(1).is_some_and(|before| pairs.contains(&before));
    found.retain(|token| !(token.is_unsegmented && token.end - token.start == 1 && is_covered(token.start)));
    if found.iter().any(|token| !stems.is_stop_word(&token.text)) {
        found.retain(|token| !stems.is_stop_word(&token.text));
    }
    found.truncate(MAX_WORDS);
    let mut words: Vec<QueryWord> = found
        .iter()
        .map(|token| QueryWord { text: token.text.clone(), is_prefix: token.end == length, joined: Vec::new() })
        .collect();
    for (at, pair) in found.windows(2).enumerate() {
        if let [first, second] = pair
            && !first.is_unsegmented
            && !second.is_unsegmented
        {
            let joined = (format!("{}{}", first.text, second.text), second.end == length);
            for word in words.iter_mut().skip(at).take(2) {
                word.joined.push(joined.clone());
            }
        }
    }
    words
}

/// The sets of a word by class, without those that add nothing; each holds the ones before it.
#[derive(Debug)]
struct Classes(Vec<(u16, RoaringBitmap)>);

/// The products that match the words, and how well.
#[derive(Debug)]
pub(super) struct Matches {
    words: Vec<Classes>,
    /// The products with all words.
    pub(super) all: RoaringBitmap,
}

impl Matches {
    /// Adds products as if all words were in their names.
    pub(super) fn pin(&mut self, products: &RoaringBitmap) {
        for Classes(sets) in &mut self.words {
            if sets.first().is_none_or(|(class, _)| *class > 0) {
                sets.insert(0, (0, RoaringBitmap::new()));
            }
            for (_, set) in sets {
                *set |= products;
            }
        }
        self.all |= products;
    }
}

impl Index {
    /// Finds the products of `base` that match all words.
    pub(super) fn matches(&self, words: &[QueryWord], synonyms: &Synonyms, with_typos: bool, base: &RoaringBitmap) -> Matches {
        let words: Vec<Classes> = words.iter().map(|word| self.classes(word, synonyms, with_typos)).collect();
        let mut all = base.clone();
        for word in &words {
            match word.0.last() {
                Some((_, whole)) => all &= whole,
                None => all.clear(),
            }
        }
        Matches { words, all }
    }

    fn classes(&self, word: &QueryWord, synonyms: &Synonyms, with_typos: bool) -> Classes {
        let mut sets: [Union<'_>; CLASSES] = Default::default();
        let [name, other, prefix, one_typo, text, two_typos] = &mut sets;
        let names = &self.names;
        if let Some(found) = self.word(&word.text).and_then(|at| self.words.get(at as usize)) {
            found.name.add_to(name);
        }
        for form in std::iter::once(&word.text).chain(synonyms.of(&word.text)) {
            let stems = self.stems.of(form);
            let exact = self.word(form).into_iter();
            for found in
                exact.chain(stems.iter().flat_map(|stem| self.of_stem(stem))).filter_map(|at| self.words.get(at as usize))
            {
                found.add_short_to(other);
                found.text.add_to(text);
            }
            let of_stems = stems.iter().flat_map(|stem| names.of_stem(stem)).copied();
            for owner in names.word(form).into_iter().chain(of_stems).flat_map(|at| names.owners(at)) {
                self.add_owned(*owner, other);
            }
        }
        for (joined, is_prefix) in &word.joined {
            if let Some(found) = self.word(joined).and_then(|at| self.words.get(at as usize)) {
                found.add_short_to(other);
            }
            if *is_prefix {
                self.dictionary.beginning(joined, |at| self.add_short(at, prefix));
            }
        }
        if word.is_prefix {
            self.dictionary.beginning(&word.text, |at| {
                self.add_short(at, prefix);
                if let Some(found) = self.words.get(at as usize) {
                    found.text.add_to(text);
                }
            });
            names.dictionary.beginning(&word.text, |at| self.add_all_owned(at, prefix));
        }
        let most = if with_typos { max_typos(&word.text) } else { 0 };
        if most > 0 {
            self.dictionary.similar(&word.text, most, word.is_prefix, |_, typos, at| {
                self.add_short(at, if typos == 1 { &mut *one_typo } else { &mut *two_typos });
            });
            names.dictionary.similar(&word.text, most, word.is_prefix, |_, typos, at| {
                self.add_all_owned(at, if typos == 1 { &mut *one_typo } else { &mut *two_typos });
            });
        }
        let mut all: Vec<(u16, RoaringBitmap)> = Vec::new();
        for (class, set) in (0..).zip(sets) {
            if !set.is_empty() {
                let before = all.last().map(|(_, set)| set.clone()).unwrap_or_default();
                all.push((class, set.with(before)));
            }
        }
        Classes(all)
    }

    fn add_short<'a>(&'a self, word: u32, set: &mut Union<'a>) {
        if let Some(found) = self.words.get(word as usize) {
            found.add_short_to(set);
        }
    }

    fn add_all_owned<'a>(&'a self, word: u32, set: &mut Union<'a>) {
        for owner in self.names.owners(word) {
            self.add_owned(*owner, set);
        }
    }

    /// Adds the products of a store, of a category and all below it, or with a value.
    fn add_owned<'a>(&'a self, owner: Owner, set: &mut Union<'a>) {
        match owner {
            Owner::Store(store) => {
                if let Some(products) = self.by_store.get(store as usize) {
                    set.add(products);
                }
            }
            Owner::Category(category) => self.add_category(category, set),
            Owner::Value(value) => {
                if let Some(products) = self.by_value.get(value as usize) {
                    products.add_to(set);
                }
            }
        }
    }

    fn add_category<'a>(&'a self, category: u32, set: &mut Union<'a>) {
        for below in self.names.subtree(category) {
            if let Some(products) = self.by_category.get(below as usize) {
                set.add(products);
            }
        }
    }

    /// The products of a category and of all below it.
    pub(super) fn in_category(&self, category: u32) -> RoaringBitmap {
        let mut set = Union::default();
        self.add_category(category, &mut set);
        set.with(RoaringBitmap::new())
    }

    /// The shown word most like a misspelled one: the fewest typos, then the most products, then by the alphabet. Absent if the word
    /// itself is found.
    pub(super) fn corrected(&self, word: &QueryWord) -> Option<String> {
        let most = max_typos(&word.text);
        let is_shown = |at: u32| {
            self.words.get(at as usize).is_some_and(|found| found.name.meets(&self.shown) || found.tag.meets(&self.shown))
        };
        let owns = |at: u32| {
            let mut set = Union::default();
            self.add_all_owned(at, &mut set);
            set.with(RoaringBitmap::new()).intersection_len(&self.shown)
        };
        if most == 0 || self.word(&word.text).is_some_and(is_shown) || self.names.word(&word.text).is_some_and(|at| owns(at) > 0)
        {
            return None;
        }
        let mut best: Option<(u8, std::cmp::Reverse<u64>, String)> = None;
        let mut consider = |other: &str, typos: u8, count: u64| {
            let key = (typos, std::cmp::Reverse(count), other.to_owned());
            if count > 0 && best.as_ref().is_none_or(|best| key < *best) {
                best = Some(key);
            }
        };
        self.dictionary.similar(&word.text, most, false, |other, typos, at| {
            let mut set = Union::default();
            self.add_short(at, &mut set);
            consider(other, typos, set.with(RoaringBitmap::new()).intersection_len(&self.shown));
        });
        self.names.dictionary.similar(&word.text, most, false, |other, typos, at| consider(other, typos, owns(at)));
        best.map(|(_, _, word)| word)
    }
}

impl Word {
    /// Adds the products with the word in the name or a tag.
    fn add_short_to<'a>(&'a self, set: &mut Union<'a>) {
        self.name.add_to(set);
        self.tag.add_to(set);
    }
}

impl Matches {
    /// Of everything, without words.
    pub(super) fn everything(base: &RoaringBitmap) -> Self {
        Self { words: Vec::new(), all: base.clone() }
    }

    /// Number of costs that are possible.
    fn costs(&self) -> u16 {
        (self.words.len() * (CLASSES - 1) + 1) as u16
    }

    /// The cost of a product that matches.
    fn cost(&self, ordinal: u32) -> u16 {
        let of_word = |word: &Classes| word.0.iter().find(|(_, set)| set.contains(ordinal)).map_or(0, |(class, _)| *class);
        self.words.iter().map(of_word).sum()
    }

    /// Calls `visit` with each cost and the products of a part of the matching ones that have it, from the smallest cost or from the
    /// largest, until it returns false.
    pub(super) fn by_cost(&self, part: &RoaringBitmap, is_last: bool, mut visit: impl FnMut(u16, &RoaringBitmap) -> bool) {
        if self.words.is_empty() {
            visit(0, part);
            return;
        }
        let order: Vec<u16> = if is_last { (0..self.costs()).rev().collect() } else { (0..self.costs()).collect() };
        if part.len() <= FEW {
            let mut sets = vec![RoaringBitmap::new(); usize::from(self.costs())];
            for ordinal in part {
                if let Some(set) = sets.get_mut(usize::from(self.cost(ordinal))) {
                    set.insert(ordinal);
                }
            }
            for cost in order {
                if let Some(set) = sets.get(usize::from(cost)).filter(|set| !set.is_empty())
                    && !visit(cost, set)
                {
                    return;
                }
            }
            return;
        }
        let mut sums = Sums { words: &self.words, part, known: HashMap::new() };
        for cost in order {
            let mut set = sums.within(self.words.len(), cost);
            if let Some(less) = cost.checked_sub(1) {
                set -= sums.within(self.words.len(), less);
            }
            if !set.is_empty() && !visit(cost, &set) {
                return;
            }
        }
    }
}

/// Sets of products by the cost of the first words, each computed once.
struct Sums<'a> {
    words: &'a [Classes],
    part: &'a RoaringBitmap,
    known: HashMap<(usize, u16), RoaringBitmap>,
}

impl Sums<'_> {
    /// The products whose cost by the first words is at most `cost`: the last of these words costs k, the others at most the rest.
    fn within(&mut self, count: usize, cost: u16) -> RoaringBitmap {
        let Some(last) = count.checked_sub(1).and_then(|last| self.words.get(last)) else { return self.part.clone() };
        if let Some(set) = self.known.get(&(count, cost)) {
            return set.clone();
        }
        let mut set = RoaringBitmap::new();
        // A class without a set of its own would add nothing to the cheaper one.
        for (class, products) in &last.0 {
            let Some(rest) = cost.checked_sub(*class) else { break };
            set |= if count == 1 { self.part & products } else { self.within(count - 1, rest) & products };
        }
        self.known.insert((count, cost), set.clone());
        set
    }
}
