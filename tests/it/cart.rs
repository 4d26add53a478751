//! Carts.

mod unavailable;

use crate::app::{Caller, Souk, each};
use crate::make::{self, Make};
use entity::cart_line;
use entity::value::{ProductKind, ProductStatus, Role};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::transact;
use std::time::Duration;

const ADD: &str = operation!("cart", "CartLinesAdd");
const UPDATE: &str = operation!("cart", "CartLinesUpdate");
const REMOVE: &str = operation!("cart", "CartLinesRemove");
const CART: &str = operation!("cart", "Cart");

fn input(token: &Value, lines: &[(String, i64)]) -> Value {
    let lines: Vec<_> = lines.iter().map(|(id, quantity)| json!({ "variantId": id, "quantity": quantity })).collect();
    json!({ "input": { "cartToken": token, "lines": lines } })
}

async fn tea(souk: &Souk, price: i64, stock: i32) -> make::Product {
    let vendor = make::vendor(souk, &format!("vendor{}", souk.app.clock.new_uuid().simple())).await;
    let store = make::store(souk, &vendor, &format!("Store {}", souk.app.clock.new_uuid().simple())).await;
    make::product(souk, store, Make { price, stock, ..Make::default() }).await
}

/// As the store does it: the price of a variant changes.
async fn set_price(souk: &Souk, product: make::Product, price: i64) {
    use entity::product_variant::{Column, Entity};
    set(souk, Entity::update_many().col_expr(Column::Price, Expr::value(price)).filter(Column::Id.eq(product.variant))).await;
}

async fn set_stock(souk: &Souk, product: make::Product, stock: i32) {
    use entity::product_variant::{Column, Entity};
    set(souk, Entity::update_many().col_expr(Column::StockQuantity, Expr::value(stock)).filter(Column::Id.eq(product.variant)))
        .await;
}

async fn set_active(souk: &Souk, product: make::Product, active: bool) {
    use entity::product_variant::{Column, Entity};
    set(souk, Entity::update_many().col_expr(Column::Active, Expr::value(active)).filter(Column::Id.eq(product.variant))).await;
}

async fn set_listed(souk: &Souk, product: make::Product, listed: bool) {
    use entity::product::{Column, Entity};
    set(souk, Entity::update_many().col_expr(Column::Listed, Expr::value(listed)).filter(Column::Id.eq(product.id))).await;
}

async fn set<E: EntityTrait>(souk: &Souk, update: sea_orm::UpdateMany<E>) {
    update.exec(souk.app.db.raw()).await.expect("an update");
}

async fn merge(souk: &Souk, user: &make::User, token: &str) -> Vec<souk_domain::cart::Warning> {
    let app = &souk.app;
    let done: souk_core::error::Result<_> =
        async { transact!(app.db, tx, { souk_domain::cart::merge_guest_cart(tx, app, user.id, token).await }) }.await;
    done.expect("a merge")
}

async fn cart_of(caller: &Caller<'_>, token: &Value) -> Value {
    caller.data(CART, json!({ "token": token })).await["cart"].clone()
}

#[test]
fn a_guest_fills_a_cart_and_finds_it_by_its_token() {
    each(async |souk| {
        let (tea, cup) = (tea(souk, 1990, 10).await, tea(souk, 500, 10).await);
        let guest = souk.guest();
        let first = guest.run(ADD, input(&json!(null), &[(tea.variant.to_string(), 2)])).await;
        let token = first["cart"]["token"].clone();
        assert!(token.as_str().is_some_and(|token| token.len() > 40), "{token}");
        assert_eq!(first["warnings"], json!([]));
        let second =
            guest.run(ADD, input(&token, &[(cup.variant.to_string(), 1), (tea.variant.to_string(), 3)])).await["cart"].clone();
        assert_eq!((&second["id"], &second["token"]), (&first["cart"]["id"], &token));
        assert_eq!(second["totalQuantity"], 6);
        assert_eq!(second["subtotal"], json!({ "amount": "104.50", "currency": "USD" }));
        assert_eq!(second["lines"][0]["id"], first["cart"]["lines"][0]["id"]);
        assert_eq!(second["lines"][0]["lineTotal"]["amount"], "99.50");
        assert_eq!(second["lines"][1]["variant"]["id"], cup.variant.to_string());
        let read = cart_of(&guest, &token).await;
        for field in ["id", "token", "totalQuantity", "subtotal"] {
            assert_eq!(read[field], second[field], "{field}");
        }
        assert_eq!(read["lines"][0]["id"], second["lines"][0]["id"]);
        assert_eq!(read["lines"][1]["id"], second["lines"][1]["id"]);
        let lines =
            json!([{ "lineId": read["lines"][0]["id"], "quantity": 1 }, { "lineId": read["lines"][1]["id"], "quantity": 0 }]);
        let updated = guest.run(UPDATE, json!({ "input": { "cartToken": token, "lines": lines } })).await["cart"].clone();
        assert_eq!(updated["lines"], json!([{ "id": read["lines"][0]["id"], "quantity": 1 }]));
        let ids = json!({ "input": { "cartToken": token, "lineIds": [read["lines"][0]["id"]] } });
        assert_eq!(guest.run(REMOVE, ids).await["cart"]["totalQuantity"], 0);
        assert_eq!(cart_of(&guest, &token).await["lines"], json!([]));
    });
}

#[test]
fn a_user_has_one_cart_on_every_device_and_it_needs_no_token() {
    each(async |souk| {
        let tea = tea(souk, 1000, 10).await;
        let bob = make::customer(souk, "bob").await;
        assert_eq!(cart_of(&souk.as_user(&bob), &json!(null)).await, json!(null));
        let carts = join_all((0..8).map(async |_| {
            let caller = souk.as_user(&bob);
            caller.run(ADD, input(&json!(null), &[(tea.variant.to_string(), 1)])).await["cart"].clone()
        }))
        .await;
        assert!(carts.iter().all(|cart| cart["id"] == carts[0]["id"] && cart["token"] == json!(null)));
        let read = cart_of(&souk.as_user(&bob), &json!(null)).await;
        assert_eq!((&read["totalQuantity"], read["lines"].as_array().map(Vec::len)), (&json!(8), Some(1)));
        assert_eq!(entity::cart::Entity::find().count(souk.app.db.read()).await.expect("a count"), 1);
    });
}

#[test]
fn fifty_tasks_that_add_the_same_to_one_cart_end_as_one_line_with_the_sum() {
    each(async |souk| {
        let (tea, cup) = (tea(souk, 1000, 1000).await, tea(souk, 100, 1000).await);
        let token = souk.guest().run(ADD, input(&json!(null), &[(cup.variant.to_string(), 1)])).await["cart"]["token"].clone();
        join_all((0..50).map(async |_| {
            souk.guest().run(ADD, input(&token, &[(tea.variant.to_string(), 2), (cup.variant.to_string(), 1)])).await
        }))
        .await;
        let cart = cart_of(&souk.guest(), &token).await;
        let quantities: Vec<_> = cart["lines"].as_array().expect("lines").iter().map(|line| line["quantity"].clone()).collect();
        assert_eq!(quantities, [json!(51), json!(100)]);
    });
}

#[test]
fn more_than_the_stock_is_cut_down_with_a_warning_and_nothing_at_all_is_refused() {
    each(async |souk| {
        let (few, none) = (tea(souk, 1000, 3).await, tea(souk, 1000, 0).await);
        let guest = souk.guest();
        let added = guest.run(ADD, input(&json!(null), &[(few.variant.to_string(), 2), (few.variant.to_string(), 4)])).await;
        assert_eq!(added["cart"]["totalQuantity"], 3);
        assert_eq!(
            (&added["warnings"][0]["code"], &added["warnings"][0]["stockAvailable"]),
            (&json!("QUANTITY_CLAMPED"), &json!(3))
        );
        assert_eq!(added["warnings"][0]["lineId"], added["cart"]["lines"][0]["id"]);
        let token = &added["cart"]["token"];
        let line = json!([{ "lineId": added["cart"]["lines"][0]["id"], "quantity": 1_000_000 }]);
        let updated = guest.run(UPDATE, json!({ "input": { "cartToken": token, "lines": line } })).await;
        assert_eq!((&updated["cart"]["totalQuantity"], &updated["warnings"][0]["code"]), (&json!(3), &json!("QUANTITY_CLAMPED")));
        let answer = guest.data(ADD, input(token, &[(few.variant.to_string(), 1), (none.variant.to_string(), 1)])).await;
        let refused = &answer["cartLinesAdd"];
        assert_eq!(refused["userErrors"][0]["field"], json!(["lines", "1", "quantity"]));
        assert_eq!(refused["userErrors"][0]["code"], "INSUFFICIENT_STOCK");
        assert_eq!(refused["userErrors"][0]["stockAvailable"], 0);
        assert_eq!(refused["cart"], json!(null));
        assert_eq!(cart_of(&guest, token).await["totalQuantity"], 3);
    });
}

#[test]
fn a_digital_product_needs_no_stock() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Prompts").await;
        let make = Make { kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let prompt = make::product(souk, store, make).await;
        let added = souk.guest().run(ADD, input(&json!(null), &[(prompt.variant.to_string(), 5)])).await;
        assert_eq!((&added["cart"]["totalQuantity"], &added["cart"]["lines"][0]["available"]), (&json!(5), &json!(true)));
    });
}

#[test]
fn what_cannot_be_bought_is_refused_and_what_does_not_exist_is_not_found() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea House").await;
        let draft = make::product(souk, store, Make { status: ProductStatus::Draft, ..Make::default() }).await;
        let hidden = make::product(souk, store, Make::default()).await;
        set_listed(souk, hidden, false).await;
        let inactive = make::product(souk, store, Make::default()).await;
        set_active(souk, inactive, false).await;
        let unknown: entity::id::ProductVariantId = souk.app.clock.new_id();
        let ids = [draft.variant, hidden.variant, inactive.variant, unknown];
        let lines: Vec<_> = ids.iter().map(|id| (id.to_string(), 1)).collect();
        let expected =
            ["lines.0.variantId NOT_FOUND", "lines.1 UNAVAILABLE", "lines.2 UNAVAILABLE", "lines.3.variantId NOT_FOUND"];
        assert_eq!(souk.guest().refused(ADD, input(&json!(null), &lines)).await, expected);
        assert_eq!(entity::cart::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);
    });
}

#[test]
fn lines_keep_no_price_and_say_what_changed() {
    each(async |souk| {
        let (dearer, gone, few) = (tea(souk, 1000, 10).await, tea(souk, 1000, 10).await, tea(souk, 1000, 10).await);
        let lines: Vec<_> = [dearer, gone, few].iter().map(|product| (product.variant.to_string(), 4)).collect();
        let guest = souk.guest();
        let token = guest.run(ADD, input(&json!(null), &lines)).await["cart"]["token"].clone();
        set_price(souk, dearer, 1250).await;
        set_listed(souk, gone, false).await;
        set_stock(souk, few, 1).await;
        let cart = cart_of(&guest, &token).await;
        let codes: Vec<_> = cart["warnings"].as_array().expect("warnings").iter().map(|w| w["code"].clone()).collect();
        assert_eq!(codes, ["PRICE_CHANGED", "UNAVAILABLE", "INSUFFICIENT_STOCK"]);
        assert!(cart["warnings"][0]["message"].as_str().is_some_and(|text| text.contains("12.50") && text.contains("10.00")));
        let states: Vec<_> = cart["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| (line["available"].clone(), line["priceChanged"].clone()))
            .collect();
        assert_eq!(states, [(json!(true), json!(true)), (json!(false), json!(false)), (json!(false), json!(false))]);
        assert_eq!((&cart["subtotal"]["amount"], &cart["subtotalOfAllLines"]["amount"]), (&json!("50.00"), &json!("130.00")));
        let statuses: Vec<_> = cart["lines"].as_array().expect("lines").iter().map(|line| line["status"].clone()).collect();
        assert_eq!(statuses, ["AVAILABLE", "UNAVAILABLE", "INSUFFICIENT_STOCK"]);
        // Changing the line acknowledges the price.
        let ids: Vec<_> = cart["lines"].as_array().expect("lines").iter().map(|line| line["id"].clone()).collect();
        let change = json!([{ "lineId": ids[0], "quantity": 5 }, { "lineId": ids[2], "quantity": 1 }, { "lineId": ids[1], "quantity": 0 }]);
        let changed = guest.run(UPDATE, json!({ "input": { "cartToken": token, "lines": change } })).await;
        assert_eq!(changed["warnings"], json!([]));
        assert_eq!(cart_of(&guest, &token).await["warnings"], json!([]));
    });
}

#[test]
fn bad_quantities_and_ids_are_told_all_at_once_with_their_places() {
    each(async |souk| {
        let tea = tea(souk, 1000, 10).await;
        let guest = souk.guest();
        let variant = tea.variant.to_string();
        let lines = [(tea.id.to_string(), 1), (variant.clone(), 0), ("x".into(), -1), (variant.clone(), 1_000_001)];
        let expected = [
            "lines.0.variantId INVALID_ID",
            "lines.1.quantity OUT_OF_RANGE",
            "lines.2.quantity OUT_OF_RANGE",
            "lines.2.variantId INVALID_ID",
            "lines.3.quantity OUT_OF_RANGE",
        ];
        assert_eq!(guest.refused(ADD, input(&json!(null), &lines)).await, expected);
        assert_eq!(guest.error_code(ADD, input(&json!(null), &[(variant.clone(), 1 << 31)])).await, "BAD_USER_INPUT");
        assert_eq!(guest.refused(ADD, input(&json!(null), &[])).await, ["lines REQUIRED"]);
        let many: Vec<_> = (0..101).map(|_| (variant.clone(), 1)).collect();
        assert_eq!(guest.refused(ADD, input(&json!(null), &many)).await, ["lines TOO_LONG"]);
        assert_eq!(
            guest.refused(ADD, input(&json!("nonsense"), &[("x".into(), 1)])).await,
            ["cartToken NOT_FOUND", "lines.0.variantId INVALID_ID"]
        );
        let cart = guest.run(ADD, input(&json!(null), &[(variant, 1)])).await["cart"].clone();
        let line = &cart["lines"][0]["id"];
        let update = |lines: Value| json!({ "input": { "cartToken": cart["token"], "lines": lines } });
        let twice = json!([{ "lineId": line, "quantity": 1 }, { "lineId": line, "quantity": -1 }, { "lineId": tea.id.to_string(), "quantity": 1 }]);
        let expected = ["lines.1.quantity OUT_OF_RANGE", "lines.1.lineId INVALID", "lines.2.lineId INVALID_ID"];
        assert_eq!(guest.refused(UPDATE, update(twice)).await, expected);
        let without_token = json!({ "input": { "lines": [{ "lineId": line, "quantity": 1 }] } });
        assert_eq!(guest.refused(UPDATE, without_token).await, ["cartToken REQUIRED"]);
        assert_eq!(
            guest.refused(REMOVE, json!({ "input": { "cartToken": cart["token"], "lineIds": ["a"] } })).await,
            ["lineIds.0 INVALID_ID"]
        );
        assert_eq!(cart_of(&guest, &cart["token"]).await["totalQuantity"], 1);
    });
}

#[test]
fn a_cart_holds_a_hundred_lines_and_its_query_takes_as_many_statements_as_with_one() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea House").await;
        let mut products = Vec::new();
        for _ in 0..101 {
            products.push(make::product(souk, store, Make::default()).await.variant.to_string());
        }
        let guest = souk.guest();
        let one = guest.run(ADD, input(&json!(null), &[(products[0].clone(), 1)])).await["cart"]["token"].clone();
        let hundred: Vec<_> = products[..100].iter().map(|id| (id.clone(), 1)).collect();
        let full = guest.run(ADD, input(&json!(null), &hundred)).await["cart"]["token"].clone();
        let (_, with_one) = souk.statements(&guest, CART, json!({ "token": one })).await;
        let (answer, with_hundred) = souk.statements(&guest, CART, json!({ "token": full })).await;
        assert_eq!(answer["data"]["cart"]["totalQuantity"], 100);
        assert_eq!((with_one, with_hundred), (2, 2));
        let add = input(&full, &[(products[0].clone(), 1)]);
        let (_, adding) = souk.statements(&guest, ADD, add).await;
        let of_mariadb = if souk.database == "mysql" { 5 } else { 4 };
        assert_eq!(adding, of_mariadb, "offers, cart, lines, write");
        assert_eq!(guest.refused(ADD, input(&full, &[(products[100].clone(), 1)])).await, ["lines LIMIT_REACHED"]);
        assert_eq!(cart_of(&guest, &full).await["totalQuantity"], 101);
    });
}

#[test]
fn another_cart_does_not_exist() {
    each(async |souk| {
        let tea = tea(souk, 1000, 10).await;
        let (ann, bob) = (make::customer(souk, "ann").await, make::user(souk, "bob", Role::Admin).await);
        let anns = souk.as_user(&ann).run(ADD, input(&json!(null), &[(tea.variant.to_string(), 1)])).await["cart"].clone();
        let line = &anns["lines"][0]["id"];
        // A token signed for the ID of a user's cart, as a guest's would be before a merge, opens nothing.
        let id: entity::id::CartId = anns["id"].as_str().expect("an ID").parse().expect("an ID");
        let token = json!(souk.app.keys.capability(souk_core::crypto::keys::Capability::Cart, id));
        let update = |token: &Value| json!({ "input": { "cartToken": token, "lines": [{ "lineId": line, "quantity": 5 }] } });
        let remove = |token: &Value| json!({ "input": { "cartToken": token, "lineIds": [line] } });
        for caller in [souk.guest(), souk.as_user(&bob), souk.as_user(&ann)] {
            assert_eq!(cart_of(&caller, &token).await, json!(null));
            assert_eq!(caller.refused(ADD, input(&token, &[(tea.variant.to_string(), 1)])).await, ["cartToken NOT_FOUND"]);
            assert_eq!(caller.refused(UPDATE, update(&token)).await, ["cartToken NOT_FOUND"]);
            assert_eq!(caller.refused(REMOVE, remove(&token)).await, ["cartToken NOT_FOUND"]);
        }
        let bobs = souk.as_user(&bob);
        assert_eq!(cart_of(&bobs, &json!(null)).await, json!(null));
        assert_eq!(bobs.refused(UPDATE, update(&json!(null))).await, ["lines.0.lineId NOT_FOUND"]);
        assert_eq!(bobs.refused(REMOVE, remove(&json!(null))).await, ["lineIds.0 NOT_FOUND"]);
        bobs.run(ADD, input(&json!(null), &[(tea.variant.to_string(), 1)])).await;
        assert_eq!(bobs.refused(UPDATE, update(&json!(null))).await, ["lines.0.lineId NOT_FOUND"]);
        assert_eq!(bobs.refused(REMOVE, remove(&json!(null))).await, ["lineIds.0 NOT_FOUND"]);
        assert_eq!(cart_of(&souk.as_user(&ann), &json!(null)).await["totalQuantity"], 1);
    });
}

#[test]
fn signing_in_adds_the_guests_cart_to_the_users_once() {
    each(async |souk| {
        let (both, new, gone) = (tea(souk, 1000, 5).await, tea(souk, 500, 10).await, tea(souk, 500, 10).await);
        let bob = make::customer(souk, "bob").await;
        souk.as_user(&bob).run(ADD, input(&json!(null), &[(both.variant.to_string(), 3)])).await;
        let lines = [(both.variant.to_string(), 4), (new.variant.to_string(), 2), (gone.variant.to_string(), 2)];
        let token = souk.guest().run(ADD, input(&json!(null), &lines)).await["cart"]["token"].clone();
        set_stock(souk, gone, 0).await;
        let text = token.as_str().expect("a token");
        join_all((0..6).map(async |_| merge(souk, &bob, text).await)).await;
        merge(souk, &bob, "nonsense").await;
        let cart = cart_of(&souk.as_user(&bob), &json!(null)).await;
        let quantities: Vec<_> = cart["lines"].as_array().expect("lines").iter().map(|line| line["quantity"].clone()).collect();
        assert_eq!(quantities, [json!(5), json!(2), json!(1)]);
        assert_eq!(cart["warnings"][0]["code"], "INSUFFICIENT_STOCK");
        assert_eq!(cart_of(&souk.guest(), &token).await, json!(null));
        assert_eq!(cart_line::Entity::find().count(souk.app.db.read()).await.expect("a count"), 3);
        // Without a cart of their own, the user gets what the guest had.
        let ann = make::customer(souk, "ann").await;
        let token = souk.guest().run(ADD, input(&json!(null), &lines[1..2])).await["cart"]["token"].clone();
        merge(souk, &ann, token.as_str().expect("a token")).await;
        assert_eq!(cart_of(&souk.as_user(&ann), &json!(null)).await["totalQuantity"], 2);
    });
}

#[test]
fn what_guests_left_behind_goes_after_a_month_and_users_carts_stay() {
    each(async |souk| {
        let tea = tea(souk, 1000, 10).await;
        let bob = make::customer(souk, "bob").await;
        let add = input(&json!(null), &[(tea.variant.to_string(), 1)]);
        let old = souk.guest().run(ADD, add.clone()).await["cart"]["token"].clone();
        let used = souk.guest().run(ADD, add.clone()).await["cart"]["token"].clone();
        souk.as_user(&bob).run(ADD, add.clone()).await;
        let lines = input(&used, &[(tea.variant.to_string(), 1)]);
        souk.app.clock.advance(souk_domain::cart::STALE_AFTER - Duration::from_secs(3600));
        souk.guest().run(ADD, lines).await;
        souk.app.clock.advance(Duration::from_secs(7200));
        let system = souk_core::auth::System::for_command_line();
        assert_eq!(souk_domain::cart::delete_stale(&souk.app, &system).await.expect("a clean-up"), 1);
        assert_eq!(cart_of(&souk.guest(), &old).await, json!(null));
        assert_eq!(cart_of(&souk.guest(), &used).await["totalQuantity"], 2);
        assert_eq!(entity::cart::Entity::find().count(souk.app.db.read()).await.expect("a count"), 2);
    });
}

#[test]
fn signing_in_tells_what_did_not_fit_into_the_cart() {
    const SIGN_IN: &str = operation!("account", "SessionCreateReturningCartWarnings");
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea House").await;
        let mut variants = Vec::new();
        for n in 0..102 {
            let name = format!("Tea {n}");
            variants.push(make::product(souk, store, Make { name: &name, ..Make::default() }).await.variant.to_string());
        }
        let bob = make::customer(souk, "bob").await;
        let of = |some: &[String]| some.iter().map(|id| (id.clone(), 1)).collect::<Vec<_>>();
        souk.as_user(&bob).run(ADD, input(&json!(null), &of(&variants[..99]))).await;
        let guests = souk.guest().run(ADD, input(&json!(null), &of(&variants[98..]))).await["cart"].clone();
        let sign_in = json!({ "input": { "email": bob.email, "password": make::PASSWORD, "cartToken": guests["token"] } });
        let payload = souk.guest().run(SIGN_IN, sign_in.clone()).await;
        let told: Vec<_> = payload["cartWarnings"]
            .as_array()
            .expect("warnings")
            .iter()
            .map(|w| (w["code"].clone(), w["lineId"].clone()))
            .collect();
        let lines = &guests["lines"];
        assert_eq!(told, [(json!("CART_FULL"), lines[2]["id"].clone()), (json!("CART_FULL"), lines[3]["id"].clone())]);
        assert!(payload["cartWarnings"][0]["message"].as_str().is_some_and(|text| text.contains("Tea 100")), "{payload:#}");
        let cart = cart_of(&souk.as_user(&bob), &json!(null)).await;
        assert_eq!((cart["lines"].as_array().map(Vec::len), &cart["totalQuantity"]), (Some(100), &json!(101)));
        assert_eq!(souk.guest().run(SIGN_IN, sign_in).await["cartWarnings"], json!([]));
    });
}
