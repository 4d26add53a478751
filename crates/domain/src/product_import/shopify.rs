//! Lines of product files that Shopify exports (<https://help.shopify.com/en/manual/products/import-export/using-csv>), with the names of the
//! columns of before and after 2024. Columns that mean nothing here are ignored.

use super::entry::{Cell, Entry, Field, LineProblem, VariantEntry, VariantField};
use super::souk::{add_url, put};
use super::table::{Row, Table};
use souk_core::error::Code;

/// Where the columns are.
#[derive(Debug)]
pub(super) struct Layout {
    handle: usize,
    title: usize,
    body: Option<usize>,
    tags: Option<usize>,
    published: Option<usize>,
    status: Option<usize>,
    seo_title: Option<usize>,
    seo_description: Option<usize>,
    pub(super) sku: Option<usize>,
    price: Option<usize>,
    compare_at_price: Option<usize>,
    stock: Option<usize>,
    grams: Option<usize>,
    barcode: Option<usize>,
    images: [Option<usize>; 2],
    /// Name and value.
    options: [(Option<usize>, Option<usize>); 3],
}

impl Layout {
    /// `None` if the file is not one of Shopify's.
    pub(super) fn of(table: &Table) -> Option<Self> {
        let find = |names: [&str; 2]| names.iter().find_map(|name| table.column(name));
        let handle = find(["Handle", "URL handle"])?;
        let title = table.column("Title")?;
        let option = |number: usize| {
            let names = [format!("Option{number} Name"), format!("Option{number} Value")];
            (table.column(&names[0]), table.column(&names[1]))
        };
        Some(Self {
            handle,
            title,
            body: find(["Body (HTML)", "Description"]),
            tags: table.column("Tags"),
            published: find(["Published", "Published on online store"]),
            status: table.column("Status"),
            seo_title: table.column("SEO Title"),
            seo_description: table.column("SEO Description"),
            sku: find(["Variant SKU", "SKU"]),
            price: find(["Variant Price", "Price"]),
            compare_at_price: find(["Variant Compare At Price", "Compare-at price"]),
            stock: find(["Variant Inventory Qty", "Inventory quantity"]),
            grams: find(["Variant Grams", "Weight value (grams)"]),
            barcode: find(["Variant Barcode", "Barcode"]),
            images: [find(["Image Src", "Product image URL"]), find(["Variant Image", "Variant image URL"])],
            options: [option(1), option(2), option(3)],
        })
    }

    pub(super) fn key(&self, row: &Row) -> Option<String> {
        row.plain(Some(self.handle))
    }

    pub(super) fn entry(&self, table: &Table, rows: &[Row]) -> Entry {
        let mut entry = Entry { line: rows.first().map_or(0, |row| row.place.line), has_foreign_stock: true, ..Entry::default() };
        let names = self.option_names(rows);
        for row in rows {
            entry.lines += 1;
            entry.problems.extend(row.surplus(table.names.len()));
            self.product(table, row, &mut entry);
            // Further lines of a product can have an image only.
            if self.is_variant(row) || entry.variants.is_empty() {
                let variant = self.variant(table, row, &names, &mut entry.problems);
                entry.variants.push(variant);
            }
        }
        entry
    }

    fn is_variant(&self, row: &Row) -> bool {
        let values = self.options.iter().map(|(_, value)| *value);
        values.chain([self.sku, self.price]).flatten().any(|at| row.text(at).is_some())
    }

    /// Names of options are in the first line only.
    fn option_names(&self, rows: &[Row]) -> [Option<String>; 3] {
        self.options.map(|(name, _)| rows.iter().find_map(|row| row.plain(name)))
    }

    fn product(&self, table: &Table, row: &Row, entry: &mut Entry) {
        let fields = [
            (Some(self.handle), Field::Handle),
            (Some(self.title), Field::Name),
            (self.body, Field::Description),
            (self.tags, Field::Tags),
            (self.status, Field::Status),
            (self.seo_title, Field::SeoTitle),
            (self.seo_description, Field::SeoDescription),
        ];
        for (at, field) in fields {
            let cell = at.and_then(|at| row.cell(&table.names, at, &mut entry.problems));
            if let Some(cell) = cell {
                put(entry, field, cell);
            }
        }
        // Exports of before 2021 have no status.
        let published = self.published.and_then(|at| row.cell(&table.names, at, &mut entry.problems));
        if let (None, Some(cell)) = (self.status, published) {
            let is_published = cell.value.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true"));
            let status = if is_published { "ACTIVE" } else { "DRAFT" };
            put(entry, Field::Status, Cell { value: Some(status.to_owned()), ..cell });
        }
        for at in self.images.into_iter().flatten() {
            if let Some(cell) = row.cell(&table.names, at, &mut entry.problems)
                && let Some(url) = cell.value.clone()
            {
                add_url(entry, &cell, &url);
            }
        }
    }

    fn variant(&self, table: &Table, row: &Row, names: &[Option<String>; 3], problems: &mut Vec<LineProblem>) -> VariantEntry {
        let mut variant = VariantEntry { line: row.place.line, ..VariantEntry::default() };
        let fields = [
            (self.sku, VariantField::Sku),
            (self.price, VariantField::Price),
            (self.compare_at_price, VariantField::CompareAtPrice),
            (self.stock, VariantField::Stock),
            (self.grams, VariantField::WeightGrams),
            (self.barcode, VariantField::Barcode),
        ];
        for (at, field) in fields {
            let Some(mut cell) = at.and_then(|at| row.cell(&table.names, at, problems)) else { continue };
            let Some(text) = &cell.value else { continue };
            match field {
                // What was sold beyond the stock.
                VariantField::Stock if text.starts_with('-') => cell.value = Some("0".to_owned()),
                VariantField::CompareAtPrice if text.bytes().all(|byte| matches!(byte, b'0' | b'.')) => continue,
                // An apostrophe keeps spreadsheets from rounding the number.
                VariantField::Barcode | VariantField::Sku => cell.value = Some(text.trim_start_matches('\'').to_owned()),
                VariantField::WeightGrams => cell.value = Some(rounded(text)),
                _ => {}
            }
            variant.fields.insert(field, cell);
        }
        for ((_, value), name) in self.options.iter().zip(names) {
            let cell = value.and_then(|at| row.cell(&table.names, at, problems));
            let (Some(cell), Some(name)) = (cell, name) else { continue };
            // A product without options.
            if name == "Title" && cell.value.as_deref() == Some("Default Title") {
                continue;
            }
            if cell.value.is_none() {
                problems.push(cell.problem(Code::Invalid, format!("{} can't be cleared.", cell.column)));
                continue;
            }
            variant.options.push((name.clone(), cell));
        }
        variant
    }
}

/// A weight in whole grams; another text as it is.
fn rounded(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(grams) if (0.0..1e9).contains(&grams) => format!("{grams:.0}"),
        _ => text.to_owned(),
    }
}
