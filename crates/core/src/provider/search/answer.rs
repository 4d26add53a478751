//! Answers a query from the index.

use super::condition::Tests;
use super::count::Counter;
use super::index::Index;
use super::query::{Answer, Hit, Key, Page, Query, Reading, Sort};
use super::synonym::Synonyms;
use super::text::{Matches, QueryWord, query_words};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::BinaryHeap;
use uuid::Uuid;

/// If fewer products match the words as they were typed, typos are corrected as well
/// (<https://typesense.org/docs/latest/api/search.html>, `typo_tokens_threshold`).
const FEW: u64 = 10;

impl Index {
    /// Answers a query.
    pub(super) fn search(&self, query: &Query, synonyms: &Synonyms) -> Answer {
        let words = query.text.as_deref().map_or_else(Vec::new, |text| query_words(text, &self.stems));
        let (mut matches, reading) = self.read(&words, query, synonyms);
        if !query.pinned.is_empty() {
            let pinned: RoaringBitmap = query.pinned.iter().filter_map(|id| self.ordinal(*id)).collect();
            matches.pin(&(pinned & &self.shown));
        }
        let base = self.base(query, &matches.all);
        let tests = self.tests(&query.filter);
        let limit = match query.filter.categories.as_deref() {
            Some([category]) => self.category(*category),
            _ => None,
        };
        let mut counter = query.facets.as_ref().map(|request| Counter::new(self, request, &tests, limit));
        let meeting = self.filtered(&tests, &base, &mut counter);
        let (hits, has_more) = self.page(query, &tests, &matches, &meeting);
        Answer {
            total: meeting.len(),
            candidates: base.len(),
            hits,
            has_more,
            facets: counter.map(|counter| counter.finish(&tests)).unwrap_or_default(),
            corrected: reading.filter(|reading| reading.with_typos).and_then(|reading| self.corrected_text(&words, reading)),
            words: words.into_iter().map(|word| word.text).collect(),
            reading,
        }
    }

    /// Decides how the words are read, and which products match them. The decision does not depend on the filter, so that the counts of
    /// facets agree with what another choice finds.
    fn read(&self, words: &[QueryWord], query: &Query, synonyms: &Synonyms) -> (Matches, Option<Reading>) {
        if words.is_empty() {
            return (Matches::everything(&self.shown), None);
        }
        let attempt = |reading: Reading| {
            let words = words.get(..usize::from(reading.words).min(words.len())).unwrap_or_default();
            self.matches(words, synonyms, reading.with_typos, &self.shown)
        };
        if let Some(reading) = query.reading.filter(|reading| reading.words > 0) {
            return (attempt(reading), Some(reading));
        }
        let mut count = words.len() as u8;
        loop {
            let exact = Reading { with_typos: false, words: count };
            let found = attempt(exact);
            if query.is_exact || found.all.len() >= FEW {
                return (found, Some(exact));
            }
            let tolerant = Reading { with_typos: true, words: count };
            let with_typos = attempt(tolerant);
            if with_typos.all.len() > found.all.len() {
                return (with_typos, Some(tolerant));
            }
            if !found.all.is_empty() || count == 1 {
                return (found, Some(exact));
            }
            count -= 1;
        }
    }

    fn corrected_text(&self, words: &[QueryWord], reading: Reading) -> Option<String> {
        let used = words.get(..usize::from(reading.words)).unwrap_or_default();
        let corrected: Vec<_> = used.iter().map(|word| self.corrected(word)).collect();
        if corrected.iter().all(Option::is_none) {
            return None;
        }
        let all = corrected.into_iter().zip(used).map(|(corrected, word)| corrected.unwrap_or_else(|| word.text.clone()));
        Some(all.collect::<Vec<_>>().join(" "))
    }

    /// The products among which the filter decides.
    fn base<'a>(&self, query: &Query, matching: &'a RoaringBitmap) -> Cow<'a, RoaringBitmap> {
        let Some(categories) = &query.filter.categories else { return Cow::Borrowed(matching) };
        let mut set = RoaringBitmap::new();
        for id in categories {
            if let Some(category) = self.category(*id) {
                set |= self.in_category(category);
            }
        }
        set &= matching;
        Cow::Owned(set)
    }

    /// The column by which products are sorted, and whether in descending order.
    fn column(&self, sort: Sort) -> (Column<'_>, bool) {
        match sort {
            Sort::Relevance | Sort::BestSelling => (Column::Large(&self.sales), true),
            Sort::PriceLowToHigh => (Column::Large(&self.min_price), false),
            Sort::PriceHighToLow => (Column::Large(&self.min_price), true),
            Sort::Newest => (Column::Large(&self.created_at), true),
            Sort::Rating => (Column::Small(&self.rating), true),
            Sort::MostViewed => (Column::Large(&self.views), true),
        }
    }

    /// The results of the page, in their order, and whether there are more in its direction.
    fn page(&self, query: &Query, tests: &Tests, matches: &Matches, found: &RoaringBitmap) -> (Vec<Hit>, bool) {
        let page = &query.page;
        let (column, is_descending) = self.column(query.sort);
        let value = |ordinal: u32| if is_descending { -column.get(ordinal) } else { column.get(ordinal) };
        let id = |ordinal: u32| self.ids.get(ordinal as usize).copied().unwrap_or_default();
        let mut top = Top::new(page);
        if query.sort == Sort::Relevance {
            matches.by_cost(found, page.is_last, |cost, products| {
                // A whole level on the other side of the cursor needs no look.
                if page.after.is_some_and(|after| cost < after.cost) || page.before.is_some_and(|before| cost > before.cost) {
                    return true;
                }
                for ordinal in products {
                    top.offer(cost, value(ordinal), ordinal, id);
                }
                !top.is_full()
            });
        } else {
            for ordinal in found {
                top.offer(0, value(ordinal), ordinal, id);
            }
        }
        let (entries, has_more) = top.finish();
        let hits = entries.into_iter().map(|(key, ordinal)| Hit { key, variant: self.cheapest(tests, ordinal) });
        (hits.collect(), has_more)
    }
}

/// A column of numbers.
#[derive(Clone, Copy)]
enum Column<'a> {
    Large(&'a [i64]),
    Small(&'a [i16]),
}

impl Column<'_> {
    fn get(self, ordinal: u32) -> i64 {
        let at = ordinal as usize;
        match self {
            Self::Large(column) => column.get(at).copied().unwrap_or(0),
            Self::Small(column) => column.get(at).copied().unwrap_or(0).into(),
        }
    }
}

/// The first or last results of a page, and one more.
struct Top {
    after: Option<Key>,
    before: Option<Key>,
    limit: usize,
    is_last: bool,
    /// With the worst at the top.
    heap: BinaryHeap<Entry>,
    /// Cost and value of the worst, if the page is full.
    worst: Option<(u16, i64)>,
}

/// A result in the heap: larger is worse.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    First(Key, u32),
    Last(std::cmp::Reverse<Key>, u32),
}

impl Top {
    fn new(page: &Page) -> Self {
        Self {
            after: page.after,
            before: page.before,
            limit: page.limit,
            is_last: page.is_last,
            heap: BinaryHeap::new(),
            worst: None,
        }
    }

    /// Takes a result if it is among the best. Its ID is asked for only if cost and value do not decide.
    fn offer(&mut self, cost: u16, value: i64, ordinal: u32, id: impl Fn(u32) -> Uuid) {
        if let Some(worst) = self.worst
            && (if self.is_last { (cost, value) < worst } else { (cost, value) > worst })
        {
            return;
        }
        let key = Key { cost, value, id: id(ordinal) };
        if self.after.is_some_and(|after| key <= after) || self.before.is_some_and(|before| key >= before) {
            return;
        }
        let entry = if self.is_last { Entry::Last(std::cmp::Reverse(key), ordinal) } else { Entry::First(key, ordinal) };
        if self.heap.len() <= self.limit {
            self.heap.push(entry);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        }
        if self.is_full() {
            self.worst = self.heap.peek().map(|entry| match entry {
                Entry::First(key, _) | Entry::Last(std::cmp::Reverse(key), _) => (key.cost, key.value),
            });
        }
    }

    /// Whether no worse results are needed.
    fn is_full(&self) -> bool {
        self.heap.len() > self.limit
    }

    fn finish(self) -> (Vec<(Key, u32)>, bool) {
        let has_more = self.heap.len() > self.limit;
        let mut all: Vec<_> = self.heap.into_sorted_vec();
        all.truncate(self.limit);
        let mut all: Vec<_> = all
            .into_iter()
            .map(|entry| match entry {
                Entry::First(key, ordinal) | Entry::Last(std::cmp::Reverse(key), ordinal) => (key, ordinal),
            })
            .collect();
        if self.is_last {
            all.reverse();
        }
        (all, has_more)
    }
}
