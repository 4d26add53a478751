//! Pages of lists: keyset pagination, so that a page costs what it holds and never skips or repeats an item when rows are added.

use crate::error::{Fault, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Alias, Asterisk, Expr, Query, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Statement,
};
use std::collections::HashMap;
use std::hash::Hash;
use uuid::Uuid;

/// The most items on a page.
pub const LARGEST: u64 = 100;

/// A place in a list: the value it is sorted by (times in microseconds since 1970) and the ID, which settles ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The value.
    pub value: i64,
    /// The ID.
    pub id: Uuid,
}

impl Cursor {
    /// Of a row that is sorted by a time.
    pub fn at(time: DateTimeUtc, id: Uuid) -> Self {
        Self { value: time.timestamp_micros(), id }
    }

    /// Of a row that is sorted by a number.
    pub fn of(value: impl Into<i64>, id: Uuid) -> Self {
        Self { value: value.into(), id }
    }

    /// For clients: opaque.
    pub fn encode(self) -> String {
        let mut bytes = self.value.to_be_bytes().to_vec();
        bytes.extend(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// From a client.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (value, id) = bytes.split_at_checked(8)?;
        Some(Self { value: i64::from_be_bytes(value.try_into().ok()?), id: Uuid::from_slice(id).ok()? })
    }
}

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// How many items, at most [`LARGEST`].
    pub limit: u64,
    /// Whether they are the last before the end (or before a cursor) rather than the first.
    pub backward: bool,
    /// Only what comes after this place.
    pub after: Option<Cursor>,
    /// Only what comes before this place.
    pub before: Option<Cursor>,
}

impl PageRequest {
    /// The first few items.
    pub fn first(limit: u64) -> Self {
        Self { limit: limit.min(LARGEST), backward: false, after: None, before: None }
    }

    /// From the arguments of a Relay connection: one of `first` and `last` is required.
    pub fn from_arguments(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self, Fault> {
        let wrong = |argument, message: &str| Err(Fault::BadUserInput { argument, message: message.to_owned() });
        let (argument, size, backward) = match (first, last) {
            (Some(size), None) => ("first", size, false),
            (None, Some(size)) => ("last", size, true),
            (None, None) => return wrong("first", "one of first and last is required, from 1 to 100"),
            (Some(_), Some(_)) => return wrong("last", "first and last can't be given together"),
        };
        let limit = match u64::try_from(size) {
            Ok(limit) if (1..=LARGEST).contains(&limit) => limit,
            _ => return wrong(argument, &format!("{argument} must be from 1 to {LARGEST}; found {size}")),
        };
        let cursor = |argument, text: Option<&str>| match text.map(Cursor::decode) {
            None => Ok(None),
            Some(Some(cursor)) => Ok(Some(cursor)),
            Some(None) => {
                Err(Fault::BadUserInput { argument, message: format!("{argument} must be a cursor from an earlier answer") })
            }
        };
        Ok(Self { limit, backward, after: cursor("after", after)?, before: cursor("before", before)? })
    }
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<(Cursor, T)>,
    /// Whether something comes before the first.
    pub has_previous: bool,
    /// Whether something comes after the last.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// Nothing.
    pub fn empty() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false }
    }

    /// The same page of other things.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> Page<U> {
        let items = self.items.into_iter().map(|(cursor, item)| (cursor, f(item))).collect();
        Page { items, has_previous: self.has_previous, has_next: self.has_next }
    }
}

/// How the value of a cursor is compared with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// A time.
    Time,
    /// A number.
    Number,
}

/// What a list is sorted by: a column, and the ID for ties, in the same direction. There must be an index for both.
#[derive(Clone, Copy, Debug)]
pub struct Keyset<C> {
    /// The column.
    pub column: C,
    /// How it is compared.
    pub key_type: KeyType,
    /// The ID's column.
    pub id: C,
    /// Largest first.
    pub descending: bool,
}

impl<C: ColumnTrait> Keyset<C> {
    /// Newest first.
    pub fn newest(column: C, id: C) -> Self {
        Self { column, key_type: KeyType::Time, id, descending: true }
    }

    /// By a number.
    pub fn number(column: C, id: C, descending: bool) -> Self {
        Self { column, key_type: KeyType::Number, id, descending }
    }

    fn value(&self, value: i64) -> sea_orm::Value {
        match self.key_type {
            KeyType::Time => DateTimeUtc::from_timestamp_micros(value).unwrap_or_default().into(),
            KeyType::Number => value.into(),
        }
    }

    /// What lies beyond a place. The first condition alone is a range of the index; the second settles ties.
    fn beyond(&self, cursor: Cursor, larger: bool) -> Condition {
        let value = self.value(cursor.value);
        let (reach, past, tie) = if larger {
            (self.column.gte(value.clone()), self.column.gt(value), self.id.gt(cursor.id))
        } else {
            (self.column.lte(value.clone()), self.column.lt(value), self.id.lt(cursor.id))
        };
        Condition::all().add(reach).add(Condition::any().add(past).add(tie))
    }

    /// The query for one page of a list; its limit is [`more_than`] the page.
    fn apply<E: EntityTrait>(&self, mut select: Select<E>, page: &PageRequest) -> Select<E> {
        if let Some(after) = page.after {
            select = select.filter(self.beyond(after, !self.descending));
        }
        if let Some(before) = page.before {
            select = select.filter(self.beyond(before, self.descending));
        }
        let order = if self.descending == page.backward { Order::Asc } else { Order::Desc };
        select.order_by(self.column, order.clone()).order_by(self.id, order)
    }
}

/// One more than asked for tells whether there is more.
fn more_than(page: &PageRequest) -> u64 {
    page.limit + 1
}

fn cut<T>(mut rows: Vec<T>, page: &PageRequest, cursor_of: impl Fn(&T) -> Cursor) -> Page<T> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    if page.backward {
        rows.reverse();
    }
    let items = rows.into_iter().map(|row| (cursor_of(&row), row)).collect();
    if page.backward {
        Page { items, has_previous: more, has_next: page.before.is_some() }
    } else {
        Page { items, has_previous: page.after.is_some(), has_next: more }
    }
}

/// The statement that reads one page.
pub fn statement<E: EntityTrait>(
    backend: DbBackend,
    select: Select<E>,
    keyset: &Keyset<E::Column>,
    page: &PageRequest,
) -> Statement {
    let mut statement = backend.build(&keyset.apply(select, page).into_query());
    // In the text, not as a parameter: PostgreSQL can't plan once for a limit it does not know, and plans at every execution.
    statement.sql.push_str(&format!(" LIMIT {}", more_than(page)));
    statement
}

/// Reads one page, by one statement; of whole rows, or of the part of them that the query selects.
pub async fn fetch<E: EntityTrait, M: FromQueryResult>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    keyset: &Keyset<E::Column>,
    page: &PageRequest,
    cursor_of: impl Fn(&M) -> Cursor,
) -> Result<Page<M>> {
    let rows = M::find_by_statement(statement(db.get_database_backend(), select, keyset, page)).all(db).await?;
    Ok(cut(rows, page, cursor_of))
}

/// Reads the same page for each of many parents, by one statement: a `UNION ALL` of one limited query each, so that every part
/// walks its own index and stops (a window function would read all children of all parents).
pub async fn fetch_for_each<E: EntityTrait, M: FromQueryResult, P: Copy + Eq + Hash>(
    db: &impl ConnectionTrait,
    parents: &[P],
    select_for: impl Fn(P) -> Select<E>,
    parent_of: impl Fn(&M) -> P,
    keyset: &Keyset<E::Column>,
    page: &PageRequest,
    cursor_of: impl Fn(&M) -> Cursor,
) -> Result<HashMap<P, Page<M>>> {
    let mut union: Option<sea_orm::sea_query::SelectStatement> = None;
    for parent in parents {
        let part = keyset.apply(select_for(*parent), page).limit(more_than(page)).into_query();
        let wrapped = Query::select().column(Asterisk).from_subquery(part, Alias::new("part")).to_owned();
        union = Some(match union {
            None => wrapped,
            Some(mut all) => all.union(UnionType::All, wrapped).to_owned(),
        });
    }
    let Some(union) = union else { return Ok(HashMap::new()) };
    let statement = db.get_database_backend().build(&union);
    let rows = M::find_by_statement(statement).all(db).await?;
    let mut found: HashMap<P, Vec<M>> = HashMap::new();
    for row in rows {
        found.entry(parent_of(&row)).or_default().push(row);
    }
    Ok(parents.iter().map(|parent| (*parent, cut(found.remove(parent).unwrap_or_default(), page, &cursor_of))).collect())
}

/// How many rows a query finds, counted up to `cap`; and whether that is exact.
pub async fn count<E: EntityTrait>(db: &impl ConnectionTrait, select: Select<E>, cap: u64) -> Result<(u64, bool)> {
    let inner = select.select_only().expr(Expr::val(1)).limit(cap + 1).into_query();
    let outer = Query::select().expr_as(Expr::cust("COUNT(*)"), "total").from_subquery(inner, Alias::new("found")).to_owned();
    let row = db.query_one(&outer).await?;
    let total = row.map(|row| row.try_get::<i64>("", "total")).transpose()?.unwrap_or(0);
    let total = u64::try_from(total).unwrap_or(0);
    Ok((total.min(cap), total <= cap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_client_and_nothing_else_is_one() {
        let cursor = Cursor { value: -5, id: Uuid::from_u128(9) };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for text in ["", "abc", "!!", &cursor.encode()[1..]] {
            assert_eq!(Cursor::decode(text), None);
        }
    }

    #[test]
    fn a_page_is_asked_for_by_exactly_one_of_first_and_last() {
        for (first, last) in [(None, None), (Some(1), Some(1)), (Some(0), None), (Some(101), None), (None, Some(-1))] {
            assert!(PageRequest::from_arguments(first, None, last, None).is_err());
        }
        assert!(PageRequest::from_arguments(Some(100), None, None, None).is_ok());
        assert!(PageRequest::from_arguments(Some(1), Some("junk"), None, None).is_err());
    }
}
