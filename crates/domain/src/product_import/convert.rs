//! From cells to the values of fields. Problems of cells are collected; those of values are found by the checks of the features.

use super::entry::{Cell, Entry, Field, LineProblem, VariantEntry, VariantField};
use super::jsonl::split;
use super::number;
use super::world::value_of;
use crate::attribute::{NewValue, Rules, Shown};
use entity::money::CurrencyCode;
use entity::value::{AttributeInputType, AttributeLevel, ProductKind, ProductStatus, VariantOption};
use souk_core::check::Amount;
use souk_core::error::Code;
use std::str::FromStr;

/// Problems of cells.
pub(super) type Problems = Vec<LineProblem>;

/// A field that an import can clear: absent, cleared, or with a value.
pub(super) fn clearable<T>(
    cell: Option<&Cell>,
    problems: &mut Problems,
    read: impl FnOnce(&Cell, &str) -> Result<T, LineProblem>,
) -> Option<Option<T>> {
    let cell = cell?;
    let Some(text) = &cell.value else { return Some(None) };
    match read(cell, text) {
        Ok(value) => Some(Some(value)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// A field that always has a value.
pub(super) fn required<T>(
    cell: Option<&Cell>,
    problems: &mut Problems,
    read: impl FnOnce(&Cell, &str) -> Result<T, LineProblem>,
) -> Option<T> {
    match clearable(cell, problems, read)? {
        Some(value) => Some(value),
        None => {
            problems.extend(cell.map(|cell| cell.problem(Code::Required, format!("{} can't be cleared.", cell.column))));
            None
        }
    }
}

pub(super) fn text(_cell: &Cell, text: &str) -> Result<String, LineProblem> {
    Ok(text.to_owned())
}

/// An amount in the marketplace's currency.
pub(super) fn amount(path: &str, currency: CurrencyCode) -> impl Fn(&Cell, &str) -> Result<Amount, LineProblem> {
    move |cell, text| Ok(Amount::parse(path, &number::decimal(cell, text)?, currency))
}

/// A value of an enum, in any case.
fn one_of<T: FromStr + Copy + std::fmt::Display>(cell: &Cell, text: &str, allowed: &[T]) -> Result<T, LineProblem> {
    let upper = text.trim().to_uppercase();
    upper.parse().map_err(|_| {
        let names: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        let (last, first) = names.split_last().map_or((String::new(), &[][..]), |(last, first)| (last.clone(), first));
        let message = format!("{} must be {} or {last}; got {:?}.", cell.column, first.join(", "), text.trim());
        cell.problem(Code::Invalid, message)
    })
}

pub(super) fn status(cell: &Cell, text: &str) -> Result<ProductStatus, LineProblem> {
    one_of(cell, text, ProductStatus::ALL)
}

pub(super) fn kind(cell: &Cell, text: &str) -> Result<ProductKind, LineProblem> {
    one_of(cell, text, ProductKind::ALL)
}

/// Tags; none if they are cleared.
pub(super) fn tags(entry: &Entry) -> Option<Vec<String>> {
    let cell = entry.fields.get(&Field::Tags)?;
    Some(cell.value.as_deref().map(split).unwrap_or_default())
}

/// A text that is empty if it is cleared.
pub(super) fn clearable_text(entry: &Entry, field: Field) -> Option<String> {
    entry.fields.get(&field).map(|cell| cell.value.clone().unwrap_or_default())
}

/// The values of an entry for one level, with the cells that they come from. `None` if the entry gives none: then they are left as they are.
pub(super) struct Given<'a> {
    pub(super) values: Vec<NewValue>,
    /// The cell of each value; absent for those that are kept.
    pub(super) cells: Vec<Option<&'a Cell>>,
}

/// The values of the product: those of cells, and the present ones that the file does not name.
pub(super) fn values_of_product<'a>(
    entry: &'a Entry,
    rules: &Rules,
    present: &[Shown],
    problems: &mut Problems,
) -> Option<Given<'a>> {
    let is_of_variant = |slug: &str| matches!(rules.kind(slug.trim()), Some((_, AttributeLevel::Variant)));
    let mut cells: Vec<(&str, &Cell)> = entry.attributes.iter().map(|(slug, cell)| (slug.as_str(), cell)).collect();
    let of_lines = entry.variants.iter().filter(|_| !entry.has_levels).flat_map(|variant| &variant.attributes);
    for (slug, cell) in of_lines.filter(|(slug, _)| !is_of_variant(slug)) {
        match cells.iter().find(|(known, _)| known == slug) {
            Some((_, first)) if first.value != cell.value => {
                let message =
                    format!("{} must be the same in all lines of the product; line {} has another.", cell.column, first.line);
                problems.push(cell.problem(Code::Invalid, message));
            }
            Some(_) => {}
            None => cells.push((slug, cell)),
        }
    }
    // A JSON file that gives an attribute of the variants to the product is told so by the check of the values.
    given(cells, rules, AttributeLevel::Product, present, problems)
}

/// The values of a variant.
pub(super) fn values_of_variant<'a>(
    entry: &'a Entry,
    variant: &'a VariantEntry,
    rules: &Rules,
    present: &[Shown],
    problems: &mut Problems,
) -> Option<Given<'a>> {
    let belongs = |slug: &str| entry.has_levels || matches!(rules.kind(slug.trim()), Some((_, AttributeLevel::Variant)));
    let attributes = variant.attributes.iter().filter(|(slug, _)| belongs(slug));
    // A column of an option can name an attribute that distinguishes variants.
    let options = variant.options.iter().filter(|(slug, _)| rules.kind(slug.trim()).is_some());
    let cells = attributes.chain(options).map(|(slug, cell)| (slug.as_str(), cell)).collect();
    given(cells, rules, AttributeLevel::Variant, present, problems)
}

fn given<'a>(
    cells: Vec<(&str, &'a Cell)>,
    rules: &Rules,
    level: AttributeLevel,
    present: &[Shown],
    problems: &mut Problems,
) -> Option<Given<'a>> {
    if cells.is_empty() {
        return None;
    }
    let mut all = Given { values: Vec::new(), cells: Vec::new() };
    for shown in present {
        let slug = shown.attribute.slug.as_str();
        let is_kept = matches!(rules.kind(slug), Some((_, found)) if found == level);
        if is_kept && !cells.iter().any(|(given, _)| given.trim() == slug) {
            all.values.push(value_of(shown));
            all.cells.push(None);
        }
    }
    for (slug, cell) in cells {
        let Some(text) = &cell.value else { continue };
        match value(rules, slug, cell, text) {
            Ok(value) => {
                all.values.push(value);
                all.cells.push(Some(cell));
            }
            Err(problem) => problems.push(problem),
        }
    }
    Some(all)
}

fn value(rules: &Rules, slug: &str, cell: &Cell, text: &str) -> Result<NewValue, LineProblem> {
    let slug = slug.trim().to_owned();
    let of = |slug| NewValue { slug, ..NewValue::default() };
    Ok(match rules.kind(&slug).map(|(kind, _)| kind) {
        Some(AttributeInputType::Choice | AttributeInputType::MultiChoice) => NewValue { values: Some(split(text)), ..of(slug) },
        Some(AttributeInputType::Number) => NewValue { number: Some(number::decimal(cell, text)?), ..of(slug) },
        Some(AttributeInputType::Boolean) => NewValue { boolean: Some(number::boolean(cell, text)?), ..of(slug) },
        Some(AttributeInputType::Date) => NewValue { date: Some(text.trim().to_owned()), ..of(slug) },
        Some(AttributeInputType::Text) | None => NewValue { text: Some(text.to_owned()), ..of(slug) },
    })
}

/// The free options of a variant: the present ones with the changes of the file, which come from these cells. `None` if the file gives none.
pub(super) fn options<'a>(
    variant: &'a VariantEntry,
    rules: &Rules,
    present: &[VariantOption],
) -> Option<(Vec<VariantOption>, Vec<Option<&'a Cell>>)> {
    let is_free = |name: &str| !(rules.make_options() && rules.kind(name.trim()).is_some());
    let cells: Vec<_> = variant.options.iter().filter(|(name, _)| is_free(name)).collect();
    if cells.is_empty() {
        return None;
    }
    let mut options: Vec<(VariantOption, Option<&Cell>)> = present.iter().map(|option| (option.clone(), None)).collect();
    for (name, cell) in cells {
        let at = options.iter().position(|(option, _)| option.name == name.trim());
        match (&cell.value, at) {
            (None, Some(at)) => drop(options.remove(at)),
            (None, None) => {}
            (Some(value), at) => {
                let option = VariantOption { name: name.clone(), value: value.clone() };
                match at.and_then(|at| options.get_mut(at)) {
                    Some(known) => *known = (option, Some(cell)),
                    None => options.push((option, Some(cell))),
                }
            }
        }
    }
    Some(options.into_iter().unzip())
}

/// The stock that a variant with a stock is to have; `None` to leave it.
pub(super) fn stock(entry: &Entry, variant: &VariantEntry, present: i32, problems: &mut Problems) -> Option<i32> {
    let cell = variant.fields.get(&VariantField::Stock)?;
    let next = required(Some(cell), problems, number::integer)?;
    if entry.has_foreign_stock || next == present {
        return None;
    }
    let Some(was_cell) = variant.fields.get(&VariantField::StockWas) else {
        let message = format!(
            "stock_was is required to change the stock from {present} to {next}: the stock that you saw, so that nothing that was sold \
             meanwhile is lost."
        );
        problems.push(cell.problem(Code::Required, message));
        return None;
    };
    let was = required(Some(was_cell), problems, number::integer)?;
    // No change is wanted, whatever was sold.
    if was == next {
        return None;
    }
    if was != present {
        let message = if present < was {
            format!("{} were sold since the export: the stock was {was} and is {present}.", was.saturating_sub(present))
        } else {
            format!("The stock was changed since the export: it was {was} and is {present}.")
        };
        problems.push(was_cell.problem(Code::Stale, message));
        return None;
    }
    Some(next)
}
