//! Products, their variants and their stock.

pub mod choice;
pub mod filter;
mod generate;
pub mod images;
mod list;
mod low_stock;

use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::id::CategoryId;
use entity::value::ProductStatus;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::HashSet;

pub const CREATE: &str = operation!("product", "ProductCreate");
const UPDATE: &str = operation!("product", "ProductUpdate");
const DELETE: &str = operation!("product", "ProductDelete");
const ADJUST: &str = operation!("variant", "StockAdjust");
const VARIANT_CREATE: &str = operation!("variant", "ProductVariantCreate");
const VARIANT_UPDATE: &str = operation!("variant", "ProductVariantUpdate");
const VARIANT_DELETE: &str = operation!("variant", "ProductVariantDelete");
const STOREFRONT: &str = operation!("product", "Storefront");
const PRODUCT_PAGE: &str = operation!("product", "ProductPage");

async fn names(souk: &Souk, filter: Value, sort: &str) -> Vec<String> {
    let query = operation!("product", "ProductsWithNames");
    let data = souk.guest().data(query, json!({ "filter": filter, "sortBy": sort })).await;
    let nodes = data["products"]["nodes"].as_array().expect("nodes").clone();
    nodes.iter().map(|node| node["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_product_of_one_variant_is_made_in_the_short_form() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        let input = json!({ "input": {
            "storeId": store, "name": "Green Tea", "price": "19.9", "compareAtPrice": "25", "stockQuantity": 7, "status": "ACTIVE",
            "tags": ["organic", "organic"], "details": [{ "title": "How to use", "body": "Pour <b>hot</b> water<script></script>" }],
            "seoTitle": "Best tea"
        } });
        let product = vera.run(CREATE, input.clone()).await["product"].clone();
        assert_eq!(
            (&product["slug"], &product["kind"], &product["inStock"]),
            (&json!("green-tea"), &json!("PHYSICAL"), &json!(true))
        );
        assert_eq!(product["tags"], json!(["organic"]));
        assert_eq!(product["details"], json!([{ "title": "How to use", "body": "Pour <b>hot</b> water" }]));
        let variant = &product["variants"][0];
        assert_eq!((&variant["name"], &variant["sku"]), (&json!("Default"), &json!("GTEA")));
        assert_eq!((&variant["price"]["amount"], &variant["compareAtPrice"]["amount"]), (&json!("19.90"), &json!("25.00")));
        assert_eq!(variant["stockQuantity"], 7);
        // The same name again: slug and SKU are made another way.
        let again = vera.run(CREATE, input).await["product"].clone();
        assert!(again["slug"].as_str().is_some_and(|slug| slug.starts_with("green-tea-")), "{again}");
        assert!(again["variants"][0]["sku"].as_str().is_some_and(|sku| sku.starts_with("GTEA") && sku.len() == 10), "{again}");
        // Buyers don't see the stock.
        let seen = souk
            .guest()
            .data("query($id: ID!) { product(id: $id) { variants { available stockQuantity } } }", json!({ "id": product["id"] }))
            .await;
        assert_eq!(seen["product"]["variants"], json!([{ "available": true, "stockQuantity": null }]));
        souk.work().await;
    });
}

#[test]
fn a_product_of_several_variants_gets_skus_from_its_options() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let variant = |size: &str, price: &str| json!({ "options": [{ "name": "Size", "value": size }, { "name": "Colour", "value": "Red" }], "price": price, "stockQuantity": 1 });
        let input = json!({ "input": { "storeId": store, "name": "Cotton Tee", "variants": [variant("S", "10"), variant("M", "12.50")] } });
        let product = vera.run(CREATE, input).await["product"].clone();
        assert_eq!(product["priceRange"], json!({ "min": { "amount": "10.00" }, "max": { "amount": "12.50" } }));
        let skus: Vec<_> =
            product["variants"].as_array().expect("variants").iter().map(|v| (v["sku"].clone(), v["name"].clone())).collect();
        assert_eq!(skus, [(json!("CTEE-S-RED"), json!("S / Red")), (json!("CTEE-M-RED"), json!("M / Red"))]);
        let both = json!({ "input": { "storeId": store, "name": "Tee", "price": "1", "variants": [variant("S", "10")] } });
        assert_eq!(vera.refused(CREATE, both).await, ["variants INVALID"]);
        let taken = json!({ "input": { "storeId": store, "name": "Tee", "variants": [{ "price": "1" }, { "price": "1", "sku": "CTEE-S-RED" }] } });
        assert_eq!(vera.refused(CREATE, taken).await, ["variants.1.sku TAKEN"]);
        let twice = json!({ "input": { "storeId": store, "name": "Tee", "variants": [{ "price": "1", "sku": "A" }, { "price": "1", "sku": "A" }] } });
        assert_eq!(vera.refused(CREATE, twice).await, ["variants.1.sku TAKEN"]);
        // The same SKU in another store is another SKU.
        let other = make::store(souk, &vendor, "Other").await.to_string();
        vera.run(CREATE, json!({ "input": { "storeId": other, "name": "Tee", "price": "1", "sku": "CTEE-S-RED" } })).await;
        souk.work().await;
    });
}

#[test]
fn bad_input_is_refused_with_every_path_and_nothing_is_written() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        let refused = async |mut input: Value| {
            input["storeId"] = json!(store);
            vera.refused(CREATE, json!({ "input": input })).await
        };
        assert_eq!(
            refused(json!({ "name": "", "slug": "A B", "price": "-1", "compareAtPrice": "1.999", "stockQuantity": -1 })).await,
            ["name REQUIRED", "slug INVALID", "price OUT_OF_RANGE", "compareAtPrice INVALID", "stockQuantity OUT_OF_RANGE"]
        );
        assert_eq!(refused(json!({ "name": "x".repeat(10_000), "price": "1" })).await, ["name TOO_LONG"]);
        assert_eq!(refused(json!({ "name": "a\u{0}b", "price": "1" })).await, ["name INVALID"]);
        for price in ["1.999", "1e3", "", "abc", "99999999999999999999"] {
            assert_eq!(refused(json!({ "name": "Tea", "price": price })).await, ["price INVALID"], "{price}");
        }
        assert_eq!(refused(json!({ "name": "Tea", "price": "1000000000.01" })).await, ["price OUT_OF_RANGE"]);
        assert_eq!(
            refused(json!({ "name": "Tea", "price": "1", "stockQuantity": 2_000_000 })).await,
            ["stockQuantity OUT_OF_RANGE"]
        );
        assert_eq!(refused(json!({ "name": "Tea", "price": "2", "compareAtPrice": "2" })).await, ["compareAtPrice OUT_OF_RANGE"]);
        assert_eq!(refused(json!({ "name": "Tea" })).await, ["price REQUIRED"]);
        assert_eq!(refused(json!({ "name": "Tea", "variants": [] })).await, ["variants REQUIRED"]);
        assert_eq!(
            refused(json!({ "name": "Tea", "price": "1", "kind": "DIGITAL", "stockQuantity": 3 })).await,
            ["stockQuantity INVALID"]
        );
        assert_eq!(refused(json!({ "name": "Tea", "price": "1", "categoryId": store })).await, ["categoryId INVALID_ID"]);
        let nowhere = souk.app.clock.new_id::<CategoryId>().to_string();
        assert_eq!(refused(json!({ "name": "Tea", "price": "1", "categoryId": nowhere })).await, ["categoryId NOT_FOUND"]);
        let many: Vec<_> = (0..101).map(|_| json!({ "price": "1" })).collect();
        assert_eq!(refused(json!({ "name": "Tea", "variants": many })).await, ["variants TOO_LONG"]);
        // 2^31 is not an `Int`, and a float with that many digits may be imprecise.
        let too_large = json!({ "input": { "storeId": store, "name": "Tea", "price": "1", "stockQuantity": 2_147_483_648_u32 } });
        assert_eq!(vera.error_code(CREATE, too_large).await, "BAD_USER_INPUT");
        let float = json!({ "input": { "storeId": store, "name": "Tea", "price": 1.234_567_890_123_456_7 } });
        assert_eq!(vera.error_code(CREATE, float).await, "BAD_USER_INPUT");
        assert_eq!(entity::product::Entity::find().all(souk.app.db.read()).await.expect("rows").len(), 0);
    });
}

#[test]
fn going_live_is_noted_once_and_only_the_staff_features() {
    each(async |souk| {
        let (vendor, admin) = (make::vendor(souk, "vera").await, make::admin(souk).await);
        let store = make::store(souk, &vendor, "Tea").await;
        let category = make::category(souk, "Drinks", None).await;
        let product = make::product(souk, store, Make { status: ProductStatus::Draft, ..Make::default() }).await;
        let vera = souk.as_user(&vendor);
        let patch = |input: Value| json!({ "id": product.id.to_string(), "input": input });
        let live = vera
            .run(UPDATE, patch(json!({ "status": "ACTIVE", "categoryId": category.to_string(), "seoTitle": "T" })))
            .await["product"]
            .clone();
        assert!(live["publishedAt"].is_string());
        assert_eq!(
            (&live["category"]["name"], &live["seo"]["title"], &live["version"]),
            (&json!("Drinks"), &json!("T"), &json!(2))
        );
        assert_eq!(names(souk, json!({}), "NEWEST").await, ["Tea"]);
        vera.run(UPDATE, patch(json!({ "status": "ARCHIVED" }))).await;
        assert!(names(souk, json!({}), "NEWEST").await.is_empty());
        let again = vera.run(UPDATE, patch(json!({ "status": "ACTIVE", "categoryId": null }))).await["product"].clone();
        assert_eq!(
            (&again["publishedAt"], &again["category"], &again["seo"]["title"]),
            (&live["publishedAt"], &json!(null), &json!("T"))
        );
        assert_eq!(vera.refused(UPDATE, patch(json!({ "featured": true }))).await, ["featured NOT_ALLOWED"]);
        assert_eq!(souk.as_user(&admin).run(UPDATE, patch(json!({ "featured": true }))).await["product"]["featured"], true);
        assert_eq!(vera.refused(UPDATE, patch(json!({ "name": "X", "expectedVersion": 1 }))).await, ["expectedVersion STALE"]);
        souk.work().await;
    });
}

#[test]
fn another_vendors_product_does_not_exist() {
    each(async |souk| {
        let (vendor, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let store = make::store(souk, &vendor, "Tea").await;
        let product = make::product(souk, store, Make { status: ProductStatus::Draft, ..Make::default() }).await;
        let (id, variant) = (product.id.to_string(), product.variant.to_string());
        let otto = souk.as_user(&otto);
        assert_eq!(
            otto.refused(CREATE, json!({ "input": { "storeId": store.to_string(), "name": "X", "price": "1" } })).await,
            ["storeId NOT_FOUND"]
        );
        assert_eq!(otto.refused(UPDATE, json!({ "id": id, "input": { "name": "X" } })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(DELETE, json!({ "id": id })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(ADJUST, json!({ "input": { "variantId": variant, "delta": 1 } })).await, ["variantId NOT_FOUND"]);
        assert_eq!(
            otto.refused(VARIANT_CREATE, json!({ "input": { "productId": id, "price": "1" } })).await,
            ["productId NOT_FOUND"]
        );
        assert_eq!(otto.refused(VARIANT_UPDATE, json!({ "id": variant, "input": { "price": "1" } })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(VARIANT_DELETE, json!({ "id": variant })).await, ["id NOT_FOUND"]);
        let query = operation!("product", "ProductByEveryId");
        let ids = json!({ "id": id, "variant": variant });
        let nothing = json!({ "product": null, "node": null, "variant": null, "nodes": [null, null] });
        assert_eq!(otto.data(query, ids.clone()).await, nothing);
        assert_eq!(souk.guest().data(query, ids.clone()).await, nothing);
        assert_eq!(souk.as_user(&vendor).data(query, ids).await["nodes"], json!([{ "id": id }, { "id": variant }]));
        assert_eq!(otto.error_code("{ node(id: \"nonsense\") { id } }", json!({})).await, "BAD_USER_INPUT");
    });
}

#[test]
fn a_product_is_deleted_and_an_ordered_one_is_archived() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make::default()).await;
        let vera = souk.as_user(&vendor);
        assert_eq!(vera.run(DELETE, json!({ "id": product.id.to_string() })).await["deletedId"], product.id.to_string());
        assert_eq!(entity::product_variant::Entity::find().all(souk.app.db.read()).await.expect("rows").len(), 0);
        assert_eq!(vera.refused(DELETE, json!({ "id": product.id.to_string() })).await, ["id NOT_FOUND"]);
    });
}

#[test]
fn variants_come_and_go_and_the_product_follows() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make { price: 1000, stock: 0, ..Make::default() }).await;
        let vera = souk.as_user(&vendor);
        let new = json!({ "input": { "productId": product.id.to_string(), "price": "5", "stockQuantity": 2, "options": [{ "name": "Size", "value": "Small" }] } });
        let made = vera.run(VARIANT_CREATE, new).await["variant"].clone();
        assert_eq!((&made["sku"], &made["name"], &made["position"]), (&json!("TEA-SMALL"), &json!("Small"), &json!(1)));
        assert_eq!(made["product"]["priceRange"], json!({ "min": { "amount": "5.00" }, "max": { "amount": "10.00" } }));
        assert_eq!(names(souk, json!({ "inStock": true, "maxPrice": "5.00" }), "NEWEST").await, ["Tea"]);
        let patch = |input: Value| json!({ "id": made["id"], "input": input });
        let dearer = vera.run(VARIANT_UPDATE, patch(json!({ "price": "7", "compareAtPrice": "9" }))).await["variant"].clone();
        assert_eq!((&dearer["product"]["priceRange"]["min"]["amount"], &dearer["version"]), (&json!("7.00"), &json!(2)));
        assert_eq!(vera.refused(VARIANT_UPDATE, patch(json!({ "price": "9.50" }))).await, ["compareAtPrice OUT_OF_RANGE"]);
        assert_eq!(
            vera.refused(VARIANT_UPDATE, patch(json!({ "price": "-1", "weightGrams": -1 }))).await,
            ["price OUT_OF_RANGE", "weightGrams OUT_OF_RANGE"]
        );
        assert_eq!(
            vera.refused(VARIANT_UPDATE, patch(json!({ "price": "8", "expectedVersion": 1 }))).await,
            ["expectedVersion STALE"]
        );
        let hidden = vera.run(VARIANT_UPDATE, patch(json!({ "active": false, "compareAtPrice": null }))).await["variant"].clone();
        assert_eq!(hidden["product"], json!({ "inStock": false, "priceRange": { "min": { "amount": "10.00" } } }));
        let seen = "query($id: ID!) { product(id: $id) { variants { id } } }";
        let id = json!({ "id": product.id.to_string() });
        assert_eq!(souk.guest().data(seen, id.clone()).await["product"]["variants"].as_array().map(Vec::len), Some(1));
        assert_eq!(vera.data(seen, id).await["product"]["variants"].as_array().map(Vec::len), Some(2));
        assert_eq!(vera.run(VARIANT_DELETE, json!({ "id": made["id"] })).await["deletedId"], made["id"]);
        assert_eq!(vera.refused(VARIANT_DELETE, json!({ "id": product.variant.to_string() })).await, ["id IN_USE"]);
        souk.work().await;
    });
}

#[test]
fn stock_is_adjusted_by_delta_or_by_compare_and_set() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make { stock: 3, ..Make::default() }).await;
        let digital =
            make::product(souk, store, Make { kind: entity::value::ProductKind::Digital, stock: 0, ..Make::default() }).await;
        let vera = souk.as_user(&vendor);
        let input = |mut input: Value| {
            input["variantId"] = json!(product.variant.to_string());
            json!({ "input": input })
        };
        assert_eq!(
            vera.run(ADJUST, input(json!({ "delta": -3 }))).await["variant"],
            json!({ "id": product.variant.to_string(), "stockQuantity": 0, "product": { "inStock": false } })
        );
        assert_eq!(vera.refused(ADJUST, input(json!({ "delta": -1 }))).await, ["delta INSUFFICIENT_STOCK"]);
        assert_eq!(
            vera.run(ADJUST, input(json!({ "setTo": 9, "changeFromQuantity": 0 }))).await["variant"]["product"]["inStock"],
            true
        );
        assert_eq!(
            vera.refused(ADJUST, input(json!({ "setTo": 5, "changeFromQuantity": 0 }))).await,
            ["changeFromQuantity STALE"]
        );
        assert_eq!(vera.refused(ADJUST, input(json!({ "setTo": 5 }))).await, ["changeFromQuantity REQUIRED"]);
        assert_eq!(vera.refused(ADJUST, input(json!({ "setTo": -5, "changeFromQuantity": 9 }))).await, ["setTo OUT_OF_RANGE"]);
        assert_eq!(vera.refused(ADJUST, input(json!({}))).await, ["change REQUIRED"]);
        assert_eq!(vera.refused(ADJUST, input(json!({ "delta": 1, "setTo": 1 }))).await, ["delta INVALID"]);
        assert_eq!(vera.refused(ADJUST, input(json!({ "delta": i32::MAX }))).await, ["delta OUT_OF_RANGE"]);
        assert_eq!(
            vera.refused(ADJUST, json!({ "input": { "variantId": digital.variant.to_string(), "delta": 1 } })).await,
            ["variantId INVALID_STATE"]
        );
        let change = |change: Value| input(json!({ "change": change }));
        assert_eq!(vera.run(ADJUST, change(json!({ "delta": -2 }))).await["variant"]["stockQuantity"], 7);
        assert_eq!(vera.run(ADJUST, change(json!({ "set": { "from": 7, "to": 9 } }))).await["variant"]["stockQuantity"], 9);
        assert_eq!(vera.refused(ADJUST, change(json!({ "set": { "from": 7, "to": 9 } }))).await, ["change.set.from STALE"]);
        let below = vera.data(ADJUST, change(json!({ "set": { "from": 9, "to": -1 } }))).await["stockAdjust"].clone();
        assert_eq!(below["userErrors"][0]["field"], json!(["change", "set", "to"]));
        let message = below["userErrors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("to must be from 0 to 1000000"), "{message}");
        assert_eq!(vera.refused(ADJUST, change(json!({ "delta": -10 }))).await, ["change.delta INSUFFICIENT_STOCK"]);
        assert_eq!(vera.refused(ADJUST, input(json!({ "delta": 1, "change": { "delta": 1 } }))).await, ["change INVALID"]);
        for wrong in [json!({}), json!({ "delta": 1, "set": { "from": 9, "to": 8 } }), json!({ "delta": null })] {
            assert_eq!(vera.error_code(ADJUST, change(wrong)).await, "BAD_USER_INPUT");
        }
        // The same request again changes nothing more; the same key for something else is refused.
        for _ in 0..3 {
            let once = vera.run(ADJUST, input(json!({ "delta": 1, "idempotencyKey": "k" }))).await;
            assert_eq!(once["variant"]["stockQuantity"], 10);
        }
        assert_eq!(vera.error_code(ADJUST, input(json!({ "delta": 2, "idempotencyKey": "k" }))).await, "IDEMPOTENCY_KEY_REUSED");
    });
}

#[test]
fn fifty_take_one_each_from_a_stock_of_twenty() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make { stock: 20, ..Make::default() }).await;
        let vera = souk.as_user(&vendor);
        let input = json!({ "input": { "variantId": product.variant.to_string(), "delta": -1 } });
        let answers = futures::future::join_all((0..50).map(|_| vera.data(ADJUST, input.clone()))).await;
        let errors: Vec<_> = answers
            .iter()
            .filter(|a| a["stockAdjust"]["variant"].is_null())
            .map(|a| a["stockAdjust"]["userErrors"][0].clone())
            .collect();
        assert_eq!(errors.len(), 30);
        assert!(errors.iter().all(|e| e["code"] == "INSUFFICIENT_STOCK" && e["stockAvailable"] == 0), "{errors:?}");
        let row = entity::product_variant::Entity::find_by_id(product.variant)
            .one(souk.app.db.read())
            .await
            .expect("a query")
            .expect("the variant");
        assert_eq!(row.stock_quantity, 0);
        let row =
            entity::product::Entity::find_by_id(product.id).one(souk.app.db.read()).await.expect("a query").expect("the product");
        assert!(!row.in_stock);
    });
}

#[test]
fn ten_stores_products_of_one_name_at_once_all_get_their_own_slug_and_sku() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        let input = json!({ "input": { "storeId": store, "name": "Green Tea", "price": "1" } });
        let made = futures::future::join_all((0..10).map(|_| vera.run(CREATE, input.clone()))).await;
        let slugs: HashSet<_> = made.iter().map(|payload| payload["product"]["slug"].to_string()).collect();
        let skus: HashSet<_> = made.iter().map(|payload| payload["product"]["variants"][0]["sku"].to_string()).collect();
        assert_eq!((slugs.len(), skus.len()), (10, 10));
        souk.work().await;
    });
}

#[test]
fn a_product_page_takes_as_many_statements_for_five_variants_as_for_fifty() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let category = make::category(souk, "Teas", Some(make::category(souk, "Drinks", None).await)).await.to_string();
        let mut counts = Vec::new();
        for size in [5, 50] {
            let variants: Vec<_> = (0..size)
                .map(|number| json!({ "price": "1", "options": [{ "name": "Size", "value": number.to_string() }] }))
                .collect();
            let input = json!({ "input": { "storeId": store, "name": format!("Tea {size}"), "categoryId": category, "status": "ACTIVE", "variants": variants } });
            souk.as_user(&vendor).run(CREATE, input).await;
            let (answer, count) = souk.statements(&souk.guest(), PRODUCT_PAGE, json!({ "slug": format!("tea-{size}") })).await;
            let product = &answer["data"]["product"];
            assert_eq!(product["variants"].as_array().map(Vec::len), Some(size), "{answer:#}");
            assert_eq!(product["category"]["ancestors"][0]["slug"], "drinks");
            counts.push(count);
        }
        eprintln!("ProductPage: {counts:?} statements for 5 and 50 variants on {}", souk.database);
        assert_eq!(counts[0], counts[1]);
        souk.work().await;
    });
}

#[test]
fn a_stock_above_a_million_can_be_adjusted_down() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make { stock: 1_000_000, ..Make::default() }).await;
        // Ten were ordered, the stock was filled up again, and then the order was cancelled.
        let app = &souk.app;
        let given_back = async |quantity| {
            let done: souk_core::error::Result<()> = async {
                souk_core::transact!(app.db, tx, { souk_domain::stock::restock(tx, app, &[(tea.variant, quantity)]).await })
            }
            .await;
            done.expect("the stock is given back");
        };
        given_back(10).await;
        let caller = souk.as_user(&vera);
        let adjust = |input: Value| {
            let mut input = input;
            input["variantId"] = json!(tea.variant.to_string());
            json!({ "input": input })
        };
        assert_eq!(caller.refused(ADJUST, adjust(json!({ "delta": 1 }))).await, ["delta OUT_OF_RANGE"]);
        let down = caller.run(ADJUST, adjust(json!({ "delta": -1 }))).await;
        assert_eq!(down["variant"]["stockQuantity"], 1_000_009);
        let set = caller.run(ADJUST, adjust(json!({ "setTo": 1_000_000, "changeFromQuantity": 1_000_009 }))).await;
        assert_eq!(set["variant"]["stockQuantity"], 1_000_000);
        // However often: a cancellation never fails for the size of the stock.
        given_back(i32::MAX).await;
        let set = caller.run(ADJUST, adjust(json!({ "setTo": 5, "changeFromQuantity": i32::MAX }))).await;
        assert_eq!(set["variant"]["stockQuantity"], 5);
        souk.work().await;
    });
}
