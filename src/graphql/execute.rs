//! Running operations, with what is known of their documents.
//!
//! Clients send the same few documents again and again. Parsing and checking one takes longer than running many a query, so a
//! document that was found good is kept, and the next time it is neither parsed nor checked again; its cost is computed anew, as
//! it depends on the variables. Mutations are always checked in full: there a hundredth of a millisecond is nothing, and variables
//! of a wrong type are then told before anything runs.

use crate::graphql::root::{Mutation, Query, Subscription};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response};
use moka::sync::Cache;
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
    good: Cache<String, Arc<ExecutableDocument>>,
}

impl Api {
    /// `strict` checks every document, `fast` trusts them.
    pub fn new(strict: Schema, fast: Schema) -> Self {
        let weight = |text: &String, _: &Arc<ExecutableDocument>| u32::try_from(text.len() * 8).unwrap_or(u32::MAX);
        Self { strict, fast, good: Cache::builder().max_capacity(KEPT).weigher(weight).build() }
    }

    /// The types with all checks, for streams.
    pub fn schema(&self) -> &Schema {
        &self.strict
    }

    /// Runs one operation.
    pub async fn execute(&self, mut request: Request) -> Response {
        if let Some(document) = self.good.get(&request.query) {
            request.set_parsed_query(ExecutableDocument::clone(&document));
            return self.fast.execute(request).await;
        }
        let keep = (request.query.len() <= LONGEST && request.uploads.is_empty())
            .then(|| request.parsed_query().ok().filter(|document| is_query(document)).cloned().map(Arc::new))
            .flatten();
        let text = keep.is_some().then(|| request.query.clone());
        let response = self.strict.execute(request).await;
        if let (Some(document), Some(text)) = (keep, text)
            && response.is_ok()
        {
            self.good.insert(text, document);
        }
        response
    }
}

fn is_query(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
}
