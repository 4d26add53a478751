//! The same list for several parents by one statement: a `UNION ALL` of one limited query per parent, so that each query reads
//! its own range of the index and stops (a window function would read all children of all parents).

use super::{Cursor, Keyset, Page, PageRequest, limit_plus_one, to_page};
use sea_orm::sea_query::{Alias, Asterisk, Expr, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryResult, QuerySelect, QueryTrait, Select};
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;
use std::hash::Hash;

/// Column with the index of the parent that a row belongs to.
const PARENT_INDEX: &str = "parent_index";

/// A row and the index of its parent.
struct WithParent<M> {
    parent: i32,
    row: M,
}

impl<M: FromQueryResult> FromQueryResult for WithParent<M> {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self { parent: row.try_get("", PARENT_INDEX)?, row: M::from_query_result(row, prefix)? })
    }
}

/// The union of several queries, each with its index.
fn union(queries: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    let with_index = |(number, mut query): (usize, SelectStatement)| {
        // In the text, not as a parameter: PostgreSQL would not know its type.
        query.expr_as(Expr::cust(number.to_string()), PARENT_INDEX).to_owned()
    };
    queries.enumerate().map(with_index).reduce(|mut all, query| all.union(UnionType::All, query).to_owned())
}

/// Reads the same page for each parent. A row may be on the pages of several parents.
pub(crate) async fn fetch_for_each<E: EntityTrait, M: FromQueryResult, P: Copy + Eq + Hash>(
    db: &impl ConnectionTrait,
    parents: &[P],
    select_for: impl Fn(P) -> Select<E>,
    keyset: &Keyset<E::Column>,
    page: &PageRequest,
    cursor_of: impl Fn(&M) -> Cursor,
) -> Result<HashMap<P, Page<M>>> {
    let queries = parents.iter().map(|parent| {
        let query = keyset.apply(select_for(*parent), page).limit(limit_plus_one(page)).into_query();
        Query::select().column(Asterisk).from_subquery(query, Alias::new("page")).to_owned()
    });
    let Some(union) = union(queries) else { return Ok(HashMap::new()) };
    let statement = db.get_database_backend().build(&union);
    let mut found = grouped(WithParent::<M>::find_by_statement(statement).all(db).await?, |found| found.parent);
    let pages = (0..).zip(parents).map(|(index, parent)| {
        let rows = found.remove(&index).unwrap_or_default().into_iter().map(|found| found.row);
        (*parent, to_page(rows.collect(), page, &cursor_of))
    });
    Ok(pages.collect())
}

/// Number of rows of each parent, counted up to `cap`.
pub(crate) async fn count_for_each<E: EntityTrait, P: Copy + Eq + Hash>(
    db: &impl ConnectionTrait,
    parents: &[P],
    select_for: impl Fn(P) -> Select<E>,
    cap: u64,
) -> Result<HashMap<P, u64>> {
    let queries = parents.iter().map(|parent| {
        let found = select_for(*parent).select_only().expr(Expr::val(1)).limit(cap).into_query();
        Query::select().expr_as(Expr::cust("COUNT(*)"), "total").from_subquery(found, Alias::new("found")).to_owned()
    });
    let Some(union) = union(queries) else { return Ok(HashMap::new()) };
    let mut totals: HashMap<i32, u64> = HashMap::new();
    for row in db.query_all(&union).await? {
        let total: i64 = row.try_get("", "total")?;
        totals.insert(row.try_get("", PARENT_INDEX)?, u64::try_from(total).unwrap_or(0));
    }
    Ok((0..).zip(parents).map(|(index, parent)| (*parent, totals.get(&index).copied().unwrap_or(0))).collect())
}
