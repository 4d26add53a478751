//! Keyset pagination: a page costs what it contains, and never skips or repeats an item if rows are added.

mod parts;

pub(crate) use parts::{count_for_each, fetch_for_each};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Statement,
};
use sha2::{Digest, Sha256};
use souk_core::error::{Fault, Result};
use std::fmt::Debug;
use uuid::Uuid;

/// Maximum number of items on a page.
pub const MAX_PAGE_SIZE: u64 = 100;

/// A position in a list: the sort value (times in microseconds since 1970) and the ID for ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Sort value.
    pub value: i64,
    /// ID of the row.
    pub id: Uuid,
}

impl Cursor {
    /// For a row that is sorted by time.
    pub fn at(time: DateTimeUtc, id: Uuid) -> Self {
        Self { value: time.timestamp_micros(), id }
    }

    /// For a row that is sorted by a number.
    pub fn of(value: impl Into<i64>, id: Uuid) -> Self {
        Self { value: value.into(), id }
    }

    /// The opaque form for clients, valid for the list of the scope only.
    pub fn encode(self, scope: CursorScope) -> String {
        let mut bytes = vec![CURSOR_FORMAT];
        bytes.extend(scope.0);
        bytes.extend(self.value.to_be_bytes());
        bytes.extend(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes a cursor from a client; refused if it belongs to another list.
    pub fn decode(text: &str, scope: CursorScope) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor::Malformed)?;
        let fields = match (bytes.first(), bytes.len()) {
            (Some(&CURSOR_FORMAT), CURSOR_LENGTH) => bytes.get(1..).unwrap_or_default(),
            (_, FIRST_FORMAT_LENGTH) => return Err(InvalidCursor::Outdated),
            _ => return Err(InvalidCursor::Malformed),
        };
        let (of, place) = fields.split_at_checked(8).ok_or(InvalidCursor::Malformed)?;
        let (value, id) = place.split_at_checked(8).ok_or(InvalidCursor::Malformed)?;
        if of != scope.0 {
            return Err(InvalidCursor::OfAnotherList);
        }
        let value = value.try_into().map_err(|_| InvalidCursor::Malformed)?;
        Ok(Self { value: i64::from_be_bytes(value), id: Uuid::from_slice(id).map_err(|_| InvalidCursor::Malformed)? })
    }
}

/// Version of the cursor format; other versions are refused.
const CURSOR_FORMAT: u8 = 2;
/// Length in bytes: format, scope, value, ID.
const CURSOR_LENGTH: usize = 1 + 8 + 8 + 16;
/// Length in bytes of the first format, which had only a value and an ID.
const FIRST_FORMAT_LENGTH: usize = 8 + 16;

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidCursor {
    /// Not a cursor.
    Malformed,
    /// From an earlier version of the server.
    Outdated,
    /// For another list, or for another sort order or filter of the same list.
    OfAnotherList,
}

/// The list that a cursor belongs to: field, parent object, sort order and filter. A position in one list has no meaning in
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorScope([u8; 8]);

impl CursorScope {
    /// `list` is the name of the field, such as `Store.products`; `arguments` is everything that determines its rows and their
    /// order, except for the page.
    pub fn new(list: &str, arguments: &impl Debug) -> Self {
        let hash = Sha256::digest(format!("{list}\0{arguments:?}"));
        let mut scope = [0; 8];
        scope.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        Self(scope)
    }
}

/// The requested page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// Number of items, at most [`MAX_PAGE_SIZE`].
    pub limit: u64,
    /// Whether the last items before the end (or before a cursor) are requested instead of the first.
    pub backward: bool,
    /// Only items after this position.
    pub after: Option<Cursor>,
    /// Only items before this position.
    pub before: Option<Cursor>,
}

impl PageRequest {
    pub fn first(limit: u64) -> Self {
        Self { limit: limit.min(MAX_PAGE_SIZE), backward: false, after: None, before: None }
    }

    /// From the arguments of a Relay connection: exactly one of `first` and `last` is required.
    pub fn from_arguments(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
        scope: CursorScope,
    ) -> Result<Self, Fault> {
        let wrong = |argument, message: &str| Err(Fault::BadUserInput { argument, message: message.to_owned() });
        let (argument, size, backward) = match (first, last) {
            (Some(size), None) => ("first", size, false),
            (None, Some(size)) => ("last", size, true),
            (None, None) => return wrong("first", "first or last is required, from 1 to 100."),
            (Some(_), Some(_)) => return wrong("last", "first and last can't be given together."),
        };
        let limit = match u64::try_from(size) {
            Ok(limit) if (1..=MAX_PAGE_SIZE).contains(&limit) => limit,
            _ => return wrong(argument, &format!("{argument} must be from 1 to {MAX_PAGE_SIZE}; got {size}.")),
        };
        let cursor = |argument, text: Option<&str>| match text.map(|text| Cursor::decode(text, scope)) {
            None => Ok(None),
            Some(Ok(cursor)) => Ok(Some(cursor)),
            Some(Err(wrong)) => {
                let message = match wrong {
                    InvalidCursor::Malformed => format!("{argument} must be a cursor from an earlier response."),
                    InvalidCursor::Outdated => format!(
                        "{argument} is a cursor of an earlier version of the server; read the list again from the beginning."
                    ),
                    InvalidCursor::OfAnotherList => format!(
                        "{argument} is a cursor of another list, sort order or filter; use cursors only with the arguments of \
                         their response, or read the list again from the beginning."
                    ),
                };
                Err(Fault::BadUserInput { argument, message })
            }
        };
        Ok(Self { limit, backward, after: cursor("after", after)?, before: cursor("before", before)? })
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Items in the order of the list.
    pub items: Vec<(Cursor, T)>,
    /// Whether there are items before the first.
    pub has_previous: bool,
    /// Whether there are items after the last.
    pub has_next: bool,
}

impl<T> Page<T> {
    pub fn empty() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false }
    }

    /// The same page with converted items.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> Page<U> {
        let items = self.items.into_iter().map(|(cursor, item)| (cursor, f(item))).collect();
        Page { items, has_previous: self.has_previous, has_next: self.has_next }
    }
}

/// Type of the sort column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Time,
    Number,
}

/// Sort order of a list: a column, and the ID for ties, in the same direction. There must be an index on both.
#[derive(Clone, Copy, Debug)]
pub struct Keyset<C> {
    pub column: C,
    pub key_type: KeyType,
    /// Column of the ID.
    pub id: C,
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

    /// Rows beyond a position. The first condition alone is a range of the index; the second resolves ties.
    fn beyond(&self, cursor: Cursor, larger: bool) -> Condition {
        let value = self.value(cursor.value);
        let (reach, past, tie) = if larger {
            (self.column.gte(value.clone()), self.column.gt(value), self.id.gt(cursor.id))
        } else {
            (self.column.lte(value.clone()), self.column.lt(value), self.id.lt(cursor.id))
        };
        Condition::all().add(reach).add(Condition::any().add(past).add(tie))
    }

    /// The query for one page; its limit is [`limit_plus_one`] the page.
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

/// One more than requested shows whether there are more rows.
fn limit_plus_one(page: &PageRequest) -> u64 {
    page.limit + 1
}

fn to_page<T>(mut rows: Vec<T>, page: &PageRequest, cursor_of: impl Fn(&T) -> Cursor) -> Page<T> {
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
    // In the text, not as a parameter: PostgreSQL makes no generic plan for an unknown limit, and would plan at every execution.
    statement.sql.push_str(&format!(" LIMIT {}", limit_plus_one(page)));
    statement
}

/// Reads one page by one statement; whole rows, or the columns that the query selects.
pub(crate) async fn fetch<E: EntityTrait, M: FromQueryResult>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    keyset: &Keyset<E::Column>,
    page: &PageRequest,
    cursor_of: impl Fn(&M) -> Cursor,
) -> Result<Page<M>> {
    let rows = M::find_by_statement(statement(db.get_database_backend(), select, keyset, page)).all(db).await?;
    Ok(to_page(rows, page, cursor_of))
}

/// Number of rows of a query, counted up to `cap`, and whether that is exact.
pub(crate) async fn count<E: EntityTrait>(db: &impl ConnectionTrait, select: Select<E>, cap: u64) -> Result<(u64, bool)> {
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
    fn cursors_are_decoded_for_their_list_only() {
        let cursor = Cursor { value: -5, id: Uuid::from_u128(9) };
        let scope = CursorScope::new("products", &"NEWEST");
        let text = cursor.encode(scope);
        assert_eq!(Cursor::decode(&text, scope), Ok(cursor));
        for text in ["", "abc", "!!", &text[1..], &format!("{text}AAAA")] {
            assert_eq!(Cursor::decode(text, scope), Err(InvalidCursor::Malformed));
        }
        for other in [CursorScope::new("products", &"RATING"), CursorScope::new("stores", &"NEWEST")] {
            assert_eq!(Cursor::decode(&text, other), Err(InvalidCursor::OfAnotherList));
        }
        assert!(souk_core::live::Cursor::decode(&text).is_err());
        let first_format = URL_SAFE_NO_PAD.encode([[0; 8], [1; 8], [2; 8]].concat());
        assert_eq!(Cursor::decode(&first_format, scope), Err(InvalidCursor::Outdated));
    }

    #[test]
    fn a_page_needs_exactly_one_of_first_and_last() {
        let scope = CursorScope::new("products", &());
        for (first, last) in [(None, None), (Some(1), Some(1)), (Some(0), None), (Some(101), None), (None, Some(-1))] {
            assert!(PageRequest::from_arguments(first, None, last, None, scope).is_err());
        }
        assert!(PageRequest::from_arguments(Some(100), None, None, None, scope).is_ok());
        assert!(PageRequest::from_arguments(Some(1), Some("junk"), None, None, scope).is_err());
    }
}
