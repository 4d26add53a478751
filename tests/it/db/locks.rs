//! The lock order (`docs/LOCKS.md`): concurrent transactions never wait for each other in a cycle.

use crate::app::{Caller, Souk, each_of};
use crate::checkout::{self, begin};
use crate::make::{self, Make, Product, User};
use entity::id::StoreId;
use futures::future::join_all;
use serde_json::{Value, json};
use souk_domain::setting::{self, ReviewPolicy, Settings};

/// SQLite has one writer, so that there are no deadlocks.
const SERVERS: [&str; 2] = ["postgres", "mysql"];

const STATUS: &str = operation!("store", "StoreStatusUpdateReturningId");
const REVIEW: &str = operation!("review", "ReviewCreateReturningId");
const REVIEW_UPDATE: &str = operation!("review", "ReviewUpdateReturningId");
const REPLY: &str = operation!("review", "ReviewReplyReturningId");
const PRODUCT_UPDATE: &str = operation!("product", "ProductUpdateReturningId");
const PRODUCT_DELETE: &str = operation!("product", "ProductDeleteReturningDeletedId");
const VARIANT_CREATE: &str = operation!("variant", "ProductVariantCreateReturningId");
const VARIANT_UPDATE: &str = operation!("variant", "ProductVariantUpdateReturningId");
const ADJUST: &str = operation!("variant", "StockAdjustReturningId");
const CATEGORY_DELETE: &str = operation!("category", "CategoryDelete");
const CANCEL: &str = operation!("order", "OrderCancelReturningId");
const CART_ADD: &str = operation!("cart", "CartLinesAddReturningId");
const CHECKOUT: &str = operation!("checkout", "CheckoutCreateReturningId");

type Call<'a> = (Caller<'a>, &'static str, Value);

/// Sends all at once. User errors are part of it; errors of the inside are not, nor is a single deadlock.
async fn concurrently(souk: &Souk, calls: Vec<Call<'_>>) {
    let answers = join_all(calls.iter().map(async |(caller, mutation, variables)| {
        let answer = caller.answer(mutation, variables.clone()).await;
        (mutation, answer)
    }));
    for (mutation, answer) in answers.await {
        let codes: Vec<_> = answer["errors"].as_array().into_iter().flatten().map(|error| &error["extensions"]["code"]).collect();
        assert!(codes.iter().all(|code| *code == "NOT_FOUND"), "{mutation}\n{answer:#}");
    }
    assert_eq!(souk.app.db.deadlocks(), 0);
}

async fn anybody_may_review(souk: &Souk) {
    let owner = make::owner(souk).await;
    let client = souk_core::auth::Client::default();
    let viewer = souk_core::auth::resolve::viewer(&souk.app, &owner.token, client).await.expect("the owner").viewer;
    let settings = Settings { review_policy: ReviewPolicy::AnyUser, ..Settings::default() };
    setting::save(&souk.app, &viewer.owner().expect("the owner"), settings).await.expect("settings are saved");
}

struct Shop {
    vera: User,
    store: StoreId,
    products: Vec<Product>,
}

async fn shop(souk: &Souk, name: &str, products: usize, stock: i32) -> Shop {
    let vera = make::vendor(souk, &format!("{name}-vendor")).await;
    let store = make::store(souk, &vera, name).await;
    let mut made = Vec::new();
    for n in 0..products {
        let name = format!("{name} {n}");
        made.push(make::product(souk, store, Make { name: &name, stock, ..Make::default() }).await);
    }
    Shop { vera, store, products: made }
}

/// The first order that may stay unpaid writes the rows by which later ones of the same address wait for each other. Of several that
/// are the first at the same time, MariaDB may abort one, which is retried.
async fn first_unpaid_order(souk: &Souk) {
    let shop = shop(souk, "First", 1, 1).await;
    let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(shop.products[0].variant, 1)]).await).await;
    souk.guest().run(checkout::COMPLETE, checkout::input(&ids, None, "k")).await;
}

fn set_status(store: StoreId, n: usize) -> Value {
    json!({ "id": store.to_string(), "input": { "status": if n.is_multiple_of(2) { "SUSPENDED" } else { "ACTIVE" } } })
}

#[test]
fn a_stores_status_its_products_and_their_reviews() {
    each_of(&SERVERS, async |souk| {
        anybody_may_review(souk).await;
        let admin = make::admin(souk).await;
        let shop = shop(souk, "Teas", 4, 10).await;
        let vera = souk.as_user(&shop.vera);
        let mut reviews = Vec::new();
        let mut buyers = Vec::new();
        for n in 0..8 {
            buyers.push(make::customer(souk, &format!("buyer{n}")).await);
        }
        for buyer in &buyers[..4] {
            let new = json!({ "input": { "productId": shop.products[0].id.to_string(), "rating": 4, "title": "Good" } });
            reviews.push(souk.as_user(buyer).run(REVIEW, new).await["review"]["id"].clone());
        }
        for round in 0..6 {
            let mut calls: Vec<Call<'_>> = Vec::new();
            for (n, buyer) in buyers.iter().enumerate() {
                let product = shop.products[(n + round) % shop.products.len()];
                let new = json!({ "input": { "productId": product.id.to_string(), "rating": n % 5 + 1, "title": "Good" } });
                calls.push((souk.as_user(buyer), REVIEW, new));
                if let Some(review) = reviews.get(n) {
                    let change = json!({ "id": review, "input": { "rating": (n + round) % 5 + 1 } });
                    calls.push((souk.as_user(buyer), REVIEW_UPDATE, change));
                    calls.push((vera.clone(), REPLY, json!({ "input": { "reviewId": review, "body": "Thank you" } })));
                }
                let change = json!({ "id": product.id.to_string(), "input": { "status": if n.is_multiple_of(2) { "ACTIVE" } else { "DRAFT" } } });
                calls.push((vera.clone(), PRODUCT_UPDATE, change));
                calls.push((souk.as_user(&admin), STATUS, set_status(shop.store, n)));
            }
            concurrently(souk, calls).await;
        }
        souk.work().await;
    });
}

#[test]
fn a_product_that_is_deleted_while_its_variants_are_sold_and_changed() {
    each_of(&SERVERS, async |souk| {
        make::shipping_method(souk, None, "Post", 500, None).await;
        first_unpaid_order(souk).await;
        for round in 0..6 {
            // One unit each: taking it also changes the product.
            let shop = shop(souk, &format!("Teas {round}"), 3, 1).await;
            let vera = souk.as_user(&shop.vera);
            let mut calls: Vec<Call<'_>> = Vec::new();
            for n in 0..6 {
                let lines: Vec<_> = match n % 2 {
                    0 => shop.products.iter().map(|product| (product.variant, 1)).collect(),
                    _ => shop.products.iter().rev().map(|product| (product.variant, 1)).collect(),
                };
                let ids = begin(&souk.guest(), &make::guest_cart(souk, &lines).await).await;
                calls.push((souk.guest(), checkout::COMPLETE, checkout::input(&ids, (n % 3 == 0).then_some("tok_success"), "k")));
            }
            for product in &shop.products {
                let variant = product.variant.to_string();
                calls.push((vera.clone(), ADJUST, json!({ "input": { "variantId": variant, "delta": 1 } })));
                calls.push((vera.clone(), VARIANT_UPDATE, json!({ "id": variant, "input": { "price": "3.00" } })));
                let new = json!({ "input": { "productId": product.id.to_string(), "name": "New", "price": "1.00" } });
                calls.push((vera.clone(), VARIANT_CREATE, new));
                calls.insert(3, (vera.clone(), PRODUCT_DELETE, json!({ "id": product.id.to_string() })));
            }
            concurrently(souk, calls).await;
        }
        souk.work().await;
    });
}

#[test]
fn orders_that_take_and_give_back_the_last_pieces_while_their_stores_close() {
    each_of(&SERVERS, async |souk| {
        make::shipping_method(souk, None, "Post", 500, None).await;
        first_unpaid_order(souk).await;
        let admin = make::admin(souk).await;
        let shops = [shop(souk, "Teas", 3, 2).await, shop(souk, "Pots", 3, 2).await];
        let all: Vec<_> = shops.iter().flat_map(|shop| &shop.products).map(|product| (product.variant, 1)).collect();
        let mut buyers = Vec::new();
        for n in 0..4 {
            buyers.push(make::customer(souk, &format!("buyer{n}")).await);
        }
        for round in 0..5 {
            let mut calls: Vec<Call<'_>> = Vec::new();
            for (n, buyer) in buyers.iter().enumerate() {
                let caller = souk.as_user(buyer);
                let mut lines = all.clone();
                lines.rotate_left(n);
                let cart = make::guest_cart(souk, &lines).await;
                let new = json!({ "cartToken": cart, "shippingAddress": checkout::address("NP") });
                let made = caller.run(CHECKOUT, json!({ "input": new })).await["checkout"]["id"].clone();
                calls.push((caller, checkout::COMPLETE, checkout::input(&(made, Value::Null), None, &format!("{round} {n}"))));
            }
            for order in orders_of(souk, &buyers).await {
                calls.push((souk.as_user(&admin), CANCEL, json!({ "input": { "orderId": order } })));
            }
            for (n, shop) in shops.iter().enumerate() {
                calls.push((souk.as_user(&admin), STATUS, set_status(shop.store, n + round)));
                calls.push((souk.as_user(&admin), STATUS, set_status(shop.store, n + round + 1)));
            }
            concurrently(souk, calls).await;
            for shop in &shops {
                souk.as_user(&admin).answer(STATUS, set_status(shop.store, 1)).await;
            }
        }
        souk.work().await;
    });
}

async fn orders_of(souk: &Souk, buyers: &[User]) -> Vec<String> {
    use entity::order::{Column, Entity};
    use sea_orm::{EntityTrait, QueryFilter};
    use souk_core::db::InPadded;
    let ids: Vec<_> = buyers.iter().map(|buyer| buyer.id).collect();
    let query = Entity::find().filter(Column::UserId.in_padded(&ids));
    query.all(souk.app.db.read()).await.expect("orders").into_iter().map(|order| order.id.to_string()).collect()
}

#[test]
fn a_category_that_is_deleted_while_its_products_change_and_are_sold_out() {
    each_of(&SERVERS, async |souk| {
        make::shipping_method(souk, None, "Post", 500, None).await;
        first_unpaid_order(souk).await;
        let admin = make::admin(souk).await;
        for round in 0..5 {
            let shop = shop(souk, &format!("Teas {round}"), 4, 1).await;
            let vera = souk.as_user(&shop.vera);
            let category = make::category(souk, &format!("Category {round}"), None).await.to_string();
            let into = |product: &Product, status: &str| json!({ "id": product.id.to_string(), "input": { "categoryId": category, "status": status } });
            for product in &shop.products {
                vera.run(PRODUCT_UPDATE, into(product, "ACTIVE")).await;
            }
            let mut calls: Vec<Call<'_>> = Vec::new();
            for n in 0..3 {
                let mut lines: Vec<_> = shop.products.iter().map(|product| (product.variant, 1)).collect();
                lines.rotate_left(n);
                let ids = begin(&souk.guest(), &make::guest_cart(souk, &lines).await).await;
                calls.push((souk.guest(), checkout::COMPLETE, checkout::input(&ids, None, "k")));
            }
            for product in &shop.products {
                calls.push((vera.clone(), PRODUCT_UPDATE, into(product, "ACTIVE")));
                calls.push((
                    vera.clone(),
                    PRODUCT_UPDATE,
                    json!({ "id": product.id.to_string(), "input": { "categoryId": category } }),
                ));
            }
            calls.insert(4, (souk.as_user(&admin), CATEGORY_DELETE, json!({ "id": category })));
            calls.push((souk.as_user(&admin), STATUS, set_status(shop.store, 0)));
            concurrently(souk, calls).await;
        }
        souk.work().await;
    });
}

#[test]
fn a_buyer_who_does_everything_at_once_and_closes_the_account() {
    const SIGN_IN: &str = operation!("account", "SessionCreateErrors");
    const CLOSE: &str = operation!("account", "AccountCloseReturningId");
    each_of(&SERVERS, async |souk| {
        anybody_may_review(souk).await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        first_unpaid_order(souk).await;
        let shop = shop(souk, "Teas", 2, 1000).await;
        for round in 0..4 {
            let maya = make::customer(souk, &format!("maya{round}")).await;
            let caller = souk.as_user(&maya);
            let lines = json!([{ "variantId": shop.products[0].variant.to_string(), "quantity": 1 }]);
            caller.run(CART_ADD, json!({ "input": { "lines": lines } })).await;
            let new = json!({ "shippingAddress": checkout::address("NP") });
            let made = caller.run(CHECKOUT, json!({ "input": new })).await["checkout"]["id"].clone();
            let mut calls: Vec<Call<'_>> = Vec::new();
            for n in 0..3 {
                let guests = make::guest_cart(souk, &[(shop.products[1].variant, 1)]).await;
                let ids = begin(&souk.guest(), &guests).await;
                let sign_in = json!({ "input": { "email": maya.email, "password": make::PASSWORD, "cartToken": guests } });
                calls.push((souk.guest(), SIGN_IN, sign_in));
                calls.push((souk.guest(), checkout::COMPLETE, checkout::input(&ids, None, "k")));
                calls.push((caller.clone(), CART_ADD, json!({ "input": { "lines": lines } })));
                calls.push((caller.clone(), CHECKOUT, json!({ "input": new })));
                let ids = (made.clone(), Value::Null);
                calls.push((caller.clone(), checkout::COMPLETE, checkout::input(&ids, Some("tok_declined"), &format!("{n}"))));
                let review = json!({ "input": { "productId": shop.products[0].id.to_string(), "rating": 5, "title": "Good" } });
                calls.push((caller.clone(), REVIEW, review));
            }
            if round % 2 == 1 {
                calls.push((caller.clone(), CLOSE, json!({ "input": { "password": make::PASSWORD } })));
            }
            let calls = join_all(
                calls.iter().map(async |(caller, mutation, variables)| caller.answer(mutation, variables.clone()).await),
            );
            for answer in calls.await {
                for error in answer["errors"].as_array().into_iter().flatten() {
                    assert_ne!(error["extensions"]["code"], "INTERNAL", "{answer:#}");
                }
            }
            assert_eq!(souk.app.db.deadlocks(), 0);
        }
        souk.work().await;
    });
}
