//! Checkouts, from the cart to the order.

mod edit;
pub mod estimate;
pub mod race;
pub mod unpaid;

use crate::app::{Caller, Souk, each};
use crate::make::{self, Make, Product};
use entity::id::{OrderId, StoreId};
use entity::money::Minor;
use entity::value::{EventType, OrderStatus, PaymentStatus, ProductKind, ProductStatus};
use entity::{event, order, order_line, payment, product_variant, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk_domain::setting::Settings;

const TOTALS: &str = "totals { items { amount } discount { amount } shipping { amount } tax { amount } total { amount } }";

fn create_text() -> String {
    format!(
        "mutation($input: CheckoutCreateInput!) {{ checkoutCreate(input: $input) {{ checkout {{ id token email taxIncluded
            stores {{ store {{ id }} needsShipping lines {{ quantity available unitPrice {{ amount }} lineTotal {{ amount }} }}
                shippingMethods {{ id name price {{ amount currency }} }} shippingMethod {{ id }} {TOTALS} }}
            {TOTALS} order {{ id }} }} userErrors {{ field code message }} }} }}"
    )
}

fn update_text() -> String {
    format!(
        "mutation($input: CheckoutUpdateInput!) {{ checkoutUpdate(input: $input) {{ checkout {{ id email phone note
            shippingAddress {{ city country }} billingAddress {{ city }}
            stores {{ shippingMethods {{ name price {{ amount }} }} shippingMethod {{ id name }} }} {TOTALS} }}
            userErrors {{ field code message }} }} }}"
    )
}

pub const PROBLEMS: &str = operation!("checkout", "CheckoutWithProblemsAndTax");

pub const COMPLETE: &str = operation!("checkout", "CheckoutComplete");

fn checkout_text() -> String {
    format!(
        "query($id: ID!, $token: String) {{ checkout(id: $id, token: $token) {{ id email order {{ id }} stores {{ lines {{ quantity }} shippingMethod {{ name }} {TOTALS} }} {TOTALS} }} }}"
    )
}

pub fn address(country: &str) -> Value {
    json!({ "firstName": "Maya", "lastName": "Gurung", "line1": "Durbar Marg 1", "city": "Kathmandu", "country": country })
}

/// A store with a vendor of its own.
pub async fn store(souk: &Souk, name: &str) -> StoreId {
    let vendor = make::vendor(souk, &format!("{}-vendor", souk_core::text::slugify(name))).await;
    make::store(souk, &vendor, name).await
}

/// A product in a store, and a way to send it.
pub async fn shop(souk: &Souk, price: i64, stock: i32) -> Product {
    let store = store(souk, "Tea House").await;
    make::shipping_method(souk, None, "Post", 500, None).await;
    make::product(souk, store, Make { price, stock, ..Make::default() }).await
}

/// A checkout that can be completed: its ID and its token.
pub async fn begin(caller: &Caller<'_>, cart_token: &str) -> (Value, Value) {
    let input = json!({ "cartToken": cart_token, "email": "maya@example.com", "shippingAddress": address("NP") });
    let checkout = caller.run(&create_text(), json!({ "input": input })).await["checkout"].clone();
    (checkout["id"].clone(), checkout["token"].clone())
}

/// A guest's cart with a product, and its checkout.
pub async fn begin_with(souk: &Souk, product: make::Product, quantity: i32) -> (String, (Value, Value)) {
    let cart = make::guest_cart(souk, &[(product.variant, quantity)]).await;
    let ids = begin(&souk.guest(), &cart).await;
    (cart, ids)
}

/// The input of `checkoutComplete`.
pub fn input(checkout: &(Value, Value), token: Option<&str>, key: &str) -> Value {
    let provider = if token.is_some() { "SANDBOX" } else { "MANUAL" };
    json!({ "input": {
        "checkoutId": checkout.0, "checkoutToken": checkout.1, "paymentProvider": provider, "paymentToken": token, "idempotencyKey": key
    } })
}

pub async fn order_row(souk: &Souk, id: &Value) -> order::Model {
    let id: OrderId = id.as_str().expect("an ID").parse().expect("an order's ID");
    order::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("an order")
}

pub async fn stock(souk: &Souk, product: Product) -> (i32, i64) {
    let row = product_variant::Entity::find_by_id(product.variant).one(souk.app.db.read()).await;
    let row = row.expect("a query").expect("a variant");
    (row.stock_quantity, row.sold_count)
}

pub async fn orders(souk: &Souk) -> u64 {
    order::Entity::find().count(souk.app.db.read()).await.expect("a count")
}

async fn set_price(souk: &Souk, product: Product, price: i64) {
    let update = product_variant::Entity::update_many()
        .col_expr(product_variant::Column::Price, Expr::value(price))
        .filter(product_variant::Column::Id.eq(product.variant));
    update.exec(souk.app.db.raw()).await.expect("an update");
}

pub async fn set_settings(souk: &Souk, settings: Settings) {
    use entity::setting::{ActiveModel, Entity};
    use sea_orm::ActiveValue::Set;
    let Value::Object(map) = serde_json::to_value(settings).expect("settings") else { panic!("no object") };
    let now = souk.app.clock.now();
    let rows = map.into_iter().map(|(name, value)| ActiveModel { name: Set(name), value: Set(value), updated_at: Set(now) });
    Entity::insert_many(rows).exec_without_returning(souk.app.db.raw()).await.expect("settings");
}

fn totals(value: &Value) -> [String; 5] {
    ["items", "discount", "shipping", "tax", "total"]
        .map(|name| value["totals"][name]["amount"].as_str().expect("an amount").to_owned())
}

#[test]
fn a_guest_buys_from_two_stores() {
    each(async |souk| {
        let (teas, pots) = (store(souk, "Teas").await, store(souk, "Pots").await);
        let tea = make::product(souk, teas, Make { name: "Tea", price: 1250, stock: 5, ..Make::default() }).await;
        let pot = make::product(souk, pots, Make { name: "Pot", price: 4000, stock: 3, ..Make::default() }).await;
        let post = make::shipping_method(souk, None, "Post", 500, Some(4000)).await;
        make::shipping_method(souk, Some(teas), "Courier", 300, None).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 2), (pot.variant, 1)]).await;
        let guest = souk.guest();

        let new = json!({ "cartToken": cart, "email": "Maya@Example.com", "phone": "+977 1 4123456", "shippingAddress": address("np"), "note": "Ring twice" });
        let checkout = guest.run(&create_text(), json!({ "input": new })).await["checkout"].clone();
        assert_eq!(checkout["email"], "maya@example.com");
        assert_eq!(checkout["order"], Value::Null);
        let (first, second) = (&checkout["stores"][0], &checkout["stores"][1]);
        assert_eq!(first["store"]["id"], teas.to_string());
        let names: Vec<_> = first["shippingMethods"].as_array().expect("methods").iter().map(|m| m["name"].clone()).collect();
        assert_eq!(names, ["Post", "Courier"]);
        let chosen = &first["shippingMethod"]["id"];
        assert_eq!(chosen, &first["shippingMethods"][1]["id"], "the cheapest is chosen beforehand");
        assert_eq!(second["shippingMethods"].as_array().map(Vec::len), Some(1));
        assert_eq!(second["shippingMethods"][0]["price"]["amount"], "0.00", "free from 40.00 on");
        assert_eq!(totals(first), ["25.00", "0.00", "3.00", "0.00", "28.00"]);
        assert_eq!(totals(&checkout), ["65.00", "0.00", "3.00", "0.00", "68.00"]);

        let choice = json!([{ "storeId": teas.to_string(), "shippingMethodId": post.to_string() }]);
        let change = json!({ "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "shippingMethods": choice });
        let changed = guest.run(&update_text(), json!({ "input": change })).await["checkout"].clone();
        assert_eq!(totals(&changed), ["65.00", "0.00", "5.00", "0.00", "70.00"]);

        let ids = (checkout["id"].clone(), checkout["token"].clone());
        let payload = guest.run(COMPLETE, input(&ids, Some("tok_success"), "key-1")).await;
        assert_eq!((&payload["payment"]["status"], &payload["payment"]["provider"]), (&json!("CAPTURED"), &json!("SANDBOX")));
        assert_eq!(payload["confirmation"], Value::Null);
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.total, order.email.as_str()), (OrderStatus::Confirmed, Minor(7000), "maya@example.com"));
        assert!(order.paid_at.is_some() && order.hold_expires_at.is_none() && order.user_id.is_none());
        assert!(order.number.len() == 12 && order.number.starts_with("SK-"), "{}", order.number);
        assert_eq!(order.billing_address, order.shipping_address);
        let parts = store_order::Entity::find().filter(store_order::Column::OrderId.eq(order.id));
        let parts = parts.order_by_asc(store_order::Column::Id).all(souk.app.db.read()).await.expect("parts");
        let found: Vec<_> = parts.iter().map(|part| (part.store_id, part.total, part.shipping_method_name.as_deref())).collect();
        assert_eq!(found, [(teas, Minor(3000), Some("Post")), (pots, Minor(4000), Some("Post"))]);
        assert_eq!((stock(souk, tea).await, stock(souk, pot).await), ((3, 2), (2, 1)));
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id)).all(souk.app.db.read()).await;
        let lines: Vec<_> =
            lines.expect("lines").into_iter().map(|line| (line.product_name, line.quantity, line.line_total)).collect();
        assert_eq!(lines, [("Tea".to_owned(), 2, Minor(2500)), ("Pot".to_owned(), 1, Minor(4000))]);
        let types: Vec<_> = event::Entity::find().order_by_asc(event::Column::Id).all(souk.app.db.read()).await.expect("events");
        let types: Vec<_> = types.into_iter().filter_map(|event| event.event_type).collect();
        let placed = [EventType::OrderPlaced, EventType::StoreOrderPlaced, EventType::StoreOrderPlaced];
        assert_eq!(types[..3], placed);
        assert!(types.contains(&EventType::PaymentCaptured) && types.contains(&EventType::OrderConfirmed));

        // What it has become is shown, also now that the cart is empty.
        let shown = guest.data(&checkout_text(), json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
        assert_eq!(totals(&shown), ["65.00", "0.00", "5.00", "0.00", "70.00"]);
        assert_eq!(shown["order"]["id"], payload["order"]["id"]);
        let cart = guest.data(operation!("cart", "CartWithTotalQuantity"), json!({ "token": cart })).await;
        assert_eq!(cart["cart"]["totalQuantity"], 0);
        let change = json!({ "checkoutId": ids.0, "checkoutToken": ids.1, "note": "Too late" });
        assert_eq!(guest.refused(&update_text(), json!({ "input": change })).await, ["checkoutId INVALID_STATE"]);
        souk.work().await;
    });
}

#[test]
fn somebody_signed_in_buys_by_cash_on_delivery() {
    each(async |souk| {
        let tea = shop(souk, 1000, 2).await;
        let maya = make::customer(souk, "maya").await;
        let caller = souk.as_user(&maya);
        let lines = json!({ "input": { "lines": [{ "variantId": tea.variant.to_string(), "quantity": 2 }] } });
        caller.run(operation!("cart", "CartLinesAddReturningId"), lines).await;
        let checkout = caller.run(&create_text(), json!({ "input": {} })).await["checkout"].clone();
        assert_eq!((&checkout["token"], &checkout["email"]), (&Value::Null, &json!("maya@example.com")));
        let ids = (checkout["id"].clone(), Value::Null);
        assert_eq!(caller.refused(COMPLETE, input(&ids, None, "k")).await, ["shippingAddress INCOMPLETE"]);
        let change = json!({ "checkoutId": ids.0, "shippingAddress": address("NP"), "billingAddress": address("DE") });
        caller.run(&update_text(), json!({ "input": change })).await;
        let payload = caller.run(COMPLETE, input(&ids, None, "k")).await;
        assert_eq!(payload["payment"]["status"], "AUTHORIZED");
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at, order.user_id), (OrderStatus::Confirmed, None, Some(maya.id)));
        assert_eq!(order.billing_address.map(|address| address.country), Some("DE".to_owned()));
        assert_eq!(stock(souk, tea).await, (0, 2));
        let product = entity::product::Entity::find_by_id(tea.id).one(souk.app.db.read()).await.expect("a query");
        assert!(product.is_some_and(|product| !product.in_stock), "the storefront shows at once that it is sold out");
        souk.work().await;
    });
}

#[test]
fn tax_is_on_top_or_held_in_the_prices() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        make::tax_rate(souk, "NP", 1300).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let guest = souk.guest();
        let new =
            |country| json!({ "input": { "cartToken": cart, "email": "m@example.com", "shippingAddress": address(country) } });
        let checkout = guest.run(&create_text(), new("NP")).await["checkout"].clone();
        assert_eq!(totals(&checkout), ["10.00", "0.00", "5.00", "1.95", "16.95"]);
        let untaxed = guest.run(&create_text(), new("DE")).await["checkout"].clone();
        assert_eq!(totals(&untaxed), ["10.00", "0.00", "5.00", "0.00", "15.00"]);
        set_settings(souk, Settings { prices_include_tax: true, ..Settings::default() }).await;
        let ids = (checkout["id"].clone(), checkout["token"].clone());
        let shown = guest.data(&checkout_text(), json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
        assert_eq!(totals(&shown), ["10.00", "0.00", "5.00", "1.73", "15.00"]);
        let order = guest.run(COMPLETE, input(&ids, None, "k")).await["order"]["id"].clone();
        let order = order_row(souk, &order).await;
        assert_eq!((order.tax_total, order.total, order.tax_included), (Minor(173), Minor(1500), true));
        let line = order_line::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a line");
        assert_eq!((line.tax_total, line.tax_basis_points), (Minor(115), 1300));
        souk.work().await;
    });
}

#[test]
fn what_is_digital_takes_no_stock_and_no_shipping() {
    each(async |souk| {
        let store = store(souk, "Prompts").await;
        let make = Make { name: "Prompt", price: 700, stock: 0, kind: ProductKind::Digital, ..Make::default() };
        let prompt = make::product(souk, store, make).await;
        let cart = make::guest_cart(souk, &[(prompt.variant, 3)]).await;
        let new = json!({ "input": { "cartToken": cart, "email": "m@example.com" } });
        let checkout = souk.guest().run(&create_text(), new).await["checkout"].clone();
        assert_eq!(
            (&checkout["stores"][0]["needsShipping"], &checkout["stores"][0]["shippingMethod"]),
            (&json!(false), &Value::Null)
        );
        let ids = (checkout["id"].clone(), checkout["token"].clone());
        let order = souk.guest().run(COMPLETE, input(&ids, Some("tok_success"), "k")).await["order"]["id"].clone();
        let order = order_row(souk, &order).await;
        assert_eq!((order.total, order.shipping_address), (Minor(2100), None));
        assert_eq!(stock(souk, prompt).await, (0, 3));
        souk.work().await;
    });
}

#[test]
fn what_costs_nothing_asks_no_provider() {
    each(async |souk| {
        let store = store(souk, "Prompts").await;
        let make = Make { price: 0, kind: ProductKind::Digital, ..Make::default() };
        let prompt = make::product(souk, store, make).await;
        let cart = make::guest_cart(souk, &[(prompt.variant, 1)]).await;
        let new = json!({ "input": { "cartToken": cart, "email": "m@example.com" } });
        let checkout = souk.guest().run(&create_text(), new).await["checkout"].clone();
        let ids = (checkout["id"].clone(), checkout["token"].clone());
        let payload = souk.guest().run(COMPLETE, input(&ids, Some("tok_declined"), "k")).await;
        assert_eq!(payload["payment"]["status"], "CAPTURED");
        souk.work().await;
    });
}

#[test]
fn everything_that_is_missing_is_told_at_once_and_nothing_is_written() {
    each(async |souk| {
        let teas = store(souk, "Teas").await;
        let tea = make::product(souk, teas, Make { stock: 1, ..Make::default() }).await;
        let pot = make::product(souk, teas, Make { name: "Pot", stock: 5, ..Make::default() }).await;
        let old = make::product(souk, teas, Make { name: "Old", status: ProductStatus::Archived, ..Make::default() }).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 2), (pot.variant, 6), (old.variant, 1)]).await;
        let guest = souk.guest();
        let checkout = guest.run(&create_text(), json!({ "input": { "cartToken": cart } })).await["checkout"].clone();
        let ids = (checkout["id"].clone(), checkout["token"].clone());
        let expected = [
            "email INCOMPLETE",
            "lines.0 INSUFFICIENT_STOCK",
            "lines.1 INSUFFICIENT_STOCK",
            "lines.2 UNAVAILABLE",
            "shippingAddress INCOMPLETE",
        ];
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, expected);
        let answer = guest.answer(COMPLETE, input(&ids, None, "k")).await;
        let left: Vec<_> =
            (1..3).map(|at| answer["data"]["checkoutComplete"]["userErrors"][at]["stockAvailable"].clone()).collect();
        assert_eq!(left, [1, 5]);
        assert_eq!((orders(souk).await, stock(souk, tea).await), (0, (1, 0)));
        // The rejected request did not use up the key.
        let change =
            json!({ "checkoutId": ids.0, "checkoutToken": ids.1, "email": "m@example.com", "shippingAddress": address("NP") });
        guest.run(&update_text(), json!({ "input": change })).await;
        let expected =
            ["lines.0 INSUFFICIENT_STOCK", "lines.1 INSUFFICIENT_STOCK", "lines.2 UNAVAILABLE", "shippingMethods INCOMPLETE"];
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, expected);
    });
}

#[test]
fn a_shipping_method_must_be_one_that_is_offered_there() {
    each(async |souk| {
        let (teas, pots) = (store(souk, "Teas").await, store(souk, "Pots").await);
        let tea = make::product(souk, teas, Make::default()).await;
        let theirs = make::shipping_method(souk, Some(pots), "Theirs", 100, None).await;
        let post = make::shipping_method(souk, Some(teas), "Post", 500, None).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let guest = souk.guest();
        let ids = begin(&guest, &cart).await;
        let choose = |store: StoreId, method: String| {
            let choice = json!([{ "storeId": store.to_string(), "shippingMethodId": method }]);
            json!({ "input": { "checkoutId": ids.0, "checkoutToken": ids.1, "shippingMethods": choice } })
        };
        let refused = guest.refused(&update_text(), choose(teas, theirs.to_string())).await;
        assert_eq!(refused, ["shippingMethods.0.shippingMethodId UNAVAILABLE"]);
        assert_eq!(
            guest.refused(&update_text(), choose(pots, theirs.to_string())).await,
            ["shippingMethods.0.storeId NOT_FOUND"]
        );
        assert_eq!(
            guest.refused(&update_text(), choose(teas, "post".into())).await,
            ["shippingMethods.0.shippingMethodId INVALID_ID"]
        );
        guest.run(&update_text(), choose(teas, post.to_string())).await;
        // It is gone before the order: nothing else is chosen behind the buyer's back.
        make::shipping_method(souk, None, "Dear", 9900, None).await;
        entity::shipping_method::Entity::delete_by_id(post).exec(souk.app.db.raw()).await.expect("a deletion");
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, ["shippingMethods INCOMPLETE"]);
    });
}

#[test]
fn todays_prices_hold_unless_the_buyer_named_the_total() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let guest = souk.guest();
        let ids = begin(&guest, &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        set_price(souk, tea, 1200).await;
        let mut named = input(&ids, None, "k");
        named["input"]["expectedTotal"] = json!("15.00");
        assert_eq!(guest.refused(COMPLETE, named.clone()).await, ["expectedTotal STALE"]);
        named["input"]["expectedTotal"] = json!("17.00");
        let order = guest.run(COMPLETE, named).await["order"]["id"].clone();
        assert_eq!(order_row(souk, &order).await.total, Minor(1700));
        souk.work().await;
    });
}

#[test]
fn the_same_key_answers_the_same_and_never_for_something_else() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let guest = souk.guest();
        let ids = begin(&guest, &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let first = guest.run(COMPLETE, input(&ids, Some("tok_success"), "key")).await;
        let again = guest.run(COMPLETE, input(&ids, Some("tok_success"), "key")).await;
        assert_eq!(first, again);
        assert_eq!(guest.error_code(COMPLETE, input(&ids, None, "key")).await, "IDEMPOTENCY_KEY_REUSED");
        // One checkout makes one order, whatever key asks for it.
        let other = guest.run(COMPLETE, input(&ids, None, "another key")).await;
        assert_eq!((&other["order"], &other["payment"]), (&first["order"], &first["payment"]));
        assert_eq!((orders(souk).await, stock(souk, tea).await), (1, (9, 1)));
        assert_eq!(payment::Entity::find().count(souk.app.db.read()).await.expect("a count"), 1);
        souk.work().await;
    });
}

#[test]
fn a_users_key_is_theirs_over_all_their_checkouts() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let maya = make::customer(souk, "maya").await;
        let caller = souk.as_user(&maya);
        let mut checkouts = Vec::new();
        for _ in 0..2 {
            let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
            let new = json!({ "cartToken": cart, "shippingAddress": address("NP") });
            let checkout = caller.run(&create_text(), json!({ "input": new })).await["checkout"].clone();
            checkouts.push((checkout["id"].clone(), Value::Null));
        }
        caller.run(COMPLETE, input(&checkouts[0], None, "key")).await;
        assert_eq!(caller.error_code(COMPLETE, input(&checkouts[1], None, "key")).await, "IDEMPOTENCY_KEY_REUSED");
        caller.run(COMPLETE, input(&checkouts[1], None, "key 2")).await;
        souk.work().await;
    });
}

#[test]
fn another_persons_checkout_does_not_exist() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let (maya, eve) = (make::customer(souk, "maya").await, make::customer(souk, "eve").await);
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let new = json!({ "input": { "cartToken": cart, "shippingAddress": address("NP") } });
        let hers = souk.as_user(&maya).run(&create_text(), new).await["checkout"]["id"].clone();
        let guests = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let forged = souk
            .app
            .keys
            .capability(souk_core::crypto::keys::Capability::Cart, entity::id::CheckoutId(souk.app.clock.new_uuid()));
        for caller in [souk.guest(), souk.as_user(&eve)] {
            for (id, token) in
                [(&hers, Value::Null), (&hers, guests.1.clone()), (&guests.0, Value::Null), (&guests.0, json!(forged))]
            {
                let ids = (id.clone(), token.clone());
                let found = caller.data(&checkout_text(), json!({ "id": id, "token": token })).await;
                assert_eq!(found["checkout"], Value::Null);
                let change = json!({ "input": { "checkoutId": id, "checkoutToken": token, "note": "x" } });
                assert_eq!(caller.refused(&update_text(), change).await, ["checkoutId NOT_FOUND"]);
                assert_eq!(caller.refused(COMPLETE, input(&ids, None, "k")).await, ["checkoutId NOT_FOUND"]);
            }
        }
        assert_eq!(orders(souk).await, 0);
    });
}

#[test]
fn an_empty_cart_and_an_unwanted_guest_are_turned_away() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let guest = souk.guest();
        let ids = begin(&guest, &cart).await;
        entity::cart_line::Entity::delete_many().exec(souk.app.db.raw()).await.expect("a deletion");
        assert_eq!(guest.refused(&create_text(), json!({ "input": { "cartToken": cart } })).await, ["cartToken INCOMPLETE"]);
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, ["lines INCOMPLETE"]);
        let maya = make::customer(souk, "maya").await;
        assert_eq!(souk.as_user(&maya).refused(&create_text(), json!({ "input": {} })).await, [" INCOMPLETE"]);
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        set_settings(souk, Settings { guest_checkout: false, ..Settings::default() }).await;
        assert_eq!(guest.refused(&create_text(), json!({ "input": { "cartToken": cart } })).await, [" NOT_ALLOWED"]);
        assert_eq!(guest.refused(COMPLETE, input(&ids, None, "k")).await, [" NOT_ALLOWED"]);
        // And the checkout says so before.
        let shown = guest.data(PROBLEMS, json!({ "id": ids.0, "token": ids.1 })).await["checkout"]["problems"].clone();
        assert_eq!(shown, json!([{ "field": ["lines"], "code": "INCOMPLETE" }, { "field": null, "code": "NOT_ALLOWED" }]));
    });
}

#[test]
fn a_payment_is_refused_where_its_amount_would_not_fit() {
    each(async |souk| {
        let dear = shop(souk, 100_000_000_000, 1_000_000).await;
        let store = store(souk, "Dear").await;
        let mut lines = Vec::new();
        for at in 0..100 {
            let name = format!("Dear {at}");
            let make = Make { name: &name, price: 100_000_000_000, stock: 1_000_000, ..Make::default() };
            lines.push((make::product(souk, store, make).await.variant, 1_000_000));
        }
        lines.push((dear.variant, 1_000_000));
        let cart = make::guest_cart(souk, &lines).await;
        let new = json!({ "input": { "cartToken": cart, "email": "m@example.com", "shippingAddress": address("NP") } });
        assert_eq!(souk.guest().refused(&create_text(), new).await, [" OUT_OF_RANGE"]);
        let payments = payment::Entity::find().filter(payment::Column::Status.eq(PaymentStatus::Captured));
        assert_eq!(payments.count(souk.app.db.read()).await.expect("a count"), 0);
    });
}
