//! Validation of values in documents and of variables against their types, according to the specification
//! (<https://spec.graphql.org/September2025/#sec-Values-of-Correct-Type>,
//! <https://spec.graphql.org/September2025/#sec-All-Variable-Usages-Are-Allowed>,
//! <https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values>).
//!
//! async-graphql accepts strings as enum values and null for a required variable, and validates the variables of cached documents
//! only where they are used. The format of custom scalars, such as `Decimal`, is validated by the scalars themselves.

use crate::document::MAX_ERRORS;
use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Document, InputValueDefinition, OperationDefinition, Selection, Type, Value,
    VariableDefinition,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};
use async_graphql::{Pos, ServerError, Value as Json, Variables};
use std::collections::{HashMap, HashSet};

/// The errors of the values in a document whose fields, arguments, fragments and variables are known to exist.
pub(super) fn check_document(schema: &Schema, document: &Document) -> Vec<ServerError> {
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    let fragments: HashMap<&str, _> = fragments.map(|found| (found.name.as_str(), found)).collect();
    let mut errors = Vec::new();
    for operation in document.definitions.iter().filter_map(Definition::as_operation_definition) {
        let mut check = Check { schema, document, operation, errors: &mut errors };
        check.directives(&operation.directives);
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                check.value(&variable.ty, default, false);
            }
        }
        let mut seen = HashSet::new();
        let root = schema.root_operation(operation.operation_type).map(|name| name.as_str());
        let mut waiting = vec![(root, operation.selection_set.as_slice())];
        while let Some((parent, selections)) = waiting.pop() {
            for selection in selections {
                match selection {
                    Selection::Field(field) => {
                        check.directives(&field.directives);
                        let definition = parent.and_then(|parent| crate::cost::definition(schema, parent, &field.name));
                        let Some(definition) = definition else { continue };
                        check.arguments(&definition.arguments, &field.arguments);
                        waiting.push((Some(definition.ty.inner_named_type().as_str()), &field.selection_set));
                    }
                    Selection::InlineFragment(fragment) => {
                        check.directives(&fragment.directives);
                        let on = fragment.type_condition.as_ref().map(|on| on.as_str());
                        waiting.push((on.or(parent), &fragment.selection_set));
                    }
                    Selection::FragmentSpread(spread) => {
                        check.directives(&spread.directives);
                        if let Some(fragment) = fragments.get(spread.fragment_name.as_str())
                            && seen.insert(spread.fragment_name.as_str())
                        {
                            check.directives(&fragment.directives);
                            waiting.push((Some(fragment.type_condition.as_str()), &fragment.selection_set));
                        }
                    }
                }
            }
        }
    }
    errors
}

struct Check<'a> {
    schema: &'a Schema,
    document: &'a Document,
    operation: &'a OperationDefinition,
    errors: &'a mut Vec<ServerError>,
}

impl Check<'_> {
    fn error(&mut self, at: &Node<Value>, message: String) {
        if self.errors.len() < MAX_ERRORS {
            let position = at.location().and_then(|found| found.line_column(&self.document.sources));
            self.errors.push(ServerError::new(message, position.map(|found| Pos { line: found.line, column: found.column })));
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        for directive in directives.iter() {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                let definition = definition.clone();
                self.arguments(&definition.arguments, &directive.arguments);
            }
        }
    }

    fn arguments(&mut self, definitions: &[Node<InputValueDefinition>], arguments: &[Node<Argument>]) {
        for argument in arguments {
            if let Some(definition) = definitions.iter().find(|definition| definition.name == argument.name) {
                self.value(&definition.ty, &argument.value, definition.default_value.is_some());
            }
        }
    }

    /// Whether a value is null, or a variable that may be null or left out.
    fn may_be_null(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Variable(name) => {
                self.operation.variables.iter().any(|variable| variable.name == *name && !variable.ty.is_non_null())
            }
            _ => false,
        }
    }

    /// Validates a value. `has_default`: whether the position has a default value, so that a nullable variable may be used there.
    fn value(&mut self, ty: &Type, value: &Node<Value>, has_default: bool) {
        match (&**value, ty) {
            (Value::Variable(name), _) => {
                let variable = self.operation.variables.iter().find(|variable| variable.name == *name);
                if let Some(variable) = variable.filter(|variable| !is_usable(variable, ty, has_default)) {
                    let message = format!("The variable ${name} of type \"{}\" must not be used as \"{ty}\".", variable.ty);
                    self.error(value, message);
                }
            }
            (Value::Null, _) => {
                if ty.is_non_null() {
                    self.error(value, format!("A value of type \"{ty}\" must not be null."));
                }
            }
            (Value::List(items), Type::List(item) | Type::NonNullList(item)) => {
                items.iter().for_each(|found| self.value(item, found, false));
            }
            // A single value is coerced to a list with one item.
            (_, Type::List(item) | Type::NonNullList(item)) => self.value(item, value, false),
            (found, Type::Named(name) | Type::NonNullNamed(name)) => match self.schema.types.get(name) {
                Some(ExtendedType::InputObject(input)) => {
                    let Value::Object(fields) = found else {
                        return self
                            .error(value, format!("A value of type \"{ty}\" must be an object; got {}.", found_literal(found)));
                    };
                    for (name, field) in fields {
                        match input.fields.get(name) {
                            Some(expected) => self.value(&expected.ty, field, expected.default_value.is_some()),
                            None => self.error(field, format!("\"{}\" has no field {:?}.", input.name, name.as_str())),
                        }
                    }
                    if input.directives.has(ONE_OF) {
                        let given: Vec<_> = fields.iter().map(|(_, field)| &**field).collect();
                        if !matches!(given[..], [given] if !self.may_be_null(given)) {
                            self.error(value, exactly_one(&format!("A value of type \"{ty}\"")));
                        }
                    }
                    let is_missing = |expected: &InputValueDefinition| {
                        expected.ty.is_non_null()
                            && expected.default_value.is_none()
                            && !fields.iter().any(|(name, _)| *name == expected.name)
                    };
                    for expected in input.fields.values().filter(|expected| is_missing(expected)) {
                        let message = format!("{:?} of \"{}\" is required.", expected.name.as_str(), input.name);
                        self.error(value, message);
                    }
                }
                Some(ExtendedType::Enum(values)) if !matches!(found, Value::Enum(name) if values.values.contains_key(name)) => {
                    let message = format!("A value of type \"{ty}\" must be one of its names; got {}.", found_literal(found));
                    self.error(value, message);
                }
                Some(ExtendedType::Scalar(_)) => {
                    let fits = match name.as_str() {
                        "Int" => matches!(found, Value::Int(number) if number.try_to_i32().is_ok()),
                        "Float" => matches!(found, Value::Int(_) | Value::Float(_)),
                        "Boolean" => matches!(found, Value::Boolean(_)),
                        "String" | "CountryCode" | "HTML" | "URL" => matches!(found, Value::String(_)),
                        "ID" => matches!(found, Value::String(_) | Value::Int(_)),
                        _ => true,
                    };
                    if !fits {
                        self.error(value, format!("Expected a value of type \"{ty}\"; got {}.", found_literal(found)));
                    }
                }
                _ => {}
            },
        }
    }
}

/// The directive of input objects of which exactly one field must be set
/// (<https://spec.graphql.org/September2025/#sec-OneOf-Input-Objects>).
const ONE_OF: &str = "oneOf";

fn exactly_one(what: &str) -> String {
    format!("{what} must have exactly one field, which must not be null.")
}

/// Whether a variable may be used in the position of this type.
fn is_usable(variable: &VariableDefinition, ty: &Type, has_default: bool) -> bool {
    if ty.is_non_null() && !variable.ty.is_non_null() {
        let default = variable.default_value.as_ref().is_some_and(|default| !default.is_null());
        return (default || has_default) && variable.ty.is_assignable_to(&ty.clone().nullable());
    }
    variable.ty.is_assignable_to(ty)
}

/// A literal for error messages. Strings are not shown because they may be secret or long.
fn found_literal(value: &Value) -> String {
    match value {
        Value::String(_) => "a string".into(),
        Value::List(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
        other => cut(&other.serialize().no_indent().to_string()),
    }
}

fn found_value(value: &Json) -> String {
    match value {
        Json::String(_) => "a string".into(),
        Json::List(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() > 60 { format!("{} ...", text.chars().take(60).collect::<String>()) } else { text.to_owned() }
}

/// The validation errors of the values of variables.
pub(super) fn check_variables(
    schema: &Schema,
    definitions: &[Node<VariableDefinition>],
    variables: &Variables,
) -> Vec<ServerError> {
    let mut check = VariableCheck { schema, errors: Vec::new() };
    for definition in definitions {
        let path = Path { parent: None, name: definition.name.as_str() };
        match variables.get(definition.name.as_str()) {
            Some(value) => check.value(&definition.ty, value, &path),
            None if definition.ty.is_non_null() && definition.default_value.is_none() => {
                check.error(format!("The variable ${} of type \"{}\" is required.", definition.name, definition.ty));
            }
            None => {}
        }
    }
    check.errors
}

/// The path of a value in a variable, formatted only for errors.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a str,
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parent {
            Some(parent) => write!(f, "{parent}.{}", self.name),
            None => write!(f, "${}", self.name),
        }
    }
}

struct VariableCheck<'a> {
    schema: &'a Schema,
    errors: Vec<ServerError>,
}

impl VariableCheck<'_> {
    fn error(&mut self, message: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(ServerError::new(message, None));
        }
    }

    fn value(&mut self, ty: &Type, value: &Json, path: &Path<'_>) {
        let name = match (ty, value) {
            (_, Json::Null) => {
                if ty.is_non_null() {
                    self.error(format!("{path} of type \"{ty}\" must not be null."));
                }
                return;
            }
            (Type::List(item) | Type::NonNullList(item), Json::List(items)) => {
                for (index, found) in items.iter().enumerate() {
                    let index = index.to_string();
                    self.value(item, found, &Path { parent: Some(path), name: &index });
                }
                return;
            }
            // A single value is coerced to a list with one item.
            (Type::List(item) | Type::NonNullList(item), _) => return self.value(item, value, path),
            (Type::Named(name) | Type::NonNullNamed(name), _) => name,
        };
        match self.schema.types.get(name) {
            Some(ExtendedType::InputObject(input)) => {
                let Json::Object(fields) = value else {
                    return self.error(format!("{path} of type \"{ty}\" must be an object; got {}.", found_value(value)));
                };
                for (name, field) in fields {
                    match input.fields.get(name.as_str()) {
                        Some(expected) => self.value(&expected.ty, field, &Path { parent: Some(path), name }),
                        None => self.error(format!("{path} has no field {:?} in its type \"{}\".", name.as_str(), input.name)),
                    }
                }
                if input.directives.has(ONE_OF) && (fields.len() != 1 || fields.values().any(|field| *field == Json::Null)) {
                    self.error(exactly_one(&format!("{path} of type \"{ty}\"")));
                }
                for expected in input.fields.values() {
                    let is_required = expected.ty.is_non_null() && expected.default_value.is_none();
                    if is_required && !fields.contains_key(expected.name.as_str()) {
                        self.error(format!("{path}.{} of type \"{}\" is required.", expected.name, expected.ty));
                    }
                }
            }
            Some(ExtendedType::Enum(values)) => {
                let name = match value {
                    Json::String(name) => Some(name.as_str()),
                    Json::Enum(name) => Some(name.as_str()),
                    _ => None,
                };
                if !name.is_some_and(|name| values.values.contains_key(name)) {
                    self.error(format!("{path} of type \"{ty}\" must be one of its names; got {}.", found_value(value)));
                }
            }
            Some(ExtendedType::Scalar(_)) => {
                let fits = match name.as_str() {
                    "Int" => {
                        matches!(value, Json::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()))
                    }
                    "Float" => matches!(value, Json::Number(_)),
                    "Boolean" => matches!(value, Json::Boolean(_)),
                    "String" | "CountryCode" | "HTML" | "URL" => matches!(value, Json::String(_)),
                    "ID" => matches!(value, Json::String(_)) || matches!(value, Json::Number(number) if !number.is_f64()),
                    _ => true,
                };
                if !fits {
                    self.error(format!("{path} must be a value of type \"{ty}\"; got {}.", found_value(value)));
                }
            }
            _ => {}
        }
    }
}
