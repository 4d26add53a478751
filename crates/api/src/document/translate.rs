//! Translation of a parsed document to the types of async-graphql.

use crate::document::truncate_errors;
use apollo_compiler::Node;
use apollo_compiler::ast::{self, Definition, DirectiveList, Document, Selection, Type, Value};
use apollo_compiler::parser::SourceSpan;
use async_graphql::parser::types as target;
use async_graphql::{Name, Number, Pos, Positioned, ServerError};
use async_graphql_value::Value as TargetValue;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Translates the type of an operation.
pub(super) fn kind(kind: ast::OperationType) -> target::OperationType {
    match kind {
        ast::OperationType::Query => target::OperationType::Query,
        ast::OperationType::Mutation => target::OperationType::Mutation,
        ast::OperationType::Subscription => target::OperationType::Subscription,
    }
}

/// Translates a document.
///
/// # Errors
///
/// Duplicate definitions or input fields, numbers that can't be represented, and type definitions.
pub(super) fn document(text: &str, document: &Document) -> Result<target::ExecutableDocument, Vec<ServerError>> {
    let mut translation = Translation { line_index: LineIndex::of(text), errors: Vec::new() };
    let translated = translation.document(document);
    if translation.errors.is_empty() { Ok(translated) } else { Err(truncate_errors(translation.errors)) }
}

/// Converts byte offsets of a text to lines and columns.
struct LineIndex {
    /// Offsets of the first bytes of the lines.
    lines: Vec<usize>,
    /// Offsets of UTF-8 continuation bytes.
    continuations: Vec<usize>,
}

impl LineIndex {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let continuations = bytes.iter().enumerate().filter(|(_, byte)| (**byte & 0xC0) == 0x80).map(|(at, _)| at).collect();
        Self { lines, continuations }
    }

    fn position(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|begin| *begin <= offset);
        let begin = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let within = |at: usize| self.continuations.partition_point(|found| *found < at);
        Pos { line, column: 1 + (offset - begin).saturating_sub(within(offset) - within(begin)) }
    }
}

struct Translation {
    line_index: LineIndex,
    errors: Vec<ServerError>,
}

impl Translation {
    fn position(&self, location: Option<SourceSpan>) -> Pos {
        location.map(|found| self.line_index.position(found.offset())).unwrap_or_default()
    }

    fn error(&mut self, message: String, position: Pos) {
        self.errors.push(ServerError::new(message, Some(position)));
    }

    fn name(&self, name: &apollo_compiler::Name) -> Positioned<Name> {
        Positioned::new(Name::new(name), self.position(name.location()))
    }

    fn document(&mut self, document: &Document) -> target::ExecutableDocument {
        let mut anonymous = None;
        let mut named = HashMap::new();
        let mut fragments = HashMap::new();
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    let position = self.position(operation.location());
                    let translated = Positioned::new(self.operation(operation), position);
                    match &operation.name {
                        Some(name) => match named.entry(Name::new(name)) {
                            Entry::Vacant(entry) => drop(entry.insert(translated)),
                            Entry::Occupied(_) => {
                                self.error(format!("The document must have one operation named {name:?}; got two."), position);
                            }
                        },
                        None if anonymous.is_none() => anonymous = Some(translated),
                        None => self.error("An operation without a name must be the only one of its document.".into(), position),
                    }
                }
                Definition::FragmentDefinition(fragment) => {
                    let position = self.position(fragment.location());
                    let translated = Positioned::new(self.fragment(fragment), position);
                    if fragments.insert(Name::new(&fragment.name), translated).is_some() {
                        self.error(format!("The document must have one fragment named {:?}; got two.", fragment.name), position);
                    }
                }
                _ => self.error("A document must consist of operations and fragments only.".into(), Pos { line: 1, column: 1 }),
            }
        }
        let operations = match anonymous {
            Some(only) if named.is_empty() => target::DocumentOperations::Single(only),
            Some(other) => {
                self.error("An operation without a name must be the only one of its document.".into(), other.pos);
                target::DocumentOperations::Single(other)
            }
            None => {
                if named.is_empty() {
                    self.error("The document must have an operation.".into(), Pos { line: 1, column: 1 });
                }
                target::DocumentOperations::Multiple(named)
            }
        };
        target::ExecutableDocument { operations, fragments }
    }

    fn operation(&mut self, operation: &Node<ast::OperationDefinition>) -> target::OperationDefinition {
        let position = self.position(operation.location());
        target::OperationDefinition {
            ty: kind(operation.operation_type),
            variable_definitions: operation.variables.iter().map(|variable| self.variable(variable)).collect(),
            directives: self.directives(&operation.directives),
            selection_set: self.selections(&operation.selection_set, position),
        }
    }

    fn variable(&mut self, variable: &Node<ast::VariableDefinition>) -> Positioned<target::VariableDefinition> {
        let default_value = variable.default_value.as_ref().and_then(|default| {
            let position = self.position(default.location());
            match self.value(default).into_const() {
                Some(value) => Some(Positioned::new(value, position)),
                None => {
                    self.error(format!("The default value of ${} must not contain variables.", variable.name), position);
                    None
                }
            }
        });
        let definition = target::VariableDefinition {
            name: self.name(&variable.name),
            var_type: Positioned::new(ty(&variable.ty), self.position(variable.ty.location())),
            directives: self.directives(&variable.directives),
            default_value,
        };
        Positioned::new(definition, self.position(variable.location()))
    }

    fn fragment(&mut self, fragment: &Node<ast::FragmentDefinition>) -> target::FragmentDefinition {
        let position = self.position(fragment.location());
        target::FragmentDefinition {
            type_condition: self.condition(&fragment.type_condition),
            directives: self.directives(&fragment.directives),
            selection_set: self.selections(&fragment.selection_set, position),
        }
    }

    fn condition(&self, on: &apollo_compiler::Name) -> Positioned<target::TypeCondition> {
        let on = self.name(on);
        let position = on.pos;
        Positioned::new(target::TypeCondition { on }, position)
    }

    fn selections(&mut self, selections: &[Selection], position: Pos) -> Positioned<target::SelectionSet> {
        let items = selections.iter().map(|selection| self.selection(selection)).collect();
        Positioned::new(target::SelectionSet { items }, position)
    }

    fn selection(&mut self, selection: &Selection) -> Positioned<target::Selection> {
        match selection {
            Selection::Field(field) => {
                let position = self.position(field.location());
                let translated = target::Field {
                    alias: field.alias.as_ref().map(|alias| self.name(alias)),
                    name: self.name(&field.name),
                    arguments: self.arguments(&field.arguments),
                    directives: self.directives(&field.directives),
                    selection_set: self.selections(&field.selection_set, position),
                };
                Positioned::new(target::Selection::Field(Positioned::new(translated, position)), position)
            }
            Selection::FragmentSpread(spread) => {
                let position = self.position(spread.location());
                let translated = target::FragmentSpread {
                    fragment_name: self.name(&spread.fragment_name),
                    directives: self.directives(&spread.directives),
                };
                Positioned::new(target::Selection::FragmentSpread(Positioned::new(translated, position)), position)
            }
            Selection::InlineFragment(fragment) => {
                let position = self.position(fragment.location());
                let translated = target::InlineFragment {
                    type_condition: fragment.type_condition.as_ref().map(|on| self.condition(on)),
                    directives: self.directives(&fragment.directives),
                    selection_set: self.selections(&fragment.selection_set, position),
                };
                Positioned::new(target::Selection::InlineFragment(Positioned::new(translated, position)), position)
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) -> Vec<Positioned<target::Directive>> {
        let translated = directives.iter().map(|directive| {
            let position = self.position(directive.location());
            let translated =
                target::Directive { name: self.name(&directive.name), arguments: self.arguments(&directive.arguments) };
            Positioned::new(translated, position)
        });
        translated.collect()
    }

    fn arguments(&mut self, arguments: &[Node<ast::Argument>]) -> Vec<(Positioned<Name>, Positioned<TargetValue>)> {
        let translated = arguments.iter().map(|argument| {
            let position = self.position(argument.value.location());
            (self.name(&argument.name), Positioned::new(self.value(&argument.value), position))
        });
        translated.collect()
    }

    fn value(&mut self, value: &Node<Value>) -> TargetValue {
        match &**value {
            Value::Null => TargetValue::Null,
            Value::Enum(name) => TargetValue::Enum(Name::new(name)),
            Value::Variable(name) => TargetValue::Variable(Name::new(name)),
            Value::String(text) => TargetValue::String(text.clone()),
            Value::Boolean(truth) => TargetValue::Boolean(*truth),
            Value::Int(number) => self.number(number.as_str(), value.location()),
            Value::Float(number) => self.number(number.as_str(), value.location()),
            Value::List(items) => TargetValue::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(fields) => {
                let mut object = async_graphql::indexmap::IndexMap::new();
                for (name, field) in fields {
                    let translated = self.value(field);
                    if object.insert(Name::new(name), translated).is_some() {
                        let position = self.position(name.location());
                        self.error(format!("An input object must have each field once; got {name:?} twice."), position);
                    }
                }
                TargetValue::Object(object)
            }
        }
    }

    fn number(&mut self, text: &str, location: Option<SourceSpan>) -> TargetValue {
        match text.parse::<Number>() {
            Ok(number) => TargetValue::Number(number),
            Err(_) => {
                let shown: String = text.chars().take(40).collect();
                let position = self.position(location);
                self.error(format!("A number must be representable in 64 bits; got {shown}."), position);
                TargetValue::Null
            }
        }
    }
}

fn ty(found: &Type) -> target::Type {
    let (base, nullable) = match found {
        Type::Named(name) => (target::BaseType::Named(Name::new(name)), true),
        Type::NonNullNamed(name) => (target::BaseType::Named(Name::new(name)), false),
        Type::List(item) => (target::BaseType::List(Box::new(ty(item))), true),
        Type::NonNullList(item) => (target::BaseType::List(Box::new(ty(item))), false),
    };
    target::Type { base, nullable }
}
