//! Products that are like another one: of the same category, with shared tags, values and words of the name, and a similar price.

use super::index::Index;
use super::name::NONE;
use super::posting::Posting;
use super::query::RelatedTo;
use super::row::Row;
use super::token::tokens;
use roaring::RoaringBitmap;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use uuid::Uuid;

/// Points for each tag that is shared.
const TAG: i64 = 3;
/// Points for each value of an attribute that is shared.
const VALUE: i64 = 2;
/// Points for each word of the name that is shared.
const WORD: i64 = 2;
/// If a category has fewer other products, those of its parent are looked at.
const FEW: u64 = 12;
/// Maximum number of products that are compared.
pub(super) const MAX_CANDIDATES: u64 = 2_000;

/// Something that products share, with its points and the products that have it.
struct Feature<'a> {
    points: i64,
    products: &'a Posting,
}

impl Index {
    /// The shown products that are most like one; none if that one is not shown or has no category.
    ///
    /// The order is by points, from which the distance of the prices in whole octaves is subtracted; then by items sold, then by ID. If there
    /// are more than [`MAX_CANDIDATES`], those with the rarest features are compared, and then the newest.
    pub(super) fn related(&self, to: &RelatedTo) -> Vec<Uuid> {
        let Some(ordinal) = self.ordinal(to.id).filter(|ordinal| self.shown.contains(*ordinal)) else { return Vec::new() };
        let Some(row) = self.rows.get(ordinal as usize) else { return Vec::new() };
        let features = self.features(ordinal, &to.name);
        let candidates = bounded(self.near(ordinal, row.category), &features);
        let mut points: HashMap<u32, i64> = candidates.iter().map(|ordinal| (ordinal, 0)).collect();
        for feature in &features {
            for ordinal in &feature.products.within(&candidates) {
                *points.entry(ordinal).or_default() += feature.points;
            }
        }
        let column = |column: &[i64], ordinal: u32| column.get(ordinal as usize).copied().unwrap_or(0);
        let price = column(&self.min_price, ordinal);
        let key = |(ordinal, points): (u32, i64)| {
            let points = points - octaves(price, column(&self.min_price, ordinal));
            let id = self.ids.get(ordinal as usize).copied().unwrap_or_default();
            (Reverse(points), Reverse(column(&self.sales, ordinal)), id)
        };
        let mut found: Vec<_> = points.into_iter().map(key).collect();
        found.sort_unstable();
        found.into_iter().take(to.limit).map(|(.., id)| id).collect()
    }

    /// The other shown products of a category and below; of its parent, if they are few.
    fn near(&self, ordinal: u32, category: u32) -> RoaringBitmap {
        let others = |category: u32| {
            let mut others = self.in_category(category) & &self.shown;
            others.remove(ordinal);
            others
        };
        let Some(found) = self.names.category(category) else { return RoaringBitmap::new() };
        let near = others(category);
        if near.len() < FEW && found.parent != NONE { others(found.parent) } else { near }
    }

    fn features(&self, ordinal: u32, name: &str) -> Vec<Feature<'_>> {
        let row = self.rows.get(ordinal as usize);
        let values = |part: Option<Range<usize>>| part.and_then(|part| self.values.get(part)).unwrap_or_default();
        // Values of attributes have a place; those of the product itself that have none are tags.
        let is_of_attribute = |value: &&u32| self.names.value(**value).is_some();
        let tags = values(row.map(Row::own_values)).iter().filter(|value| !is_of_attribute(value));
        let of_attributes = values(row.map(Row::all_values)).iter().filter(is_of_attribute);
        let with_value = |value: &u32, points| Some(Feature { points, products: self.by_value.get(*value as usize)? });
        let words: BTreeSet<String> = tokens(name).into_iter().map(|token| token.text).collect();
        let words = words.iter().filter(|word| !self.stems.is_stop_word(word));
        let with_word =
            |word: &String| Some(Feature { points: WORD, products: &self.words.get(self.word(word)? as usize)?.name });
        let tags = tags.filter_map(|value| with_value(value, TAG));
        tags.chain(of_attributes.filter_map(|value| with_value(value, VALUE))).chain(words.filter_map(with_word)).collect()
    }
}

/// At most [`MAX_CANDIDATES`] of the candidates.
fn bounded(candidates: RoaringBitmap, features: &[Feature<'_>]) -> RoaringBitmap {
    if candidates.len() <= MAX_CANDIDATES {
        return candidates;
    }
    let mut shared: Vec<_> = features.iter().map(|feature| feature.products.within(&candidates)).collect();
    shared.sort_by_key(RoaringBitmap::len);
    let mut kept = RoaringBitmap::new();
    // Newer rows have larger ordinals.
    for ordinal in shared.iter().flat_map(|set| set.iter().rev()).chain(candidates.iter().rev()) {
        if kept.len() == MAX_CANDIDATES {
            break;
        }
        kept.insert(ordinal);
    }
    kept
}

/// How often the lower price can be doubled until it is above the higher one; nothing counts as the smallest price.
fn octaves(one: i64, other: i64) -> i64 {
    let (mut low, high) = (one.min(other).max(1), one.max(other));
    let mut octaves = 0;
    while let Some(double) = low.checked_mul(2).filter(|double| *double <= high) {
        low = double;
        octaves += 1;
    }
    octaves
}

#[cfg(test)]
mod tests {
    use super::super::{Category, Document, Language, MemoryIndex, SearchEngine, Store, Update, Value};
    use super::*;

    #[test]
    fn prices_are_compared_by_octaves() {
        assert_eq!(octaves(100, 100), 0);
        assert_eq!(octaves(100, 199), 0);
        assert_eq!(octaves(200, 100), 1);
        assert_eq!(octaves(0, 8), 3);
        assert_eq!(octaves(0, 0), 0);
        assert_eq!(octaves(1, i64::MAX), 62);
    }

    #[test]
    fn of_many_candidates_those_with_rare_features_are_compared() {
        let (store, category) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let index = MemoryIndex::new(&[Language::En]);
        let count = MAX_CANDIDATES as u128 + 500;
        let document = |number: u128| Document {
            id: Uuid::from_u128(1_000 + number),
            store,
            category: Some(category),
            // The rare one comes first, so that the newest would not include it.
            values: match number {
                0 => vec![Value::Tag("common".into()), Value::Tag("rare".into())],
                1 => vec![Value::Tag("rare".into())],
                _ => vec![Value::Tag("common".into())],
            },
            ..Document::default()
        };
        let open = Store { id: store, name: "Tea".into(), slug: "tea".into(), is_open: true };
        let root = Category { id: category, parent: None, name: "All".into(), slug: "all".into(), is_active: true, position: 0 };
        let mut updates = vec![Update::Store(open), Update::Categories(vec![root])];
        updates.extend((0..count).map(|number| Update::Put(Box::new(document(number)))));
        index.apply(updates);
        let found = index.related(&RelatedTo { id: document(0).id, name: String::new(), limit: count as usize });
        assert_eq!(found.len() as u64, MAX_CANDIDATES);
        assert_eq!(found.first(), Some(&document(1).id));
        assert!(found.contains(&document(count - 1).id) && !found.contains(&document(2).id));
    }
}
