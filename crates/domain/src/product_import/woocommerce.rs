//! Lines of product files that WooCommerce exports
//! (<https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema>), in English. Columns that mean nothing here are ignored.

use super::entry::{Cell, Entry, Field, VariantEntry, VariantField};
use super::souk::{add_url, put};
use super::table::{Row, Table};
use souk_core::error::Code;
use souk_core::text::slugify;
use std::sync::Arc;

/// Where the columns are.
#[derive(Debug)]
pub(super) struct Layout {
    id: Option<usize>,
    kind: usize,
    pub(super) sku: Option<usize>,
    barcode: Option<usize>,
    name: usize,
    published: Option<usize>,
    short_description: Option<usize>,
    description: Option<usize>,
    stock: Option<usize>,
    low_stock: Option<usize>,
    /// With the grams of its unit.
    weight: Option<(usize, f64)>,
    sale_price: Option<usize>,
    regular_price: usize,
    tags: Option<usize>,
    images: Option<usize>,
    parent: Option<usize>,
    /// Name and value.
    attributes: Vec<(usize, usize)>,
}

/// How a line belongs to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A product; the keys by which variations name it.
    Product(Vec<String>),
    /// A variation of the product with this key.
    Variation(String),
}

const UNITS: [(&str, f64); 4] = [("kg", 1000.0), ("g", 1.0), ("lbs", 453.592_37), ("oz", 28.349_523_125)];

impl Layout {
    /// `None` if the file is not one of WooCommerce's.
    pub(super) fn of(table: &Table) -> Option<Self> {
        let attribute = |number: usize| {
            let name = table.column(&format!("Attribute {number} name"))?;
            Some((name, table.column(&format!("Attribute {number} value(s)"))?))
        };
        Some(Self {
            regular_price: table.column("Regular price")?,
            kind: table.column("Type")?,
            name: table.column("Name")?,
            id: table.column("ID"),
            sku: table.column("SKU"),
            barcode: table.column("GTIN, UPC, EAN, or ISBN"),
            published: table.column("Published"),
            short_description: table.column("Short description"),
            description: table.column("Description"),
            stock: table.column("Stock"),
            low_stock: table.column("Low stock amount"),
            weight: UNITS.iter().find_map(|(unit, grams)| Some((table.column(&format!("Weight ({unit})"))?, *grams))),
            sale_price: table.column("Sale price"),
            tags: table.column("Tags"),
            images: table.column("Images"),
            parent: table.column("Parent"),
            attributes: (1..).map_while(attribute).take(table.names.len()).collect(),
        })
    }

    pub(super) fn kind(&self, row: &Row) -> Kind {
        if let Some(parent) = row.plain(self.parent)
            && self.has_type(row, "variation")
        {
            return Kind::Variation(parent);
        }
        let id = row.plain(self.id).map(|id| format!("id:{id}"));
        Kind::Product(id.into_iter().chain(row.plain(self.sku)).collect())
    }

    fn has_type(&self, row: &Row, wanted: &str) -> bool {
        // Such as "simple, virtual".
        row.text(self.kind).is_some_and(|types| types.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
    }

    /// SKUs of variable products are not SKUs of anything that is sold.
    pub(super) fn is_sold(&self, row: &Row) -> bool {
        !self.has_type(row, "variable")
    }

    /// The first row is the product.
    pub(super) fn entry(&self, table: &Table, rows: &[Row]) -> Entry {
        let mut entry = Entry { line: rows.first().map_or(0, |row| row.place.line), has_foreign_stock: true, ..Entry::default() };
        let Some((product, variations)) = rows.split_first() else { return entry };
        entry.lines = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        for row in rows {
            entry.problems.extend(row.surplus(table.names.len()));
        }
        let place = |at: usize| Cell {
            line: product.place.line,
            column: table.names.get(at).map_or_else(|| Arc::from(""), Arc::clone),
            value: product.text(at).map(str::to_owned),
        };
        if self.has_type(product, "grouped") || self.has_type(product, "external") {
            let cell = place(self.kind);
            let message = "Type must be simple, variable or variation; products of other types can't be imported.";
            entry.problems.push(cell.problem(Code::Invalid, message));
            return entry;
        }
        if self.has_type(product, "variation") {
            let message = "The product of the variation is not in the file; export it with the variation.";
            entry.problems.push(place(self.parent.unwrap_or(self.kind)).problem(Code::NotFound, message));
            return entry;
        }
        self.product(table, product, &mut entry);
        let is_variable = self.has_type(product, "variable");
        if !is_variable {
            let variant = self.variant(table, product, false, &mut entry);
            entry.variants.push(variant);
        }
        for row in variations {
            let variant = self.variant(table, row, true, &mut entry);
            entry.variants.push(variant);
            self.images(table, row, &mut entry);
        }
        // Without a SKU, products are found again by their names.
        let has_sku = entry.variants.iter().any(|variant| variant.fields.contains_key(&VariantField::Sku));
        if let (false, Some(name)) = (has_sku, entry.text(Field::Name)) {
            let slug = slugify(name);
            if !slug.is_empty() {
                entry.fields.insert(Field::Handle, Cell { value: Some(slug), ..place(self.name) });
            }
        }
        entry
    }

    fn product(&self, table: &Table, row: &Row, entry: &mut Entry) {
        let fields = [
            (Some(self.name), Field::Name),
            (self.short_description, Field::ShortDescription),
            (self.description, Field::Description),
            (self.tags, Field::Tags),
        ];
        for (at, field) in fields {
            let Some(mut cell) = at.and_then(|at| row.cell(&table.names, at, &mut entry.problems)) else { continue };
            // Exports write line breaks as a backslash and an n.
            cell.value = cell.value.map(|text| text.replace("\\n", "\n"));
            if field == Field::ShortDescription {
                cell.value = cell.value.map(|text| without_tags(&text));
            }
            put(entry, field, cell);
        }
        if let Some(cell) = self.published.and_then(|at| row.cell(&table.names, at, &mut entry.problems)) {
            let status = if cell.value.as_deref() == Some("1") { "ACTIVE" } else { "DRAFT" };
            put(entry, Field::Status, Cell { value: Some(status.to_owned()), ..cell });
        }
        self.images(table, row, entry);
    }

    fn images(&self, table: &Table, row: &Row, entry: &mut Entry) {
        if let Some(cell) = self.images.and_then(|at| row.cell(&table.names, at, &mut entry.problems)) {
            for url in cell.value.iter().flat_map(|text| text.split(", ")).map(str::trim).filter(|url| !url.is_empty()) {
                add_url(entry, &cell, url);
            }
        }
    }

    fn variant(&self, table: &Table, row: &Row, is_variation: bool, entry: &mut Entry) -> VariantEntry {
        let problems = &mut entry.problems;
        let mut variant = VariantEntry { line: row.place.line, ..VariantEntry::default() };
        let mut cell = |at: Option<usize>| at.and_then(|at| row.cell(&table.names, at, problems));
        let fields = [
            (self.sku, VariantField::Sku),
            (self.barcode, VariantField::Barcode),
            (self.stock, VariantField::Stock),
            (self.low_stock, VariantField::LowStockThreshold),
        ];
        for (at, field) in fields {
            let Some(mut cell) = cell(at) else { continue };
            if field == VariantField::Stock && cell.value.as_deref().is_some_and(|text| text.starts_with('-')) {
                cell.value = Some("0".to_owned());
            }
            // "parent" takes the stock of the product, which has none here.
            if cell.value.as_deref() != Some("parent") {
                variant.fields.insert(field, cell);
            }
        }
        let (regular, sale) = (cell(Some(self.regular_price)), cell(self.sale_price));
        let (price, compare_at_price) = match sale {
            Some(sale) => (Some(sale), regular),
            None => (regular, None),
        };
        variant.fields.extend(price.map(|cell| (VariantField::Price, cell)));
        variant.fields.extend(compare_at_price.map(|cell| (VariantField::CompareAtPrice, cell)));
        if let Some((at, grams)) = self.weight
            && let Some(cell) = cell(Some(at))
        {
            let value = cell.value.as_deref().map(|text| in_grams(text, grams));
            variant.fields.insert(VariantField::WeightGrams, Cell { value, ..cell });
        }
        if is_variation {
            if let Some(cell) = cell(self.published) {
                let active = cell.value.as_deref() == Some("1");
                variant.fields.insert(VariantField::Active, Cell { value: Some(active.to_string()), ..cell });
            }
            for (name, value) in &self.attributes {
                if let (Some(name), Some(cell)) = (row.plain(Some(*name)), cell(Some(*value))) {
                    variant.options.push((name, cell));
                }
            }
        }
        variant
    }
}

/// A weight in whole grams; another text as it is, for the problem that names it.
fn in_grams(text: &str, grams: f64) -> String {
    match text.replace(',', ".").parse::<f64>() {
        Ok(weight) if (0.0..1e7).contains(&weight) => format!("{:.0}", weight * grams),
        _ => text.to_owned(),
    }
}

/// HTML as plain text: tags are left out, and the usual entities decoded.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    let mut chars = html.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' if chars.peek().is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!')) => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if !is_tag => text.push(c),
            _ => {}
        }
    }
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, plain)| text.replace(entity, plain)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_texts_are_converted() {
        assert_eq!(in_grams("0.25", 1000.0), "250");
        assert_eq!(in_grams("1,5", 1000.0), "1500");
        assert_eq!(in_grams("2", 453.592_37), "907");
        assert_eq!(in_grams("heavy", 1000.0), "heavy");
        assert_eq!(without_tags("<p>Tea &amp; <b>milk</b></p>\n"), "Tea & milk");
        assert_eq!(without_tags("1 < 2"), "1 < 2");
    }
}
