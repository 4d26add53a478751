//! Running operations, with what is known of their documents.
//!
//! Clients send the same few documents again and again. Parsing and checking one takes longer than running many a query, so a
//! document that was found good is kept, and the next time it is neither parsed nor checked again; its cost is computed anew, as
//! it depends on the variables. Mutations are always checked in full: there a hundredth of a millisecond is nothing, and variables
//! of a wrong type are then told before anything runs.

use crate::graphql::root::{Mutation, Query, Subscription};
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql::{Name, Request, Response, Value};
use moka::sync::Cache;
use std::collections::HashSet;
use std::sync::Arc;

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
}

/// A document that was found good.
struct Known {
    document: ExecutableDocument,
    sizes: Vec<Name>,
}

impl Api {
    /// `strict` checks every document, `fast` trusts them.
    pub fn new(strict: Schema, fast: Schema) -> Self {
        let weight = |text: &String, _: &Arc<Known>| u32::try_from(text.len() * 8).unwrap_or(u32::MAX);
        Self { strict, fast, good: Cache::builder().max_capacity(KEPT).weigher(weight).build() }
    }

    /// The types with all checks, for streams.
    pub fn schema(&self) -> &Schema {
        &self.strict
    }

    /// Runs one operation.
    pub async fn execute(&self, mut request: Request) -> Response {
        if let Some(known) = self.good.get(&request.query) {
            leave_out(&mut request, &known.sizes);
            request.set_parsed_query(known.document.clone());
            return self.fast.execute(request).await;
        }
        // What does not parse is refused when it is run.
        let Ok(document) = request.parsed_query().cloned() else { return self.strict.execute(request).await };
        let sizes = page_sizes(&document);
        leave_out(&mut request, &sizes);
        let keep = is_query(&document) && request.query.len() <= LONGEST && request.uploads.is_empty();
        let text = keep.then(|| request.query.clone());
        let response = self.strict.execute(request).await;
        if let Some(text) = text
            && response.is_ok()
        {
            self.good.insert(text, Arc::new(Known { document, sizes }));
        }
        response
    }
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
