//! Execution of operations in two steps: prepare and run.
//!
//! [`Api::prepare`] parses and validates a document and computes the cost of the operation. Nothing has run then, so the
//! operation can still be rejected or queued. Clients send the same few documents again and again: valid documents are cached,
//! and the next time only the values of the variables are validated and the cost is computed from them.
//!
//! Documents are validated by async-graphql, which has the clearer messages, and then by `crate::document`, which implements the
//! rules that async-graphql lacks. Mutations are validated by async-graphql every time: it also validates custom scalars in
//! variables, so that an invalid value is reported before anything runs.

use crate::document::{MAX_ERRORS, Operation, Types, too_complex, truncate_errors};
use crate::measure::{Meter, ResponseLimits};
use crate::root::{Mutation, Query, Subscription};
use crate::{error_path, mark, snapshot};
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Request, Response, ServerError, Value};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use moka::sync::Cache;
use souk_core::text::truncate;
use std::sync::Arc;

/// The executable schema of the API.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Maximum size of the document cache in bytes.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Documents with more bytes are not cached; regular clients send short ones.
const MAX_CACHED_BYTES: usize = 32 * 1024;
/// Estimated memory of a cached document per byte of its text.
const MEMORY_PER_BYTE: usize = 16;

/// Limits of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationLimits {
    /// Maximum number of selections, arguments and values of a document, with fragments counted at each use.
    pub document: usize,
    /// Maximum cost of an operation.
    pub cost: u64,
    /// Maximum depth of nested fields, as configured in the validating schema.
    pub depth: usize,
    /// Maximum size of a response.
    pub answer: ResponseLimits,
}

/// The GraphQL API of the marketplace.
#[derive(Clone)]
pub struct Api {
    /// Validates documents and executes nothing.
    validating: Schema,
    /// Executes validated documents.
    running: Schema,
    types: Arc<Types>,
    operation_limits: OperationLimits,
    /// Valid documents by their text.
    documents: Cache<String, Arc<CachedDocument>>,
}

/// A valid document.
struct CachedDocument {
    /// The document as sent by the client.
    plain: ExecutableDocument,
    /// The document with marked fields.
    marked: ExecutableDocument,
    operations: Vec<Operation>,
    selects_updates_cursor: bool,
}

impl CachedDocument {
    /// The operation with this name, or the only one, as selected by async-graphql.
    fn operation(&self, name: Option<&str>) -> Result<&Operation, ServerError> {
        match (name, self.operations.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(ServerError::new("operationName is required because the document has several operations.", None)),
            (Some(name), operations) => operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name))
                .ok_or_else(|| ServerError::new(format!("The document has no operation named {:?}.", truncate(name, 64)), None)),
        }
    }
}

/// The cost of an operation, as returned in `extensions.cost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The cost of the operation.
    pub requested: u64,
    /// Maximum cost of one operation.
    pub limit: u64,
    /// The remaining budget of the client; `None` if there is no budget.
    pub remaining: Option<u64>,
}

impl Cost {
    fn value(self) -> Value {
        let number = |number: u64| Value::Number(number.into());
        let entries = [
            ("requested", number(self.requested)),
            ("limit", number(self.limit)),
            ("remaining", self.remaining.map_or(Value::Null, number)),
        ];
        Value::Object(entries.into_iter().map(|(name, value)| (Name::new(name), value)).collect())
    }
}

/// A valid operation that has not run.
pub struct Prepared {
    request: Request,
    /// The document of the operation.
    document: Arc<CachedDocument>,
    /// The name of the operation in the document.
    operation_name: Option<String>,
    /// The type of the operation.
    pub kind: OperationType,
    /// The cost; `remaining` is set by the caller, which knows the budget of the client.
    pub cost: Cost,
    /// The truncated name of the operation for the log; `None` if it has no name.
    pub name: Option<String>,
    /// Whether the operation ignores an invalid access token.
    pub ignores_invalid_token: bool,
    /// Whether the operation selects `updatesCursor`, so that the position in the event log must be read before it runs.
    pub selects_updates_cursor: bool,
    /// Whether the client requested `extensions.cost`.
    shows_cost: bool,
}

impl Prepared {
    /// Adds data to the context of the resolvers.
    #[must_use]
    pub fn data<D: std::any::Any + Send + Sync>(mut self, data: D) -> Self {
        self.request = self.request.data(data);
        self
    }

    /// A response without execution, such as a rejection; includes the cost if the client requested it.
    pub fn answer(&self, errors: Vec<ServerError>) -> Executed {
        let mut response = Response::from_errors(errors);
        self.show_cost(&mut response);
        Executed { response, name: self.name.clone(), kind: Some(self.kind) }
    }

    fn complete_paths(&self, response: &mut Response) {
        error_path::complete(&mut response.errors, &self.document.plain, self.operation_name.as_deref());
    }

    fn show_cost(&self, response: &mut Response) {
        if self.shows_cost {
            response.extensions.insert("cost".into(), self.cost.value());
        }
    }
}

/// The result of an operation.
pub struct Executed {
    /// The GraphQL response.
    pub response: Response,
    /// The truncated name of the operation for the log; `None` if it has no name or can't be parsed.
    pub name: Option<String>,
    /// The type of the operation; `None` if it can't be parsed.
    pub kind: Option<OperationType>,
}

/// The errors of an invalid document.
struct InvalidDocument {
    errors: Vec<ServerError>,
    kind: Option<OperationType>,
}

// The compiler generates the code of an async function in the crate that awaits it. Public functions return boxed futures, so that the
// code of all resolvers is generated in this crate only, and not again in the library, the binary and the tests above it.
impl Api {
    /// `validating` must have all validation rules and [`ValidateOnly`]; `running` does not validate and must have the directives
    /// [`mark::Mark`].
    pub fn new(validating: Schema, running: Schema, types: Arc<Types>, operation_limits: OperationLimits) -> Self {
        let weight = |text: &String, _: &Arc<CachedDocument>| u32::try_from(text.len() * MEMORY_PER_BYTE).unwrap_or(u32::MAX);
        Self {
            validating,
            running,
            types,
            operation_limits,
            documents: Cache::builder().max_capacity(CACHE_BYTES).weigher(weight).build(),
        }
    }

    /// Whether a valid document is cached.
    pub fn is_cached(&self, document: &str) -> bool {
        self.documents.contains_key(document)
    }

    /// Parses and validates a request and computes its cost. All transports use this: POST, GET, batches, WebSockets.
    ///
    /// # Errors
    ///
    /// The response of an invalid request, with at most ten errors.
    pub fn prepare(&self, request: Request) -> BoxFuture<'_, Result<Prepared, Box<Executed>>> {
        Box::pin(self.prepare_request(request))
    }

    async fn prepare_request(&self, mut request: Request) -> Result<Prepared, Box<Executed>> {
        let requested_name = request.operation_name.as_deref().map(truncated);
        let refuse =
            |errors, kind| Box::new(Executed { response: Response::from_errors(errors), name: requested_name.clone(), kind });
        let (document, is_new) = match self.documents.get(&request.query) {
            Some(document) => (document, false),
            None => (self.read(&request).await.map_err(|found| refuse(found.errors, found.kind))?, true),
        };
        let operation = document.operation(request.operation_name.as_deref()).map_err(|error| refuse(vec![error], None))?;
        self.types.check_variables(operation, &request.variables).map_err(|errors| refuse(errors, Some(operation.kind)))?;
        if operation.kind == OperationType::Mutation && !is_new {
            self.validate(&request, document.plain.clone()).await.map_err(|errors| refuse(errors, Some(operation.kind)))?;
        }
        let name = requested_name.clone().or_else(|| operation.name.as_deref().map(truncated));
        let cost =
            Cost { requested: operation.plan.cost(&request.variables), limit: self.operation_limits.cost, remaining: None };
        let shows_cost = request.extensions.get("cost") == Some(&Value::Boolean(true));
        let kind = operation.kind;
        request.set_parsed_query(document.marked.clone());
        let operation_name = operation.name.clone();
        let ignores_invalid_token = operation.ignores_invalid_token;
        let selects_updates_cursor = document.selects_updates_cursor;
        let prepared = Prepared {
            request,
            document,
            operation_name,
            kind,
            cost,
            name,
            ignores_invalid_token,
            selects_updates_cursor,
            shows_cost,
        };
        if cost.requested > cost.limit {
            let message = format!(
                "The operation is too complex: it costs {} points, and the limit is {}. Request smaller pages or fewer fields.",
                cost.requested, cost.limit
            );
            return Err(Box::new(prepared.answer(vec![too_complex(message)])));
        }
        Ok(prepared)
    }

    /// Parses, validates and caches a new document.
    async fn read(&self, request: &Request) -> Result<Arc<CachedDocument>, InvalidDocument> {
        let parsed = self
            .types
            .parse(&request.query, self.operation_limits.document)
            .map_err(|errors| InvalidDocument { errors, kind: None })?;
        let kind = kind(&parsed.executable, request.operation_name.as_deref());
        self.validate(request, parsed.executable.clone()).await.map_err(|errors| InvalidDocument { errors, kind })?;
        let operations = self.types.validate(&parsed).map_err(|errors| InvalidDocument { errors, kind })?;
        let mut marked = parsed.executable.clone();
        mark::mark(&mut marked, self.types.schema());
        let selects_updates_cursor = snapshot::is_selected(&parsed.executable);
        let document = Arc::new(CachedDocument { plain: parsed.executable, marked, operations, selects_updates_cursor });
        if request.query.len() <= MAX_CACHED_BYTES {
            self.documents.insert(request.query.clone(), Arc::clone(&document));
        }
        Ok(document)
    }

    /// Validates with the rules of async-graphql, including the values of variables.
    async fn validate(&self, request: &Request, document: ExecutableDocument) -> Result<(), Vec<ServerError>> {
        let mut check = Request::new("").variables(request.variables.clone());
        check.operation_name.clone_from(&request.operation_name);
        check.set_parsed_query(document);
        let mut errors = self.validating.execute(check).await.errors;
        errors.retain(|error| !is_about_variable_position(&error.message));
        for error in errors.iter_mut().filter(|error| error.message == "Query is nested too deep.") {
            let most = self.operation_limits.depth;
            *error = too_complex(format!(
                "Fields must not be nested deeper than {most} levels; request deeper fields in another operation."
            ));
        }
        if errors.is_empty() { Ok(()) } else { Err(truncate_errors(errors)) }
    }

    /// Runs a query or a mutation.
    pub fn run(&self, prepared: Prepared) -> BoxFuture<'_, Executed> {
        Box::pin(self.execute(prepared))
    }

    async fn execute(&self, mut prepared: Prepared) -> Executed {
        let meter = Meter::new(self.operation_limits.answer);
        let request = std::mem::replace(&mut prepared.request, Request::new("")).data(Arc::clone(&meter));
        let mut response = if prepared.kind == OperationType::Query {
            meter.watch(self.running.execute(request)).await
        } else {
            // A mutation runs to its end even if its response is too large, so that its effects are reported.
            self.running.execute(request).await
        };
        if meter.is_exceeded() {
            response.errors.truncate(MAX_ERRORS);
        }
        prepared.complete_paths(&mut response);
        prepared.show_cost(&mut response);
        Executed { response, name: prepared.name, kind: Some(prepared.kind) }
    }

    /// Runs a subscription.
    pub fn stream(&self, mut prepared: Prepared) -> BoxStream<'static, Response> {
        let meter = Meter::new(self.operation_limits.answer);
        let request = std::mem::replace(&mut prepared.request, Request::new("")).data(Arc::clone(&meter));
        let responses = self.running.execute_stream(request).map(move |mut response| {
            if meter.is_exceeded() {
                response.errors.truncate(MAX_ERRORS);
            }
            prepared.complete_paths(&mut response);
            meter.reset();
            prepared.show_cost(&mut response);
            response
        });
        responses.boxed()
    }
}

/// The rule of async-graphql for variable positions rejects what the specification allows: `[ID!]!` for `[ID!]`, and a nullable
/// variable at a position that has a default value. `crate::document` implements the rule as specified.
fn is_about_variable_position(message: &str) -> bool {
    message.starts_with("Variable \"") && message.contains("used in position expecting type")
}

/// The type of the operation with this name. Without a name, the type of the first operation that is not a query, if any.
fn kind(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let chosen = document.operations.iter().filter(|(found, _)| name.is_none() || found.map(Name::as_str) == name);
    let kinds: Vec<_> = chosen.map(|(_, operation)| operation.node.ty).collect();
    kinds.iter().find(|kind| **kind != OperationType::Query).or(kinds.first()).copied()
}

/// A name truncated for the log, as clients choose it.
fn truncated(name: &str) -> String {
    truncate(name, 64).to_owned()
}

/// An extension that skips execution after validation.
pub struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}
