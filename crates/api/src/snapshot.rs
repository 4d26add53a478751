//! `updatesCursor`: the place in the event log from which a client follows what its answer does not show yet.
//!
//! The place is read before anything else of the answer. A change that the rows of the answer do not show was committed after
//! they were read, so its events get a later place, and a subscription that begins `after` this one delivers them. The reverse does
//! not hold: a change that is committed between the place and the rows is shown and delivered. So events can come twice, and none
//! is lost.

use async_graphql::Context;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};
use souk_core::app::App;
use souk_core::error::{Fault, Result};
use souk_core::live::{self, Cursor};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The name of the fields that show the place, in whatever type.
const FIELD: &str = "updatesCursor";

/// The place in the event log before which everything is visible to the rows of this answer; in a subscription, of each update.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<AtomicI64>);

impl Snapshot {
    /// For an operation that is about to run and asks for the place.
    pub async fn read(app: &App) -> Result<Self> {
        let snapshot = Self::default();
        snapshot.move_to(live::now(&app.db).await?);
        Ok(snapshot)
    }

    /// The rows of the next answer are read from now on, when this place was reached.
    pub fn move_to(&self, place: Cursor) {
        self.0.store(place.0, Ordering::Relaxed);
    }
}

/// The place for a client, as an opaque text.
pub fn cursor(ctx: &Context<'_>) -> Result<String, Fault> {
    let snapshot = ctx.data_opt::<Snapshot>().ok_or_else(|| Fault::internal("no Snapshot in the context"))?;
    Ok(Cursor(snapshot.0.load(Ordering::Relaxed)).encode())
}

/// Whether any operation or fragment of a document selects the place.
pub fn is_asked_for(document: &ExecutableDocument) -> bool {
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
    use super::is_asked_for;

    #[test]
    fn the_place_is_found_in_operations_inline_fragments_and_fragments() {
        let asks = |text: &str| is_asked_for(&async_graphql::parser::parse_query(text).expect("a document"));
        assert!(asks("{ me { c: updatesCursor } }"));
        assert!(asks("query A { version } query B { node(id: 1) { ... on Order { updatesCursor } } }"));
        assert!(asks("{ me { ...F } } fragment F on User { updatesCursor }"));
        assert!(!asks("{ updatesCursors: me { id } orders(first: 1) { edges { cursor } } }"));
    }
}
