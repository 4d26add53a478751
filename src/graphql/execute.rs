//! Running operations, with what is known of their documents.
//!
//! Clients send the same few documents again and again. Parsing and checking one takes longer than running many a query, so a
//! document that was found good is kept, and the next time it is neither parsed nor checked again; its cost is computed anew, as
//! it depends on the variables. Mutations are always checked in full: there a hundredth of a millisecond is nothing, and variables
//! of a wrong type are then told before anything runs.

use crate::graphql::root::{Mutation, Query, Subscription};
use crate::text::truncate;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Name, Request, Response, Value};
use moka::sync::Cache;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The types of the API, ready to run.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Bytes of documents that are kept.
const KEPT: u64 = 8 * 1024 * 1024;
/// Longer documents are not kept: clients of ours send short ones.
const LONGEST: usize = 32 * 1024;

/// The API of a marketplace.
#[derive(Clone)]
pub struct Api {
    strict: Schema,
    /// The same, for documents that were found good.
    fast: Schema,
    /// By their text.
    good: Cache<String, Arc<Known>>,
    /// How many more queries may begin now.
    room: Arc<Semaphore>,
}

/// A document that was found good.
struct Known {
    document: ExecutableDocument,
    sizes: Vec<Name>,
    name: Option<Name>,
}

/// What came of an operation.
pub struct Executed {
    /// The answer.
    pub response: Response,
    /// The operation's name, for the log; absent where it has none, or can't be read.
    pub name: Option<String>,
}

impl Api {
    /// `strict` checks every document, `fast` trusts them. At most `at_once` queries run at a time, the others wait in their order:
    /// a query holds a future for each of its fields while it runs, and more of them than keep the processors busy only push each
    /// other out of their caches (`docs/benchmarks.md`). Mutations do not count: they may wait for somebody else, such as a payment
    /// provider.
    pub fn new(strict: Schema, fast: Schema, at_once: usize) -> Self {
        let weight = |text: &String, _: &Arc<Known>| u32::try_from(text.len() * 8).unwrap_or(u32::MAX);
        Self {
            strict,
            fast,
            good: Cache::builder().max_capacity(KEPT).weigher(weight).build(),
            room: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// The types with all checks, for streams.
    pub fn schema(&self) -> &Schema {
        &self.strict
    }

    /// Runs one operation.
    pub async fn execute(&self, mut request: Request) -> Executed {
        let asked = request.operation_name.as_deref().map(logged);
        if let Some(known) = self.good.get(&request.query) {
            leave_out(&mut request, &known.sizes);
            request.set_parsed_query(known.document.clone());
            let name = asked.or_else(|| known.name.as_deref().map(logged));
            // It is never closed.
            let _place = self.room.acquire().await;
            return Executed { response: self.fast.execute(request).await, name };
        }
        let Ok(document) = request.parsed_query().cloned() else {
            // What does not parse is refused when it is run.
            return Executed { response: self.strict.execute(request).await, name: asked };
        };
        let sizes = page_sizes(&document);
        let name = document.operations.iter().next().and_then(|(name, _)| name.cloned());
        leave_out(&mut request, &sizes);
        let query = is_query(&document);
        let keep = query && request.query.len() <= LONGEST && request.uploads.is_empty();
        let text = keep.then(|| request.query.clone());
        let _place = if query { self.room.acquire().await.ok() } else { None };
        let response = self.strict.execute(request).await;
        if let Some(text) = text
            && response.is_ok()
        {
            self.good.insert(text, Arc::new(Known { document, sizes, name: name.clone() }));
        }
        Executed { response, name: asked.or_else(|| name.as_deref().map(logged)) }
    }
}

/// A name as it is logged: the client may choose it as long as it likes.
fn logged(name: &str) -> String {
    truncate(name, 64).to_owned()
}

/// The variables that say how large a page is. The cost of a query is computed from them before it runs, and there
/// async-graphql takes one that is left out for one that does not exist; null means the same, and is understood.
fn page_sizes(document: &ExecutableDocument) -> Vec<Name> {
    let optional: HashSet<Name> = document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.variable_definitions)
        .filter(|definition| definition.node.var_type.node.nullable && definition.node.default_value.is_none())
        .map(|definition| definition.node.name.node.clone())
        .collect();
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    let mut waiting: Vec<_> = operations.chain(fragments).collect();
    let mut found = HashSet::new();
    while let Some(set) = waiting.pop() {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let sizes = field.node.arguments.iter().filter(|(name, _)| name.node == "first" || name.node == "last");
                    found.extend(
                        sizes.filter_map(|(_, value)| variable(&value.node.to_string())).filter(|name| optional.contains(name)),
                    );
                    waiting.push(&field.node.selection_set);
                }
                Selection::InlineFragment(fragment) => waiting.push(&fragment.node.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    found.into_iter().collect()
}

/// The name of a variable, where the value is one.
fn variable(value: &str) -> Option<Name> {
    value.strip_prefix('$').map(Name::new)
}

/// Says of these variables that they were left out, in the words that are understood.
fn leave_out(request: &mut Request, names: &[Name]) {
    for name in names {
        request.variables.entry(name.clone()).or_insert(Value::Null);
    }
}

fn is_query(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
}
