//! An error in a nullable field does not affect the rest of the response.

use crate::app::each;
use crate::make;
use crate::sdl::Sdl;
use serde_json::{Value, json};

/// The errors of an answer, as `path CODE`.
fn errors(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let path = |error: &Value| {
        let parts = error["path"].as_array().cloned().unwrap_or_default();
        parts.iter().map(|part| part.to_string().replace('"', "")).collect::<Vec<_>>().join(".")
    };
    errors.iter().map(|error| format!("{} {}", path(error), error["extensions"]["code"].as_str().unwrap_or("?"))).collect()
}

#[test]
fn every_root_field_of_queries_and_mutations_may_be_null_except_the_version() {
    let sdl = Sdl::read();
    let fields = sdl.root_fields();
    let never: Vec<_> = fields
        .iter()
        .filter(|root| root.operation != "subscription" && !root.field.ty.node.nullable)
        .map(|root| root.name())
        .collect();
    assert_eq!(never, ["version"]);
}

#[test]
fn a_guest_is_told_of_everything_that_a_guest_may_see() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, make::Make::default()).await;
        let guest = souk.guest();
        let answer = guest.answer("{ me { id } settings { currency } }", json!({})).await;
        assert_eq!(answer, json!({ "data": { "me": null, "settings": { "currency": souk.app.config.currency.to_string() } } }));

        let answer = guest.answer("{ store(slug: \"tea-house\") { name orders(first: 1) { nodes { id } } } }", json!({})).await;
        assert_eq!(answer["data"], json!({ "store": { "name": "Tea House", "orders": null } }), "{answer:#}");
        assert_eq!(errors(&answer), ["store.orders UNAUTHENTICATED"]);

        let page = operation!("product", "ProductProductsAndUsers");
        let answer = guest.answer(page, json!({})).await;
        let found = json!({ "product": null, "products": { "nodes": [{ "name": "Tea" }] }, "users": null });
        assert_eq!(answer["data"], found, "{answer:#}");
        let mut told = errors(&answer);
        told.sort();
        assert_eq!(told, ["product BAD_USER_INPUT", "users UNAUTHENTICATED"]);

        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let id = tea.id.to_string();
        let answer = guest.answer(nodes, json!({ "ids": [id, "nonsense", vera.id.to_string()] })).await;
        assert_eq!(answer["data"]["nodes"], json!([{ "id": id }, null, null]), "{answer:#}");
        assert_eq!(errors(&answer), ["nodes.1 BAD_USER_INPUT"]);
    });
}

#[test]
fn errors_within_lists_have_the_path_of_the_field_that_failed() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        for name in ["Tea House", "Book House"] {
            let store = make::store(souk, &vera, name).await;
            make::product(souk, store, make::Make::default()).await;
        }
        let guest = souk.guest();
        let stores = "{ stores(first: 2) { nodes { name inside: orders(first: 1) { nodes { id } } } } }";
        let answer = guest.answer(stores, json!({})).await;
        assert_eq!(answer["data"]["stores"]["nodes"].as_array().map(Vec::len), Some(2), "{answer:#}");
        assert_eq!(errors(&answer), ["stores.nodes.0.inside UNAUTHENTICATED", "stores.nodes.1.inside UNAUTHENTICATED"]);
        // A field that may not be null takes its parents along, up to the next one that may be.
        let products =
            "{ version products(first: 2) { nodes { ...F } } } fragment F on Product { id reviews(first: 0) { nodes { id } } }";
        let answer = guest.answer(products, json!({})).await;
        assert_eq!(answer["data"]["products"], Value::Null, "{answer:#}");
        assert!(answer["data"]["version"].is_string());
        assert_eq!(errors(&answer), ["products.nodes.0.reviews BAD_USER_INPUT"]);
    });
}

const ADD: &str = "first: cartLinesAdd(input: $cart) { cart { id totalQuantity } userErrors { code } }";

#[test]
fn a_mutation_that_is_refused_leaves_what_was_done_before_and_after_it() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, make::Make::default()).await;
        let token = make::guest_cart(souk, &[(tea.variant, 2)]).await;
        let create = operation!("checkout", "CheckoutCreateReturningToken");
        let address = json!({ "firstName": "Ann", "lastName": "Lee", "line1": "Road 1", "city": "Pokhara", "country": "NP" });
        let input = json!({ "cartToken": token, "email": "ann@example.com", "shippingAddress": address });
        make::shipping_method(souk, None, "Post", 500, None).await;
        let checkout = souk.guest().run(create, json!({ "input": input })).await["checkout"].clone();
        let document = operation!("checkout", "CheckoutCompleteThenOtherMutations");
        let method = operation!("checkout", "CheckoutWithShippingMethods");
        let found = souk.guest().data(method, json!({ "id": checkout["id"], "token": checkout["token"] })).await;
        let part = &found["checkout"]["stores"][0];
        let chosen = json!([{ "storeId": part["store"]["id"], "shippingMethodId": part["shippingMethods"][0]["id"] }]);
        let update = operation!("checkout", "CheckoutUpdateReturningId");
        let update_input = json!({ "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "shippingMethods": chosen });
        souk.guest().run(update, json!({ "input": update_input })).await;
        let complete = json!({
            "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "paymentProvider": "MANUAL",
            "idempotencyKey": "one",
        });
        let answer = souk.guest().answer(document, json!({ "a": complete })).await;
        assert!(answer["data"]["a"]["order"]["number"].is_string(), "{answer:#}");
        assert_eq!(answer["data"]["b"], Value::Null);
        assert_eq!(answer["data"]["c"], json!({ "userErrors": [] }));
        assert_eq!(errors(&answer), ["b UNAUTHENTICATED"]);
        souk.leaves_work("the order sends mails");
    });
}

#[test]
fn no_mutation_that_is_refused_takes_an_earlier_one_along() {
    each(async |souk| {
        let sdl = Sdl::read();
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, make::Make::default()).await;
        let cart = json!({ "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] });
        let mut refused = 0;
        for root in sdl.root_fields().iter().filter(|root| root.operation == "mutation") {
            let (call, mut variables) = sdl.call(root, &crate::access::unknown_id);
            let (head, rest) = call.split_once(" { ").expect("a selection");
            let head = match head.strip_suffix(')') {
                Some(declared) => format!("{declared}, $cart: CartLinesAddInput!)"),
                None => format!("{head}($cart: CartLinesAddInput!)"),
            };
            variables["cart"] = cart.clone();
            let answer = souk.guest().answer(&format!("{head} {{ {ADD} {rest}"), variables).await;
            assert_eq!(answer["data"]["first"]["cart"]["totalQuantity"], 1, "{}: {answer:#}", root.name());
            let (requires, _) = root.access().expect("checked by another test");
            if requires != "PUBLIC" {
                refused += 1;
                assert_eq!(answer["data"][root.name()], Value::Null, "{answer:#}");
                assert_eq!(errors(&answer), [format!("{} UNAUTHENTICATED", root.name())]);
            }
        }
        assert!(refused > 50, "only {refused} mutations were refused");
        souk.leaves_work("registrations and requests of these calls send mails");
    });
}
