//! Documents: size, cost, and the rules of the GraphQL specification.

use crate::app::{Caller, Souk, each, each_with};
use crate::make::{self, Make};
use crate::ws::{LEGACY, TRANSPORT};
use apollo_compiler::Schema;
use apollo_compiler::ast::Value as Literal;
use apollo_compiler::schema::ExtendedType;
use entity::product_variant;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Fragments that use the next one several times: visits grow with the power of their levels.
fn fragments_in_fragments(levels: usize, times: usize) -> String {
    let fragments: String = (0..levels)
        .map(|level| format!("fragment F{level} on Query {{ {} }} ", format!("...F{} ", level + 1).repeat(times)))
        .collect();
    format!("{{ ...F0 }} {fragments} fragment F{levels} on Query {{ version }}")
}

fn code(answer: &Value) -> String {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// What a request answers by POST, by GET, in a batch, and by both protocols of WebSockets.
async fn by_every_way_in(souk: &Souk, query: &str) -> Vec<(&'static str, Value)> {
    let mut answers = vec![("POST", souk.guest().answer(query, json!({})).await)];
    let mut address = url::Url::parse(&format!("{}/graphql", souk.url)).expect("an address");
    address.query_pairs_mut().append_pair("query", query);
    let response = souk.http.get(address).send().await.expect("an answer");
    answers.push(("GET", response.json().await.expect("JSON")));
    let batch = souk.guest().send(json!([{ "query": "{ version }" }, { "query": query }])).await;
    let batch: Value = batch.json().await.expect("JSON");
    assert!(batch[0]["data"]["version"].is_string(), "{batch:#}");
    answers.push(("batch", batch[1].clone()));
    for protocol in [TRANSPORT, LEGACY] {
        let mut socket = souk.connected(protocol, None).await;
        socket.start("1", query, json!({})).await;
        let message = loop {
            let message = socket.message().await.expect("a message");
            if message["id"] == "1" {
                break message;
            }
        };
        let errors = match &message["payload"] {
            Value::Array(errors) => json!(errors),
            Value::Object(_) if message["type"] == "error" => json!([message["payload"]]),
            payload => payload["errors"].clone(),
        };
        answers.push((protocol, json!({ "errors": errors })));
    }
    answers
}

#[test]
fn fragments_that_use_each_other_are_refused_at_once_by_every_way_in() {
    each(async |souk| {
        let small = fragments_in_fragments(2, 2);
        assert!(souk.guest().data(&small, json!({})).await["version"].is_string());
        for (levels, times) in [(36, 2), (60, 2), (90, 10), (20, 3)] {
            let query = fragments_in_fragments(levels, times);
            let begun = Instant::now();
            for (way, answer) in by_every_way_in(souk, &query).await {
                assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{way}: {answer:#}");
                assert_eq!(answer["data"], Value::Null, "{way}");
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{levels} levels took {:?}", begun.elapsed());
        }
        // In fields and inline fragments, in unused fragments, and in cyclic fragments.
        let within: String = (0..40)
            .map(|n| format!("fragment F{n} on Category {{ a: parent {{ ...F{m} }} ... {{ ...F{m} }} }} ", m = n + 1))
            .collect();
        let within = format!("{within} fragment F40 on Category {{ id }}");
        for query in [
            format!("{{ categories {{ ...F0 }} }} {within}"),
            format!("{{ version }} {within}"),
            format!("mutation {{ categoryDelete(id: \"x\") {{ category {{ ...F0 }} }} }} {within}"),
        ] {
            let found = souk.guest().answer(&query, json!({})).await;
            assert_eq!(code(&found), "QUERY_TOO_COMPLEX", "{found:#}");
        }
        for circle in [
            "{ ...A } fragment A on Query { ...A }",
            "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
        ] {
            for (way, answer) in by_every_way_in(souk, circle).await {
                assert_eq!(code(&answer), "BAD_USER_INPUT", "{way}: {answer:#}");
            }
        }
    });
}

#[test]
fn documents_with_too_much_in_them_are_refused_before_anything_walks_them() {
    each(async |souk| {
        let guest = souk.guest();
        let repeated = |part: &str, times: usize| format!("{{ {} }}", part.repeat(times));
        let definitions: String = (0..200).map(|n| format!("query Q{n} {{ version }} ")).collect();
        let variables: String = (0..200).map(|n| format!("$v{n}: Int ")).collect();
        let nested = |open: &str, close: &str, levels: usize| {
            format!("{{ category(slug: {}1{}) {{ id }} }}", open.repeat(levels), close.repeat(levels))
        };
        for (what, query) in [
            ("fields", repeated("version ", 20_000)),
            ("tokens", repeated("! ", 100_000)),
            ("arguments", repeated("version(a: 1) ", 15_000)),
            ("values", format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"x\" ".repeat(20_000))),
            ("directives", format!("{{ version {} }}", "@skip(if: false) ".repeat(15_000))),
            ("definitions", definitions),
            ("variables", format!("query({variables}) {{ version }}")),
            ("lists in lists", nested("[", "]", 5_000)),
            ("objects in objects", nested("{a:", "}", 5_000)),
            ("types in types", format!("query($a: {}Int{}) {{ version }}", "[".repeat(5_000), "]".repeat(5_000))),
            ("bytes", format!("{{ product(slug: \"{}\") {{ id }} }}", "x".repeat(300_000))),
            ("comments", format!("{{ version }} {}", "#\n".repeat(100_000))),
            ("broken strings", format!("{{ a(b: {}", "\"\n".repeat(50_000))),
        ] {
            let answer = guest.answer(&query, json!({})).await;
            assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{what}: {}", answer["errors"][0]);
            assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{what}");
        }
    });
}

#[test]
fn an_answer_that_was_not_run_has_ten_errors_at_most() {
    each(async |souk| {
        let unknown: String = (0..500).map(|n| format!("field{n} ")).collect();
        let wrong: String = (0..25).map(|n| format!("a{n}: products(first: \"x\") {{ nodes {{ id }} }} ")).collect();
        let twice = format!("{{ version {} }}", "@skip(if: false) ".repeat(40));
        let syntax = "{ version } ".to_owned() + &"} ".repeat(200);
        for query in [format!("{{ {unknown} }}"), format!("{{ {wrong} }}"), twice, syntax] {
            for (way, answer) in by_every_way_in(souk, &query).await {
                let errors = answer["errors"].as_array().map_or(0, Vec::len);
                assert!((1..=10).contains(&errors), "{way}: {errors} errors");
                assert_eq!(code(&answer), "BAD_USER_INPUT", "{way}");
            }
        }
        let variables: Value = (0..50).map(|_| json!({ "variantId": 1.5, "quantity": "x" })).collect();
        let mutation = "mutation($lines: [CartLineInput!]!) { cartLinesAdd(input: { lines: $lines }) { userErrors { code } } }";
        let answer = souk.guest().answer(mutation, json!({ "lines": variables })).await;
        assert!(answer["errors"].as_array().is_some_and(|errors| (1..=10).contains(&errors.len())), "{answer:#}");
    });
}

/// Asks for the cost of an operation.
async fn cost(caller: &Caller<'_>, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables, "extensions": { "cost": true } });
    let answer: Value = caller.send(body).await.json().await.expect("JSON");
    answer["extensions"]["cost"].clone()
}

#[test]
fn the_cost_of_an_operation_is_told_on_request_and_follows_its_variables() {
    each(async |souk| {
        let guest = souk.guest();
        let requested = async |query: &str, variables: Value| {
            let cost = cost(&guest, query, variables).await;
            assert_eq!(cost["limit"], 10_000, "{query}: {cost}");
            cost["requested"].as_u64().expect("a cost")
        };
        assert_eq!(requested("{ version }", json!({})).await, 1);
        let page = "query($first: Int, $last: Int) { products(first: $first, last: $last) { nodes { id name } totalCount } }";
        // A connection weighs 10 and a count 20; an item with two fields is 3.
        assert_eq!(requested(page, json!({ "first": 50 })).await, 10 + 20 + 50 * 3);
        // The document is known now.
        assert_eq!(requested(page, json!({ "first": 7 })).await, 10 + 20 + 7 * 3);
        assert_eq!(requested(page, json!({ "last": 9, "first": null })).await, 10 + 20 + 9 * 3);
        let default = "query($first: Int = 30) { products(first: $first) { ...Page } } fragment Page on ProductConnection { nodes { id } edges { cursor } pageInfo { hasNextPage } }";
        assert_eq!(requested(default, json!({})).await, 10 + 30 * 2 + 30 * 2 + 2);
        assert_eq!(requested(default, json!({ "first": 10 })).await, 10 + 10 * 2 + 10 * 2 + 2);
        let search = "query($filter: ProductFilter) { products(first: 1, filter: $filter) { nodes { id } } }";
        let without = requested(search, json!({ "filter": { "inStock": true } })).await;
        assert_eq!(requested(search, json!({ "filter": { "search": "tea" } })).await, without + 400);
        let literal = "{ products(first: 1, filter: { search: \"tea\" }) { nodes { id } } }";
        assert_eq!(requested(literal, json!({})).await, without + 400);
        let ids: Vec<_> = (0..40).map(|_| "store_01h455vb4pex5vsknk084sn02q").collect();
        assert_eq!(requested("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", json!({ "ids": ids })).await, 10 + 80);
        assert_eq!(requested("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [] })).await, 10);
        // What is refused for its cost tells it, too; nobody who does not ask is told.
        let dear = "{ products(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } }";
        assert!(requested(dear, json!({})).await > 10_000);
        assert_eq!(guest.answer("{ version }", json!({})).await["extensions"], Value::Null);
    });
}

#[test]
fn what_the_database_must_do_is_priced_wherever_it_stands_in_the_document() {
    each(async |souk| {
        let guest = souk.guest();
        let aliases = |times: usize, field: &str| (0..times).map(|n| format!("a{n}: {field} ")).collect::<String>();
        let searches = aliases(30, "products(first: 1, filter: { search: \"a b c d e f g h\" }) { totalCount }");
        let counts = aliases(24, "stores(first: 100) { nodes { products(first: 1) { totalCount } } }");
        // Behind an interface and a fragment, where async-graphql's own count of costs does not look.
        let hidden = "{ node(id: \"store_01h455vb4pex5vsknk084sn02q\") { ...S } } \
            fragment S on Store { products(first: 100) { ...P } } \
            fragment P on ProductConnection { nodes { reviews(first: 100) { nodes { id } } } }";
        let plain =
            "{ me { orders(first: 100) { nodes { storeOrders { lines { product { variants { options { name } } } } } } } } }";
        for query in [format!("{{ {searches} }}"), format!("{{ {counts} }}"), hidden.to_owned(), plain.to_owned()] {
            for (way, answer) in by_every_way_in(souk, &query).await {
                assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{way}: {query}");
            }
        }
        let one = "{ products(first: 20, filter: { search: \"a b c d e f g h\" }) { totalCount nodes { id name } } }";
        souk.indexed().await;
        guest.data(one, json!({})).await;
    });
}

/// A product with several variants.
async fn product_with_variants(souk: &Souk, variants: usize) -> make::Product {
    let (_, store) = make::shop(souk, "Tea House").await;
    let tea = make::product(souk, store, Make::default()).await;
    let database = souk.app.db.raw();
    let row = product_variant::Entity::find_by_id(tea.variant).one(database).await.expect("a query").expect("the variant");
    for number in 1..variants {
        let mut more = row.clone().into_active_model();
        more.id = Set(souk.app.clock.new_id());
        more.sku = Set(format!("SIZE-{number}"));
        more.name = Set(format!("Size {number}"));
        more.insert(database).await.expect("a variant");
    }
    tea
}

#[test]
fn an_answer_with_more_objects_than_allowed_ends_with_an_error() {
    each_with(&[("SOUK_ANSWER_MAX_OBJECTS", "300")], async |souk| {
        let tea = product_with_variants(souk, 20).await;
        let guest = souk.guest();
        let nested = |levels: usize| {
            let (open, close) = ("variants { product { ".repeat(levels), "} } ".repeat(levels));
            format!("{{ product(id: \"{}\") {{ {open} variants {{ id }} {close} }} }}", tea.id)
        };
        assert_eq!(guest.data(&nested(0), json!({})).await["product"]["variants"].as_array().map(Vec::len), Some(20));
        for query in [nested(1), nested(2)] {
            for (way, answer) in by_every_way_in(souk, &query).await {
                assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{way}");
                assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{way}");
                assert_eq!(answer["data"], Value::Null, "{way}");
            }
        }
        // The next request has a count of its own.
        guest.data(&nested(0), json!({})).await;
    });
}

#[test]
fn an_answer_with_more_bytes_than_allowed_ends_with_an_error() {
    each_with(&[("SOUK_ANSWER_MAX_BYTES", "20000")], async |souk| {
        let (vendor, store) = make::shop(souk, "Tea House").await;
        for number in 0..10 {
            let name = format!("Tea {number}");
            let tea = make::product(souk, store, Make { name: &name, ..Make::default() }).await;
            let update = "mutation($id: ID!, $text: HTML) { productUpdate(id: $id, input: { description: $text }) { userErrors { code } } }";
            let variables = json!({ "id": tea.id.to_string(), "text": "word ".repeat(1000) });
            souk.as_user(&vendor).run(update, variables).await;
        }
        let guest = souk.guest();
        let page = |first: usize| format!("{{ products(first: {first}) {{ edges {{ node {{ description }} }} }} }}");
        guest.data(&page(2), json!({})).await;
        assert_eq!(guest.error_code(&page(10), json!({})).await, "QUERY_TOO_COMPLEX");
        let aliased =
            "{ products(first: 1) { nodes { a: description b: description c: description d: description e: description } } }";
        assert_eq!(guest.error_code(aliased, json!({})).await, "QUERY_TOO_COMPLEX");
    });
}

#[test]
fn introspection_is_affordable_once_and_not_as_an_attack() {
    each(async |souk| {
        let guest = souk.guest();
        let amplified =
            format!("{{ __schema {{ types {{ {} name {} }} }} }}", "interfaces { possibleTypes { ".repeat(4), "} } ".repeat(4));
        assert_eq!(guest.error_code(&amplified, json!({})).await, "QUERY_TOO_COMPLEX");
        let usual = include_str!("introspection.graphql");
        let schema = guest.data(usual, json!({})).await;
        assert!(schema["__schema"]["types"].as_array().is_some_and(|types| types.len() > 100));
        // What only the server knows is not shown.
        assert!(!schema.to_string().contains("souk_nullable_list"));
        assert_eq!(guest.error_code("{ categories @souk_nullable_list { id } }", json!({})).await, "BAD_USER_INPUT");
    });
}

const UPDATE_NAME: &str = "profileUpdate";

/// The name that a user has after a mutation with this literal.
async fn name_from(caller: &Caller<'_>, literal: &str) -> String {
    let mutation = format!(
        "mutation {{ {UPDATE_NAME}(input: {{ displayName: {literal} }}) {{ user {{ displayName }} userErrors {{ code }} }} }}"
    );
    caller.run(&mutation, json!({})).await["user"]["displayName"].as_str().expect("a name").to_owned()
}

#[test]
fn strings_are_read_as_the_specification_says() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let ann = souk.as_user(&ann);
        for (literal, name) in [
            (r#""\uD83D\uDE00""#, "\u{1F600}"),
            (r#""\u{1F600}""#, "\u{1F600}"),
            (r#""\u{41}nn \u0041\u00e9""#, "Ann A\u{e9}"),
            (r#""a \"quoted\" \\ \/ name""#, "a \"quoted\" \\ / name"),
            (r#""""Ann \""" Bee""""#, "Ann \"\"\" Bee"),
            (r#""""Ann \u0041""""#, "Ann \\u0041"),
            ("\"\"\"\n    Ann\n  \"\"\"", "Ann"),
        ] {
            assert_eq!(name_from(&ann, literal).await, name, "{literal}");
        }
        for literal in [r#""\uD83D""#, r#""\uDE00\uD83D""#, r#""\u{110000}""#, r#""\u{}""#, r#""\x""#, r#""\u12""#] {
            let mutation =
                format!("mutation {{ {UPDATE_NAME}(input: {{ displayName: {literal} }}) {{ userErrors {{ code }} }} }}");
            assert_eq!(ann.error_code(&mutation, json!({})).await, "BAD_USER_INPUT", "{literal}");
        }
    });
}

#[test]
fn variables_and_literals_of_wrong_types_are_refused_before_anything_runs() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea House").await;
        let vera = souk.as_user(&vendor);
        let by_slug = "query($slug: String!) { product(slug: $slug) { id } version }";
        let page = "query($first: Int, $sort: ProductSort, $filter: ProductFilter) { products(first: $first, sortBy: $sort, filter: $filter) { nodes { id } } }";
        // Twice: once when the document is new, and once when it is known.
        for round in ["new", "known"] {
            for (query, wrong) in [
                (by_slug, json!({ "slug": null })),
                (by_slug, json!({})),
                (by_slug, json!({ "slug": 7 })),
                (by_slug, json!({ "slug": ["tea"] })),
                (page, json!({ "first": "1" })),
                (page, json!({ "first": 1.5 })),
                (page, json!({ "first": 1_u64 << 31 })),
                (page, json!({ "first": 1, "sort": "newest" })),
                (page, json!({ "first": 1, "sort": 1 })),
                (page, json!({ "first": 1, "filter": "tea" })),
                (page, json!({ "first": 1, "filter": { "unknown": 1 } })),
                (page, json!({ "first": 1, "filter": { "inStock": "true" } })),
                (page, json!({ "first": 1, "filter": { "kind": "physical" } })),
            ] {
                let answer = souk.guest().answer(query, wrong.clone()).await;
                assert_eq!(code(&answer), "BAD_USER_INPUT", "{round}: {query} {wrong}: {answer:#}");
                assert_eq!(answer["data"], Value::Null, "{round}: {query} {wrong}");
            }
            souk.guest().data(by_slug, json!({ "slug": "tea", "unused": 1 })).await;
            souk.guest().data(page, json!({ "first": 1, "sort": "NEWEST", "filter": null })).await;
        }
        let create = |fields: &str, variables: &str| {
            format!(
                "mutation{variables} {{ productCreate(input: {{ storeId: \"{store}\" {fields} }}) {{ product {{ id }} userErrors {{ code }} }} }}"
            )
        };
        for (query, variables) in [
            // A field twice in an input object.
            (create("name: \"A\" name: \"B\" price: \"1.00\"", ""), json!({})),
            (create("name: \"A\" price: \"1.00\" seoTitle: \"x\" price: \"2.00\"", ""), json!({})),
            // A string variable where a decimal is expected.
            (create("name: \"A\" price: $price", "($price: String!)"), json!({ "price": "1.00" })),
            (create("name: $name price: \"1.00\"", "($name: ID!)"), json!({ "name": "A" })),
            // A variable that may be null where a value is required.
            (create("name: $name price: \"1.00\"", "($name: String)"), json!({ "name": "A" })),
            // Enum values as strings, and names that are none.
            (create("name: \"A\" price: \"1.00\" status: \"ACTIVE\"", ""), json!({})),
            (create("name: \"A\" price: \"1.00\" status: active", ""), json!({})),
            (create("name: \"A\" price: \"1.00\" status: ACTIVE tags: [A]", ""), json!({})),
            // Null, a number or a list for a string.
            (create("name: null price: \"1.00\"", ""), json!({})),
            (create("name: 1 price: \"1.00\"", ""), json!({})),
            (create("name: [\"A\"] price: \"1.00\"", ""), json!({})),
            (create("name: \"A\" price: \"1.00\" stockQuantity: 1e400", ""), json!({})),
            (create("name: \"A\" price: \"1.00\" stockQuantity: \"1\"", ""), json!({})),
            // A default value of the wrong type.
            (create("name: $name price: \"1.00\"", "($name: String! = 1)"), json!({})),
        ] {
            let answer = vera.answer(&query, variables).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT", "{query}: {answer:#}");
            assert_eq!(answer["data"], Value::Null, "{query}");
        }
        assert_eq!(entity::product::Entity::find().all(souk.app.db.raw()).await.expect("products").len(), 0);
        vera.run(&create("name: \"A\" price: $price status: ACTIVE", "($price: Decimal!)"), json!({ "price": "1.00" })).await;
        // A variable with a default value, and one value for a list with one item.
        let filter = "query($kind: ProductKind! = PHYSICAL) { products(first: 1, filter: { kind: $kind }) { nodes { id } } }";
        vera.data(filter, json!({})).await;
        // A non-null list for a nullable one, and a nullable variable for a location with a default value.
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let listed = "query($status: [OrderStatus!]!) { orders(first: 1, filter: { status: $status }) { nodes { id } } }";
        admin.data(listed, json!({ "status": ["PENDING"] })).await;
        let role = "mutation($id: ID!, $permissions: [Permission!]) { userRoleUpdate(id: $id, input: { role: STAFF, permissions: $permissions }) { userErrors { code } } }";
        let answer = admin.answer(role, json!({ "id": vendor.id.to_string() })).await;
        assert_ne!(code(&answer), "BAD_USER_INPUT", "{answer:#}");
        let one = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let found = vera.data(one, json!({ "ids": store.to_string() })).await;
        assert_eq!(found["nodes"][0]["id"], store.to_string());
    });
}

#[test]
fn operations_are_chosen_by_their_name() {
    each(async |souk| {
        let guest = souk.guest();
        let two = "query A { version } query B { version }";
        for (query, name, is_good) in [
            (two, Some("A"), true),
            (two, Some("B"), true),
            (two, Some("C"), false),
            (two, None, false),
            ("query A { version }", None, true),
            ("query A { version }", Some("B"), false),
            ("{ version }", Some("A"), false),
            ("{ version } { version }", None, false),
            ("{ version } query A { version }", Some("A"), false),
            ("query A { version } query A { version }", Some("A"), false),
            ("fragment F on Query { version }", None, false),
            ("type A { b: Int } query A { version }", Some("A"), false),
        ] {
            let answer: Value = guest.send(json!({ "query": query, "operationName": name })).await.json().await.expect("JSON");
            assert_eq!(answer["data"]["version"].is_string(), is_good, "{query} {name:?}: {answer:#}");
        }
    });
}

#[test]
fn every_list_of_objects_states_its_size_in_the_schema() {
    let schema = Schema::parse_and_validate(souk_api::sdl(), "schema.graphql").expect("the schema is valid");
    let is_composite = |name: &str| matches!(schema.types.get(name), Some(found) if found.is_object() || found.is_interface() || found.is_union());
    let words = |value: Option<&apollo_compiler::Node<Literal>>| -> Vec<String> {
        let Some(Literal::List(items)) = value.map(|value| &**value) else { return Vec::new() };
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let objects = || schema.types.values().filter(|found| !found.is_built_in());
    let fields = |found: &'_ ExtendedType| -> Vec<_> {
        match found {
            ExtendedType::Object(object) => object.fields.values().cloned().collect(),
            ExtendedType::Interface(interface) => interface.fields.values().cloned().collect(),
            _ => Vec::new(),
        }
    };
    let (mut checked, mut connections) = (0, 0);
    for object in objects() {
        for field in fields(object).into_iter().filter(|field| field.ty.is_list() && is_composite(field.ty.inner_named_type())) {
            // Every payload has them: `graphql/cost.rs` knows their number.
            if field.ty.inner_named_type().as_str() == "UserError" {
                continue;
            }
            let place = format!("{}.{}", object.name(), field.name);
            checked += 1;
            if let Some(size) = field.directives.get("listSize") {
                let assumed = size.specified_argument_by_name("assumedSize").and_then(|size| size.to_i32());
                let slicing = words(size.specified_argument_by_name("slicingArguments"));
                assert!(assumed.is_some_and(|size| size > 0) || !slicing.is_empty(), "{place} has a list size of nothing");
                assert!(slicing.iter().all(|name| field.argument_by_name(name).is_some()), "{place} has no such argument");
                continue;
            }
            // A connection's items: every field that returns the connection tells their number.
            let mut uses = 0;
            for user in objects() {
                for used in fields(user).into_iter().filter(|used| used.ty.inner_named_type() == object.name()) {
                    uses += 1;
                    let size = used.directives.get("listSize");
                    let sized = words(size.and_then(|size| size.specified_argument_by_name("sizedFields")));
                    let slicing = words(size.and_then(|size| size.specified_argument_by_name("slicingArguments")));
                    let told = sized.contains(&field.name.to_string())
                        && slicing.iter().all(|name| used.argument_by_name(name).is_some());
                    let how = "add directive = cost::ListOf::apply(...) to the list, or cost::Paged::apply() to the connection";
                    assert!(told && !slicing.is_empty(), "{place} has no size at {}.{}: {how}", user.name(), used.name);
                }
            }
            assert!(
                uses > 0,
                "{place} states no size: add directive = cost::ListOf::apply(...) with the typical number of items"
            );
            connections += 1;
        }
    }
    assert!(checked > 40 && connections >= 10, "{checked} lists, {connections} of connections");
}
