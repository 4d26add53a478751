//! From the path of a problem in an input to the place in a file.

use super::entry::{Cell, Entry, Field, LineProblem, VariantField, shown};
use souk_core::error::Problem;

/// The cells of a list of values; absent for those that the file does not have.
pub(super) type Cells<'a> = Vec<Option<&'a Cell>>;

/// The cells of values that were given in the order of lists.
#[derive(Default)]
pub(super) struct Places<'a> {
    /// Of the attributes of the product.
    pub(super) attributes: Cells<'a>,
    /// Of the attributes and the options of each variant.
    pub(super) variants: Vec<(Cells<'a>, Cells<'a>)>,
}

/// The problem of an input, in the file.
pub(super) fn locate(problem: &Problem, entry: &Entry, places: &Places<'_>) -> LineProblem {
    let path: Vec<&str> = problem.field.iter().map(String::as_str).collect();
    let (line, cell, column) = find(&path, entry, places);
    match cell {
        Some(cell) => LineProblem { line: cell.line, ..cell.problem(problem.code, problem.message.clone()) },
        None => LineProblem {
            column: column.map(str::to_owned),
            message: shown(&problem.message, 500),
            ..LineProblem::of_line(line, problem.code, "")
        },
    }
}

/// The line, the cell if there is one, and otherwise the column that has none.
fn find<'a>(path: &[&str], entry: &'a Entry, places: &Places<'a>) -> (u32, Option<&'a Cell>, Option<&'static str>) {
    if let ["variants", number, rest @ ..] = path
        && let Ok(number) = number.parse::<usize>()
    {
        let Some(variant) = entry.variants.get(number) else { return (entry.line, None, None) };
        let (attributes, options) = places.variants.get(number).map_or((&[][..], &[][..]), |(one, other)| (one, other));
        let cell = match rest {
            ["attributes", at, ..] => nth(attributes, at),
            ["options", at, ..] => nth(options, at),
            ["attributes" | "options"] => attributes.iter().chain(options).flatten().next().copied(),
            _ => None,
        };
        let field = variant_field(rest.first().copied().unwrap_or_default());
        let cell = cell.or_else(|| field.and_then(|(field, _)| variant.fields.get(&field)));
        return (variant.line, cell, field.map(|(_, column)| column));
    }
    let (first, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    if first == "attributes" {
        let cell = rest.first().and_then(|at| nth(&places.attributes, at));
        return (entry.line, cell, None);
    }
    match field(first) {
        Some((field, column)) => (entry.line, entry.fields.get(&field), Some(column)),
        None => (entry.line, None, None),
    }
}

fn nth<'a>(cells: &[Option<&'a Cell>], at: &str) -> Option<&'a Cell> {
    cells.get(at.parse::<usize>().ok()?).copied().flatten()
}

fn field(name: &str) -> Option<(Field, &'static str)> {
    Some(match name {
        "name" => (Field::Name, "name"),
        "slug" => (Field::Handle, "handle"),
        "status" => (Field::Status, "status"),
        "kind" => (Field::Kind, "kind"),
        "productTypeId" => (Field::Type, "type"),
        "categoryId" => (Field::Category, "category"),
        "shortDescription" => (Field::ShortDescription, "short_description"),
        "description" => (Field::Description, "description"),
        "tags" => (Field::Tags, "tags"),
        "seoTitle" => (Field::SeoTitle, "seo_title"),
        "seoDescription" => (Field::SeoDescription, "seo_description"),
        _ => return None,
    })
}

fn variant_field(name: &str) -> Option<(VariantField, &'static str)> {
    Some(match name {
        "sku" => (VariantField::Sku, "sku"),
        "price" => (VariantField::Price, "price"),
        "compareAtPrice" => (VariantField::CompareAtPrice, "compare_at_price"),
        "stockQuantity" => (VariantField::Stock, "stock"),
        "lowStockThreshold" => (VariantField::LowStockThreshold, "low_stock_threshold"),
        "weightGrams" => (VariantField::WeightGrams, "weight_grams"),
        "barcode" => (VariantField::Barcode, "barcode"),
        "isActive" => (VariantField::Active, "active"),
        _ => return None,
    })
}
