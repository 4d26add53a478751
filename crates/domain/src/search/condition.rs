//! Conditions on attributes.

use crate::attribute::parse_number;
use souk_core::error::{Fault, Result};
use souk_core::provider::search::{Attribute, AttributeKind, Condition, Value};
use souk_core::text::truncate;

/// Maximum number of attributes in a filter.
const MAX_ATTRIBUTES: usize = 10;
/// Maximum number of values of an attribute in a filter.
const MAX_VALUES: usize = 50;
/// Characters of a text of the client that a message repeats.
const SHOWN: usize = 64;

/// A condition on an attribute, as clients send it: of `values`, a range and `boolean`, the one that fits the attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeFilter {
    pub slug: String,
    /// Slugs of choices, of which a product has one.
    pub values: Option<Vec<String>>,
    /// Decimal number.
    pub min: Option<String>,
    /// Decimal number.
    pub max: Option<String>,
    pub boolean: Option<bool>,
}

/// Checks conditions. Problems are errors of the argument `filter`. An unknown choice is one that no product has.
pub(super) fn conditions(attributes: &[Attribute], filters: &[AttributeFilter]) -> Result<Vec<Condition>> {
    if filters.len() > MAX_ATTRIBUTES {
        return invalid(format!("attributes must have at most {MAX_ATTRIBUTES} items; got {}.", filters.len()));
    }
    let mut conditions = Vec::new();
    for (at, filter) in filters.iter().enumerate() {
        let slug = truncate(&filter.slug, SHOWN);
        if filters.iter().take(at).any(|other| other.slug == filter.slug) {
            return invalid(format!("attributes must name each attribute once; {slug} is given twice."));
        }
        let Some(attribute) = attributes.iter().find(|row| row.slug == filter.slug && row.is_filterable) else {
            let known: Vec<_> = attributes.iter().filter(|row| row.is_filterable).map(|row| row.slug.as_str()).take(20).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return invalid(format!("attributes must name filterable attributes; got {slug:?}. Filterable are: {known}."));
        };
        conditions.push(condition(attribute, filter)?);
    }
    Ok(conditions)
}

fn condition(attribute: &Attribute, filter: &AttributeFilter) -> Result<Condition> {
    let slug = &attribute.slug;
    let has_range = filter.min.is_some() || filter.max.is_some();
    match &attribute.kind {
        AttributeKind::Choices(choices) => {
            let Some(values) = filter.values.as_ref().filter(|_| !has_range && filter.boolean.is_none()) else {
                return invalid(format!("{slug} has choices: give values, and neither min, max nor boolean."));
            };
            if values.len() > MAX_VALUES {
                return invalid(format!("values must have at most {MAX_VALUES} items; got {}.", values.len()));
            }
            let chosen = choices.iter().filter(|choice| values.contains(&choice.slug));
            Ok(Condition::Values(Some(attribute.id), chosen.map(|choice| Value::Choice(choice.id)).collect()))
        }
        AttributeKind::Flag => match filter.boolean {
            Some(is_set) if !has_range && filter.values.is_none() => {
                Ok(Condition::Values(Some(attribute.id), vec![Value::Flag(attribute.id, is_set)]))
            }
            _ => invalid(format!("{slug} is yes or no: give boolean, and neither values, min nor max.")),
        },
        AttributeKind::Number => {
            if !has_range || filter.values.is_some() || filter.boolean.is_some() {
                return invalid(format!("{slug} is a number: give min or max, and neither values nor boolean."));
            }
            let number = |end: &Option<String>| match end {
                None => Ok(None),
                Some(text) => match parse_number(text) {
                    Some(number) => Ok(Some(number)),
                    None => invalid(format!(
                        "{slug} must be from -1,000,000,000 to 1,000,000,000 with at most 6 decimals; got {:?}.",
                        truncate(text, SHOWN)
                    )),
                },
            };
            let (min, max) = (number(&filter.min)?, number(&filter.max)?);
            if min.zip(max).is_some_and(|(min, max)| min > max) {
                return invalid(format!("min must be at most max of {slug}."));
            }
            Ok(Condition::Range { attribute: attribute.id, min, max })
        }
        AttributeKind::Text => invalid(format!("{slug} is a text or a date, by which a search can't be filtered.")),
    }
}

fn invalid<T>(message: String) -> Result<T> {
    Err(Fault::BadUserInput { argument: "filter", message }.into())
}
