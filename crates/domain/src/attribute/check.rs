//! Validation of values against the rules of a product type.

use crate::attribute::number::{self, MAX_DECIMALS, MAX_NUMBER, NotANumber};
use crate::attribute::rules::{Assigned, Rules, slug_of};
use crate::attribute::value::{Cell, Value, Values};
use crate::attribute::{MAX_CHOICES_OF_VALUE, MAX_OF_TYPE, NewValue};
use entity::id::AttributeId;
use entity::value::{AttributeInputType, AttributeLevel};
use entity::{attribute, attribute_choice};
use souk_core::check::Check;
use souk_core::error::Code;
use souk_core::length;
use souk_core::text::{nearest, truncate};

/// Choices that a message lists.
const SHOWN: usize = 10;
/// Characters of a given value that a message shows.
const SHOWN_CHARACTERS: usize = 40;

impl Rules {
    /// Checks the values of a product or a variant, in `path`. Adds all problems: unknown attributes, those of the other level, values
    /// that are not allowed, and required attributes that are missing.
    pub(crate) fn check(&self, check: &mut Check, path: &str, level: AttributeLevel, given: &[NewValue]) -> Values {
        if self.product_type.is_none() {
            if !given.is_empty() && !self.is_unknown {
                check.problem(path, Code::Invalid, "attributes need a product type; set productTypeId.");
            }
            return Values::default();
        }
        check.count(path, given, MAX_OF_TYPE);
        let mut found: Vec<Value> = Vec::new();
        let mut named = Vec::new();
        for (at, new) in given.iter().take(MAX_OF_TYPE).enumerate() {
            let path = format!("{path}.{at}");
            let Some(assigned) = self.find(check, &format!("{path}.slug"), level, &new.slug) else { continue };
            let attribute = &assigned.attribute;
            if named.contains(&attribute.id) {
                check.problem(&format!("{path}.slug"), Code::Taken, format!("{} is given twice.", attribute.slug));
                continue;
            }
            named.push(attribute.id);
            found.extend(self.value(check, &path, assigned, new));
        }
        self.check_required(check, path, level, &named);
        let place = |value: &Value| self.attributes.iter().position(|assigned| assigned.attribute.id == value.attribute_id);
        found.sort_by_key(place);
        Values(found)
    }

    /// Adds a problem for each required attribute that is not among those with a value.
    pub(crate) fn check_required(&self, check: &mut Check, path: &str, level: AttributeLevel, named: &[AttributeId]) {
        for assigned in self.of_level(level).filter(|assigned| assigned.required && !named.contains(&assigned.attribute.id)) {
            let message = format!("{} is needed for {}.", assigned.attribute.slug, self.type_slug());
            check.problem(path, Code::Required, message);
        }
    }

    /// The attribute of a level with a slug, which is in `path`.
    pub(super) fn find(&self, check: &mut Check, path: &str, level: AttributeLevel, slug: &str) -> Option<&Assigned> {
        let slug = slug.trim();
        let Some(found) = self.attributes.iter().find(|assigned| assigned.attribute.slug == slug) else {
            let known: Vec<_> = self.of_level(level).map(|assigned| assigned.attribute.slug.as_str()).collect();
            let message = format!(
                "{:?} is no attribute of {}; {}",
                truncate(slug, SHOWN_CHARACTERS),
                self.type_slug(),
                allowed(slug, &known)
            );
            check.problem(path, Code::Invalid, message);
            return None;
        };
        if found.level != level {
            let owner = if found.level == AttributeLevel::Variant { "the variants" } else { "the product" };
            check.problem(path, Code::Invalid, format!("{slug} belongs to {owner}."));
            return None;
        }
        Some(found)
    }

    fn value(&self, check: &mut Check, path: &str, assigned: &Assigned, new: &NewValue) -> Option<Value> {
        let attribute = &assigned.attribute;
        let expected = match attribute.input_type {
            AttributeInputType::Text => "text",
            AttributeInputType::Number => "number",
            AttributeInputType::Boolean => "boolean",
            AttributeInputType::Date => "date",
            AttributeInputType::Choice | AttributeInputType::MultiChoice => "values",
        };
        let given = [
            ("values", new.values.is_some()),
            ("number", new.number.is_some()),
            ("boolean", new.boolean.is_some()),
            ("date", new.date.is_some()),
            ("text", new.text.is_some()),
        ];
        let mut is_fitting = true;
        for (field, _) in given.iter().filter(|(field, is_given)| *is_given && *field != expected) {
            let message = format!("{} is {}; give {expected}, not {field}.", attribute.slug, kind(attribute.input_type));
            check.problem(&format!("{path}.{field}"), Code::Invalid, message);
            is_fitting = false;
        }
        if is_fitting && given.iter().all(|(_, is_given)| !is_given) {
            check.problem(
                &format!("{path}.{expected}"),
                Code::Required,
                format!("{expected} is required for {}.", attribute.slug),
            );
        }
        let path = format!("{path}.{expected}");
        let (cells, shown) = match attribute.input_type {
            AttributeInputType::Text => {
                let text = check.line(&path, new.text.as_deref()?, 1..=length::ATTRIBUTE_TEXT);
                (vec![Cell { text: Some(text.clone()), ..Cell::default() }], text)
            }
            AttributeInputType::Number => {
                let number = number(check, &path, &attribute.slug, new.number.as_deref()?)?;
                let unit = attribute.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                (vec![Cell::number(number)], format!("{}{unit}", number::format_number(number)))
            }
            AttributeInputType::Boolean => {
                let is_true = new.boolean?;
                (vec![Cell::number(i64::from(is_true))], yes_or_no(is_true).to_owned())
            }
            AttributeInputType::Date => {
                let text = new.date.as_deref()?;
                let Some(days) = number::parse_date(text) else {
                    let message = format!(
                        "{} must be a date in the years 1 to 9999, such as 2026-11-27; got {:?}.",
                        attribute.slug,
                        truncate(text, SHOWN_CHARACTERS)
                    );
                    check.problem(&path, Code::Invalid, message);
                    return None;
                };
                (vec![Cell::number(days)], number::format_date(days))
            }
            AttributeInputType::Choice | AttributeInputType::MultiChoice => {
                let chosen = self.chosen(check, &path, assigned, new.values.as_ref()?);
                let names: Vec<_> = chosen.iter().map(|choice| choice.name.as_str()).collect();
                let shown = names.join(", ");
                (chosen.iter().map(|choice| Cell { choice_id: Some(choice.id), ..Cell::default() }).collect(), shown)
            }
        };
        Some(Value { attribute_id: attribute.id, name: attribute.name.clone(), shown, cells })
    }

    fn chosen(&self, check: &mut Check, path: &str, assigned: &Assigned, values: &[String]) -> Vec<&attribute_choice::Model> {
        let attribute = &assigned.attribute;
        let most = if attribute.input_type == AttributeInputType::Choice { 1 } else { MAX_CHOICES_OF_VALUE };
        if values.is_empty() {
            check.problem(path, Code::Required, format!("values is required for {}.", attribute.slug));
        } else if values.len() > most {
            let items = if most == 1 { "one value".to_owned() } else { format!("at most {most} values") };
            check.problem(path, Code::TooLong, format!("{} takes {items}; got {}.", attribute.slug, values.len()));
        }
        let mut chosen: Vec<&attribute_choice::Model> = Vec::new();
        for (at, value) in values.iter().take(most).enumerate() {
            let path = format!("{path}.{at}");
            match self.choice(check, &path, attribute, value) {
                Some(choice) if chosen.contains(&choice) => {
                    check.problem(&path, Code::Taken, format!("{} is given twice.", choice.slug));
                }
                found => chosen.extend(found),
            }
        }
        chosen
    }

    /// The choice of an attribute with a slug, which is in `path`.
    pub(super) fn choice(
        &self,
        check: &mut Check,
        path: &str,
        attribute: &attribute::Model,
        value: &str,
    ) -> Option<&attribute_choice::Model> {
        let known = self.choices.get(&attribute.id).map(Vec::as_slice).unwrap_or_default();
        let slug = slug_of(value);
        let found = known.iter().find(|choice| choice.slug == slug);
        if found.is_none() {
            let slugs: Vec<_> = known.iter().map(|choice| choice.slug.as_str()).collect();
            let shown = truncate(value, SHOWN_CHARACTERS);
            check.problem(path, Code::Invalid, format!("{shown:?} is no {}; {}", attribute.slug, allowed(&slug, &slugs)));
        }
        found
    }
}

/// "allowed: red, blue (and 9 more); did you mean red?"
pub(super) fn allowed(given: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return "nothing is allowed yet.".to_owned();
    }
    let more = known.len().saturating_sub(SHOWN);
    let listed = known.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    match nearest(given, known.iter().copied()) {
        Some(near) => format!("allowed: {listed}{more}; did you mean {near}?"),
        None => format!("allowed: {listed}{more}."),
    }
}

/// The kind of an attribute, in words.
pub(super) fn kind(input_type: AttributeInputType) -> &'static str {
    match input_type {
        AttributeInputType::Text => "a text",
        AttributeInputType::Number => "a number",
        AttributeInputType::Boolean => "yes or no",
        AttributeInputType::Date => "a date",
        AttributeInputType::Choice | AttributeInputType::MultiChoice => "chosen",
    }
}

/// As options of variants show it.
pub(super) fn yes_or_no(is_true: bool) -> &'static str {
    if is_true { "Yes" } else { "No" }
}

/// A number in `path`, as it is stored.
pub(super) fn number(check: &mut Check, path: &str, slug: &str, text: &str) -> Option<i64> {
    let shown = truncate(text, SHOWN_CHARACTERS);
    match number::parse(text) {
        Ok(number) => return Some(number),
        Err(NotANumber::Malformed) => {
            let message = format!("{slug} must be a number with at most {MAX_DECIMALS} decimals, such as 12.5; got {shown:?}.");
            check.problem(path, Code::Invalid, message);
        }
        Err(NotANumber::OutOfRange) => {
            let message = format!("{slug} must be from -{MAX_NUMBER} to {MAX_NUMBER}; got {shown}.");
            check.problem(path, Code::OutOfRange, message);
        }
    }
    None
}
