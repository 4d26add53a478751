//! Estimated totals of a cart by store, without a checkout.

use crate::app::{Caller, each};
use crate::checkout::{address, store};
use crate::make::{self, Make};
use entity::product;
use entity::value::ProductKind;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk_domain::setting::Settings;

const STORES: &str = operation!("cart", "CartWithEstimates");
const CREATE: &str = operation!("checkout", "CheckoutCreate");

async fn stores(caller: &Caller<'_>, token: &str, country: Option<&str>) -> Vec<Value> {
    let found = caller.data(STORES, json!({ "token": token, "country": country })).await;
    found["cart"]["stores"].as_array().expect("a list").clone()
}

fn amounts(store: &Value) -> [Value; 4] {
    ["subtotal", "shippingEstimate", "taxEstimate", "totalEstimate"].map(|name| store[name]["amount"].clone())
}

#[test]
fn the_estimate_for_a_country_is_what_the_checkout_comes_to() {
    for included in [false, true] {
        each(async |souk| {
            crate::checkout::set_settings(souk, Settings { prices_include_tax: included, ..Settings::default() }).await;
            let (teas, pots) = (store(souk, "Teas").await, store(souk, "Pots").await);
            let tea = make::product(souk, teas, Make { name: "Tea", price: 1255, stock: 5, ..Make::default() }).await;
            let pot = make::product(souk, pots, Make { name: "Pot", price: 4000, stock: 3, ..Make::default() }).await;
            make::shipping_method(souk, None, "Post", 590, Some(4000)).await;
            make::shipping_method(souk, Some(teas), "Bicycle", 310, None).await;
            make::tax_rate(souk, "NP", 1300).await;
            let cart = make::guest_cart(souk, &[(tea.variant, 2), (pot.variant, 1)]).await;
            let guest = souk.guest();
            let estimated: Vec<_> = stores(&guest, &cart, Some("np")).await;
            assert_eq!((&estimated[0]["store"]["name"], &estimated[1]["store"]["name"]), (&json!("Teas"), &json!("Pots")));
            // The cheapest there, and free from its limit on.
            assert_eq!(amounts(&estimated[0])[..2], [json!("25.10"), json!("3.10")]);
            assert_eq!(amounts(&estimated[1])[..2], [json!("40.00"), json!("0.00")]);
            let input = json!({ "cartToken": cart, "email": "m@example.com", "shippingAddress": address("NP") });
            let checkout = guest.run(CREATE, json!({ "input": input })).await["checkout"].clone();
            for (estimate, part) in estimated.iter().zip(checkout["stores"].as_array().expect("a list")) {
                let totals = &part["totals"];
                let priced = ["subtotal", "shippingTotal", "taxTotal", "total"].map(|name| totals[name]["amount"].clone());
                assert_eq!(amounts(estimate), priced);
                assert_ne!(priced[2], "0.00");
            }
        });
    }
}

#[test]
fn an_estimate_is_null_until_it_is_known() {
    each(async |souk| {
        let teas = store(souk, "Teas").await;
        let tea = make::product(souk, teas, Make { name: "Tea", price: 1000, stock: 5, ..Make::default() }).await;
        let make = Make { name: "Prompt", price: 500, stock: 0, kind: ProductKind::Digital, ..Make::default() };
        let prompts = store(souk, "Prompts").await;
        let prompt = make::product(souk, prompts, make).await;
        let gone = make::product(souk, teas, Make { name: "Gone", price: 700, stock: 5, ..Make::default() }).await;
        let few = make::product(souk, teas, Make { name: "Few", price: 900, stock: 1, ..Make::default() }).await;
        let lines = [(tea.variant, 1), (prompt.variant, 1), (gone.variant, 1), (few.variant, 2)];
        let cart = make::guest_cart(souk, &lines).await;
        let unlist = product::Entity::update_many().col_expr(product::Column::Listed, Expr::value(false));
        unlist.filter(product::Column::Id.eq(gone.id)).exec(souk.app.db.raw()).await.expect("an update");
        let guest = souk.guest();
        // No country: only what is not sent has a price for shipping, and no country asks for tax yet.
        let found = stores(&guest, &cart, None).await;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["lines"], json!([{ "quantity": 1, "isAvailable": true }, { "quantity": 2, "isAvailable": false }]));
        assert_eq!((&found[0]["isShippingRequired"], &found[1]["isShippingRequired"]), (&json!(true), &json!(false)));
        assert_eq!(amounts(&found[0]), [json!("10.00"), Value::Null, Value::Null, Value::Null]);
        assert_eq!(amounts(&found[1]), ["5.00", "0.00", "0.00", "5.00"].map(Value::from));
        // A country that nothing is sent to.
        let found = stores(&guest, &cart, Some("NP")).await;
        assert_eq!(amounts(&found[0]), [json!("10.00"), Value::Null, Value::Null, Value::Null]);
        make::shipping_method(souk, None, "Post", 500, None).await;
        make::tax_rate(souk, "NP", 1000).await;
        let found = stores(&guest, &cart, Some("NP")).await;
        assert_eq!(amounts(&found[0]), ["10.00", "5.00", "1.50", "16.50"].map(Value::from));
        // Some country asks for tax, and which it is is not known.
        let found = stores(&guest, &cart, None).await;
        assert_eq!(amounts(&found[1]), [json!("5.00"), json!("0.00"), Value::Null, Value::Null]);
        for wrong in ["XX", "Nepal", ""] {
            assert_eq!(guest.error_code(STORES, json!({ "token": cart, "country": wrong })).await, "BAD_USER_INPUT", "{wrong:?}");
        }
    });
}

#[test]
fn the_country_of_the_default_shipping_address_is_taken_if_none_is_given() {
    const ADDRESS: &str = operation!("account", "AddressCreateReturningId");
    const ADD: &str = operation!("cart", "CartLinesAddReturningId");
    each(async |souk| {
        let teas = store(souk, "Teas").await;
        let tea = make::product(souk, teas, Make { price: 1000, ..Make::default() }).await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        make::tax_rate(souk, "DE", 1900).await;
        make::tax_rate(souk, "NP", 1300).await;
        let maya = make::customer(souk, "maya").await;
        let caller = souk.as_user(&maya);
        caller.run(ADDRESS, json!({ "input": address("DE") })).await;
        let lines = json!([{ "variantId": tea.variant.to_string(), "quantity": 1 }]);
        caller.run(ADD, json!({ "input": { "lines": lines } })).await;
        let of = async |country: Option<&str>| {
            let found = caller.data(STORES, json!({ "country": country })).await;
            amounts(&found["cart"]["stores"][0])
        };
        assert_eq!(of(None).await, ["10.00", "5.00", "2.85", "17.85"].map(Value::from));
        assert_eq!(of(Some("NP")).await, ["10.00", "5.00", "1.95", "16.95"].map(Value::from));
        // The lines alone take no statement for estimates.
        let plain = "{ cart { stores { subtotal { amount } lines { quantity } } } }";
        let (_, without) = souk.statements(&caller, plain, json!({})).await;
        let (_, with) = souk.statements(&caller, STORES, json!({})).await;
        assert!(without < with, "{without} without estimates, {with} with");
    });
}
