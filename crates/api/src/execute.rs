//! Running operations: each is first prepared, then run.
//!
//! [`Api::prepare`] parses and validates a document and computes what the operation costs; nothing of the operation has run then,
//! so that it can still be refused or made to wait. Clients send the same few documents again and again: a valid document is kept,
//! and the next time only the values of its variables are checked, and the cost is computed from them.
//!
//! Documents are validated by async-graphql, whose messages are the better ones, and then by `graphql::document`, which knows
//! the rules that async-graphql lacks. Mutations pass through async-graphql's validation every time: it also checks the form of
//! custom scalars in variables, so that a wrong value is told before anything runs.

use crate::document::{MOST_ERRORS, Operation, Types, first, too_complex};
use crate::measure::{Largest, Meter};
use crate::root::{Mutation, Query, Subscription};
use crate::{error_path, mark, snapshot};
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Request, Response, ServerError, Value};
use futures::StreamExt;
use futures::stream::BoxStream;
use moka::sync::Cache;
use souk_core::text::truncate;
use std::sync::Arc;

/// The types of the API, ready to run.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Bytes of documents that are kept.
const KEPT: u64 = 8 * 1024 * 1024;
/// Longer documents are not kept: clients of ours send short ones.
const LONGEST: usize = 32 * 1024;
/// A document that is kept takes so many bytes for each of its text, about.
const BYTES_FOR_ONE: usize = 16;

/// What an operation may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The largest document: selections, arguments and values, with fragments counted wherever they are used.
    pub document: usize,
    /// The highest cost.
    pub cost: u64,
    /// The most fields within each other, as the validating schema bounds them.
    pub depth: usize,
    /// The largest answer.
    pub answer: Largest,
}

/// The API of a marketplace.
#[derive(Clone)]
pub struct Api {
    /// Validates, and runs nothing.
    validating: Schema,
    /// Runs what was validated.
    running: Schema,
    types: Arc<Types>,
    bounds: Bounds,
    /// Valid documents by their text.
    documents: Cache<String, Arc<CachedDocument>>,
}

/// A valid document.
struct CachedDocument {
    /// As the client wrote it.
    plain: ExecutableDocument,
    /// With the marks on its fields.
    marked: ExecutableDocument,
    operations: Vec<Operation>,
    asks_for_cursor: bool,
}

impl CachedDocument {
    /// The operation of this name, or the only one. async-graphql takes the same.
    fn operation(&self, name: Option<&str>) -> Result<&Operation, ServerError> {
        match (name, self.operations.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(ServerError::new("operationName is required, as the document has several operations.", None)),
            (Some(name), operations) => operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name))
                .ok_or_else(|| ServerError::new(format!("The document has no operation named {:?}.", truncate(name, 64)), None)),
        }
    }
}

/// The cost of an operation, as `extensions.cost` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What the operation costs.
    pub requested: u64,
    /// The most that one operation may cost.
    pub limit: u64,
    /// What the client may still spend now; absent where nobody counts.
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
    /// The document it is of.
    document: Arc<CachedDocument>,
    /// Its name in the document.
    operation_name: Option<String>,
    /// What it does.
    pub kind: OperationType,
    /// Its cost; the owner of the clients' budgets sets `remaining`.
    pub cost: Cost,
    /// The operation's name, for the log; absent where it has none.
    pub name: Option<String>,
    /// Whether a bad access token counts as none for it.
    pub takes_any_token: bool,
    /// Whether it selects `updatesCursor`, so that the place in the event log must be read before it runs.
    pub asks_for_cursor: bool,
    /// Whether the client asked for `extensions.cost`.
    shows_cost: bool,
}

impl Prepared {
    /// Adds something that resolvers find in their context.
    #[must_use]
    pub fn data<D: std::any::Any + Send + Sync>(mut self, data: D) -> Self {
        self.request = self.request.data(data);
        self
    }

    /// An answer to it without running it, such as a refusal; shows the cost if the client asked for it.
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

/// What came of an operation.
pub struct Executed {
    /// The answer.
    pub response: Response,
    /// The operation's name, for the log; absent where it has none, or can't be read.
    pub name: Option<String>,
    /// What the operation does, or would have done; absent where that can't be read.
    pub kind: Option<OperationType>,
}

/// Why a document can't be run.
struct Unusable {
    errors: Vec<ServerError>,
    kind: Option<OperationType>,
}

impl Api {
    /// `validating` has all checks of async-graphql and [`ValidateOnly`]; `running` trusts documents, and knows
    /// [`mark::Mark`].
    pub fn new(validating: Schema, running: Schema, types: Arc<Types>, bounds: Bounds) -> Self {
        let weight = |text: &String, _: &Arc<CachedDocument>| u32::try_from(text.len() * BYTES_FOR_ONE).unwrap_or(u32::MAX);
        Self { validating, running, types, bounds, documents: Cache::builder().max_capacity(KEPT).weigher(weight).build() }
    }

    /// Whether a document was validated before, and is kept.
    pub fn is_known(&self, document: &str) -> bool {
        self.documents.contains_key(document)
    }

    /// Parses and validates a request and computes its cost. Every way in comes through here: POST, GET, batches, WebSockets.
    ///
    /// # Errors
    ///
    /// The answer of a request that can't be run, with at most ten errors.
    pub async fn prepare(&self, mut request: Request) -> Result<Prepared, Box<Executed>> {
        let asked = request.operation_name.as_deref().map(logged);
        let refuse = |errors, kind| Box::new(Executed { response: Response::from_errors(errors), name: asked.clone(), kind });
        let (document, is_new) = match self.documents.get(&request.query) {
            Some(document) => (document, false),
            None => (self.read(&request).await.map_err(|found| refuse(found.errors, found.kind))?, true),
        };
        let operation = document.operation(request.operation_name.as_deref()).map_err(|error| refuse(vec![error], None))?;
        self.types.check_variables(operation, &request.variables).map_err(|errors| refuse(errors, Some(operation.kind)))?;
        if operation.kind == OperationType::Mutation && !is_new {
            self.validate(&request, document.plain.clone()).await.map_err(|errors| refuse(errors, Some(operation.kind)))?;
        }
        let name = asked.clone().or_else(|| operation.name.as_deref().map(logged));
        let cost = Cost { requested: operation.plan.cost(&request.variables), limit: self.bounds.cost, remaining: None };
        let shows_cost = request.extensions.get("cost") == Some(&Value::Boolean(true));
        let kind = operation.kind;
        request.set_parsed_query(document.marked.clone());
        let operation_name = operation.name.clone();
        let takes_any_token = operation.takes_any_token;
        let asks_for_cursor = document.asks_for_cursor;
        let prepared =
            Prepared { request, document, operation_name, kind, cost, name, takes_any_token, asks_for_cursor, shows_cost };
        if cost.requested > cost.limit {
            let message = format!(
                "The operation is too complex: it costs {} points, and the limit is {}. Ask for smaller pages or fewer fields.",
                cost.requested, cost.limit
            );
            return Err(Box::new(prepared.answer(vec![too_complex(message)])));
        }
        Ok(prepared)
    }

    /// Parses and validates a document that is not known.
    async fn read(&self, request: &Request) -> Result<Arc<CachedDocument>, Unusable> {
        let parsed = self.types.parse(&request.query, self.bounds.document).map_err(|errors| Unusable { errors, kind: None })?;
        let kind = kind(&parsed.executable, request.operation_name.as_deref());
        self.validate(request, parsed.executable.clone()).await.map_err(|errors| Unusable { errors, kind })?;
        let operations = self.types.validate(&parsed).map_err(|errors| Unusable { errors, kind })?;
        let mut marked = parsed.executable.clone();
        mark::mark(&mut marked, self.types.schema());
        let asks_for_cursor = snapshot::is_asked_for(&parsed.executable);
        let document = Arc::new(CachedDocument { plain: parsed.executable, marked, operations, asks_for_cursor });
        if request.query.len() <= LONGEST {
            self.documents.insert(request.query.clone(), Arc::clone(&document));
        }
        Ok(document)
    }

    /// Validates by async-graphql's rules, with the values of variables.
    async fn validate(&self, request: &Request, document: ExecutableDocument) -> Result<(), Vec<ServerError>> {
        let mut check = Request::new("").variables(request.variables.clone());
        check.operation_name.clone_from(&request.operation_name);
        check.set_parsed_query(document);
        let mut errors = self.validating.execute(check).await.errors;
        errors.retain(|error| !is_about_variable_position(&error.message));
        for error in errors.iter_mut().filter(|error| error.message == "Query is nested too deep.") {
            let most = self.bounds.depth;
            *error =
                too_complex(format!("Fields must not be nested deeper than {most}; ask for what is below by another operation."));
        }
        if errors.is_empty() { Ok(()) } else { Err(first(errors)) }
    }

    /// Runs a query or a mutation.
    pub async fn run(&self, mut prepared: Prepared) -> Executed {
        let meter = Meter::new(self.bounds.answer);
        let request = std::mem::replace(&mut prepared.request, Request::new("")).data(Arc::clone(&meter));
        let mut response = if prepared.kind == OperationType::Query {
            meter.watch(self.running.execute(request)).await
        } else {
            // What a mutation did is told even if its answer is cut: it runs to its end.
            self.running.execute(request).await
        };
        if meter.is_exceeded() {
            response.errors.truncate(MOST_ERRORS);
        }
        prepared.complete_paths(&mut response);
        prepared.show_cost(&mut response);
        Executed { response, name: prepared.name, kind: Some(prepared.kind) }
    }

    /// Runs a subscription.
    pub fn stream(&self, mut prepared: Prepared) -> BoxStream<'static, Response> {
        let meter = Meter::new(self.bounds.answer);
        let request = std::mem::replace(&mut prepared.request, Request::new("")).data(Arc::clone(&meter));
        let responses = self.running.execute_stream(request).map(move |mut response| {
            if meter.is_exceeded() {
                response.errors.truncate(MOST_ERRORS);
            }
            prepared.complete_paths(&mut response);
            meter.begin_again();
            prepared.show_cost(&mut response);
            response
        });
        responses.boxed()
    }
}

/// async-graphql's rule on where variables may stand refuses what the specification allows: `[ID!]!` for `[ID!]`, and a variable that
/// may be null where there is a default value. `graphql::document` has the rule as it is specified.
fn is_about_variable_position(message: &str) -> bool {
    message.starts_with("Variable \"") && message.contains("used in position expecting type")
}

/// What the operation of this name does, or of several the first that is no query.
fn kind(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let chosen = document.operations.iter().filter(|(found, _)| name.is_none() || found.map(Name::as_str) == name);
    let kinds: Vec<_> = chosen.map(|(_, operation)| operation.node.ty).collect();
    kinds.iter().find(|kind| **kind != OperationType::Query).or(kinds.first()).copied()
}

/// A name as it is logged: the client may choose it as long as it likes.
fn logged(name: &str) -> String {
    truncate(name, 64).to_owned()
}

/// Ends an operation before anything of it runs.
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
