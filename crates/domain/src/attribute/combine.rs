//! Combinations of values of several attributes, of which variants are made.

use crate::attribute::check::{allowed, kind, number, yes_or_no};
use crate::attribute::number::format_number;
use crate::attribute::rules::{Assigned, Rules};
use crate::attribute::value::{Cell, NewValue, Value, Values};
use entity::value::{AttributeInputType, AttributeLevel};
use souk_core::check::Check;
use souk_core::error::Code;
use souk_core::text::truncate;

/// The values of one attribute of which each is combined with all values of the others.
#[derive(Clone, Debug, Default)]
pub struct Alternatives {
    /// Slug of the attribute.
    pub attribute: String,
    /// Slugs of choices, numbers, or `true` and `false`.
    pub values: Vec<String>,
}

impl Alternatives {
    /// As a value, to load the choices that it names.
    pub(crate) fn named(&self) -> NewValue {
        NewValue { slug: self.attribute.clone(), values: Some(self.values.clone()), ..NewValue::default() }
    }
}

impl Rules {
    /// Checks alternatives, in `path`: those of each attribute, in the order of the type. `most` is the most values of an attribute.
    pub(crate) fn alternatives(&self, check: &mut Check, path: &str, given: &[Alternatives], most: usize) -> Vec<Vec<Value>> {
        const LEVEL: AttributeLevel = AttributeLevel::Variant;
        if !self.make_options() {
            let message = "choices need a product type that distinguishes variants by attributes; set productTypeId first.";
            check.problem(path, Code::Invalid, message);
            return Vec::new();
        }
        if given.is_empty() {
            check.problem(path, Code::Required, "choices is required.");
            return Vec::new();
        }
        check.count(path, given, super::MAX_OF_VARIANTS);
        let mut found: Vec<(&Assigned, Vec<Value>)> = Vec::new();
        let mut named = Vec::new();
        for (at, one) in given.iter().enumerate().take(super::MAX_OF_VARIANTS) {
            let of_attribute = format!("{path}.{at}.attribute");
            let Some(assigned) = self.find(check, &of_attribute, LEVEL, &one.attribute) else { continue };
            if named.contains(&assigned.attribute.id) {
                check.problem(&of_attribute, Code::Taken, format!("{} is given twice.", assigned.attribute.slug));
                continue;
            }
            named.push(assigned.attribute.id);
            found.push((assigned, self.each(check, &format!("{path}.{at}.values"), assigned, &one.values, most)));
        }
        self.check_required(check, path, LEVEL, &named);
        let place = |assigned: &Assigned| self.attributes.iter().position(|one| one.attribute.id == assigned.attribute.id);
        found.sort_by_key(|(assigned, _)| place(assigned));
        found.into_iter().map(|(_, values)| values).collect()
    }

    fn each(&self, check: &mut Check, path: &str, assigned: &Assigned, values: &[String], most: usize) -> Vec<Value> {
        if values.is_empty() {
            check.problem(path, Code::Required, format!("values is required for {}.", assigned.attribute.slug));
        }
        check.count(path, values, most);
        let mut found: Vec<Value> = Vec::new();
        for (at, text) in values.iter().take(most).enumerate() {
            let path = format!("{path}.{at}");
            let Some(value) = self.one(check, &path, assigned, text) else { continue };
            if found.iter().any(|other| other.cells == value.cells) {
                check.problem(&path, Code::Taken, format!("{} is given twice.", truncate(text.trim(), 40)));
            } else {
                found.push(value);
            }
        }
        found
    }

    fn one(&self, check: &mut Check, path: &str, assigned: &Assigned, text: &str) -> Option<Value> {
        let attribute = &assigned.attribute;
        let (cell, shown) = match attribute.input_type {
            AttributeInputType::Choice => {
                let choice = self.choice(check, path, attribute, text)?;
                (Cell { choice_id: Some(choice.id), ..Cell::default() }, choice.name.clone())
            }
            AttributeInputType::Number => {
                let number = number(check, path, &attribute.slug, text)?;
                let unit = attribute.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                (Cell::number(number), format!("{}{unit}", format_number(number)))
            }
            AttributeInputType::Boolean => {
                let is_true = match text.trim().to_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    other => {
                        let message =
                            format!("{:?} is no {}; {}", truncate(text, 40), attribute.slug, allowed(other, &["true", "false"]));
                        check.problem(path, Code::Invalid, message);
                        return None;
                    }
                };
                (Cell::number(i64::from(is_true)), yes_or_no(is_true).to_owned())
            }
            // A type does not distinguish variants by these.
            other => {
                check.problem(path, Code::Invalid, format!("{} is {}, which variants do not have.", attribute.slug, kind(other)));
                return None;
            }
        };
        Some(Value { attribute_id: attribute.id, name: attribute.name.clone(), shown, cells: vec![cell] })
    }
}

/// Every combination of one value of each list, in the order of the lists: the last one changes fastest.
pub(crate) fn combinations(lists: &[Vec<Value>]) -> Vec<Values> {
    let mut all = vec![Values::default()];
    for list in lists {
        let longer = |values: &Values| {
            let with = |value: &Value| Values(values.0.iter().chain([value]).cloned().collect());
            list.iter().map(with).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}
