//! Complete paths of errors.
//!
//! async-graphql replaces the path of an error that propagates through a list by the path of the item, and so loses the fields
//! below it. [`keep`] stores the path while it is complete down to the innermost list; [`complete`] adds the fields below that
//! list, found by the position of the field in the document.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Context, PathSegment, Pos, Positioned, ServerError};
use std::any::Any;
use std::sync::Arc;

/// Maximum number of errors per response whose paths are completed, because each requires a search of the document.
const MAX_COMPLETED: usize = 200;

/// A stored path, with the original source of the error.
struct Kept {
    path: Vec<PathSegment>,
    /// Whether the failed field is in a list whose index is unknown.
    lost_index: bool,
    source: Option<Arc<dyn Any + Send + Sync>>,
}

/// Stores the path of an error that propagates through a field, unless a field below stored it already.
pub fn keep(ctx: &Context<'_>, is_list: bool, error: ServerError) -> ServerError {
    if error.source::<Kept>().is_some() {
        return error;
    }
    // Errors of invalid arguments have no path.
    let error = if error.path.is_empty() { ctx.set_error_path(error) } else { error };
    let own = depth(ctx);
    let lost_index = is_list && error.path.len() <= own && error.locations.first() != Some(&ctx.item.pos);
    let kept = Kept { path: error.path.clone(), lost_index, source: error.source };
    ServerError { source: Some(Arc::new(kept)), ..error }
}

fn depth(ctx: &Context<'_>) -> usize {
    let mut depth = 0;
    let mut node = ctx.path_node.as_ref();
    while let Some(found) = node {
        depth += 1;
        node = found.parent;
    }
    depth
}

/// Sets the paths of the errors of a response to the paths of the failed fields.
pub fn complete(errors: &mut [ServerError], document: &ExecutableDocument, operation: Option<&str>) {
    for (n, error) in errors.iter_mut().enumerate() {
        let mut lost_index = false;
        if let Some(source) = error.source.take() {
            match source.downcast::<Kept>() {
                Ok(kept) => {
                    error.path.clone_from(&kept.path);
                    error.source.clone_from(&kept.source);
                    lost_index = kept.lost_index;
                }
                Err(source) => error.source = Some(source),
            }
        }
        if n < MAX_COMPLETED
            && !lost_index
            && !error.path.is_empty()
            && let Some(position) = error.locations.first()
            && let Some(below) = names_below(document, operation, &error.path, *position)
        {
            error.path.extend(below.into_iter().map(PathSegment::Field));
        }
    }
}

/// The response keys that lead from a path to the field at a position of the document. `None` if the path already leads there, or
/// if there are several possible ways.
fn names_below(
    document: &ExecutableDocument,
    operation: Option<&str>,
    path: &[PathSegment],
    position: Pos,
) -> Option<Vec<String>> {
    let found = document.operations.iter().find(|(name, _)| operation.is_none() || name.map(|name| name.as_str()) == operation);
    let mut sets = vec![&found?.1.node.selection_set.node];
    for segment in path {
        let PathSegment::Field(name) = segment else { continue };
        let mut fields = Vec::new();
        for set in sets {
            fields_of(document, set, &mut fields);
        }
        fields.retain(|field| field.node.response_key().node.as_str() == name);
        if fields.iter().any(|field| field.pos == position) {
            return None;
        }
        sets = fields.into_iter().map(|field| &field.node.selection_set.node).collect();
    }
    let mut ways = Vec::new();
    for set in sets {
        search(document, set, position, &mut Vec::new(), &mut ways);
    }
    ways.dedup();
    (ways.len() == 1).then(|| ways.pop()).flatten()
}

/// The fields of a selection, including those of its fragments.
pub fn fields_of<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, fields: &mut Vec<&'a Positioned<Field>>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(field),
            Selection::InlineFragment(fragment) => fields_of(document, &fragment.node.selection_set.node, fields),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    fields_of(document, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

fn search<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    position: Pos,
    names: &mut Vec<&'a str>,
    ways: &mut Vec<Vec<String>>,
) {
    let mut fields = Vec::new();
    fields_of(document, set, &mut fields);
    for field in fields {
        names.push(field.node.response_key().node.as_str());
        if field.pos == position {
            ways.push(names.iter().map(|name| (*name).to_owned()).collect());
        }
        search(document, &field.node.selection_set.node, position, names, ways);
        names.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    const DOCUMENT: &str = "query A { version }
query B { products { nodes { ...Card } shop: store { name } } }
fragment Card on Product { price { amount } ... on Product { old: compareAtPrice { amount } } }";

    fn path(names: &str) -> Vec<PathSegment> {
        let segment = |name: &str| match name.parse() {
            Ok(index) => PathSegment::Index(index),
            Err(_) => PathSegment::Field(name.to_owned()),
        };
        names.split('.').map(segment).collect()
    }

    fn completed(from: &str, line: usize, column: usize) -> Vec<PathSegment> {
        let document = parse_query(DOCUMENT).expect("a document");
        let mut error = ServerError::new("No.", Some(Pos { line, column }));
        error.path = path(from);
        complete(std::slice::from_mut(&mut error), &document, Some("B"));
        error.path
    }

    #[test]
    fn a_path_that_ends_at_a_list_item_is_completed() {
        assert_eq!(completed("products.nodes.3", 3, 28), path("products.nodes.3.price"));
        assert_eq!(completed("products.nodes.3", 3, 36), path("products.nodes.3.price.amount"));
        assert_eq!(completed("products.nodes.3", 3, 84), path("products.nodes.3.old.amount"));
        assert_eq!(completed("products.shop.name", 2, 54), path("products.shop.name"));
        assert_eq!(completed("products", 2, 54), path("products.shop.name"));
    }
}
