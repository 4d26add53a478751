//! Where the words of a query stand in a text.

use super::index::Index;
use super::query::Query;
use super::synonym::Synonyms;
use super::text::{QueryWord, query_words};
use super::token::{compounds, max_typos, tokens};
use std::ops::Range;

impl Index {
    /// The ranges of a text that match the words of a query as they were read, in UTF-16 code units, in order and apart.
    pub(super) fn highlight(&self, query: &Query, synonyms: &Synonyms, text: &str) -> Vec<Range<usize>> {
        let (Some(typed), Some(reading)) = (&query.text, query.reading) else { return Vec::new() };
        let mut words = query_words(typed, &self.stems);
        words.truncate(usize::from(reading.words));
        let fits = |other: &str| words.iter().any(|word| self.fits(word, synonyms, reading.with_typos, other));
        let tokens = tokens(text);
        let mut found: Vec<Range<usize>> =
            tokens.iter().filter(|token| fits(&token.text)).map(|token| token.start..token.end).collect();
        // Two words that match only together.
        let alone = |at: usize| tokens.get(at).is_some_and(|token| fits(&token.text));
        let joined = compounds(&tokens).filter(|(at, word)| !alone(*at) && !alone(at + 1) && fits(word));
        found.extend(joined.filter_map(|(at, _)| Some(tokens.get(at)?.start..tokens.get(at + 1)?.end)));
        found.sort_unstable_by_key(|range| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut().filter(|last| range.start < last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        in_utf16(text, apart)
    }

    /// Whether a word of a text is one that a word of the query finds.
    fn fits(&self, word: &QueryWord, synonyms: &Synonyms, with_typos: bool, other: &str) -> bool {
        let stems = self.stems.of(other);
        let mut forms = std::iter::once(&word.text).chain(synonyms.of(&word.text));
        let is_joined =
            |(joined, is_prefix): &(String, bool)| joined == other || (*is_prefix && other.starts_with(joined.as_str()));
        forms.any(|form| form == other || self.stems.of(form).iter().any(|stem| stems.contains(stem)))
            || word.joined.iter().any(is_joined)
            || (word.is_prefix && other.starts_with(&word.text))
            || (with_typos && is_similar(word, other))
    }
}

/// Whether a word is like another but for a few typos, of which a wrong first letter counts as two.
fn is_similar(word: &QueryWord, other: &str) -> bool {
    let most = usize::from(max_typos(&word.text));
    if most == 0 || !other.is_ascii() {
        return false;
    }
    let first = usize::from(other.as_bytes().first() != word.text.as_bytes().first());
    let least = if word.is_prefix { word.text.len().saturating_sub(most).min(other.len()) } else { other.len() };
    let lengths = least..=other.len().min(word.text.len() + most).max(least);
    let distances = lengths.filter_map(|length| other.get(..length)).map(|part| strsim::osa_distance(&word.text, part));
    distances.min().is_some_and(|distance| distance + first <= most)
}

/// Ranges of characters as ranges of UTF-16 code units.
fn in_utf16(text: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut units = Vec::with_capacity(text.len() + 1);
    units.push(0);
    for c in text.chars() {
        units.push(units.last().copied().unwrap_or(0) + c.len_utf16());
    }
    let unit = |at: usize| units.get(at).copied().unwrap_or_default();
    ranges.into_iter().map(|range| unit(range.start)..unit(range.end)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::query::Reading;
    use super::super::token::Language;
    use super::*;

    fn marked(query: &str, with_typos: bool, text: &str) -> Vec<String> {
        let index = Index::new(&[Language::En]);
        let synonyms = Synonyms::new([(vec!["sofa".to_owned(), "couch".to_owned()], false)]);
        let words = u8::try_from(query_words(query, &index.stems).len()).expect("few words");
        let reading = Some(Reading { with_typos, words });
        let query = Query { text: Some(query.to_owned()), reading, ..Query::default() };
        let units: Vec<u16> = text.encode_utf16().collect();
        index.highlight(&query, &synonyms, text).into_iter().map(|range| String::from_utf16_lossy(&units[range])).collect()
    }

    #[test]
    fn words_are_marked_where_they_stand() {
        for (query, with_typos, text, expected) in [
            ("red tea", false, "Red cup, red Tea", vec!["Red", "red", "Tea"]),
            ("cafe", false, "Ein Café 😀 Café", vec!["Café", "Café"]),
            ("run ", false, "Running shoes, runner", vec!["Running"]),
            ("runn", false, "Running shoes, runner", vec!["Running", "runner"]),
            ("tshirt ", false, "A T-Shirt", vec!["T-Shirt"]),
            ("t shirt ", false, "A tshirt, a shirt", vec!["tshirt", "shirt"]),
            ("chocolte", true, "Dark Chocolate 80 %", vec!["Chocolate"]),
            ("chocolte", false, "Dark Chocolate 80 %", vec![]),
            ("couch", false, "A soft sofa", vec!["sofa"]),
            ("緑茶", false, "宇治の緑茶です", vec!["緑茶"]),
        ] {
            assert_eq!(marked(query, with_typos, text), expected, "{query} in {text}");
        }
    }
}
