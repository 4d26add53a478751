//! Documents: parsing, size limits, and validation according to the GraphQL specification.
//!
//! A document is parsed by `apollo-compiler`, which parses strings as specified and limits tokens and nesting, and is then
//! translated to the types of async-graphql. The size of a document is limited before any code follows its fragments: validation
//! visits a fragment at each use, and fragments that each use the next one twice are visited a billion times.

mod errors;
mod size;
mod translate;
mod values;

pub use errors::{MAX_ERRORS, coded, too_complex, truncate_errors};

use crate::access::SIGN_IN_FIELDS;
use crate::cost::{Plan, Pricing};
use crate::error_path;
use apollo_compiler::ast::{Definition, Document as Syntax, VariableDefinition};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{Node, Schema};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Pos, ServerError, Variables};

/// Maximum length of a document in bytes; the token limit does not limit the length of a token.
const MAX_BYTES: usize = 256 * 1024;
/// Allowed parser tokens per counted token, because the parser also counts spaces, commas and comments.
const TOKENS_PER_COUNTED_TOKEN: usize = 4;
/// Maximum nesting of selections, values and types; the depth of fields has its own limit.
const MAX_NESTING: usize = 200;
/// Maximum number of operations and fragments of a document.
const MAX_DEFINITIONS: usize = 100;
/// Maximum number of variables of an operation.
const MAX_VARIABLES: usize = 100;

/// The types of the API, against which documents are validated.
pub struct Types(Valid<Schema>);

/// A parsed document of acceptable size that is not validated yet.
pub struct Parsed {
    syntax: Syntax,
    /// The document in the types of async-graphql.
    pub executable: ExecutableDocument,
}

/// An operation of a valid document.
pub struct Operation {
    /// The name of the operation, if it has one.
    pub name: Option<String>,
    /// The type of the operation.
    pub kind: OperationType,
    /// The cost of the operation.
    pub plan: Plan,
    /// Whether the operation ignores an invalid access token, because all its fields are for callers who are not signed in yet.
    pub ignores_invalid_token: bool,
    variables: Vec<Node<VariableDefinition>>,
}

impl Types {
    /// Parses the SDL that the server generated. If it is invalid, documents are validated only against its valid part.
    pub fn of(sdl: &str) -> Self {
        match Schema::parse_and_validate(sdl, "schema.graphql") {
            Ok(schema) => Self(schema),
            Err(error) => {
                tracing::error!(errors = %error.errors, "invalid schema; documents are validated only against its valid part");
                Self(Valid::assume_valid(error.partial))
            }
        }
    }

    /// The types as a schema of `apollo-compiler`.
    pub fn schema(&self) -> &Schema {
        &self.0
    }

    /// Parses a document of at most `max_size` selections, arguments and values, with fragments counted at each use.
    ///
    /// # Errors
    ///
    /// At most ten syntax errors, or the exceeded limit.
    pub fn parse(&self, text: &str, max_size: usize) -> Result<Parsed, Vec<ServerError>> {
        if text.len() > MAX_BYTES {
            return Err(vec![too_complex(format!(
                "The document must have at most {MAX_BYTES} bytes; got {}. Pass long texts as variables.",
                text.len()
            ))]);
        }
        let tokens = max_size.saturating_mul(TOKENS_PER_COUNTED_TOKEN).saturating_add(100);
        let mut parser = Parser::new().recursion_limit(MAX_NESTING).token_limit(tokens);
        let parsed = parser.parse_ast(text, "document.graphql");
        // Parsing stops at the limit, so other errors would be misleading.
        if parsed.is_err() && parser.tokens_reached() >= tokens {
            return Err(vec![too_complex(format!(
                "The document must have at most {tokens} tokens, spaces and comments included."
            ))]);
        }
        if parsed.is_err() && parser.recursion_reached() >= MAX_NESTING {
            return Err(vec![too_complex(format!("The document must not be nested deeper than {MAX_NESTING}."))]);
        }
        let syntax = parsed.map_err(|found| truncate_errors(diagnostics(&found.errors)))?;
        let variables =
            syntax.definitions.iter().filter_map(|definition| Some(definition.as_operation_definition()?.variables.len()));
        if let Some(variables) = variables.max().filter(|variables| *variables > MAX_VARIABLES) {
            return Err(vec![too_complex(format!("An operation must have at most {MAX_VARIABLES} variables; got {variables}."))]);
        }
        let definitions = syntax.definitions.len();
        if definitions > MAX_DEFINITIONS {
            let message = format!("A document must have at most {MAX_DEFINITIONS} operations and fragments; got {definitions}.");
            return Err(vec![too_complex(message)]);
        }
        size::check(&syntax, max_size).map_err(|error| vec![error])?;
        let executable = translate::document(text, &syntax)?;
        Ok(Parsed { syntax, executable })
    }

    /// Applies the rules that async-graphql lacks, and computes the costs of the operations.
    ///
    /// # Errors
    ///
    /// At most ten validation errors.
    pub fn validate(&self, parsed: &Parsed) -> Result<Vec<Operation>, Vec<ServerError>> {
        if let Err(invalid) = parsed.syntax.to_executable_validate(&self.0) {
            return Err(truncate_errors(diagnostics(&invalid.errors)));
        }
        let errors = values::check_document(&self.0, &parsed.syntax);
        if !errors.is_empty() {
            return Err(truncate_errors(errors));
        }
        let mut pricing = Pricing::new(&self.0, &parsed.syntax);
        let operations = parsed.syntax.definitions.iter().filter_map(Definition::as_operation_definition);
        Ok(operations
            .map(|operation| Operation {
                name: operation.name.as_ref().map(ToString::to_string),
                kind: translate::kind(operation.operation_type),
                plan: pricing.plan(operation),
                ignores_invalid_token: ignores_invalid_token(&parsed.executable, operation.name.as_deref()),
                variables: operation.variables.clone(),
            })
            .collect())
    }

    /// Validates the values of an operation's variables against their types.
    ///
    /// # Errors
    ///
    /// At most ten validation errors.
    pub fn check_variables(&self, operation: &Operation, variables: &Variables) -> Result<(), Vec<ServerError>> {
        let errors = values::check_variables(&self.0, &operation.variables, variables);
        if errors.is_empty() { Ok(()) } else { Err(truncate_errors(errors)) }
    }
}

/// Whether an operation selects only fields of [`SIGN_IN_FIELDS`].
fn ignores_invalid_token(document: &ExecutableDocument, name: Option<&str>) -> bool {
    let found = document.operations.iter().find(|(found, _)| found.map(Name::as_str) == name);
    let Some((_, operation)) = found.filter(|(_, operation)| operation.node.ty == OperationType::Mutation) else { return false };
    let mut fields = Vec::new();
    error_path::fields_of(document, &operation.node.selection_set.node, &mut fields);
    fields.iter().map(|field| field.node.name.node.as_str()).all(|name| name == "__typename" || SIGN_IN_FIELDS.contains(&name))
}

fn diagnostics(errors: &DiagnosticList) -> Vec<ServerError> {
    let found = errors.iter().take(MAX_ERRORS).map(|diagnostic| {
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

/// Adds a capital letter and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let start: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{start}{}.", letters.as_str().trim_end_matches('.'))
}
