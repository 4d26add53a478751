//! Documents: parsing, limits on their size, and validation as the GraphQL specification says.
//!
//! A document is parsed by `apollo-compiler`, which reads strings as the specification says and bounds tokens and nesting, and is
//! then translated for async-graphql. The size of a document is bounded before anything follows its fragments: validation visits a
//! fragment wherever it is used, and fragments that use each other twice are visited a billion times.

mod size;
mod translate;
mod values;

use crate::access::SIGN_IN_FIELDS;
use crate::cost::{Plan, Pricing};
use crate::error_path;
use apollo_compiler::ast::{Definition, Document as Syntax, VariableDefinition};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{Node, Schema};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{ErrorExtensionValues, Name, Pos, ServerError, Variables};

/// The most errors of an answer that was not run.
pub const MOST_ERRORS: usize = 10;
/// The longest document, in bytes; the limit on tokens does not bound the length of one token.
const LONGEST: usize = 256 * 1024;
/// Spaces, commas and comments count as tokens for the parser: so many for each token that counts here.
const TOKENS_FOR_ONE: usize = 4;
/// Selections, values and types may be nested so deep; the depth of fields has a limit of its own.
const NESTING: usize = 200;
/// The most operations and fragments of a document.
const MOST_DEFINITIONS: usize = 100;
/// The most variables of an operation.
const MOST_VARIABLES: usize = 100;

/// The types of the API as documents are checked against them.
pub struct Types(Valid<Schema>);

/// A document that was parsed and is of an acceptable size, but was not validated.
pub struct Parsed {
    syntax: Syntax,
    /// For async-graphql.
    pub executable: ExecutableDocument,
}

/// An operation of a valid document.
pub struct Operation {
    /// Absent where it has none.
    pub name: Option<String>,
    /// What it does.
    pub kind: OperationType,
    /// What it costs.
    pub plan: Plan,
    /// Whether it does nothing but what people do who are not signed in yet: a bad access token counts as none for it.
    pub takes_any_token: bool,
    variables: Vec<Node<VariableDefinition>>,
}

impl Types {
    /// From the text of the schema, which is the library's own: where it can't be read in full, less is checked.
    pub fn of(sdl: &str) -> Self {
        match Schema::parse_and_validate(sdl, "schema.graphql") {
            Ok(schema) => Self(schema),
            Err(error) => {
                tracing::error!(errors = %error.errors, "the schema is not valid; documents are checked against what is");
                Self(Valid::assume_valid(error.partial))
            }
        }
    }

    /// The types as the parser's library knows them.
    pub fn schema(&self) -> &Schema {
        &self.0
    }

    /// Parses a document; `largest` bounds its size, with its fragments counted wherever they are used.
    ///
    /// # Errors
    ///
    /// Syntax errors, at most ten, or the limit that it exceeds.
    pub fn parse(&self, text: &str, largest: usize) -> Result<Parsed, Vec<ServerError>> {
        if text.len() > LONGEST {
            return Err(vec![too_complex(format!(
                "The document must have at most {LONGEST} bytes; found {}. Pass long texts as variables.",
                text.len()
            ))]);
        }
        let tokens = largest.saturating_mul(TOKENS_FOR_ONE).saturating_add(100);
        let mut parser = Parser::new().recursion_limit(NESTING).token_limit(tokens);
        let parsed = parser.parse_ast(text, "document.graphql");
        // Everything after a limit is missing: other errors are not the client's.
        if parsed.is_err() && parser.tokens_reached() >= tokens {
            return Err(vec![too_complex(format!(
                "The document must have at most {tokens} tokens, spaces and comments included."
            ))]);
        }
        if parsed.is_err() && parser.recursion_reached() >= NESTING {
            return Err(vec![too_complex(format!("The document must not be nested deeper than {NESTING}."))]);
        }
        let syntax = parsed.map_err(|found| first(diagnostics(&found.errors)))?;
        let variables =
            syntax.definitions.iter().filter_map(|definition| Some(definition.as_operation_definition()?.variables.len()));
        if let Some(variables) = variables.max().filter(|variables| *variables > MOST_VARIABLES) {
            return Err(vec![too_complex(format!(
                "An operation must have at most {MOST_VARIABLES} variables; found {variables}."
            ))]);
        }
        let definitions = syntax.definitions.len();
        if definitions > MOST_DEFINITIONS {
            let message =
                format!("A document must have at most {MOST_DEFINITIONS} operations and fragments; found {definitions}.");
            return Err(vec![too_complex(message)]);
        }
        size::check(&syntax, largest).map_err(|error| vec![error])?;
        let executable = translate::document(text, &syntax)?;
        Ok(Parsed { syntax, executable })
    }

    /// Validates what async-graphql does not, and computes what the operations cost.
    ///
    /// # Errors
    ///
    /// At most ten.
    pub fn validate(&self, parsed: &Parsed) -> Result<Vec<Operation>, Vec<ServerError>> {
        if let Err(invalid) = parsed.syntax.to_executable_validate(&self.0) {
            return Err(first(diagnostics(&invalid.errors)));
        }
        let errors = values::check_document(&self.0, &parsed.syntax);
        if !errors.is_empty() {
            return Err(first(errors));
        }
        let mut pricing = Pricing::new(&self.0, &parsed.syntax);
        let operations = parsed.syntax.definitions.iter().filter_map(Definition::as_operation_definition);
        Ok(operations
            .map(|operation| Operation {
                name: operation.name.as_ref().map(ToString::to_string),
                kind: translate::kind(operation.operation_type),
                plan: pricing.plan(operation),
                takes_any_token: takes_any_token(&parsed.executable, operation.name.as_deref()),
                variables: operation.variables.clone(),
            })
            .collect())
    }

    /// Checks the values of an operation's variables against their types.
    ///
    /// # Errors
    ///
    /// At most ten.
    pub fn check_variables(&self, operation: &Operation, variables: &Variables) -> Result<(), Vec<ServerError>> {
        let errors = values::check_variables(&self.0, &operation.variables, variables);
        if errors.is_empty() { Ok(()) } else { Err(first(errors)) }
    }
}

/// Whether an operation asks for fields of [`SIGN_IN_FIELDS`] alone.
fn takes_any_token(document: &ExecutableDocument, name: Option<&str>) -> bool {
    let found = document.operations.iter().find(|(found, _)| found.map(Name::as_str) == name);
    let Some((_, operation)) = found.filter(|(_, operation)| operation.node.ty == OperationType::Mutation) else { return false };
    let mut fields = Vec::new();
    error_path::fields_of(document, &operation.node.selection_set.node, &mut fields);
    fields.iter().map(|field| field.node.name.node.as_str()).all(|name| name == "__typename" || SIGN_IN_FIELDS.contains(&name))
}

fn diagnostics(errors: &DiagnosticList) -> Vec<ServerError> {
    let found = errors.iter().take(MOST_ERRORS).map(|diagnostic| {
        let message = diagnostic.error.to_string();
        let message = match message.strip_prefix("syntax error: ") {
            Some(rest) => format!("Syntax error: {}.", rest.trim_end_matches('.')),
            None => sentence(&message),
        };
        let position = diagnostic.line_column_range().map(|range| Pos { line: range.start.line, column: range.start.column });
        ServerError::new(message, position)
    });
    found.collect()
}

/// With a capital letter and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let start: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{start}{}.", letters.as_str().trim_end_matches('.'))
}

/// The first of many.
pub fn first(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    errors.truncate(MOST_ERRORS);
    errors
}

/// A refusal of a document that asks for too much.
pub fn too_complex(message: String) -> ServerError {
    coded("QUERY_TOO_COMPLEX", message)
}

/// An error of the whole request with its code.
pub fn coded(code: &str, message: String) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    ServerError { extensions: Some(extensions), ..ServerError::new(message, None) }
}
