//! `updatesCursor`: the position in the event log from which a client subscribes to the changes that its response does not
//! contain.
//!
//! The position is read before any other data of the response. A change that is missing in the rows of the response was committed
//! after they were read, so its events have a later position, and a subscription that starts `after` this position delivers them.
//! The reverse does not hold: a change that is committed between reading the position and the rows is in the response and is
//! delivered. So events may be delivered twice, but none is lost.

use async_graphql::Context;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};
use souk_core::app::App;
use souk_core::error::{Fault, Result};
use souk_core::live::{self, Cursor};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The name of the fields that return the position, in any type.
const FIELD: &str = "updatesCursor";

/// The position in the event log up to which the rows of a response contain all changes; in a subscription, of each update.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<AtomicI64>);

impl Snapshot {
    /// Reads the current position, before an operation that selects it runs.
    pub async fn read(app: &App) -> Result<Self> {
        let snapshot = Self::default();
        snapshot.move_to(live::now(&app.db).await?);
        Ok(snapshot)
    }

    /// Sets the position for the next response, before its rows are read.
    pub fn move_to(&self, position: Cursor) {
        self.0.store(position.0, Ordering::Relaxed);
    }
}

/// The position as an opaque cursor.
pub fn cursor(ctx: &Context<'_>) -> Result<String, Fault> {
    let snapshot = ctx.data_opt::<Snapshot>().ok_or_else(|| Fault::internal("no Snapshot in the context"))?;
    Ok(Cursor(snapshot.0.load(Ordering::Relaxed)).encode())
}

/// Whether any operation or fragment of a document selects the position.
pub fn is_selected(document: &ExecutableDocument) -> bool {
    let by_operation = match &document.operations {
        DocumentOperations::Single(operation) => selects(&operation.node.selection_set.node),
        DocumentOperations::Multiple(all) => all.values().any(|operation| selects(&operation.node.selection_set.node)),
    };
    by_operation || document.fragments.values().any(|fragment| selects(&fragment.node.selection_set.node))
}

fn selects(selections: &SelectionSet) -> bool {
    selections.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => field.node.name.node == FIELD || selects(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => selects(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_selected;

    #[test]
    fn the_field_is_found_in_operations_inline_fragments_and_fragments() {
        let asks = |text: &str| is_selected(&async_graphql::parser::parse_query(text).expect("a document"));
        assert!(asks("{ me { c: updatesCursor } }"));
        assert!(asks("query A { version } query B { node(id: 1) { ... on Order { updatesCursor } } }"));
        assert!(asks("{ me { ...F } } fragment F on User { updatesCursor }"));
        assert!(!asks("{ updatesCursors: me { id } orders(first: 1) { edges { cursor } } }"));
    }
}
