//! Marks: private directives on the fields of a document, added once per document, that control how the field is executed.
//!
//! - If a nullable field fails, the field is null and its parent keeps its other fields, as the GraphQL specification requires.
//!   async-graphql does so for errors below an object, but propagates errors of the resolver, its guard and its arguments to the
//!   parent.
//! - The size of a list of objects is measured (`crate::measure`).
//!
//! A hook on every field would cost a third of the throughput, so only these fields are marked.

use crate::cost::definition;
use crate::error_path;
use crate::measure::Meter;
use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use async_graphql::extensions::ResolveFut;
use async_graphql::parser::types::{Directive, DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextDirective, CustomDirective, CustomDirectiveFactory, Name, Pos, Positioned, ServerResult, Value,
};
use std::borrow::Cow;
use std::sync::Arc;

/// Controls the execution of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The field returns a list of objects, whose items and bytes are counted.
    list: bool,
    /// The field is nullable: if it fails, it is null and the error is returned beside the data.
    nullable: bool,
}

impl Mark {
    /// All marks, to be registered in the executing schema.
    pub const ALL: [Self; 3] =
        [Self { list: true, nullable: false }, Self { list: false, nullable: true }, Self { list: true, nullable: true }];

    /// The mark of a field, if it needs one.
    fn of(schema: &Schema, parent: &str, ty: &Type) -> Option<Self> {
        let list = ty.is_list() && is_composite(schema, ty.inner_named_type());
        // Introspection fields read memory and can't fail.
        let nullable = !ty.is_non_null() && !parent.starts_with("__");
        (list || nullable).then_some(Self { list, nullable })
    }

    /// Clients can't use these names: documents are validated before they are marked, against a schema without the marks.
    fn directive_name(self) -> &'static str {
        match (self.list, self.nullable) {
            (true, false) => "souk_list",
            (false, _) => "souk_nullable",
            (true, true) => "souk_nullable_list",
        }
    }
}

/// Marks the fields of a valid document.
pub fn mark(document: &mut ExecutableDocument, schema: &Schema) {
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
                if let Some(mark) = Mark::of(schema, parent, &definition.ty) {
                    let name = Positioned::new(Name::new(mark.directive_name()), Pos::default());
                    let directive = Directive { name, arguments: Vec::new() };
                    field.node.directives.push(Positioned::new(directive, Pos::default()));
                }
                mark_selections(&mut field.node.selection_set.node, definition.ty.inner_named_type(), schema);
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

impl CustomDirectiveFactory for Mark {
    fn name(&self) -> Cow<'static, str> {
        self.directive_name().into()
    }

    /// Does nothing: marks are not part of the schema.
    fn register(&self, _: &mut Registry) {}

    fn create(&self, _: &ContextDirective<'_>, _: &Directive) -> ServerResult<Box<dyn CustomDirective>> {
        Ok(Box::new(*self))
    }
}

#[async_graphql::async_trait::async_trait]
impl CustomDirective for Mark {
    async fn resolve_field(&self, ctx: &Context<'_>, resolve: ResolveFut<'_>) -> ServerResult<Option<Value>> {
        let meter = || ctx.data_opt::<Arc<Meter>>();
        let resolved = match self.list.then(meter).flatten() {
            Some(meter) => measured(meter, resolve).await,
            None => resolve.await,
        };
        let Err(error) = resolved else { return resolved };
        let error = error_path::keep(ctx, self.list, error);
        if !self.nullable {
            return Err(error);
        }
        if let Some(meter) = meter() {
            meter.add_error(&error);
        }
        ctx.add_error(error);
        Ok(None)
    }
}

async fn measured(meter: &Meter, resolve: ResolveFut<'_>) -> ServerResult<Option<Value>> {
    // Counts one object for the list itself before its items are resolved, so that nested lists reach the limit before all of
    // them start.
    meter.add(1, 0)?;
    let value = resolve.await?;
    if let Some(Value::List(items)) = &value {
        meter.add_items(items)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
