//! Invalid requests: each returns an error with the right code, nothing is written, and the next request is served.

mod large;

use crate::app::{Souk, each};
use crate::make::{self, Make};
use crate::sdl::Sdl;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::Role;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::time::Duration;

/// The tables that hold what people write. Sessions and people are made by the tests themselves.
const TABLES: [&str; 14] = [
    "stores",
    "categories",
    "products",
    "product_variants",
    "product_images",
    "staged_uploads",
    "reviews",
    "carts",
    "cart_lines",
    "checkouts",
    "orders",
    "shipping_methods",
    "tax_rates",
    "addresses",
];

async fn rows(souk: &Souk) -> Vec<i64> {
    let db = souk.app.db.read();
    let mut counts = Vec::new();
    for table in TABLES {
        let count = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS found FROM {table}"));
        let row = db.query_one_raw(count).await.expect("a query").expect("a row");
        counts.push(row.try_get("", "found").expect("a number"));
    }
    counts
}

async fn still_answers(souk: &Souk) {
    let data = souk.guest().data("{ version }", json!({})).await;
    assert!(data["version"].is_string());
}

/// Everything that an answer says is wrong: top-level codes, and user errors as `field CODE`.
fn complaints(answer: &Value) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for error in answer["errors"].as_array().into_iter().flatten() {
        found.push(error["extensions"]["code"].as_str().unwrap_or("?").to_owned());
    }
    for payload in answer["data"].as_object().into_iter().flat_map(|data| data.values()) {
        for error in payload["userErrors"].as_array().into_iter().flatten() {
            let path: Vec<_> = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            found.push(format!("{} {}", path.join("."), error["code"].as_str().unwrap_or("?")));
        }
    }
    found
}

#[test]
fn documents_that_do_not_fit_the_schema_are_bad_user_input() {
    each(async |souk| {
        let guest = souk.guest();
        let documents = [
            "",
            "{",
            "{ version",
            "{ }",
            "nonsense",
            "{ nonsense }",
            "{ version { x } }",
            "{ categories }",
            "{ categories(first: 3) { id } }",
            "{ category { id } }",
            "{ category(slug: 5) { id } }",
            "{ category(slug: null) { id } }",
            "{ category(slug: {a: 1}) { id } }",
            "query($slug: Int!) { category(slug: $slug) { id } }",
            "query($slug: Nonsense!) { category(slug: $slug) { id } }",
            "{ category(slug: $undeclared) { id } }",
            "{ ...missing }",
            "query a { version } query a { version }",
            "mutation { version }",
            "{ products(first: 0) { nodes { id } } }",
            "{ products(first: 101) { nodes { id } } }",
            "{ products(first: -1) { nodes { id } } }",
            "{ products(first: 2147483648) { nodes { id } } }",
            "{ products { nodes { id } } }",
            "{ products(first: 1, last: 1) { nodes { id } } }",
            "{ products(first: 1, after: \"nonsense\") { nodes { id } } }",
            "{ products(first: 1, sortBy: NONSENSE) { nodes { id } } }",
            "{ node(id: \"nonsense\") { id } }",
        ];
        for document in documents {
            let answer = guest.answer(document, json!({})).await;
            let codes = complaints(&answer);
            assert!(!codes.is_empty() && codes.iter().all(|code| code == "BAD_USER_INPUT"), "{document}: {answer:#}");
            let data = answer["data"].as_object();
            assert!(data.is_none_or(|fields| fields.values().all(Value::is_null)), "{document}: {answer:#}");
        }
        let both = json!({ "query": "query a { version } query b { version }", "operationName": "c" });
        let answer: Value = guest.send(both).await.json().await.expect("JSON");
        assert_eq!(complaints(&answer), ["BAD_USER_INPUT"], "{answer:#}");
        still_answers(souk).await;
    });
}

#[test]
fn variables_of_wrong_types_and_unknown_fields_are_refused_for_every_root_field() {
    each(async |souk| {
        let sdl = Sdl::read();
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let before = rows(souk).await;
        let id = |_: &str, _: &str| souk.app.clock.new_id::<entity::id::JobId>().to_string();
        let mut wrong = Vec::new();
        for root in sdl.root_fields().iter().filter(|root| root.operation != "subscription") {
            let (query, variables) = sdl.call(root, &id);
            for (name, value) in variables.as_object().expect("variables") {
                let mut others = vec![json!({ "nonsense": [true] }), json!([[[{}]]])];
                if let Value::Object(input) = value {
                    others.extend([json!(5), json!("text"), json!(null)]);
                    let mut extended = input.clone();
                    extended.insert("nonsense".into(), json!(1));
                    others.push(extended.into());
                    for field in input.keys() {
                        let mut broken = input.clone();
                        broken.insert(field.clone(), json!({ "nonsense": [true] }));
                        others.push(broken.into());
                    }
                }
                for other in others {
                    let mut variables = variables.clone();
                    variables[name] = other.clone();
                    let found = complaints(&owner.answer(&query, variables).await);
                    if found.is_empty() || found.iter().any(|code| code != "BAD_USER_INPUT") {
                        wrong.push(format!("{}({name}: {other}): {found:?}", root.name()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(rows(souk).await, before);
    });
}

#[test]
fn ids_that_are_malformed_or_of_another_type_are_refused_by_every_root_field() {
    each(async |souk| {
        let sdl = Sdl::read();
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let before = rows(souk).await;
        let job = souk.app.clock.new_id::<entity::id::JobId>().to_string();
        let long = format!("product_{}", "0".repeat(10_000));
        let texts = ["", "nonsense", "product_", "product_'; DROP TABLE products; --", "product_\u{0}", &long, &job];
        let mut wrong = Vec::new();
        for root in sdl.root_fields().iter().filter(|root| root.operation != "subscription") {
            for text in texts {
                let asked = std::cell::Cell::new(false);
                let (query, variables) = sdl.call(root, &|_, _| {
                    asked.set(true);
                    text.to_owned()
                });
                // Any type of ID is right for `node`, and a job's is right for jobs.
                if !asked.get() || (text == job && (root.name().starts_with("node") || root.name().starts_with("job"))) {
                    continue;
                }
                let found = complaints(&owner.answer(&query, variables).await);
                let fine = found.iter().any(|code| code == "BAD_USER_INPUT" || code.ends_with(" INVALID_ID"));
                if !fine {
                    let shown: String = text.chars().take(40).collect();
                    wrong.push(format!("{} with {shown:?}: {found:?}", root.name()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(rows(souk).await, before);
    });
}

#[test]
fn texts_that_databases_choke_on_are_no_internal_error_anywhere() {
    each(async |souk| {
        let sdl = Sdl::read();
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let long = "x".repeat(10_000);
        let texts =
            ["\u{0}", "a\u{0}b", "a\u{7}b\u{202E}c", "\u{FFFF}\u{10FFFF}", "'\"`; DROP TABLE products; --", "%_\\", "", &long];
        let id = |_: &str, name: &str| {
            let kind = if name.to_lowercase().contains("product") { "product" } else { "store" };
            format!("{kind}_{}", "0".repeat(26))
        };
        let mut wrong = Vec::new();
        for text in texts {
            for root in sdl.root_fields().iter().filter(|root| root.operation != "subscription") {
                // Those end the session that asks.
                if ["accountClose", "sessionRevoke"].contains(&root.name()) {
                    continue;
                }
                let (query, mut variables) = sdl.call(root, &id);
                replace_texts(&mut variables, text);
                let found = complaints(&owner.answer(&query, variables).await);
                if found.iter().any(|code| code == "INTERNAL" || code == "?" || code == "UNAUTHENTICATED") {
                    wrong.push(format!("{} with {text:?}: {found:?}", root.name()));
                }
            }
            // What may be left out is not in those calls.
            souk.indexed().await;
            for query in [
                "query($text: String) { cart(token: $text) { id } }",
                "query($text: String) { product(slug: $text) { id } }",
                "query($text: String) { store(slug: $text) { id } }",
                "query($text: String) { products(first: 3, filter: { search: $text }) { nodes { id } } }",
                "query($text: String) { products(first: 3, filter: { categorySlug: $text }) { nodes { id } } }",
                "query($text: String) { products(first: 3, after: $text) { nodes { id } } }",
            ] {
                let found = complaints(&owner.answer(query, json!({ "text": text })).await);
                if !found.iter().all(|code| code == "BAD_USER_INPUT") {
                    wrong.push(format!("{query} with {text:?}: {found:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        still_answers(souk).await;
        souk.leaves_work("registrations and resets among these calls send mails");
    });
}

/// Texts of any form, as `Sdl::call` makes them, become another.
fn replace_texts(value: &mut Value, text: &str) {
    match value {
        Value::String(found) if found.len() == 13 && found.starts_with('x') => *found = text.to_owned(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::Array(items) => items.iter_mut().for_each(|item| replace_texts(item, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace_texts(field, text)),
    }
}

#[test]
fn quantities_prices_and_names_out_of_range_are_told_by_field() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make::default()).await;
        let before = rows(souk).await;
        let guest = souk.guest();
        let add =
            "mutation($input: CartLinesAddInput!) { cartLinesAdd(input: $input) { cart { id } userErrors { field code } } }";
        let line =
            |quantity: Value| json!({ "input": { "lines": [{ "variantId": tea.variant.to_string(), "quantity": quantity }] } });
        for quantity in [0, -1, i64::from(i32::MIN), 1_000_001, i64::from(i32::MAX)] {
            assert_eq!(guest.refused(add, line(json!(quantity))).await, ["lines.0.quantity OUT_OF_RANGE"], "{quantity}");
        }
        for quantity in [json!(1_i64 << 31), json!(-(1_i64 << 31) - 1), json!(1.5), json!("1"), json!(null), json!(1e300)] {
            assert_eq!(guest.error_code(add, line(quantity.clone())).await, "BAD_USER_INPUT", "{quantity}");
        }
        let vendor = souk.as_user(&vendor);
        let create =
            "mutation($input: ProductCreateInput!) { productCreate(input: $input) { product { id } userErrors { field code } } }";
        let product =
            |name: &str, price: Value| json!({ "input": { "storeId": store.to_string(), "name": name, "price": price } });
        for (price, code) in [
            ("-1", "OUT_OF_RANGE"),
            ("-0.01", "OUT_OF_RANGE"),
            ("1.001", "INVALID"),
            ("1,00", "INVALID"),
            ("1e3", "INVALID"),
            ("NaN", "INVALID"),
            ("", "INVALID"),
            ("99999999999999999999", "INVALID"),
            ("1000000000.01", "OUT_OF_RANGE"),
        ] {
            assert_eq!(vendor.refused(create, product("Tea", json!(price))).await, [format!("price {code}")], "{price}");
        }
        for (price, code) in
            [(json!(19.999), "INVALID"), (json!(1e-7), "INVALID"), (json!(-0.5), "OUT_OF_RANGE"), (json!(1e300), "INVALID")]
        {
            assert_eq!(vendor.refused(create, product("Tea", price.clone())).await, [format!("price {code}")], "{price}");
        }
        // The sum of 0.1 and 0.2 in double precision.
        for price in [json!(0.300_000_000_000_000_04), json!(true), json!({}), json!([1])] {
            assert_eq!(vendor.error_code(create, product("Tea", price)).await, "BAD_USER_INPUT");
        }
        let long = "x".repeat(10_000);
        for (name, code) in [
            ("", "REQUIRED"),
            ("   ", "REQUIRED"),
            (long.as_str(), "TOO_LONG"),
            ("a\u{1}b", "INVALID"),
            ("a\u{0}b", "INVALID"),
            ("a\nb", "INVALID"),
        ] {
            assert_eq!(vendor.refused(create, product(name, json!("1.00"))).await[0], format!("name {code}"), "{name:?}");
        }
        assert_eq!(rows(souk).await, before);
    });
}

#[test]
fn queries_that_are_too_deep_or_too_wide_are_not_run() {
    each(async |souk| {
        let guest = souk.guest();
        let deep = |levels: usize| {
            let (open, close) = ("{ children ".repeat(levels), "} ".repeat(levels));
            format!("{{ categories {open} {{ id }} {close} }}")
        };
        let aliases: String = (0..10_000).map(|number| format!("a{number}: version ")).collect();
        let fragments: String =
            (0..500).map(|n| format!("fragment f{n} on Category {{ children {{ ...f{} }} }} ", n + 1)).collect();
        let spread = format!("{{ categories {{ ...f0 }} }} {fragments} fragment f500 on Category {{ id }}");
        // Each level asks for the next one twice.
        let doubled: String = (0..25)
            .map(|n| format!("fragment g{n} on Category {{ a: parent {{ ...g{m} }} b: parent {{ ...g{m} }} }} ", m = n + 1))
            .collect();
        let doubled = format!("{{ categories {{ ...g0 }} }} {doubled} fragment g25 on Category {{ id }}");
        let lists = format!("{{ category(slug: {}1{}) {{ id }} }}", "[".repeat(50_000), "]".repeat(50_000));
        let objects = format!("{{ category(slug: {}1{}) {{ id }} }}", "{a:".repeat(50_000), "}".repeat(50_000));
        let types = format!("query($a: {}Int{}) {{ version }}", "[".repeat(50_000), "]".repeat(50_000));
        let braces = "{a".repeat(100_000);
        let pages = "{ products(first: 100) { nodes { store { products(first: 100) { nodes { store { products(first: 100) { nodes { id } } } } } } } } }";
        for (what, query) in [
            ("1,000 levels", deep(1_000)),
            ("100,000 levels", deep(70_000)),
            ("10,000 aliases", format!("{{ {aliases} }}")),
            ("500 fragments in each other", spread),
            ("two to the 25th fields", doubled),
            ("lists in lists", lists),
            ("objects in objects", objects),
            ("types in types", types),
            ("fragments in a circle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned()),
            ("braces alone", braces),
            ("pages of pages of pages", pages.to_owned()),
        ] {
            let answer = tokio::time::timeout(Duration::from_secs(20), guest.answer(&query, json!({}))).await.expect(what);
            let codes = complaints(&answer);
            assert_eq!(codes.len(), 1, "{what}: {codes:?}");
            assert!(["QUERY_TOO_COMPLEX", "BAD_USER_INPUT"].contains(&codes[0].as_str()), "{what}: {codes:?}");
            assert_eq!(answer["data"], json!(null), "{what}");
            if ["1,000 levels", "10,000 aliases", "pages of pages of pages"].contains(&what) {
                assert_eq!(codes, ["QUERY_TOO_COMPLEX"], "{what}: {answer:#}");
            }
        }
        still_answers(souk).await;
    });
}

#[test]
fn variables_that_go_too_deep_are_no_request() {
    each(async |souk| {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = format!(
                "{{\"query\":\"{{ version }}\",\"variables\":{{\"a\":{}1{}}}}}",
                open.repeat(50_000),
                close.repeat(50_000)
            );
            let request = souk.http.post(format!("{}/graphql", souk.url)).header("content-type", "application/json").body(body);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), 400);
        }
        still_answers(souk).await;
    });
}

#[test]
fn bodies_that_are_no_request_are_told_by_their_status() {
    each(async |souk| {
        let json = "application/json";
        for (content_type, body, status) in [
            (json, "", 400),
            (json, "nonsense", 400),
            (json, "\"text\"", 400),
            (json, "5", 400),
            (json, "[]", 400),
            (json, "[1]", 400),
            (json, "{\"query\": 5}", 400),
            (json, "{\"query\": \"{ version }\", \"variables\": 5}", 400),
            (json, "{\"query\": \"{ version }\", \"variables\": \"a\"}", 400),
            ("text/plain", "{\"query\": \"{ version }\"}", 415),
            ("application/x-www-form-urlencoded", "query={version}", 415),
            ("", "{ version }", 415),
            ("multipart/form-data", "nonsense", 400),
            ("multipart/form-data; boundary=x", "--x\r\nnonsense", 400),
        ] {
            let request = souk.http.post(format!("{}/graphql", souk.url)).header("apollo-require-preflight", "1");
            let response = request.header("content-type", content_type).body(body).send().await.expect("an answer");
            assert_eq!(response.status(), status, "{content_type} {body}");
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(complaints(&answer), ["BAD_USER_INPUT"], "{content_type} {body}: {answer:#}");
        }
        let not_utf8 = souk.http.post(format!("{}/graphql", souk.url)).header("content-type", json);
        assert_eq!(not_utf8.body(vec![b'{', 0xFF, 0xFE, b'}']).send().await.expect("an answer").status(), 400);
        still_answers(souk).await;
    });
}

#[test]
fn tokens_that_are_forged_expired_or_unsigned_open_nothing() {
    each(async |souk| {
        let bob = make::customer(souk, "bob").await;
        let mut parts = bob.token.split('.');
        let (header, claims) = (parts.next().expect("a header"), parts.next().expect("claims"));
        let signature = parts.next().expect("a signature");
        let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut owner = decoded.clone();
        owner["role"] = json!("OWNER");
        let kid = serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(header).expect("base64")).expect("JSON")["kid"].clone();
        let none = |alg: &str| encode(&json!({ "alg": alg, "typ": "JWT", "kid": kid }));
        let key = jsonwebtoken::EncodingKey::from_secret(b"a secret of somebody else, of enough characters");
        let kid_text = kid.as_str().map(str::to_owned);
        let other = jsonwebtoken::Header { kid: kid_text, ..jsonwebtoken::Header::default() };
        let forged = jsonwebtoken::encode(&other, &owner, &key).expect("a token");
        let tokens = [
            forged,
            format!("{}.{claims}.", none("none")),
            format!("{}.{}.", none("none"), encode(&owner)),
            format!("{}.{}.{signature}", none("None"), encode(&owner)),
            format!("{header}.{}.{signature}", encode(&owner)),
            format!("{header}.{claims}."),
            format!("{header}.{claims}.{}", signature.chars().rev().collect::<String>()),
            format!("{header}.{claims}"),
            "nonsense".into(),
            "..".into(),
            "x".repeat(7_000),
        ];
        let write = "mutation { cartLinesRemove(input: { lineIds: [] }) { userErrors { code } } }";
        for token in &tokens {
            let response = souk.with_token(token).send(json!({ "query": write })).await;
            assert_eq!(response.status(), 401, "{token}");
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(complaints(&answer), ["UNAUTHENTICATED"], "{token}: {answer:#}");
            assert_eq!(answer["data"], json!(null));
        }
        for value in ["Basic Ym9iOmJvYg==", "Bearer", "Bearer ", "nonsense", ""] {
            let request = souk.http.post(format!("{}/graphql", souk.url)).header("authorization", value);
            let response = request.json(&json!({ "query": "{ version }" })).send().await.expect("an answer");
            assert_eq!(response.status(), 401, "{value:?}");
        }
        assert_eq!(souk.as_user(&bob).data("{ version }", json!({})).await["version"].as_str().map(str::is_empty), Some(false));
        souk.app.clock.advance(souk.app.config.signing.access_token + Duration::from_secs(1));
        assert_eq!(souk.as_user(&bob).error_code("{ version }", json!({})).await, "UNAUTHENTICATED");
        let ann = make::user(souk, "ann", Role::Customer).await;
        souk.as_user(&ann).data("{ version }", json!({})).await;
        still_answers(souk).await;
    });
}
