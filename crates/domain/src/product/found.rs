//! Pages of what the search index finds.

use super::place::{cursor, place};
use crate::page::{Cursor, Page, PageRequest};
use crate::product::{Summary, visible};
use entity::id::ProductId;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result;
use souk_core::provider::search::{Answer, Facet, Page as EnginePage, Query};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

/// How often a page is filled up if products went away since the index last read them.
const REFILLS: usize = 2;
/// Maximum number of IDs in one statement.
const MAX_IDS: usize = 8_000;

/// A page of results.
#[derive(Clone, Debug)]
pub(crate) struct FoundPage {
    pub(crate) page: Page<Summary>,
    /// The cheapest variant that meets the filter, by its place among the active ones, by product.
    pub(crate) variants: HashMap<ProductId, u16>,
    /// What the index said last.
    pub(crate) answer: Arc<Answer>,
    /// The facets that the query asked for.
    pub(crate) facets: Vec<Facet>,
    /// The query, with how its words were read.
    pub(crate) query: Query,
}

/// A page that is being filled.
struct Filling {
    query: Query,
    answer: Arc<Answer>,
    facets: Vec<Facet>,
    items: Vec<(Cursor, Option<u16>, Summary)>,
    is_open: bool,
}

/// Pages of the products that storefronts show, for several queries by their keys.
pub(crate) async fn find_each<K: Copy + Eq + Hash>(
    app: &App,
    viewer: &Viewer,
    queries: Vec<(K, Query)>,
    page: &PageRequest,
) -> Result<HashMap<K, FoundPage>> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (after, before) = (page.after.map(place), page.before.map(place));
    let reading = [after, before].into_iter().flatten().find_map(|(_, reading)| reading);
    let of_page =
        EnginePage { after: after.map(|(key, _)| key), before: before.map(|(key, _)| key), limit, is_last: page.backward };
    let mut all: Vec<(K, Filling)> = queries
        .into_iter()
        .map(|(key, query)| {
            let query = Query { reading, page: of_page, ..query };
            (key, Filling { query, answer: Arc::default(), facets: Vec::new(), items: Vec::new(), is_open: true })
        })
        .collect();
    for _ in 0..=REFILLS {
        let mut ids = BTreeSet::new();
        for (_, filling) in all.iter_mut().filter(|(_, filling)| filling.is_open) {
            filling.answer = app.search.search(filling.query.clone()).await?;
            filling.query.reading = filling.answer.reading;
            if filling.query.facets.take().is_some() {
                filling.facets.clone_from(&filling.answer.facets);
            }
            ids.extend(filling.answer.hits.iter().map(|hit| ProductId(hit.key.id)));
        }
        let rows = shown(app, viewer, ids).await?;
        for (_, filling) in all.iter_mut().filter(|(_, filling)| filling.is_open) {
            filling.add(&rows, page.backward, limit);
        }
        if !all.iter().any(|(_, filling)| filling.is_open) {
            break;
        }
    }
    Ok(all.into_iter().map(|(key, filling)| (key, filling.finish(page))).collect())
}

/// The products that storefronts show. Those that were hidden since the index last read them are missing.
async fn shown(app: &App, viewer: &Viewer, ids: BTreeSet<ProductId>) -> Result<HashMap<ProductId, Summary>> {
    let ids: Vec<_> = ids.into_iter().collect();
    let mut rows = HashMap::new();
    for some in ids.chunks(MAX_IDS) {
        // A vendor sees own drafts by their IDs, but finds none.
        let found = visible(app, viewer, some).await?.into_iter().filter(|row| row.listed);
        rows.extend(found.map(|row| (row.id, row)));
    }
    Ok(rows)
}

impl Filling {
    fn add(&mut self, rows: &HashMap<ProductId, Summary>, is_backward: bool, limit: usize) {
        let answer = &self.answer;
        let new: Vec<_> = answer
            .hits
            .iter()
            .filter_map(|hit| Some((cursor(hit.key, answer.reading), hit.variant, rows.get(&ProductId(hit.key.id)).cloned()?)))
            .collect();
        if is_backward {
            self.items.splice(0..0, new);
        } else {
            self.items.extend(new);
        }
        let edge = if is_backward { answer.hits.first() } else { answer.hits.last() };
        let edge = edge.filter(|_| answer.has_more && self.items.len() < limit).map(|hit| hit.key);
        self.is_open = edge.is_some();
        if is_backward {
            self.query.page.before = edge.or(self.query.page.before);
        } else {
            self.query.page.after = edge.or(self.query.page.after);
        }
        self.query.page.limit = limit.saturating_sub(self.items.len());
    }

    fn finish(self, page: &PageRequest) -> FoundPage {
        let has_more = self.answer.has_more;
        let (has_previous, has_next) =
            if page.backward { (has_more, page.before.is_some()) } else { (page.after.is_some(), has_more) };
        let variants = self.items.iter().filter_map(|(_, variant, row)| variant.map(|variant| (row.id, variant))).collect();
        let items = self.items.into_iter().map(|(cursor, _, row)| (cursor, row)).collect();
        let page = Page { items, has_previous, has_next };
        FoundPage { page, variants, answer: self.answer, facets: self.facets, query: self.query }
    }
}
