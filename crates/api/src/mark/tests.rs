//! Tests of the marks of nullable fields and lists.

use super::*;
use async_graphql::Result;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::Field;
use serde_json::json;

/// The marked field of a document that selects it on a type.
fn marked(schema: &Schema, parent: &str, field: &str) -> Field {
    let document = format!("query {{ node {{ ... on {parent} {{ {field} }} }} }}");
    let mut document = parse_query(document).expect("a document");
    let DocumentOperations::Single(operation) = &mut document.operations else { panic!("one operation") };
    let Selection::Field(node) = &mut operation.node.selection_set.node.items[0].node else { panic!("a field") };
    let Selection::InlineFragment(fragment) = &mut node.node.selection_set.node.items[0].node else { panic!("a fragment") };
    mark_selections(&mut fragment.node.selection_set.node, parent, schema);
    let Selection::Field(field) = &fragment.node.selection_set.node.items[0].node else { panic!("a field") };
    field.node.clone()
}

#[test]
fn every_nullable_field_and_every_list_of_objects_is_marked() {
    let schema = Schema::parse(crate::sdl(), "schema.graphql").expect("the SDL can be read");
    let registered: Vec<_> = Mark::ALL.iter().map(|mark| mark.directive_name()).collect();
    let (mut nullable, mut lists) = (0, 0);
    for (parent, ty) in &schema.types {
        let fields: Vec<_> = match ty {
            ExtendedType::Object(object) if !parent.starts_with("__") => object.fields.values().collect(),
            ExtendedType::Interface(interface) => interface.fields.values().collect(),
            _ => continue,
        };
        for field in fields {
            let found = marked(&schema, parent, &field.name);
            let names: Vec<_> = found.directives.iter().map(|directive| directive.node.name.node.as_str()).collect();
            let marks: Vec<_> = Mark::ALL.iter().filter(|mark| names.contains(&mark.directive_name())).collect();
            let path = format!("{parent}.{}", field.name);
            assert!(names.iter().all(|name| registered.contains(name)), "{path}: {names:?}");
            assert!(marks.len() <= 1, "{path} has several marks");
            assert_eq!(marks.iter().any(|mark| mark.nullable), !field.ty.is_non_null(), "{path}: {}", field.ty);
            let is_list = field.ty.is_list() && is_composite(&schema, field.ty.inner_named_type());
            assert_eq!(marks.iter().any(|mark| mark.list), is_list, "{path}: {}", field.ty);
            nullable += usize::from(!field.ty.is_non_null());
            lists += usize::from(is_list);
        }
    }
    assert!(nullable > 250 && lists > 50, "{nullable} nullable fields and {lists} lists were checked");
}

/// A root with fields that fail in every possible way.
struct Query;

struct Item(usize);

#[async_graphql::Object]
impl Item {
    async fn name(&self) -> &'static str {
        "item"
    }

    async fn broken(&self) -> Result<&'static str> {
        Err("broken".into())
    }

    async fn sometimes(&self) -> Result<Option<usize>> {
        if self.0 == 1 { Err("sometimes".into()) } else { Ok(Some(self.0)) }
    }

    async fn items(&self) -> Vec<Item> {
        vec![Item(0), Item(1)]
    }

    async fn checked(&self, positive: u32) -> Option<u32> {
        Some(positive)
    }
}

struct Never;

impl async_graphql::Guard for Never {
    async fn check(&self, _: &Context<'_>) -> async_graphql::Result<()> {
        Err("guarded".into())
    }
}

#[async_graphql::Object]
impl Query {
    async fn item(&self) -> Option<Item> {
        Some(Item(0))
    }

    async fn items(&self) -> Option<Vec<Item>> {
        Some(vec![Item(0), Item(1)])
    }

    async fn failing(&self) -> Result<Option<Item>> {
        Err("failing".into())
    }

    #[graphql(guard = "Never")]
    async fn guarded(&self) -> Option<Item> {
        Some(Item(0))
    }

    async fn some(&self) -> Result<Vec<Option<Result<Item>>>> {
        Ok(vec![Some(Ok(Item(0))), Some(Err("bad".into())), None])
    }
}

struct Subscription;

#[async_graphql::Subscription]
impl Subscription {
    async fn item(&self) -> impl futures::Stream<Item = Item> {
        futures::stream::iter([Item(0), Item(1)])
    }
}

/// The data and the errors, as `path: message`, of the responses to a document.
fn answers(text: &str) -> Vec<(serde_json::Value, Vec<String>)> {
    use async_graphql::{EmptyMutation, Request, ValidationMode};
    // As in the API: a validated document, with marks that are unknown to the validating schema.
    let builder = async_graphql::Schema::build(Query, EmptyMutation, Subscription).validation_mode(ValidationMode::Fast);
    let schema = Mark::ALL.into_iter().fold(builder, async_graphql::SchemaBuilder::directive).finish();
    let types = Schema::parse(schema.sdl(), "schema.graphql").expect("the SDL can be read");
    let plain = parse_query(text).expect("a document");
    let mut document = plain.clone();
    mark(&mut document, &types);
    let mut request = Request::new("");
    request.set_parsed_query(document);
    let responses = futures::executor::block_on_stream(schema.execute_stream(request));
    let read = |mut response: async_graphql::Response| {
        error_path::complete(&mut response.errors, &plain, None);
        let path = |error: &async_graphql::ServerError| {
            let parts = error.path.iter().map(|part| match part {
                async_graphql::PathSegment::Field(name) => name.clone(),
                async_graphql::PathSegment::Index(index) => index.to_string(),
            });
            format!("{}: {}", parts.collect::<Vec<_>>().join("."), error.message)
        };
        let mut errors: Vec<_> = response.errors.iter().map(path).collect();
        errors.sort();
        (response.data.into_json().expect("JSON"), errors)
    };
    responses.map(read).collect()
}

fn check(text: &str, data: serde_json::Value, errors: &[&str]) {
    let (found, messages) = answers(text).remove(0);
    assert_eq!(found, data, "{text}");
    let matches =
        messages.len() == errors.len() && messages.iter().zip(errors).all(|(message, error)| message.starts_with(error));
    assert!(matches, "{text}: {messages:?}");
}

#[test]
fn a_failed_field_is_null_and_its_siblings_are_not() {
    check("{ failing { name } item { name } }", json!({ "failing": null, "item": { "name": "item" } }), &["failing: failing"]);
    check("{ guarded { name } item { name } }", json!({ "guarded": null, "item": { "name": "item" } }), &["guarded: guarded"]);
    check("{ item { name checked(positive: -1) } }", json!({ "item": { "name": "item", "checked": null } }), &["item.checked: "]);
    check(
        "query($if: Boolean = false) { item { name } failing @include(if: $if) { name } other: failing @skip(if: false) { name } }",
        json!({ "item": { "name": "item" }, "other": null }),
        &["other: failing"],
    );
}

#[test]
fn an_error_propagates_to_the_nearest_nullable_field_with_its_full_path() {
    check("{ item { name broken } }", json!({ "item": null }), &["item.broken: broken"]);
    check(
        "{ items { sometimes } item { items { it: sometimes } } }",
        json!({ "items": [{ "sometimes": 0 }, { "sometimes": null }], "item": { "items": [{ "it": 0 }, { "it": null }] } }),
        &["item.items.1.it: sometimes", "items.1.sometimes: sometimes"],
    );
    check("{ items { ...F } } fragment F on Item { b: broken }", json!({ "items": null }), &["items.0.b: broken"]);
    check("{ items { items { items { broken } } } }", json!({ "items": null }), &["items.0.items.0.items.0.broken: broken"]);
}

#[test]
fn a_failed_item_of_a_list_is_null() {
    check("{ some { name } }", json!({ "some": [{ "name": "item" }, null, null] }), &["some.1: bad"]);
    check("{ some { name broken } }", json!({ "some": [null, null, null] }), &["some.0.broken: broken", "some.1: bad"]);
}

#[test]
fn a_failed_field_of_an_event_is_null_and_the_stream_continues() {
    let found = answers("subscription { item { name sometimes } }");
    assert_eq!(found[0], (json!({ "item": { "name": "item", "sometimes": 0 } }), vec![]));
    let failed = json!({ "item": { "name": "item", "sometimes": null } });
    assert_eq!(found[1], (failed, vec!["item.sometimes: sometimes".to_owned()]));
}
