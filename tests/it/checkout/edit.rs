//! What a checkout accepts, and what it shows.

use super::{
    COMPLETE, PROBLEMS, address, begin, begin_with, checkout_text, create_text, input, order_row, orders, shop, store,
    update_text,
};
use crate::app::{Souk, each, each_with};
use crate::make::{self, Make};
use entity::money::Minor;
use entity::value::ProductKind;
use serde_json::{Value, json};

#[test]
fn bad_input_is_refused_field_by_field() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let guest = souk.guest();
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let mut bad_address = address("Nepal");
        bad_address["city"] = json!("");
        let new = json!({ "cartToken": cart, "email": "maya", "phone": "12", "note": "x".repeat(2001), "shippingAddress": bad_address });
        assert_eq!(
            guest.refused(&create_text(), json!({ "input": new })).await,
            [
                "email INVALID",
                "phone INVALID",
                "shippingAddress.city REQUIRED",
                "shippingAddress.country INVALID",
                "note TOO_LONG"
            ]
        );
        assert_eq!(guest.refused(&create_text(), json!({ "input": {} })).await, ["cartToken REQUIRED"]);
        assert_eq!(guest.refused(&create_text(), json!({ "input": { "cartToken": "junk" } })).await, ["cartToken NOT_FOUND"]);
        let ids = begin(&guest, &cart).await;
        for (key, code) in [("", "REQUIRED"), (" x", "INVALID"), ("a\u{7}", "INVALID"), (&"x".repeat(256), "TOO_LONG")] {
            assert_eq!(guest.refused(COMPLETE, input(&ids, None, key)).await, [format!("idempotencyKey {code}")]);
        }
        assert_eq!(guest.refused(COMPLETE, input(&ids, Some("tok_free"), "k")).await, ["paymentToken INVALID"]);
        let bad = (json!("order_x"), Value::Null);
        assert_eq!(guest.refused(COMPLETE, input(&bad, None, "k")).await, ["checkoutId INVALID_ID"]);
        assert_eq!(guest.error_code(&checkout_text(), json!({ "id": "junk" })).await, "BAD_USER_INPUT");
        let mut named = input(&ids, None, "k");
        named["input"]["expectedTotal"] = json!("1.234");
        assert_eq!(guest.refused(COMPLETE, named).await, ["expectedTotal INVALID"]);
        let mut without = input(&ids, None, "k");
        without["input"].as_object_mut().expect("an object").remove("idempotencyKey");
        assert_eq!(guest.error_code(COMPLETE, without).await, "BAD_USER_INPUT");
        assert_eq!(orders(souk).await, 0);
    });
}

#[test]
fn what_is_short_is_shown_and_not_counted() {
    const CHECKOUT: &str = operation!("checkout", "CheckoutWithTotals");
    each(async |souk| {
        let tea = shop(souk, 1000, 2).await;
        let pot = make::product(souk, store(souk, "Pots").await, Make { name: "Pot", price: 300, ..Make::default() }).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 3), (pot.variant, 2)]).await;
        let ids = begin(&souk.guest(), &cart).await;
        let shown = souk.guest().data(CHECKOUT, json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
        assert_eq!(shown["stores"][0]["lines"], json!([{ "status": "INSUFFICIENT_STOCK", "lineTotal": { "amount": "30.00" } }]));
        assert_eq!(shown["stores"][0]["totals"]["items"]["amount"], "0.00");
        assert_eq!(shown["stores"][1]["totals"]["items"]["amount"], "6.00");
        assert_eq!((&shown["totals"]["items"]["amount"], &shown["totals"]["total"]["amount"]), (&json!("6.00"), &json!("16.00")));
        assert_eq!(shown["problems"], json!([{ "field": ["lines", "0"], "code": "INSUFFICIENT_STOCK", "stockAvailable": 2 }]));
    });
}

#[test]
fn where_nothing_is_sent_and_tax_is_asked_a_billing_country_is_needed() {
    each(async |souk| {
        let store = store(souk, "Prompts").await;
        let make = Make { name: "Prompt", price: 1000, stock: 0, kind: ProductKind::Digital, ..Make::default() };
        let prompt = make::product(souk, store, make).await;
        let guest = souk.guest();
        let new = async |rest: Value| {
            let cart = make::guest_cart(souk, &[(prompt.variant, 1)]).await;
            let mut new = json!({ "cartToken": cart, "email": "m@example.com" });
            new.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            let checkout = guest.run(&create_text(), json!({ "input": new })).await["checkout"].clone();
            (checkout["id"].clone(), checkout["token"].clone())
        };
        // No country asks for tax: nothing is missing.
        let untaxed = new(json!({})).await;
        guest.run(COMPLETE, input(&untaxed, None, "k")).await;
        make::tax_rate(souk, "DE", 0).await;
        guest.run(COMPLETE, input(&new(json!({})).await, None, "k")).await;
        make::tax_rate(souk, "NP", 1300).await;
        let ids = new(json!({})).await;
        let shown = guest.data(PROBLEMS, json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
        assert_eq!(shown["problems"], json!([{ "field": ["billingAddress"], "code": "INCOMPLETE" }]));
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, ["billingAddress INCOMPLETE"]);
        let change = json!({ "checkoutId": ids.0, "checkoutToken": ids.1, "billingAddress": address("NP") });
        guest.run(&update_text(), json!({ "input": change })).await;
        let shown = guest.data(PROBLEMS, json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
        assert_eq!(shown, json!({ "problems": [], "totals": { "tax": { "amount": "1.30" } } }));
        let order = guest.run(COMPLETE, input(&ids, None, "k")).await["order"]["id"].clone();
        assert_eq!(order_row(souk, &order).await.tax_total, Minor(130));
        // Who is billed where it is sent need not say it twice, and a country without a rate is an answer, too.
        for (rest, tax) in [(json!({ "shippingAddress": address("NP") }), 130), (json!({ "billingAddress": address("US") }), 0)] {
            let order = guest.run(COMPLETE, input(&new(rest).await, None, "k")).await["order"]["id"].clone();
            assert_eq!(order_row(souk, &order).await.tax_total, Minor(tax));
        }
        souk.work().await;
    });
}

#[test]
fn a_checkout_is_updated_by_its_id_or_by_the_earlier_field_and_never_by_both() {
    const UPDATE: &str = operation!("checkout", "CheckoutUpdateReturningNote");
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let guest = souk.guest();
        let ids = begin(&guest, &cart).await;
        let new = json!({ "id": ids.0, "input": { "checkoutToken": ids.1, "note": "new" } });
        assert_eq!(guest.run(UPDATE, new).await["checkout"]["note"], "new");
        let old = json!({ "input": { "checkoutId": ids.0, "checkoutToken": ids.1, "note": "old" } });
        assert_eq!(guest.run(UPDATE, old).await["checkout"]["note"], "old");
        let both = json!({ "id": ids.0, "input": { "checkoutId": ids.0, "checkoutToken": ids.1, "note": "both" } });
        assert_eq!(guest.refused(UPDATE, both).await, ["checkoutId INVALID"]);
        assert_eq!(guest.refused(UPDATE, json!({ "input": { "checkoutToken": ids.1 } })).await, ["id REQUIRED"]);
        let unknown = souk.app.clock.new_id::<entity::id::CheckoutId>().to_string();
        assert_eq!(guest.refused(UPDATE, json!({ "id": unknown, "input": {} })).await, ["id NOT_FOUND"]);
        assert_eq!(guest.refused(UPDATE, json!({ "id": "junk", "input": {} })).await, ["id INVALID_ID"]);
        assert_eq!(guest.refused(UPDATE, json!({ "input": { "checkoutId": unknown } })).await, ["checkoutId NOT_FOUND"]);
        // What has become an order is named as the client named it.
        guest.run(COMPLETE, input(&ids, None, "k")).await;
        let late = json!({ "id": ids.0, "input": { "checkoutToken": ids.1, "note": "late" } });
        assert_eq!(guest.refused(UPDATE, late).await, ["id INVALID_STATE"]);
        souk.work().await;
    });
}

#[test]
fn a_checkout_offers_the_payment_providers_that_complete_it() {
    const OFFERED: &str = operation!("checkout", "CheckoutWithPaymentProviders");
    let offered = async |souk: &Souk, ids: &(Value, Value)| {
        let found = souk.guest().data(OFFERED, json!({ "id": ids.0, "token": ids.1 })).await;
        found["checkout"]["paymentProviders"].as_array().expect("a list").clone()
    };
    for (sandbox, expected) in [("true", vec!["MANUAL", "SANDBOX"]), ("false", vec!["MANUAL"])] {
        each_with(&[("SOUK_SANDBOX_PAYMENTS", sandbox)], async |souk| {
            let tea = shop(souk, 1000, 10).await;
            for (n, provider) in ["MANUAL", "SANDBOX"].into_iter().enumerate() {
                let (_, ids) = begin_with(souk, tea, 1).await;
                let found = offered(souk, &ids).await;
                let providers: Vec<_> = found.iter().filter_map(|offer| offer["provider"].as_str()).collect();
                assert_eq!(providers, expected);
                assert!(found.iter().all(|offer| offer["displayName"].as_str().is_some_and(|name| !name.is_empty())));
                let mut complete = input(&ids, None, &format!("k{n}"));
                complete["input"]["paymentProvider"] = json!(provider);
                let answer = souk.guest().data(COMPLETE, complete).await["checkoutComplete"].clone();
                assert_eq!(answer["userErrors"] == json!([]), expected.contains(&provider), "{answer:#}");
                if expected.contains(&provider) {
                    assert_eq!(offered(souk, &ids).await, Vec::<Value>::new());
                }
            }
            souk.work().await;
        });
    }
}
