//! What a transaction announces, and what it wrote: both go into the change log with the commit.

use super::subject::{REFERENCES, Subject, Watched, find};
use super::written::{Operation, Write, writes};
use crate::clock::Clock;
use entity::change::{self, ChangeTags, TableTags};
use sea_orm::ActiveValue::Set;
use sea_orm::Statement;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows of one table that are named in the tags of a transaction; if there are more, the tags say that any may have changed.
const MOST_ROWS: usize = 100;
/// How much of a statement is shown when it is not understood, in bytes.
const SHOWN: usize = 120;

/// Collected by one transaction.
#[derive(Debug, Default)]
pub(super) struct Changes {
    subjects: BTreeSet<Subject>,
    written: Vec<Written>,
    not_understood: Vec<String>,
}

/// A statement that wrote a watched table.
#[derive(Debug)]
struct Written {
    watched: &'static Watched,
    operation: Operation,
    columns: Option<Vec<String>>,
    /// IDs of the subjects, if the statement tells them.
    subjects: Option<Vec<Uuid>>,
    /// IDs of the rows, if the statement tells them.
    rows: Option<Vec<Uuid>>,
}

/// What a transaction had collected at a savepoint.
#[derive(Debug)]
pub(super) struct Mark {
    subjects: BTreeSet<Subject>,
    written: usize,
    not_understood: usize,
}

/// A write that no subject announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unannounced {
    /// For the log and for tests.
    pub(super) text: String,
    /// What should have been announced, if the statement tells it.
    pub(super) subjects: Vec<Subject>,
}

impl Changes {
    pub(super) fn announce(&mut self, subject: Subject) {
        self.subjects.insert(subject);
    }

    /// What is collected until now.
    pub(super) fn mark(&self) -> Mark {
        Mark { subjects: self.subjects.clone(), written: self.written.len(), not_understood: self.not_understood.len() }
    }

    /// Forgets what was collected after a mark, because it was rolled back.
    pub(super) fn reset(&mut self, mark: Mark) {
        self.subjects = mark.subjects;
        self.written.truncate(mark.written);
        self.not_understood.truncate(mark.not_understood);
    }

    /// Notes what a statement writes.
    pub(super) fn note(&mut self, statement: &Statement) {
        for write in writes(&statement.sql).iter() {
            match find(&write.table) {
                Some(watched) => self.written.push(Written::new(watched, write, statement)),
                None => self.not_understood.push(shown(&statement.sql).to_owned()),
            }
        }
    }

    /// Writes that no subject announced. What it can tell of them is announced now, so that no reader misses it.
    pub(super) fn complete(&mut self) -> Vec<Unannounced> {
        let mut missing: Vec<_> = self.written.iter().filter_map(|written| written.unannounced(&self.subjects)).collect();
        let unknown = |sql: &String| Unannounced { text: format!("a statement is not understood: {sql}"), subjects: Vec::new() };
        missing.extend(self.not_understood.iter().map(unknown));
        self.subjects.extend(missing.iter().flat_map(|missing| missing.subjects.iter().copied()));
        missing
    }

    /// Rows for the log; the first one has the tags.
    pub(super) fn rows(&mut self, clock: &Clock) -> Vec<change::ActiveModel> {
        let subjects = std::mem::take(&mut self.subjects);
        let mut tags = (!subjects.is_empty()).then(|| self.tags());
        let now = clock.now();
        let row = |subject: Subject| change::ActiveModel {
            id: Set(clock.new_uuid()),
            position: Set(None),
            subject_kind: Set(subject.kind().as_str().to_owned()),
            subject_id: Set(subject.id()),
            tags: Set(tags.take()),
            created_at: Set(now),
        };
        subjects.into_iter().map(row).collect()
    }

    fn tags(&self) -> ChangeTags {
        let mut tables: BTreeMap<String, TableTags> = BTreeMap::new();
        for written in &self.written {
            let (rows, columns) = (written.rows.clone(), written.columns.clone());
            add(&mut tables, written.watched.table, rows, columns);
            if written.operation == Operation::Delete {
                add_referring(&mut tables, written.watched.table);
            }
        }
        ChangeTags(tables)
    }
}

/// Rows that are deleted or changed with a deleted row, and those of further tables that are deleted with them.
fn add_referring(tables: &mut BTreeMap<String, TableTags>, table: &str) {
    for reference in REFERENCES.iter().filter(|reference| reference.to == table) {
        if !reference.deletes {
            add(tables, reference.table, None, Some(vec![reference.column.to_owned()]));
            continue;
        }
        let everything = TableTags { rows: None, columns: None };
        if tables.get(reference.table) != Some(&everything) {
            tables.insert(reference.table.to_owned(), everything);
            add_referring(tables, reference.table);
        }
    }
}

fn add(tables: &mut BTreeMap<String, TableTags>, table: &str, rows: Option<Vec<Uuid>>, columns: Option<Vec<String>>) {
    let Some(before) = tables.get_mut(table) else {
        let tags =
            TableTags { rows: joined(Some(Vec::new()), rows, MOST_ROWS), columns: joined(Some(Vec::new()), columns, usize::MAX) };
        tables.insert(table.to_owned(), tags);
        return;
    };
    before.rows = joined(before.rows.take(), rows, MOST_ROWS);
    before.columns = joined(before.columns.take(), columns, usize::MAX);
}

/// Both lists sorted in one; absent, for everything, if one is absent or there are too many.
fn joined<T: Ord>(one: Option<Vec<T>>, other: Option<Vec<T>>, most: usize) -> Option<Vec<T>> {
    let all: BTreeSet<T> = one?.into_iter().chain(other?).collect();
    (all.len() <= most).then(|| all.into_iter().collect())
}

fn shown(sql: &str) -> &str {
    sql.char_indices().nth(SHOWN).map_or(sql, |(end, _)| sql.get(..end).unwrap_or(sql))
}

impl Written {
    fn new(watched: &'static Watched, write: &Write, statement: &Statement) -> Self {
        Self {
            watched,
            operation: write.operation,
            columns: write.columns.clone(),
            subjects: watched.key.and_then(|key| write.values(key, statement)),
            rows: if watched.has_id { write.values("id", statement) } else { None },
        }
    }

    fn is_exempt(&self) -> bool {
        let exempt = |column: &String| self.watched.exempt.contains(&column.as_str());
        self.operation == Operation::Update && self.columns.as_ref().is_some_and(|columns| columns.iter().all(exempt))
    }

    fn unannounced(&self, subjects: &BTreeSet<Subject>) -> Option<Unannounced> {
        let kind = self.watched.kind;
        if self.is_exempt() || subjects.contains(&Subject::All(kind)) {
            return None;
        }
        let absent: Vec<Subject> = match &self.subjects {
            Some(ids) => ids.iter().map(|id| kind.one(*id)).filter(|subject| !subjects.contains(subject)).collect(),
            None if subjects.iter().any(|subject| subject.kind() == kind || self.watched.or.contains(&subject.kind())) => {
                Vec::new()
            }
            None => return Some(self.report(Vec::new())),
        };
        (!absent.is_empty()).then(|| self.report(absent))
    }

    fn report(&self, subjects: Vec<Subject>) -> Unannounced {
        let (table, kind) = (self.watched.table, self.watched.kind);
        let what = match (self.operation, &self.columns) {
            (Operation::Insert, _) => "rows were inserted".to_owned(),
            (Operation::Delete, _) => "rows were deleted".to_owned(),
            (_, Some(columns)) => format!("{} changed", columns.join(", ")),
            _ => "rows changed".to_owned(),
        };
        let which = match subjects.as_slice() {
            [] => String::new(),
            [one] => format!("; the statement names {one:?}"),
            [one, rest @ ..] => format!("; the statement names {one:?} and {} more", rest.len()),
        };
        Unannounced { text: format!("{table}: {what} without Tx::changed of a {kind} subject{which}"), subjects }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::id::{ProductId, StoreId};
    use sea_orm::{DbBackend, Value};

    fn noted(sql: &str, values: Vec<Value>) -> Changes {
        let mut changes = Changes::default();
        changes.note(&Statement::from_sql_and_values(DbBackend::Sqlite, sql, values));
        changes
    }

    fn texts(changes: &mut Changes) -> Vec<String> {
        changes.complete().into_iter().map(|missing| missing.text).collect()
    }

    #[test]
    fn a_write_is_announced_by_the_subject_of_its_row() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let rename = || noted("UPDATE products SET name = ? WHERE id = ?", vec!["x".into(), one.into()]);
        let mut silent = rename();
        let text = "products: name changed without Tx::changed of a PRODUCT subject; the statement names \
                    Product(ProductId(00000000-0000-0000-0000-000000000001))";
        assert_eq!(texts(&mut silent), [text]);
        assert_eq!(silent.subjects.iter().copied().collect::<Vec<_>>(), [Subject::Product(ProductId(one))]);
        for (subject, is_missing) in [
            (Subject::Product(ProductId(one)), false),
            (Subject::All(super::super::SubjectKind::Product), false),
            (Subject::Product(ProductId(other)), true),
            (Subject::Store(StoreId(one)), true),
        ] {
            let mut changes = rename();
            changes.announce(subject);
            assert_eq!(!texts(&mut changes).is_empty(), is_missing, "{subject:?}");
        }
        let mut hidden = noted("UPDATE products SET listed = ? WHERE store_id = ?", vec![false.into(), one.into()]);
        hidden.announce(Subject::Store(StoreId(one)));
        assert_eq!(texts(&mut hidden), [""; 0]);
    }

    #[test]
    fn exempt_columns_alone_need_nothing_and_other_tables_never_do() {
        let sold = "UPDATE product_variants SET sold_count = sold_count + ?, stock_quantity = stock_quantity - ? WHERE id = ?";
        assert_eq!(texts(&mut noted(sold, vec![1.into(), 1.into(), Uuid::nil().into()])), [""; 0]);
        let priced = "UPDATE product_variants SET sold_count = sold_count + ?, price = ? WHERE id = ?";
        assert_eq!(texts(&mut noted(priced, vec![1.into(), 1.into(), Uuid::nil().into()])).len(), 1);
        assert_eq!(texts(&mut noted("UPDATE orders SET status = ?", vec!["x".into()])), [""; 0]);
        assert_eq!(texts(&mut noted("TRUNCATE orders", vec![])), ["a statement is not understood: TRUNCATE orders"]);
    }

    #[test]
    fn tags_name_rows_and_columns_and_what_goes_with_a_deleted_row() {
        let id = Uuid::from_u128(1);
        let mut changes = noted("UPDATE products SET name = ? WHERE id = ?", vec!["x".into(), id.into()]);
        changes.note(&Statement::from_sql_and_values(
            DbBackend::Sqlite,
            "UPDATE products SET slug = ?, name = ? WHERE id = ?",
            ["y".into(), "x".into(), id.into()],
        ));
        let of_one = TableTags { rows: Some(vec![id]), columns: Some(vec!["name".into(), "slug".into()]) };
        assert_eq!(changes.tags().0, BTreeMap::from([("products".to_owned(), of_one)]));
        let gone = noted("DELETE FROM stores WHERE id = ?", vec![id.into()]).tags().0;
        let everything = TableTags { rows: None, columns: None };
        assert_eq!(gone.get("stores"), Some(&TableTags { rows: Some(vec![id]), columns: None }));
        assert_eq!(gone.get("shipping_methods"), Some(&everything));
        assert_eq!(gone.get("reviews"), Some(&everything));
        let gone = noted("DELETE FROM categories WHERE id = ?", vec![id.into()]).tags().0;
        let left = TableTags { rows: None, columns: Some(vec!["category_id".into()]) };
        assert_eq!(gone.get("products"), Some(&left));
        assert_eq!(gone.len(), 2);
    }
}
