//! Fields below `sessionCreate` and `sessionRefresh` are resolved for the user who just signed in.

use super::session::browse;
use super::sign_in;
use crate::app::{Souk, each};
use crate::make::order::order;
use crate::make::{self, Make};
use serde_json::{Value, json};

const FIELDS: &str = "session { id current } user { id email sessions { id current } addresses { id } cart { totalQuantity lines { quantity } } orders(first: 5) { nodes { number customer { id } } } reviews(first: 5) { nodes { id } } stores(first: 5) { nodes { id contactEmail } } } userErrors { field message code }";

fn create() -> String {
    format!("mutation($input: SessionCreateInput!) {{ sessionCreate(input: $input) {{ tokens {{ refreshToken }} {FIELDS} }} }}")
}

fn refresh() -> String {
    format!("mutation($input: SessionRefreshInput!) {{ sessionRefresh(input: $input) {{ tokens {{ refreshToken }} {FIELDS} }} }}")
}

/// A user with an order; also returns a guest's cart of three units.
async fn buyer(souk: &Souk) -> (make::User, String) {
    let (_, store) = make::shop(souk, "Tea House").await;
    let tea = make::product(souk, store, Make::default()).await;
    let ann = make::customer(souk, "ann").await;
    order(souk, Some(&ann), &[(store, tea, 1)]).await;
    let cart = make::guest_cart(souk, &[(tea.variant, 3)]).await;
    souk.leaves_work("the order is not what this is about");
    (ann, cart)
}

fn is_told(payload: &Value, ann: &make::User, sessions: usize) {
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    assert_eq!(payload["session"]["current"], true);
    let user = &payload["user"];
    assert_eq!(user["id"], json!(ann.id.to_string()));
    assert_eq!(user["cart"], json!({ "totalQuantity": 3, "lines": [{ "quantity": 3 }] }));
    assert_eq!(user["orders"]["nodes"].as_array().map(Vec::len), Some(1), "{user:#}");
    let person = ann.id.to_string().replacen("user_", "person_", 1);
    assert_eq!(user["orders"]["nodes"][0]["customer"]["id"], json!(person));
    assert_eq!(user["reviews"]["nodes"], json!([]));
    assert_eq!((&user["addresses"], &user["stores"]["nodes"]), (&json!([]), &json!([])));
    let all = user["sessions"].as_array().expect("sessions");
    assert_eq!(all.len(), sessions);
    let current: Vec<_> = all.iter().filter(|session| session["current"] == true).collect();
    assert!(current.len() == 1 && current[0]["id"] == payload["session"]["id"], "{all:#?}");
}

#[test]
fn who_signs_in_sees_cart_orders_and_sessions_at_once() {
    each(async |souk| {
        let (ann, cart) = buyer(souk).await;
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD, "cartToken": cart } });
        let payload = souk.guest().run(&create(), input).await;
        is_told(&payload, &ann, 2);
        let renewed = json!({ "input": { "refreshToken": payload["tokens"]["refreshToken"] } });
        is_told(&souk.guest().run(&refresh(), renewed).await, &ann, 2);
    });
}

#[test]
fn a_browser_with_cookies_is_told_the_same() {
    each(async |souk| {
        let (ann, cart) = buyer(souk).await;
        let input =
            json!({ "input": { "email": ann.email, "password": make::PASSWORD, "cartToken": cart, "transport": "COOKIE" } });
        let (answer, cookies) = browse(souk, &create(), input, &[], false).await;
        is_told(&answer["data"]["sessionCreate"], &ann, 2);
        let (answer, _) = browse(souk, &refresh(), json!({ "input": {} }), &cookies, true).await;
        is_told(&answer["data"]["sessionRefresh"], &ann, 2);
    });
}

#[test]
fn only_what_a_sign_in_answers_with_is_read_as_who_signed_in() {
    each(async |souk| {
        let (ann, cart) = buyer(souk).await;
        let bob = make::customer(souk, "bob").await;
        let query = format!(
            "mutation($a: SessionCreateInput!, $b: SessionCreateInput!) {{ ann: sessionCreate(input: $a) {{ {FIELDS} }} bob: sessionCreate(input: $b) {{ {FIELDS} }} revoke: sessionRevoke(input: {{}}) {{ revokedCount }} }}"
        );
        let variables = json!({
            "a": { "email": ann.email, "password": make::PASSWORD, "cartToken": cart },
            "b": { "email": bob.email, "password": make::PASSWORD },
        });
        // A guest signs in as two people; the third mutation is still a guest's.
        let answer = souk.guest().answer(&query, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer:#}");
        assert_eq!(answer["errors"][0]["path"], json!(["revoke"]));
        // Without the third both are told their own.
        let two = query.replace("revoke: sessionRevoke(input: {}) { revokedCount }", "");
        let data = souk.guest().data(&two, variables).await;
        is_told(&data["ann"], &ann, 3);
        assert_eq!(data["bob"]["user"]["id"], json!(bob.id.to_string()));
        assert_eq!(data["bob"]["user"]["cart"], Value::Null);
        assert_eq!(data["bob"]["user"]["orders"]["nodes"], json!([]));
        assert_eq!(data["bob"]["session"]["current"], true);
    });
}

#[test]
fn a_socket_is_told_the_same() {
    each(async |souk| {
        let (ann, cart) = buyer(souk).await;
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD, "cartToken": cart } });
        let mut subscription = souk.subscribe(crate::ws::TRANSPORT, None, &create(), input).await;
        let message = subscription.socket.message().await.expect("an answer");
        is_told(&message["payload"]["data"]["sessionCreate"], &ann, 2);
        assert!(sign_in(souk, &ann.email, make::PASSWORD).await["accessToken"].is_string());
    });
}
