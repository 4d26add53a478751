//! Words in order, with the number of each: by beginning, and by similarity.
//!
//! The words stand in a finite-state transducer (<https://docs.rs/fst>), which is made once and never changed. Words that came later
//! stand beside it until it is made anew.

use fst::automaton::{Automaton, Str};
use fst::{IntoStreamer, Map, MapBuilder, Streamer};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::sync::LazyLock;

/// Number of words beside the transducer from which it is worth making it anew; tests take both ways.
const MANY_FRESH: usize = if cfg!(test) { 10 } else { 2_000 };

/// Swapped neighbours are one typo. A builder is expensive, so there is one for each number of typos.
static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [LevenshteinAutomatonBuilder::new(1, true), LevenshteinAutomatonBuilder::new(2, true)]);

/// Words and their numbers.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    map: Map<Vec<u8>>,
    fresh: Vec<(Box<str>, u32)>,
}

impl Dictionary {
    /// Of words, which must each be given once.
    pub(super) fn new(mut words: Vec<(Box<str>, u32)>) -> Self {
        words.sort_unstable();
        let mut builder = MapBuilder::memory();
        for (word, number) in &words {
            // Fails only for keys that are not in order, and after a failure to write, of which memory has none.
            let _ = builder.insert(word.as_bytes(), u64::from(*number));
        }
        let map = builder.into_inner().ok().and_then(|bytes| Map::new(bytes).ok()).unwrap_or_default();
        Self { map, fresh: Vec::new() }
    }

    /// Adds a word that is not in it.
    pub(super) fn add(&mut self, word: &str, number: u32) {
        self.fresh.push((word.into(), number));
    }

    /// Whether it should be made anew.
    pub(super) fn is_stale(&self) -> bool {
        self.fresh.len() > MANY_FRESH
    }

    /// Numbers of the words that begin so.
    pub(super) fn beginning(&self, prefix: &str, mut found: impl FnMut(u32)) {
        let mut stream = self.map.search(Str::new(prefix).starts_with()).into_stream();
        while let Some((_, number)) = stream.next() {
            found(number as u32);
        }
        for (_, number) in self.fresh.iter().filter(|(word, _)| word.starts_with(prefix)) {
            found(*number);
        }
    }

    /// Words that differ from a word, or that begin with one that differs from it, by 1 to `most` typos, with the number of typos.
    pub(super) fn similar(&self, word: &str, most: u8, is_prefix: bool, mut found: impl FnMut(&str, u8, u32)) {
        let Some(builder) = usize::from(most).checked_sub(1).and_then(|at| BUILDERS.get(at)) else { return };
        let dfa = if is_prefix { builder.build_prefix_dfa(word) } else { builder.build_dfa(word) };
        let first = word.as_bytes().first();
        let mut judge = |other: &str, distance: Distance, number: u32| {
            let Distance::Exact(distance) = distance else { return };
            // Few people mistake the first letter, so that it counts twice.
            let typos = distance + u8::from(other.as_bytes().first() != first);
            if distance > 0 && typos <= most {
                found(other, typos, number);
            }
        };
        let mut stream = self.map.search_with_state(Alive(&dfa)).into_stream();
        while let Some((key, number, state)) = stream.next() {
            if let Ok(other) = std::str::from_utf8(key) {
                judge(other, dfa.distance(state), number as u32);
            }
        }
        for (other, number) in &self.fresh {
            judge(other, dfa.eval(other.as_bytes()), *number);
        }
    }
}

/// The automaton of similar words for the transducer.
struct Alive<'a>(&'a DFA);

impl Automaton for Alive<'_> {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}
