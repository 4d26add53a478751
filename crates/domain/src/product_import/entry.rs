//! A product as a file has it, whatever the format of the file.

use souk_core::error::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Text of a cell that clears a field.
pub(crate) const NONE: &str = "{none}";
/// Characters of a value that a problem shows.
const SHOWN: usize = 200;

/// A field of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Field {
    Handle,
    Name,
    Status,
    Kind,
    Type,
    Category,
    ShortDescription,
    Description,
    Tags,
    SeoTitle,
    SeoDescription,
    ImageUrls,
}

/// A field of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum VariantField {
    Sku,
    Price,
    CompareAtPrice,
    Stock,
    StockWas,
    LowStockThreshold,
    WeightGrams,
    Barcode,
    Active,
}

/// A place in the file with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) line: u32,
    /// As the file names it.
    pub(crate) column: Arc<str>,
    /// `None` clears the field.
    pub(crate) value: Option<String>,
}

impl Cell {
    /// A problem of this place.
    pub(crate) fn problem(&self, code: Code, message: impl Into<String>) -> LineProblem {
        LineProblem {
            line: self.line,
            column: Some(self.column.to_string()),
            value: self.value.as_deref().map(|text| shown(text, SHOWN)),
            code,
            message: shown(&message.into(), 500),
        }
    }
}

/// A variant as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VariantEntry {
    pub(crate) line: u32,
    pub(crate) fields: BTreeMap<VariantField, Cell>,
    /// By slug, in the order of the file. In a CSV file also those of the product.
    pub(crate) attributes: Vec<(String, Cell)>,
    /// By name, in the order of the file.
    pub(crate) options: Vec<(String, Cell)>,
}

/// A product as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its first line.
    pub(crate) line: u32,
    /// Number of its lines.
    pub(crate) lines: u32,
    pub(crate) fields: BTreeMap<Field, Cell>,
    /// Attributes that the file gives to the product and not to its variants, by slug.
    pub(crate) attributes: Vec<(String, Cell)>,
    /// Each with its place; URLs of a further line follow those of the first.
    pub(crate) image_urls: Vec<Cell>,
    pub(crate) variants: Vec<VariantEntry>,
    /// What is wrong with the lines themselves.
    pub(crate) problems: Vec<LineProblem>,
    /// Whether the file gives attributes to the product or to its variants; otherwise the product type decides.
    pub(crate) has_levels: bool,
    /// Whether the stock in the file is that of another shop, which says nothing of the stock of products that the store has.
    pub(crate) has_foreign_stock: bool,
}

impl Entry {
    /// The text of a field; `None` if it is absent or cleared.
    pub(crate) fn text(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).and_then(|cell| cell.value.as_deref())
    }
}

impl VariantEntry {
    /// The text of a field; `None` if it is absent or cleared.
    pub(crate) fn text(&self, field: VariantField) -> Option<&str> {
        self.fields.get(&field).and_then(|cell| cell.value.as_deref())
    }
}

/// A problem of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// Number of the line in the file, from 1; 0 for the whole file.
    pub line: u32,
    /// As the file names it; absent for the whole line.
    pub column: Option<String>,
    /// The beginning of what the file has there.
    pub value: Option<String>,
    pub code: Code,
    pub message: String,
}

impl LineProblem {
    /// A problem of a whole line.
    pub(crate) fn of_line(line: u32, code: Code, message: impl Into<String>) -> Self {
        Self { line, column: None, value: None, code, message: shown(&message.into(), 500) }
    }
}

/// A text of at most `length` characters that databases accept.
pub(crate) fn shown(text: &str, length: usize) -> String {
    text.chars().take(length).map(|c| if c == '\0' { '\u{FFFD}' } else { c }).collect()
}
