//! Renamed fields of carts, checkouts, orders, accounts and reviews: the earlier names return the same and are deprecated.

use crate::app::each;
use crate::checkout::{COMPLETE, begin, input, shop};
use crate::make;
use crate::sdl::Sdl;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TOTALS: &str = "totals { subtotal { amount } items { amount } discountTotal { amount } discount { amount } shippingTotal { amount } \
                      shipping { amount } taxTotal { amount } tax { amount } total { amount } }";

/// The earlier names by type, with those that replace them.
const RENAMED: &[(&str, &[(&str, &str)])] = &[
    ("CartLine", &[("available", "isAvailable"), ("priceChanged", "isPriceChanged")]),
    ("CheckoutLine", &[("available", "isAvailable"), ("tax", "taxTotal")]),
    ("CheckoutStore", &[("needsShipping", "isShippingRequired")]),
    ("Checkout", &[("taxIncluded", "isTaxIncluded")]),
    ("Order", &[("taxIncluded", "isTaxIncluded")]),
    ("Totals", &[("items", "subtotal"), ("discount", "discountTotal"), ("shipping", "shippingTotal"), ("tax", "taxTotal")]),
    ("Session", &[("current", "isCurrent")]),
    ("Review", &[("verifiedPurchase", "isVerifiedPurchase")]),
    ("User", &[("emailVerified", "isEmailVerified")]),
];

#[test]
fn each_earlier_name_is_deprecated_in_favour_of_one_that_exists() {
    let sdl = Sdl::read();
    for (ty, names) in RENAMED {
        for (old, new) in *names {
            let fields = sdl.fields(ty);
            let field = |name: &str| fields.iter().find(|field| field.name.node == name);
            let (old_field, new_field) = (field(old).expect(old), field(new).expect(new));
            assert_eq!(old_field.ty.node, new_field.ty.node, "{ty}.{old}");
            let reason = old_field.directives.iter().find(|directive| directive.node.name.node == "deprecated");
            let reason = reason.and_then(|directive| directive.node.get_argument("reason")).map(|reason| reason.node.to_string());
            assert_eq!(reason, Some(format!("\"Use `{new}`.\"")), "{ty}.{old}");
        }
    }
}

/// Both names of each pair have the same value, wherever they stand.
fn same(value: &Value, found: &mut usize) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| same(item, found)),
        Value::Object(fields) => {
            // A pair can stand in several types.
            let pairs: BTreeSet<_> = RENAMED.iter().flat_map(|(_, names)| names.iter()).collect();
            for (old, new) in pairs {
                if let (Some(old), Some(new)) = (fields.get(*old), fields.get(*new)) {
                    assert_eq!(old, new, "{value}");
                    assert_ne!(*new, Value::Null);
                    *found += 1;
                }
            }
            fields.values().for_each(|field| same(field, found));
        }
        _ => {}
    }
}

#[test]
fn earlier_names_answer_as_the_ones_that_replace_them() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        make::tax_rate(souk, "NP", 1300).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let guest = souk.guest();
        let ids = begin(&guest, &cart).await;
        let mut answers = Vec::new();
        let of_cart = operation!("cart", "CartWithRenamedFields");
        answers.push(guest.data(of_cart, json!({ "token": cart })).await);
        let of_checkout = format!(
            "query($id: ID!, $token: String) {{ checkout(id: $id, token: $token) {{ taxIncluded isTaxIncluded {TOTALS}
                stores {{ needsShipping isShippingRequired {TOTALS} lines {{ available isAvailable tax {{ amount }} taxTotal {{ amount }} discountTotal {{ amount }} }} }} }} }}"
        );
        answers.push(guest.data(&of_checkout, json!({ "id": ids.0, "token": ids.1 })).await);
        let order = guest.run(COMPLETE, input(&ids, None, "k")).await["order"]["id"].clone();
        let clerk = make::admin(souk).await;
        let of_order =
            format!("query($id: ID!) {{ order(id: $id) {{ taxIncluded isTaxIncluded {TOTALS} storeOrders {{ {TOTALS} }} }} }}");
        answers.push(souk.as_user(&clerk).data(&of_order, json!({ "id": order })).await);
        crate::review::anybody_may_review(souk).await;
        let maya = make::customer(souk, "maya").await;
        let maya = souk.as_user(&maya);
        let review = json!({ "input": { "productId": tea.id.to_string(), "rating": 5, "title": "Good" } });
        maya.run(crate::review::CREATE, review).await;
        let me = operation!("account", "MeWithRenamedFields");
        answers.push(maya.data(me, json!({})).await);
        let mut found = 0;
        answers.iter().for_each(|answer| same(answer, &mut found));
        // Totals stand in the checkout, its part, the order and its part.
        assert_eq!(found, 2 + (1 + 4) + (1 + 4 + 2) + (1 + 4) + 4 + 3);
        assert_eq!(answers[1]["checkout"]["totals"]["taxTotal"]["amount"], "1.95");
        souk.work().await;
    });
}
