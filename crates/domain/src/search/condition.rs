//! Conditions on attributes.

use crate::attribute::{parse_date, parse_number};
use souk_core::error::{Fault, Result};
use souk_core::provider::search::{Attribute, AttributeKind, Condition, Value};
use souk_core::text::truncate;

/// Maximum number of attributes in a filter.
const MAX_ATTRIBUTES: usize = 10;
/// Maximum number of values of an attribute in a filter.
const MAX_VALUES: usize = 50;
/// Characters of a text of the client that a message repeats.
const SHOWN: usize = 64;

/// A condition on an attribute, as clients send it: of `values`, the ranges and `boolean`, the one that fits the attribute.
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
    /// Date such as "2026-11-27".
    pub min_date: Option<String>,
    /// Date such as "2026-11-27".
    pub max_date: Option<String>,
}

impl AttributeFilter {
    /// Whether any of these kinds of conditions is given: values, a range of numbers, a boolean, a range of dates.
    fn has(&self, kinds: [bool; 4]) -> bool {
        let given = [
            self.values.is_some(),
            self.min.is_some() || self.max.is_some(),
            self.boolean.is_some(),
            self.min_date.is_some() || self.max_date.is_some(),
        ];
        given.into_iter().zip(kinds).any(|(is_given, is_asked)| is_given && is_asked)
    }
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
    match &attribute.kind {
        AttributeKind::Choices(choices) => {
            let Some(values) = filter.values.as_ref().filter(|_| !filter.has([false, true, true, true])) else {
                return invalid(format!("{slug} has choices: give values, and nothing else."));
            };
            if values.len() > MAX_VALUES {
                return invalid(format!("values must have at most {MAX_VALUES} items; got {}.", values.len()));
            }
            let chosen = choices.iter().filter(|choice| values.contains(&choice.slug));
            Ok(Condition::Values(Some(attribute.id), chosen.map(|choice| Value::Choice(choice.id)).collect()))
        }
        AttributeKind::Flag => match filter.boolean {
            Some(is_set) if !filter.has([true, true, false, true]) => {
                Ok(Condition::Values(Some(attribute.id), vec![Value::Flag(attribute.id, is_set)]))
            }
            _ => invalid(format!("{slug} is yes or no: give boolean, and nothing else.")),
        },
        AttributeKind::Number => {
            if !filter.has([false, true, false, false]) || filter.has([true, false, true, true]) {
                return invalid(format!("{slug} is a number: give min or max, and nothing else."));
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
        AttributeKind::Date => {
            if !filter.has([false, false, false, true]) || filter.has([true, true, true, false]) {
                return invalid(format!("{slug} is a date: give minDate or maxDate, and nothing else."));
            }
            let date = |end: &Option<String>| match end {
                None => Ok(None),
                Some(text) => match parse_date(text) {
                    Some(days) => Ok(Some(days)),
                    None => invalid(format!(
                        "{slug} must be a date in the years 1 to 9999, such as 2026-11-27; got {:?}.",
                        truncate(text, SHOWN)
                    )),
                },
            };
            let (min, max) = (date(&filter.min_date)?, date(&filter.max_date)?);
            if min.zip(max).is_some_and(|(min, max)| min > max) {
                return invalid(format!("minDate must be at most maxDate of {slug}."));
            }
            Ok(Condition::Range { attribute: attribute.id, min, max })
        }
        AttributeKind::Text => invalid(format!("{slug} is a text, by which a search can't be filtered.")),
    }
}

fn invalid<T>(message: String) -> Result<T> {
    Err(Fault::BadUserInput { argument: "filter", message }.into())
}
