//! Lines of Souk's own CSV files: one for each variant; the lines of a product stand together and have the same handle.

use super::column::{self, Column};
use super::entry::{Cell, Entry, Field, LineProblem, VariantEntry, VariantField};
use super::table::{Row, Table};
use souk_core::error::Code;

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Layout {
    columns: Vec<Column>,
    handle: Option<usize>,
    pub(super) sku: Option<usize>,
}

impl Layout {
    pub(super) fn of(table: &Table) -> Result<Self, Vec<LineProblem>> {
        let names: Vec<String> = table.names.iter().map(|name| name.to_string()).collect();
        let columns = column::read(&names)?;
        let find = |column: Column| columns.iter().position(|known| *known == column);
        let (handle, sku) = (find(Column::Product(Field::Handle)), find(Column::Variant(VariantField::Sku)));
        if handle.is_none() && sku.is_none() && find(Column::Product(Field::Name)).is_none() {
            let message = "The file needs a column handle, sku or name, by which products are found.";
            return Err(vec![LineProblem::of_line(1, Code::Required, message)]);
        }
        Ok(Self { columns, handle, sku })
    }

    /// What the lines of one product have in common.
    pub(super) fn key(&self, row: &Row) -> Option<String> {
        row.plain(self.handle)
    }

    pub(super) fn entry(&self, table: &Table, rows: &[Row]) -> Entry {
        let mut entry = Entry { line: rows.first().map_or(0, |row| row.place.line), ..Entry::default() };
        for row in rows {
            entry.lines += 1;
            entry.problems.extend(row.surplus(self.columns.len()));
            let mut variant = VariantEntry { line: row.place.line, ..VariantEntry::default() };
            for (at, column) in self.columns.iter().enumerate() {
                let Some(cell) = row.cell(&table.names, at, &mut entry.problems) else { continue };
                match column {
                    Column::Product(Field::ImageUrls) => urls(&mut entry, &cell),
                    Column::Product(field) => put(&mut entry, *field, cell),
                    Column::Variant(field) => drop(variant.fields.insert(*field, cell)),
                    Column::Attribute(slug) => variant.attributes.push((slug.clone(), cell)),
                    Column::Option(name) => variant.options.push((name.clone(), cell)),
                }
            }
            entry.variants.push(variant);
        }
        entry
    }
}

/// A field of the product, which its first line with a value decides. Another value in a further line is a problem.
pub(super) fn put(entry: &mut Entry, field: Field, cell: Cell) {
    match entry.fields.get(&field) {
        Some(first) if first.value != cell.value => {
            let message =
                format!("{} must be the same in all lines of the product; line {} has another.", cell.column, first.line);
            entry.problems.push(cell.problem(Code::Invalid, message));
        }
        Some(_) => {}
        None => drop(entry.fields.insert(field, cell)),
    }
}

/// URLs are separated by blanks.
pub(super) fn urls(entry: &mut Entry, cell: &Cell) {
    let Some(text) = &cell.value else {
        let message = format!("{} can't be cleared: an import deletes nothing.", cell.column);
        entry.problems.push(cell.problem(Code::NotAllowed, message));
        return;
    };
    for url in text.split_whitespace() {
        add_url(entry, cell, url);
    }
}

pub(super) fn add_url(entry: &mut Entry, cell: &Cell, url: &str) {
    let is_known = entry.image_urls.iter().any(|known| known.value.as_deref() == Some(url));
    if !is_known {
        entry.image_urls.push(Cell { value: Some(url.to_owned()), ..cell.clone() });
    }
}
