//! Deleting a row while another request uses it: the later one gets a user error about what no longer exists, never an internal
//! error.

use crate::app::{Caller, Souk, each, each_of};
use crate::checkout::{self, address, begin, begin_with, store};
use crate::image;
use crate::make::{self, Make, Product, User};
use entity::id::StoreId;
use entity::value::{ProductKind, Role};
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use souk_domain::setting::{self, ReviewPolicy, Settings};

/// How often each pair is raced.
const ROUNDS: usize = 6;
/// How many use it at once, while one deletes it.
const USERS: usize = 4;

const PRODUCT_DELETE: &str = operation!("product", "ProductDeleteReturningDeletedId");
const VARIANT_DELETE: &str = operation!("variant", "ProductVariantDeleteReturningDeletedId");
const STORE_DELETE: &str = operation!("store", "StoreDeleteReturningDeletedId");
const CATEGORY_DELETE: &str = operation!("category", "CategoryDelete");
const METHOD_DELETE: &str = operation!("shipping", "ShippingMethodDelete");
const REVIEW_CREATE: &str = operation!("review", "ReviewCreateReturningId");
const CART_ADD: &str = operation!("cart", "CartLinesAddReturningStatus");
const CART_UPDATE: &str = operation!("cart", "CartLinesUpdateReturningStatus");
const PRODUCT_CREATE: &str = operation!("product", "ProductCreateReturningId");
const PRODUCT_UPDATE: &str = operation!("product", "ProductUpdateReturningId");
const VARIANT_CREATE: &str = operation!("variant", "ProductVariantCreateReturningId");
const VARIANT_UPDATE: &str = operation!("variant", "ProductVariantUpdateReturningId");
const ADJUST: &str = operation!("variant", "StockAdjustReturningId");
const METHOD_CREATE: &str = operation!("shipping", "ShippingMethodCreateReturningId");
const METHOD_UPDATE: &str = operation!("shipping", "ShippingMethodUpdateReturningId");
const CATEGORY_CREATE: &str = operation!("category", "CategoryCreateReturningId");
const CATEGORY_UPDATE: &str = operation!("category", "CategoryUpdateReturningId");
const STORE_UPDATE: &str = operation!("store", "StoreUpdateReturningId");
const CHECKOUT_CREATE: &str = operation!("checkout", "CheckoutCreateReturningId");
const CHECKOUT_UPDATE: &str = operation!("checkout", "CheckoutUpdateReturningId");

struct Call<'a>(Caller<'a>, &'static str, Value);

/// What the loser of a race may be told.
const TOLD: [&str; 7] =
    ["NOT_FOUND", "UNAVAILABLE", "IN_USE", "INSUFFICIENT_STOCK", "INCOMPLETE", "INVALID_STATE", "LIMIT_REACHED"];

/// The codes of an answer; fails where it holds an error of the inside, or one that does not fit a race.
fn codes(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("?");
        assert_eq!(code, "NOT_FOUND", "{answer:#}");
        found.push(code.to_owned());
    }
    let payload = answer["data"].as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
    for error in payload["userErrors"].as_array().into_iter().flatten() {
        let code = error["code"].as_str().unwrap_or("?");
        assert!(TOLD.contains(&code), "{answer:#}");
        found.push(code.to_owned());
    }
    found
}

/// Sends all at once; answers with the codes of each.
async fn concurrently(calls: Vec<Call<'_>>) -> Vec<Vec<String>> {
    let answers =
        join_all(calls.into_iter().map(async |Call(caller, mutation, variables)| caller.answer(mutation, variables).await));
    answers.await.iter().map(codes).collect()
}

/// Several calls of which the middle one deletes.
fn with_delete<'a>(mut uses: Vec<Call<'a>>, delete: Call<'a>) -> Vec<Call<'a>> {
    uses.insert(uses.len() / 2, delete);
    uses
}

fn id(id: impl ToString) -> Value {
    json!({ "id": id.to_string() })
}

async fn policy(souk: &Souk, owner: &User) {
    let client = souk_core::auth::Client::default();
    let viewer = souk_core::auth::resolve::viewer(&souk.app, &owner.token, client).await.expect("the owner").viewer;
    let settings = Settings { review_policy: ReviewPolicy::AnyUser, ..Settings::default() };
    setting::save(&souk.app, &viewer.owner().expect("the owner"), settings).await.expect("settings are saved");
}

/// A vendor with a store.
async fn vendor(souk: &Souk, name: &str) -> (User, StoreId) {
    let vera = make::vendor(souk, name).await;
    let store = make::store(souk, &vera, &format!("Store of {name}")).await;
    (vera, store)
}

async fn buyers(souk: &Souk) -> Vec<User> {
    let mut buyers = Vec::new();
    for n in 0..USERS {
        buyers.push(make::customer(souk, &format!("buyer{n}")).await);
    }
    buyers
}

async fn another_variant(vera: &Caller<'_>, product: Product) -> String {
    let new = json!({ "input": { "productId": product.id.to_string(), "name": "Other", "price": "1.00", "stockQuantity": 5 } });
    vera.run(VARIANT_CREATE, new).await["variant"]["id"].as_str().expect("an ID").to_owned()
}

#[test]
fn reviews_and_the_deletion_of_their_product_store_or_selves() {
    const UPDATE: &str = operation!("review", "ReviewUpdateReturningId");
    const REPLY: &str = operation!("review", "ReviewReplyReturningId");
    const DELETE: &str = operation!("review", "ReviewDeleteReturningDeletedId");
    each(async |souk| {
        policy(souk, &make::owner(souk).await).await;
        let (vera, store) = vendor(souk, "vera").await;
        let (buyers, vera) = (buyers(souk).await, souk.as_user(&vera));
        for round in 0..ROUNDS {
            let tea = make::product(souk, store, Make::default()).await;
            let new = json!({ "input": { "productId": tea.id.to_string(), "rating": 5, "title": "Good" } });
            let uses = buyers.iter().map(|buyer| Call(souk.as_user(buyer), REVIEW_CREATE, new.clone())).collect();
            concurrently(with_delete(uses, Call(vera.clone(), PRODUCT_DELETE, id(tea.id)))).await;

            let tea = make::product(souk, store, Make::default()).await;
            let new = json!({ "input": { "productId": tea.id.to_string(), "rating": 5, "title": "Good" } });
            let bob = souk.as_user(&buyers[0]);
            let review = bob.run(REVIEW_CREATE, new).await["review"]["id"].as_str().expect("an ID").to_owned();
            let change = json!({ "id": review, "input": { "rating": 1 } });
            let reply = json!({ "input": { "reviewId": review, "body": "Thank you" } });
            let uses = vec![Call(bob.clone(), UPDATE, change), Call(vera.clone(), REPLY, reply)];
            let delete = match round % 2 {
                0 => Call(vera.clone(), PRODUCT_DELETE, id(tea.id)),
                _ => Call(bob.clone(), DELETE, id(&review)),
            };
            concurrently(with_delete(uses, delete)).await;

            let (vendor, store) = vendor(souk, &format!("vera{round}")).await;
            let tea = make::product(souk, store, Make::default()).await;
            let new = json!({ "input": { "productId": tea.id.to_string(), "rating": 5, "title": "Good" } });
            let uses = buyers.iter().map(|buyer| Call(souk.as_user(buyer), REVIEW_CREATE, new.clone())).collect();
            concurrently(with_delete(uses, Call(souk.as_user(&vendor), STORE_DELETE, id(store)))).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn carts_and_the_deletion_of_what_is_in_them() {
    each(async |souk| {
        let (vera, store) = vendor(souk, "vera").await;
        let vera = souk.as_user(&vera);
        for round in 0..ROUNDS {
            let tea = make::product(souk, store, Make::default()).await;
            let other = another_variant(&vera, tea).await;
            let add = |cart: &Value| json!({ "input": { "cartToken": cart, "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }, { "variantId": other, "quantity": 1 }] } });
            let cart = souk.guest().run(CART_ADD, add(&Value::Null)).await["cart"].clone();
            let update = json!({ "input": { "cartToken": cart["token"], "lines": [{ "lineId": cart["lines"][0]["id"], "quantity": 2 }] } });
            let uses = (0..USERS).map(|n| match n % 3 {
                0 => Call(souk.guest(), CART_ADD, add(&Value::Null)),
                1 => Call(souk.guest(), CART_ADD, add(&cart["token"])),
                _ => Call(souk.guest(), CART_UPDATE, update.clone()),
            });
            let delete = match round % 2 {
                0 => Call(vera.clone(), PRODUCT_DELETE, id(tea.id)),
                _ => Call(vera.clone(), VARIANT_DELETE, id(&other)),
            };
            concurrently(with_delete(uses.collect(), delete)).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn orders_and_the_deletion_of_their_products_and_stores() {
    each(async |souk| {
        make::shipping_method(souk, None, "Post", 500, None).await;
        let mut placed = 0;
        for round in 0..2 * ROUNDS {
            let (vera, store) = vendor(souk, &format!("vera{round}")).await;
            let other = checkout::store(souk, &format!("Other {round}")).await;
            let kind = if round % 2 == 0 { ProductKind::Physical } else { ProductKind::Digital };
            let tea = make::product(souk, store, Make { kind, ..Make::default() }).await;
            let pot = make::product(souk, other, Make { name: "Pot", ..Make::default() }).await;
            let mut uses = Vec::new();
            for n in 0..USERS {
                let cart = make::guest_cart(souk, &[(pot.variant, 1), (tea.variant, 1)]).await;
                let ids = begin(&souk.guest(), &cart).await;
                let token = (n % 2 == 0).then_some("tok_success");
                uses.push(Call(souk.guest(), checkout::COMPLETE, checkout::input(&ids, token, "k")));
            }
            let delete = match round % 4 / 2 {
                0 => Call(souk.as_user(&vera), STORE_DELETE, id(store)),
                _ => Call(souk.as_user(&vera), PRODUCT_DELETE, id(tea.id)),
            };
            let told = concurrently(with_delete(uses, delete)).await;
            placed += told.iter().filter(|codes| codes.is_empty()).count() - 1;
            assert!(told.iter().flatten().all(|code| code == "UNAVAILABLE"), "{told:?}");
        }
        // Whatever was ordered is there, and nothing else.
        assert_eq!(checkout::orders(souk).await, placed as u64);
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn checkouts_and_the_deletion_of_shipping_methods() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let teas = store(souk, "Teas").await;
        let tea = make::product(souk, teas, Make { stock: 1000, ..Make::default() }).await;
        for _ in 0..ROUNDS {
            let post = make::shipping_method(souk, None, "Post", 500, None).await;
            let mut uses = Vec::new();
            for n in 0..USERS {
                let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
                let choice = json!([{ "storeId": teas.to_string(), "shippingMethodId": post.to_string() }]);
                let update = json!({ "input": { "checkoutId": ids.0, "checkoutToken": ids.1, "shippingMethods": choice } });
                uses.push(match n % 2 {
                    0 => Call(souk.guest(), CHECKOUT_UPDATE, update),
                    _ => Call(souk.guest(), checkout::COMPLETE, checkout::input(&ids, None, "k")),
                });
            }
            let change = json!({ "id": post.to_string(), "input": { "price": "1.00" } });
            uses.push(Call(admin.clone(), METHOD_UPDATE, change));
            concurrently(with_delete(uses, Call(admin.clone(), METHOD_DELETE, id(post)))).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn categories_and_the_deletion_of_their_parent_or_of_those_of_products() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let (vera, store) = vendor(souk, "vera").await;
        let vera = souk.as_user(&vera);
        let tea = make::product(souk, store, Make::default()).await;
        for round in 0..ROUNDS {
            let parent = make::category(souk, &format!("Parent {round}"), None).await;
            let moved = make::category(souk, &format!("Moved {round}"), None).await;
            let child = |n: usize| json!({ "input": { "name": format!("Child {round} {n}"), "parentId": parent.to_string() } });
            let up = json!({ "id": moved.to_string(), "input": { "parentId": parent.to_string() } });
            let uses = vec![
                Call(admin.clone(), CATEGORY_CREATE, child(1)),
                Call(admin.clone(), CATEGORY_UPDATE, up),
                Call(admin.clone(), CATEGORY_CREATE, child(2)),
            ];
            concurrently(with_delete(uses, Call(admin.clone(), CATEGORY_DELETE, id(parent)))).await;

            let category = make::category(souk, &format!("Of products {round}"), None).await;
            let new = |n: usize| json!({ "input": { "storeId": store.to_string(), "name": format!("New {round} {n}"), "price": "1.00", "categoryId": category.to_string() } });
            let change = json!({ "id": tea.id.to_string(), "input": { "categoryId": category.to_string(), "status": "ACTIVE" } });
            let uses = vec![
                Call(vera.clone(), PRODUCT_CREATE, new(1)),
                Call(vera.clone(), PRODUCT_UPDATE, change.clone()),
                Call(vera.clone(), PRODUCT_CREATE, new(2)),
                Call(vera.clone(), PRODUCT_UPDATE, change),
            ];
            concurrently(with_delete(uses, Call(admin.clone(), CATEGORY_DELETE, id(category)))).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn everything_in_a_store_and_the_deletion_of_the_store() {
    each(async |souk| {
        for round in 0..ROUNDS {
            let (vera, store) = vendor(souk, &format!("vera{round}")).await;
            let caller = souk.as_user(&vera);
            let tea = make::product(souk, store, Make::default()).await;
            let of_store = store.to_string();
            let new = json!({ "input": { "storeId": of_store, "name": "New", "price": "1.00", "status": "ACTIVE" } });
            let variant = json!({ "input": { "productId": tea.id.to_string(), "name": "Other", "price": "1.00" } });
            let method = json!({ "input": { "storeId": of_store, "name": "Courier", "price": "1.00" } });
            let uses = vec![
                Call(caller.clone(), PRODUCT_CREATE, new),
                Call(caller.clone(), VARIANT_CREATE, variant),
                Call(caller.clone(), METHOD_CREATE, method),
                Call(caller.clone(), STORE_UPDATE, json!({ "id": of_store, "input": { "name": "Renamed" } })),
                Call(caller.clone(), PRODUCT_UPDATE, json!({ "id": tea.id.to_string(), "input": { "status": "DRAFT" } })),
                Call(caller.clone(), VARIANT_UPDATE, json!({ "id": tea.variant.to_string(), "input": { "price": "2.00" } })),
            ];
            let picture = async { image_of(souk, &vera, tea).await };
            let (told, _) = tokio::join!(concurrently(with_delete(uses, Call(caller.clone(), STORE_DELETE, id(store)))), picture);
            assert!(told.iter().any(Vec::is_empty), "{told:?}");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

async fn image_of(souk: &Souk, vera: &User, product: Product) {
    let file = image::picture(4, 4, ::image::ImageFormat::Png);
    let input = json!({ "productId": product.id.to_string(), "file": null });
    codes(&image::send(souk, vera, image::ADD, input, file, "tea.png").await);
}

#[test]
fn everything_of_a_product_and_the_deletion_of_the_product_or_variant() {
    each(async |souk| {
        let (vera, store) = vendor(souk, "vera").await;
        let caller = souk.as_user(&vera);
        for round in 0..2 * ROUNDS {
            let tea = make::product(souk, store, Make::default()).await;
            let other = another_variant(&caller, tea).await;
            let variant = json!({ "input": { "productId": tea.id.to_string(), "name": "New", "price": "1.00" } });
            let adjust = |id: String| json!({ "input": { "variantId": id, "delta": -5 } });
            let uses = vec![
                Call(caller.clone(), VARIANT_CREATE, variant),
                Call(caller.clone(), ADJUST, adjust(other.clone())),
                Call(
                    caller.clone(),
                    PRODUCT_UPDATE,
                    json!({ "id": tea.id.to_string(), "input": { "name": "Renamed", "tags": ["new", "hot"] } }),
                ),
                Call(
                    caller.clone(),
                    VARIANT_UPDATE,
                    json!({ "id": other, "input": { "price": "2.00", "options": [{ "name": "Size", "value": "S" }] } }),
                ),
                Call(caller.clone(), ADJUST, adjust(tea.variant.to_string())),
            ];
            let delete = match round % 2 {
                0 => Call(caller.clone(), PRODUCT_DELETE, id(tea.id)),
                _ => Call(caller.clone(), VARIANT_DELETE, id(&other)),
            };
            tokio::join!(concurrently(with_delete(uses, delete)), image_of(souk, &vera, tea));
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn views_and_the_deletion_of_their_product() {
    const VIEW: &str = operation!("product_list", "ProductViewRecord");
    each(async |souk| {
        let (vera, store) = vendor(souk, "vera").await;
        let (buyers, vera) = (buyers(souk).await, souk.as_user(&vera));
        for _ in 0..ROUNDS {
            let tea = make::product(souk, store, Make::default()).await;
            let view = json!({ "input": { "productId": tea.id.to_string() } });
            // Half of them have it in their list already.
            for buyer in buyers.iter().step_by(2) {
                souk.as_user(buyer).run(VIEW, view.clone()).await;
            }
            let uses = buyers.iter().map(|buyer| Call(souk.as_user(buyer), VIEW, view.clone())).collect();
            let calls = concurrently(with_delete(uses, Call(vera.clone(), PRODUCT_DELETE, id(tea.id))));
            let (_, written) = futures::future::join(calls, souk_domain::product_aggregates::write_views(&souk.app)).await;
            written.expect("views are written");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
    });
}

#[test]
fn addresses_and_their_deletion() {
    const CREATE: &str = operation!("account", "AddressCreateReturningId");
    const UPDATE: &str = operation!("account", "AddressUpdateReturningId");
    const DELETE: &str = operation!("account", "AddressDelete");
    each(async |souk| {
        let maya = make::customer(souk, "maya").await;
        let maya = souk.as_user(&maya);
        for _ in 0..2 * ROUNDS {
            let made = maya.run(CREATE, json!({ "input": address("NP") })).await["address"]["id"].clone();
            let change = json!({ "id": made, "input": { "city": "Patan", "isDefaultShipping": true } });
            let uses = (0..USERS).map(|_| Call(maya.clone(), UPDATE, change.clone())).collect();
            concurrently(with_delete(uses, Call(maya.clone(), DELETE, json!({ "id": made })))).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
    });
}

#[test]
fn a_guests_cart_and_its_end_by_signing_in() {
    const SIGN_IN: &str = operation!("account", "SessionCreateErrors");
    each(async |souk| {
        let teas = store(souk, "Teas").await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        let tea = make::product(souk, teas, Make { stock: 1000, ..Make::default() }).await;
        for round in 0..ROUNDS {
            let maya = make::customer(souk, &format!("maya{round}")).await;
            let (cart, ids) = begin_with(souk, tea, 1).await;
            let add =
                json!({ "input": { "cartToken": cart, "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } });
            let note = json!({ "input": { "checkoutId": ids.0, "checkoutToken": ids.1, "note": "Ring twice" } });
            let uses = vec![
                Call(souk.guest(), CHECKOUT_CREATE, json!({ "input": { "cartToken": cart } })),
                Call(souk.guest(), CART_ADD, add),
                Call(souk.guest(), CHECKOUT_UPDATE, note),
                Call(souk.guest(), checkout::COMPLETE, checkout::input(&ids, None, "k")),
            ];
            let sign_in = json!({ "input": { "email": maya.email, "password": make::PASSWORD, "cartToken": cart } });
            concurrently(with_delete(uses, Call(souk.guest(), SIGN_IN, sign_in))).await;
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

/// Foreign keys by what is done about a race: a test above, or nothing, as the row that is referred to is never deleted while the
/// other is written.
const RACED: [&str; 16] = [
    "categories_parent_id_fk",
    "checkouts_cart_id_fk",
    "cart_lines_cart_id_fk",
    "product_images_product_id_fk",
    "product_tags_product_id_fk",
    "product_variants_product_id_fk",
    "product_variants_store_id_fk",
    "products_category_id_fk",
    "products_store_id_fk",
    "recently_viewed_product_id_fk",
    "reviews_product_id_fk",
    "reviews_store_id_fk",
    "shipping_methods_store_id_fk",
    "store_orders_store_id_fk",
    "social_posts_product_id_fk",
    "variant_options_variant_id_fk",
];

/// Raced by the tests of `product_type::race`: types, attributes, choices, products and variants are deleted while they are used.
const OF_ATTRIBUTES: [&str; 10] = [
    "attribute_choices_attribute_id_fk",
    "product_attribute_values_attribute_id_fk",
    "product_attribute_values_choice_id_fk",
    "product_attribute_values_product_id_fk",
    "product_type_attributes_attribute_id_fk",
    "product_type_attributes_product_type_id_fk",
    "products_product_type_id_fk",
    "variant_attribute_values_attribute_id_fk",
    "variant_attribute_values_choice_id_fk",
    "variant_attribute_values_variant_id_fk",
];

/// Rows of these tables are never deleted: accounts are closed, orders and what belongs to them stay.
const NEVER_DELETED: [&str; 11] = [
    "download_grants",
    "users",
    "orders",
    "store_orders",
    "order_lines",
    "payments",
    "disputes",
    "fulfillments",
    "ledger_accounts",
    "ledger_transactions",
    "refunds",
];

/// Written for a store order of the store, which keeps the store from being deleted.
const OF_STORE_ORDERS: [&str; 2] = ["earnings_store_id_fk", "ledger_accounts_store_id_fk"];

/// Written and deleted with the same row locked: renditions under their picture's lock; tokens under their session's; posts, members, invitations and suspensions under
/// their store's; imported images under their product's; problems and reports under their import's.
const LOCKED: [&str; 11] = [
    "digital_files_product_id_fk",
    "image_renditions_picture_id_fk",
    "import_problems_import_id_fk",
    "import_reports_import_id_fk",
    "imported_images_product_id_fk",
    "refresh_tokens_session_id_fk",
    "social_posts_store_id_fk",
    "store_members_store_id_fk",
    "former_store_members_store_id_fk",
    "store_invitations_store_id_fk",
    "store_suspensions_store_id_fk",
];

#[test]
fn every_foreign_key_is_raced_or_refers_to_what_is_never_deleted() {
    each_of(&["postgres", "mysql"], async |souk| {
        let db = souk.app.db.read();
        let sql = match souk.database {
            "mysql" => {
                "SELECT constraint_name AS name, referenced_table_name AS other FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()"
            }
            _ => "SELECT conname::text AS name, confrelid::regclass::text AS other FROM pg_constraint WHERE contype = 'f'",
        };
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("the foreign keys");
        assert!(rows.len() > 20, "{}", rows.len());
        for row in rows {
            let (name, other): (String, String) =
                (row.try_get("", "name").expect("text"), row.try_get("", "other").expect("text"));
            let known =
                [&RACED[..], &LOCKED, &OF_STORE_ORDERS, &OF_ATTRIBUTES].iter().any(|names| names.contains(&name.as_str()));
            assert!(known || NEVER_DELETED.contains(&other.as_str()), "race what uses {name} with what deletes from {other}");
        }
    });
}

#[test]
fn what_a_foreign_key_refuses_is_a_user_error_on_every_database() {
    use entity::{category, store};
    use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
    use souk_core::error::{Code, Error};
    each(async |souk| {
        let owner = make::user(souk, "owner", Role::Owner).await;
        let db = souk.app.db.raw();
        let code = |result: Result<(), sea_orm::DbErr>| match result.map_err(Error::from) {
            Err(Error::Refused(refusal)) => refusal.0[0].code,
            other => panic!("{other:?}"),
        };
        let parent = make::category(souk, "Parent", None).await;
        make::category(souk, "Child", Some(parent)).await;
        let deleted = category::Entity::delete_by_id(parent).exec(db).await.map(drop);
        assert_eq!(code(deleted), Code::InUse);
        let unknown: entity::id::CategoryId = souk.app.clock.new_id();
        let moved =
            category::Entity::update_many().set(category::ActiveModel { parent_id: Set(Some(unknown)), ..Default::default() });
        assert_eq!(code(moved.filter(category::Column::Id.eq(parent)).exec(db).await.map(drop)), Code::NotFound);
        let shop = make::store(souk, &owner, "Teas").await;
        let given =
            store::Entity::update_many().set(store::ActiveModel { owner_id: Set(souk.app.clock.new_id()), ..Default::default() });
        assert_eq!(code(given.filter(store::Column::Id.eq(shop)).exec(db).await.map(drop)), Code::NotFound);
    });
}
