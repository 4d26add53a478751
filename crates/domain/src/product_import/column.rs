//! The columns of Souk's own CSV files.

use super::entry::{Field, LineProblem, VariantField};
use souk_core::error::Code;
use souk_core::text::nearest;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Product(Field),
    Variant(VariantField),
    /// Of an attribute, by slug.
    Attribute(String),
    /// Of a free option, by name; or of an attribute that distinguishes variants, by slug.
    Option(String),
}

/// Prefix of the columns of attributes.
pub(crate) const ATTRIBUTE: &str = "attr:";
/// Prefix of the columns of options.
pub(crate) const OPTION: &str = "option:";

/// The columns with a fixed name, in the order of an export.
pub(crate) const COLUMNS: [(&str, Column); 21] = [
    ("handle", Column::Product(Field::Handle)),
    ("name", Column::Product(Field::Name)),
    ("status", Column::Product(Field::Status)),
    ("kind", Column::Product(Field::Kind)),
    ("type", Column::Product(Field::Type)),
    ("category", Column::Product(Field::Category)),
    ("short_description", Column::Product(Field::ShortDescription)),
    ("description", Column::Product(Field::Description)),
    ("tags", Column::Product(Field::Tags)),
    ("seo_title", Column::Product(Field::SeoTitle)),
    ("seo_description", Column::Product(Field::SeoDescription)),
    ("sku", Column::Variant(VariantField::Sku)),
    ("price", Column::Variant(VariantField::Price)),
    ("compare_at_price", Column::Variant(VariantField::CompareAtPrice)),
    ("stock", Column::Variant(VariantField::Stock)),
    ("stock_was", Column::Variant(VariantField::StockWas)),
    ("low_stock_threshold", Column::Variant(VariantField::LowStockThreshold)),
    ("weight_grams", Column::Variant(VariantField::WeightGrams)),
    ("barcode", Column::Variant(VariantField::Barcode)),
    ("active", Column::Variant(VariantField::Active)),
    ("image_urls", Column::Product(Field::ImageUrls)),
];

/// The columns of a header. All unknown and double ones are problems: then nothing is imported.
pub(super) fn read(names: &[String]) -> Result<Vec<Column>, Vec<LineProblem>> {
    let (mut columns, mut problems) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        let problem = |code, message: String| LineProblem {
            line: 1,
            column: Some(super::entry::shown(name, 200)),
            value: None,
            code,
            message: super::entry::shown(&message, 500),
        };
        match column(name) {
            Some(column) if columns.contains(&column) => {
                problems.push(problem(Code::Taken, format!("{name:?} is the name of several columns.")));
            }
            Some(column) => columns.push(column),
            None if name.trim().is_empty() => {
                problems.push(problem(Code::Required, format!("Column {} has no name.", at + 1)));
            }
            None => problems.push(problem(Code::Invalid, unknown(name))),
        }
    }
    if problems.is_empty() { Ok(columns) } else { Err(problems) }
}

fn column(name: &str) -> Option<Column> {
    let name = name.trim();
    if let Some(slug) = name.strip_prefix(ATTRIBUTE).map(str::trim) {
        return (!slug.is_empty()).then(|| Column::Attribute(slug.to_owned()));
    }
    if let Some(option) = name.strip_prefix(OPTION).map(str::trim) {
        return (!option.is_empty()).then(|| Column::Option(option.to_owned()));
    }
    let lower = name.to_lowercase();
    COLUMNS.iter().find(|(known, _)| *known == lower).map(|(_, column)| column.clone())
}

fn unknown(name: &str) -> String {
    let name: String = name.trim().chars().take(60).collect();
    let normal = name.to_lowercase().replace([' ', '-'], "_");
    match nearest(&normal, COLUMNS.iter().map(|(known, _)| *known)) {
        Some(near) => format!("{name:?} is no column; did you mean {near}?"),
        None => {
            let known: Vec<_> = COLUMNS.iter().map(|(known, _)| *known).collect();
            format!("{name:?} is no column; known are {}, attr:SLUG and option:NAME.", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_header_is_read_and_an_unknown_column_is_told_with_the_nearest() {
        let columns = read(&names(&["Handle", " price ", "attr:material", "option:Size"])).expect("columns");
        let expected = [
            Column::Product(Field::Handle),
            Column::Variant(VariantField::Price),
            Column::Attribute("material".into()),
            Column::Option("Size".into()),
        ];
        assert_eq!(columns, expected);
        let problems =
            read(&names(&["prise", "Compare at price", "colour of the box", "", "sku", "SKU", "attr:"])).expect_err("problems");
        let told: Vec<_> = problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        let known = "handle, name, status, kind, type, category, short_description, description, tags, seo_title, seo_description, sku, \
                     price, compare_at_price, stock, stock_was, low_stock_threshold, weight_grams, barcode, active, image_urls, \
                     attr:SLUG and option:NAME.";
        let expected = [
            (1, "\"prise\" is no column; did you mean price?".to_owned()),
            (1, "\"Compare at price\" is no column; did you mean compare_at_price?".to_owned()),
            (1, format!("\"colour of the box\" is no column; known are {known}")),
            (1, "Column 4 has no name.".to_owned()),
            (1, "\"SKU\" is the name of several columns.".to_owned()),
            (1, format!("\"attr:\" is no column; known are {known}")),
        ];
        let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(told, expected);
    }
}
