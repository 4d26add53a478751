//! The size of a document with every fragment expanded at each use.

use crate::document::too_complex;
use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, Definition, DirectiveList, Document, Selection, Value, VariableDefinition};
use async_graphql::ServerError;
use std::collections::HashMap;

enum Fragment<'a> {
    Unknown(&'a [Selection]),
    /// The size is being computed; reaching the fragment again means that fragments form a cycle.
    InProgress,
    Known(u64),
}

struct Sizes<'a>(HashMap<&'a str, Fragment<'a>>);

/// Rejects a document of more than `max_size` selections, arguments and values, with fragments counted at each use. Runs in time
/// linear to the length of the document.
pub(super) fn check(document: &Document, max_size: usize) -> Result<(), ServerError> {
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    let mut sizes = Sizes(fragments.map(|found| (found.name.as_str(), Fragment::Unknown(&found.selection_set))).collect());
    let mut total = 0_u64;
    for definition in &document.definitions {
        let size = match definition {
            Definition::OperationDefinition(operation) => {
                let own = directives(&operation.directives).saturating_add(variables(&operation.variables));
                own.saturating_add(sizes.selections(&operation.selection_set)?)
            }
            // Validation also visits each fragment on its own.
            Definition::FragmentDefinition(fragment) => {
                directives(&fragment.directives).saturating_add(sizes.fragment(&fragment.name)?)
            }
            _ => 1,
        };
        total = total.saturating_add(size).saturating_add(1);
    }
    if total > max_size as u64 {
        let found = if total == u64::MAX { "more than can be counted".to_owned() } else { total.to_string() };
        return Err(too_complex(format!(
            "The document must have at most {max_size} selections, arguments and values, with fragments counted at each \
             use; got {found}."
        )));
    }
    Ok(())
}

impl<'a> Sizes<'a> {
    fn fragment(&mut self, name: &str) -> Result<u64, ServerError> {
        let selections = match self.0.get_mut(name) {
            // Validation reports unknown fragments.
            None => return Ok(1),
            Some(Fragment::Known(size)) => return Ok(*size),
            Some(Fragment::InProgress) => {
                return Err(ServerError::new(format!("The fragment {name:?} must not contain itself."), None));
            }
            Some(fragment) => match std::mem::replace(fragment, Fragment::InProgress) {
                Fragment::Unknown(selections) => selections,
                Fragment::InProgress | Fragment::Known(_) => return Ok(1),
            },
        };
        let size = self.selections(selections)?;
        if let Some(fragment) = self.0.get_mut(name) {
            *fragment = Fragment::Known(size);
        }
        Ok(size)
    }

    fn selections(&mut self, selections: &'a [Selection]) -> Result<u64, ServerError> {
        let mut total = 0_u64;
        for selection in selections {
            let (own, below) = match selection {
                Selection::Field(field) => {
                    let own = directives(&field.directives).saturating_add(arguments(&field.arguments));
                    (own, self.selections(&field.selection_set)?)
                }
                Selection::InlineFragment(fragment) => {
                    (directives(&fragment.directives), self.selections(&fragment.selection_set)?)
                }
                Selection::FragmentSpread(spread) => (directives(&spread.directives), self.fragment(&spread.fragment_name)?),
            };
            total = total.saturating_add(1).saturating_add(own).saturating_add(below);
        }
        Ok(total)
    }
}

fn directives(directives: &DirectiveList) -> u64 {
    directives.iter().map(|directive| 1 + arguments(&directive.arguments)).sum()
}

fn arguments(arguments: &[Node<Argument>]) -> u64 {
    arguments.iter().map(|argument| value(&argument.value)).sum()
}

fn variables(variables: &[Node<VariableDefinition>]) -> u64 {
    let size = |variable: &Node<VariableDefinition>| {
        1 + directives(&variable.directives) + variable.default_value.as_ref().map_or(0, |default| value(default))
    };
    variables.iter().map(size).sum()
}

fn value(found: &Value) -> u64 {
    match found {
        Value::List(items) => 1 + items.iter().map(|item| value(item)).sum::<u64>(),
        Value::Object(fields) => 1 + fields.iter().map(|(_, field)| value(field)).sum::<u64>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, max_size: usize) -> Result<(), String> {
        let document = Document::parse(text, "test").expect("a valid document");
        check(&document, max_size).map_err(|error| error.message)
    }

    #[test]
    fn fragments_count_at_each_use_and_cycles_are_errors() {
        assert!(checked("{ a ...F } fragment F on Query { b(x: [1, 2]) }", 12).is_ok());
        assert!(checked("{ a ...F } fragment F on Query { b(x: [1, 2]) }", 11).is_err());
        let levels: String = (0..60).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }} ", n + 1, n + 1)).collect();
        let doubled = format!("{{ ...F0 }} {levels} fragment F60 on Query {{ version }}");
        assert!(checked(&doubled, 10_000).is_err_and(|message| message.contains("at most 10000")));
        let levels: String =
            (0..90).map(|n| format!("fragment F{n} on Query {{ {} }} ", format!("...F{} ", n + 1).repeat(50))).collect();
        let fifty_fold = format!("{{ ...F0 }} {levels} fragment F90 on Query {{ version }}");
        assert!(checked(&fifty_fold, 10_000).is_err());
        for cycle in [
            "{ ...A } fragment A on Query { ...A }",
            "{ version } fragment A on Query { b { ...B } } fragment B on Query { ... { ...A } }",
        ] {
            assert!(checked(cycle, 100).is_err_and(|message| message.contains("itself")), "{cycle}");
        }
    }
}
