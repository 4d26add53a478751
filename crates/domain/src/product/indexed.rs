//! Lists of products by words: the search index finds them, with the conditions and the order of all lists.

use super::found::find_each;
use crate::page::{Page, PageRequest};
use crate::product::{Criteria, Summary};
use entity::id::{CategoryId, StoreId};
use entity::value::ProductKind;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result;
use souk_core::provider::search::{Condition, Filter, Page as EnginePage, Query, Sort, Value};
use std::collections::HashMap;
use std::hash::Hash;

/// The parent of a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parent<'a> {
    /// The marketplace.
    None,
    Store(StoreId),
    /// A category with all below it.
    Categories(&'a [CategoryId]),
    /// A parent whose list is empty.
    Empty,
}

/// Pages of the lists of several parents, by their keys.
pub(super) async fn pages<K: Copy + Eq + Hash>(
    app: &App,
    viewer: &Viewer,
    parents: Vec<(K, Parent<'_>)>,
    criteria: &Criteria,
    sort: Sort,
    page: &PageRequest,
) -> Result<HashMap<K, Page<Summary>>> {
    let queries = parents.into_iter().filter_map(|(key, parent)| Some((key, query(parent, criteria, sort)?)));
    let found = find_each(app, viewer, queries.collect(), page).await?;
    Ok(found.into_iter().map(|(key, found)| (key, found.page)).collect())
}

/// Number of products in the list of a parent, counted up to `cap`, and whether that is exact.
pub(super) async fn count(app: &App, parent: Parent<'_>, criteria: &Criteria, cap: u64) -> Result<(u64, bool)> {
    let Some(query) = query(parent, criteria, Sort::Newest) else { return Ok((0, true)) };
    let total = app.search.search(Query { page: EnginePage::default(), ..query }).await?.total;
    Ok((total.min(cap), total <= cap))
}

/// The query to the index; absent if no product can meet the conditions.
fn query(parent: Parent<'_>, criteria: &Criteria, sort: Sort) -> Option<Query> {
    let mut store = criteria.store;
    let mut categories = criteria.categories.clone();
    match parent {
        Parent::None => {}
        Parent::Store(id) if store.is_none_or(|wanted| wanted == id) => store = Some(id),
        Parent::Categories(below) => {
            // Both hold all categories below theirs.
            let both = below.iter().filter(|id| categories.as_ref().is_none_or(|wanted| wanted.contains(id)));
            categories = Some(both.copied().collect());
        }
        Parent::Store(_) | Parent::Empty => return None,
    }
    let values = |values: Vec<Value>| Condition::Values(None, values);
    let tag = |tag: &String| Value::Tag(tag.clone());
    let mut conditions: Vec<_> = criteria.all_tags.iter().map(|wanted| values(vec![tag(wanted)])).collect();
    conditions.extend(criteria.any_tag.as_ref().map(|tags| values(tags.iter().map(tag).collect())));
    conditions.extend(criteria.options.iter().map(|option| {
        let value = |value: &String| Value::Option(option.name.clone(), value.clone());
        values(option.values.iter().map(value).collect())
    }));
    Some(Query {
        text: criteria.text.clone(),
        filter: Filter {
            categories: categories.map(|ids| ids.into_iter().map(|id| id.0).collect()),
            stores: store.map(|id| vec![id.0]),
            is_by_product: true,
            min_price: criteria.min_price.map(|price| price.0),
            max_price: criteria.max_price.map(|price| price.0),
            min_rating: criteria.min_rating,
            is_in_stock: criteria.in_stock,
            is_on_sale: criteria.on_sale,
            is_featured: criteria.featured,
            is_bestseller: criteria.bestseller,
            is_new_arrival: criteria.new_arrival,
            is_digital: criteria.kind.map(|kind| kind == ProductKind::Digital),
            conditions,
            ..Filter::default()
        },
        sort,
        is_exact: true,
        ..Query::default()
    })
}
