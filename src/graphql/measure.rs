//! The size of an answer, measured while it is built.
//!
//! A cost is an estimate: a list may have more items than is typical, and texts have any length. So every field that returns a
//! list of objects is marked in the document that runs, by a directive that only this module knows; the mark counts the items and
//! the bytes of their fields. A hook for every field would cost a third of the throughput; lists are few.

use crate::graphql::cost::definition;
use crate::graphql::document::too_complex;
use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use async_graphql::extensions::ResolveFut;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextDirective, CustomDirective, CustomDirectiveFactory, Name, Pos, Positioned, Response, ServerError,
    ServerResult, Value,
};
use std::borrow::Cow;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

/// No name that a client may write: documents are validated before they are marked, and the schema does not know it.
const MARK: &str = "souk_measured_list";

/// How large an answer may be.
#[derive(Clone, Copy, Debug)]
pub struct Largest {
    /// The items of all its lists of objects.
    pub objects: u64,
    /// The bytes of the fields within these lists.
    pub bytes: u64,
}

/// The size of one answer so far.
pub struct Meter {
    largest: Largest,
    objects: AtomicU64,
    bytes: AtomicU64,
    exceeded: AtomicBool,
}

impl Meter {
    /// Of an answer that has nothing yet.
    pub fn new(largest: Largest) -> Arc<Self> {
        Arc::new(Self { largest, objects: AtomicU64::new(0), bytes: AtomicU64::new(0), exceeded: AtomicBool::new(false) })
    }

    /// Begins the next answer of a stream.
    pub fn begin_again(&self) {
        self.objects.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.exceeded.store(false, Ordering::Relaxed);
    }

    /// Whether the answer grew too large.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    fn add(&self, objects: u64, bytes: u64) -> Result<(), ServerError> {
        let objects = self.objects.fetch_add(objects, Ordering::Relaxed).saturating_add(objects);
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if objects > self.largest.objects || bytes > self.largest.bytes {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        if self.is_exceeded() { Err(self.error()) } else { Ok(()) }
    }

    fn error(&self) -> ServerError {
        let Largest { objects, bytes } = self.largest;
        too_complex(format!("The answer must have at most {objects} objects in lists and {bytes} bytes; ask for less at a time."))
    }

    /// Runs a query; as soon as the answer is too large, nothing more is done for it.
    pub async fn watch(&self, running: impl Future<Output = Response>) -> Response {
        let mut running = pin!(running);
        std::future::poll_fn(|context| {
            let polled = running.as_mut().poll(context);
            if self.is_exceeded() { Poll::Ready(Response::from_errors(vec![self.error()])) } else { polled }
        })
        .await
    }
}

/// Puts the mark on every field that returns a list of objects.
pub fn mark(document: &mut ExecutableDocument, schema: &Schema) {
    use async_graphql::parser::types::{DocumentOperations, OperationType};
    let root = |kind: OperationType| match kind {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => {
            mark_selections(&mut operation.node.selection_set.node, root(operation.node.ty), schema);
        }
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                mark_selections(&mut operation.node.selection_set.node, root(operation.node.ty), schema);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        let on = fragment.node.type_condition.node.on.node.clone();
        mark_selections(&mut fragment.node.selection_set.node, &on, schema);
    }
}

fn mark_selections(selections: &mut SelectionSet, parent: &str, schema: &Schema) {
    for selection in &mut selections.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let Some(definition) = definition(schema, parent, &field.node.name.node) else { continue };
                let ty = definition.ty.inner_named_type();
                if definition.ty.is_list() && is_composite(schema, ty) {
                    let mark = Directive { name: Positioned::new(Name::new(MARK), Pos::default()), arguments: Vec::new() };
                    field.node.directives.push(Positioned::new(mark, Pos::default()));
                }
                mark_selections(&mut field.node.selection_set.node, ty, schema);
            }
            Selection::InlineFragment(fragment) => {
                let on = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.clone());
                mark_selections(&mut fragment.node.selection_set.node, on.as_deref().unwrap_or(parent), schema);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_composite(schema: &Schema, name: &str) -> bool {
    let ty = schema.types.get(name);
    matches!(ty, Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)))
}

/// What the mark does while a query runs.
pub struct Mark;

impl CustomDirectiveFactory for Mark {
    fn name(&self) -> Cow<'static, str> {
        MARK.into()
    }

    /// It is no part of the schema.
    fn register(&self, _: &mut Registry) {}

    fn create(&self, _: &ContextDirective<'_>, _: &Directive) -> ServerResult<Box<dyn CustomDirective>> {
        Ok(Box::new(Self))
    }
}

#[async_graphql::async_trait::async_trait]
impl CustomDirective for Mark {
    async fn resolve_field(&self, ctx: &Context<'_>, resolve: ResolveFut<'_>) -> ServerResult<Option<Value>> {
        let Some(meter) = ctx.data_opt::<Arc<Meter>>() else { return resolve.await };
        // One for the list itself, before its items are made: lists of lists must not all begin before the first is done.
        meter.add(1, 0)?;
        let value = resolve.await?;
        if let Some(Value::List(items)) = &value {
            meter.add(items.len() as u64, items.iter().map(own_bytes).sum())?;
        }
        Ok(value)
    }
}

/// The bytes of a value without lists of objects within it, which were counted when they were made.
fn own_bytes(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Boolean(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() as u64 + 2,
        Value::Enum(name) => name.len() as u64 + 2,
        Value::Binary(bytes) => bytes.len() as u64,
        Value::List(items) if matches!(items.first(), Some(Value::Object(_))) => 2,
        Value::List(items) => items.iter().map(|item| own_bytes(item) + 1).sum::<u64>() + 2,
        Value::Object(fields) => fields.iter().map(|(name, field)| name.len() as u64 + 4 + own_bytes(field)).sum::<u64>() + 2,
    }
}
