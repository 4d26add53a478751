//! Suggestions while a person types.

use crate::product::{self, Summary};
use crate::{category, store};
use entity::id::{CategoryId, ProductId, StoreId};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Fault, Result};
use souk_core::provider::search::{Page, Query, tokens};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Maximum number of suggestions of each kind.
const MAX_SUGGESTIONS: i32 = 20;
/// Products whose names are looked through for queries.
const NAMES: usize = 50;
/// Words of a suggested query.
const MAX_QUERY_WORDS: usize = 3;
/// Number of products that must share a beginning.
const SHARED_BY: usize = 2;

/// What a text may become.
#[derive(Clone, Debug, Default)]
pub struct Suggestions {
    pub products: Vec<Summary>,
    pub categories: Vec<entity::category::Model>,
    pub stores: Vec<store::Summary>,
    /// Beginnings of names of products, folded.
    pub queries: Vec<String>,
}

/// Suggestions for what was typed, at most `limit` of each kind. Nothing for a text without words.
pub async fn suggest(app: &App, viewer: &Viewer, text: &str, limit: i32) -> Result<Suggestions> {
    let count = usize::try_from(limit).ok().filter(|_| (1..=MAX_SUGGESTIONS).contains(&limit));
    let Some(count) = count else {
        let message = format!("limit must be from 1 to {MAX_SUGGESTIONS}; got {limit}.");
        return Err(Fault::BadUserInput { argument: "limit", message }.into());
    };
    if tokens(text).is_empty() {
        return Ok(Suggestions::default());
    }
    let page = Page { limit: NAMES, ..Page::default() };
    let found = app.search.search(Query { text: Some(text.to_owned()), page, ..Query::default() }).await?;
    let names = app.search.suggest(text.to_owned(), count).await?;
    let products = in_order(found.hits.iter().map(|hit| ProductId(hit.key.id)), async |ids| {
        let rows = product::visible(app, viewer, ids).await?;
        Ok(rows.into_iter().filter(|row| row.listed).map(|row| (row.id, row)).collect())
    });
    let categories = in_order(names.categories.iter().map(|id| CategoryId(*id)), async |ids| {
        Ok(category::visible(app, viewer, ids).await?.into_iter().map(|row| (row.id, row)).collect())
    });
    let stores = in_order(names.stores.iter().map(|id| StoreId(*id)), async |ids| {
        Ok(store::visible(app, viewer, ids).await?.into_iter().map(|row| (row.id, row)).collect())
    });
    let (mut products, categories, stores) = tokio::try_join!(products, categories, stores)?;
    let queries = shared_beginnings(products.iter().map(|row| row.name.as_str()), count);
    products.truncate(count);
    Ok(Suggestions { products, categories, stores, queries })
}

/// Rows by ID in the order of the IDs; no statement without IDs.
async fn in_order<I: Copy + Eq + std::hash::Hash, T>(
    ids: impl Iterator<Item = I>,
    load: impl AsyncFnOnce(&[I]) -> Result<HashMap<I, T>>,
) -> Result<Vec<T>> {
    let ids: Vec<I> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = load(&ids).await?;
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// Beginnings of two or three words that several names share, those of the most names first.
fn shared_beginnings<'a>(names: impl Iterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in names {
        let words: Vec<_> = tokens(name).into_iter().filter(|token| !token.is_unsegmented).map(|token| token.text).collect();
        for length in 2..=MAX_QUERY_WORDS.min(words.len()) {
            *counts.entry(words.iter().take(length).cloned().collect::<Vec<_>>().join(" ")).or_default() += 1;
        }
    }
    let mut shared: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= SHARED_BY).collect();
    shared.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    shared.into_iter().take(limit).map(|(beginning, _)| beginning).collect()
}

#[cfg(test)]
mod tests {
    use super::shared_beginnings;

    #[test]
    fn queries_are_beginnings_that_names_share() {
        let names = ["Green Tea Sencha", "Green tea sencha, loose", "Green Tea Matcha", "Black Tea", "Café au lait", "Cafe Au"];
        assert_eq!(shared_beginnings(names.into_iter(), 5), ["green tea", "cafe au", "green tea sencha"]);
        assert_eq!(shared_beginnings(names.into_iter(), 1), ["green tea"]);
    }
}
