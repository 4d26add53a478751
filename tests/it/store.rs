//! Stores.

pub mod member;

use crate::app::{Souk, each};
use crate::make::{self, Make};
use crate::store::member::{REMOVE, join};
use entity::value::{Permission, ProductStatus, Role};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

pub const CREATE: &str = operation!("store", "StoreCreate");
const UPDATE: &str = operation!("store", "StoreUpdate");
pub const STATUS: &str = operation!("store", "StoreStatusUpdate");
const CLOSE: &str = operation!("store", "StoreClose");
const DELETE: &str = operation!("store", "StoreDelete");
const BY_ID: &str = operation!("store", "StoreWithStatus");
const STORES: &str = "query Stores { stores(first: 10) { nodes { id name slug description rating { average count } products(first: 3) { nodes { id name } } } } }";

pub async fn set_manual_approval(souk: &Souk) {
    let row = entity::setting::ActiveModel {
        name: sea_orm::ActiveValue::Set("store_approval".into()),
        value: sea_orm::ActiveValue::Set(json!("MANUAL")),
        updated_at: sea_orm::ActiveValue::Set(souk.app.clock.now()),
    };
    entity::setting::Entity::insert(row).exec_without_returning(souk.app.db.raw()).await.expect("a setting");
}

#[test]
fn a_vendor_opens_a_store() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let vera = souk.as_user(&vendor);
        let input = json!({ "input": {
            "name": "Himalayan Tea & Co.", "description": "<p onclick='x()'>Tea</p><script>1</script>", "contactEmail": "Tea@Example.com",
            "phone": "+977 1 4123456",
            "address": { "firstName": "V", "lastName": "K", "line1": "Thamel 1", "city": "Kathmandu", "country": "NP" }
        } });
        let store = vera.run(CREATE, input.clone()).await["store"].clone();
        assert_eq!(store["slug"], "himalayan-tea-co");
        assert_eq!(store["status"], "ACTIVE");
        assert_eq!(store["description"], "<p>Tea</p>");
        assert_eq!(store["contactEmail"], "tea@example.com");
        assert_eq!(store["address"]["city"], "Kathmandu");
        let second = vera.run(CREATE, input).await["store"].clone();
        let slug = second["slug"].as_str().expect("a slug");
        assert!(slug.starts_with("himalayan-tea-co-") && slug.len() == "himalayan-tea-co-".len() + 6, "{slug}");
        let query = "query($id: ID!) { node(id: $id) { ... on Store { owner { displayName } } } }";
        let owner = json!({ "displayName": "vera" });
        assert_eq!(vera.data(query, json!({ "id": store["id"] })).await["node"]["owner"], owner);
        assert_eq!(souk.guest().data(query, json!({ "id": store["id"] })).await["node"]["owner"], json!(null));
        souk.work().await;
    });
}

#[test]
fn names_and_addresses_that_can_not_be_are_refused_all_at_once() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let vera = souk.as_user(&vendor);
        let bad = json!({ "input": { "name": "x".repeat(10_000), "slug": "No Slug", "contactEmail": "nobody", "phone": "12" } });
        assert_eq!(vera.refused(CREATE, bad).await, ["name TOO_LONG", "slug INVALID", "contactEmail INVALID", "phone INVALID"]);
        for (name, code) in
            [("", "name REQUIRED"), ("  ", "name REQUIRED"), ("a\u{7}b", "name INVALID"), ("a\u{202E}b", "name INVALID")]
        {
            assert_eq!(vera.refused(CREATE, json!({ "input": { "name": name } })).await, [code], "{name:?}");
        }
        let count = entity::store::Entity::find().all(souk.app.db.read()).await.expect("rows").len();
        assert_eq!(count, 0);
        let slug = json!({ "input": { "name": "Tea", "slug": "tea" } });
        vera.run(CREATE, slug.clone()).await;
        assert_eq!(vera.refused(CREATE, slug).await, ["slug TAKEN"]);
        let unreadable = vera.run(CREATE, json!({ "input": { "name": "!!!" } })).await["store"]["slug"].clone();
        assert!(unreadable.as_str().is_some_and(|slug| slug.starts_with("store-")), "{unreadable}");
        souk.work().await;
    });
}

#[test]
fn a_patch_leaves_out_what_it_does_not_name_and_is_refused_when_stale() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let vera = souk.as_user(&vendor);
        let id = make::store(souk, &vendor, "Tea").await.to_string();
        let patch = |input: Value| json!({ "id": id, "input": input });
        let set = vera.run(UPDATE, patch(json!({ "phone": "12345678", "description": "Good tea" }))).await["store"].clone();
        assert_eq!((&set["phone"], &set["version"], &set["name"]), (&json!("12345678"), &json!(2), &json!("Tea")));
        let cleared = vera.run(UPDATE, patch(json!({ "phone": null, "expectedVersion": 2 }))).await["store"].clone();
        assert_eq!((&cleared["phone"], &cleared["description"]), (&json!(null), &json!("Good tea")));
        assert_eq!(vera.refused(UPDATE, patch(json!({ "name": "X", "expectedVersion": 2 }))).await, ["expectedVersion STALE"]);
        make::store(souk, &vendor, "Coffee").await;
        assert_eq!(vera.refused(UPDATE, patch(json!({ "slug": "coffee" }))).await, ["slug TAKEN"]);
    });
}

#[test]
fn another_vendors_store_does_not_exist() {
    each(async |souk| {
        let (vera, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let id = make::store(souk, &vera, "Tea").await.to_string();
        let otto = souk.as_user(&otto);
        assert_eq!(otto.refused(UPDATE, json!({ "id": id, "input": { "name": "Mine" } })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(CLOSE, json!({ "id": id })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(DELETE, json!({ "id": id })).await, ["id NOT_FOUND"]);
        assert_eq!(otto.refused(CLOSE, json!({ "id": "nonsense" })).await, ["id INVALID_ID"]);
        assert_eq!(otto.refused(CLOSE, json!({ "id": vera.id.to_string() })).await, ["id INVALID_ID"]);
        assert_eq!(otto.error_code(BY_ID, json!({ "id": "nonsense" })).await, "BAD_USER_INPUT");
        assert_eq!(souk.guest().error_code(CLOSE, json!({ "id": id })).await, "UNAUTHENTICATED");
        let row = entity::store::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("the store");
        assert_eq!((row.name.as_str(), row.version), ("Tea", 1));
    });
}

#[test]
fn a_store_waits_for_approval_and_its_products_follow_it() {
    each(async |souk| {
        set_manual_approval(souk).await;
        let (vendor, admin) = (make::vendor(souk, "vera").await, make::admin(souk).await);
        let vera = souk.as_user(&vendor);
        let store = vera.run(CREATE, json!({ "input": { "name": "Tea" } })).await["store"].clone();
        assert_eq!(store["status"], "PENDING");
        let id = store["id"].clone();
        assert_eq!(souk.guest().data(BY_ID, json!({ "id": id })).await["store"], json!(null));
        assert_eq!(vera.data(BY_ID, json!({ "id": id })).await["store"]["status"], "PENDING");
        let product =
            json!({ "input": { "storeId": id, "name": "Green Tea", "price": "3.50", "stockQuantity": 5, "status": "ACTIVE" } });
        vera.run(crate::product::CREATE, product).await;
        let shown = async || {
            souk.guest().data("{ products(first: 10) { nodes { name publishedAt } } }", json!({})).await["products"]["nodes"]
                .clone()
        };
        assert_eq!(shown().await, json!([]));
        let status = |status: &str| json!({ "id": id, "input": { "status": status } });
        assert_eq!(vera.error_code(STATUS, status("ACTIVE")).await, "FORBIDDEN");
        let admin = souk.as_user(&admin);
        let waiting = "{ stores(first: 10, filter: { status: [PENDING] }) { nodes { id } } }";
        assert_eq!(admin.data(waiting, json!({})).await["stores"]["nodes"], json!([{ "id": id }]));
        assert_eq!(vera.error_code(waiting, json!({})).await, "FORBIDDEN");
        admin.run(STATUS, status("ACTIVE")).await;
        assert_eq!(shown().await[0]["name"], "Green Tea");
        assert!(shown().await[0]["publishedAt"].is_string());
        admin.run(STATUS, status("SUSPENDED")).await;
        assert_eq!(shown().await, json!([]));
        assert_eq!(admin.refused(STATUS, status("PENDING")).await, ["status INVALID_STATE"]);
        admin.run(STATUS, status("ACTIVE")).await;
        vera.run(CLOSE, json!({ "id": id })).await;
        assert_eq!(shown().await, json!([]));
        assert_eq!(admin.refused(STATUS, status("ACTIVE")).await, ["status INVALID_STATE"]);
        let late = json!({ "input": { "storeId": id, "name": "Late", "price": "1" } });
        assert_eq!(vera.refused(crate::product::CREATE, late).await, ["storeId INVALID_STATE"]);
        souk.work().await;
    });
}

#[test]
fn a_store_without_orders_is_deleted_with_everything_in_it() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        make::product(souk, store, Make::default()).await;
        let deleted = souk.as_user(&vendor).run(DELETE, json!({ "id": store.to_string() })).await;
        assert_eq!(deleted["deletedId"], store.to_string());
        assert_eq!(entity::product::Entity::find().all(souk.app.db.read()).await.expect("rows").len(), 0);
        assert_eq!(souk.as_user(&vendor).refused(DELETE, json!({ "id": store.to_string() })).await, ["id NOT_FOUND"]);
    });
}

#[test]
fn members_do_what_their_role_allows() {
    each(async |souk| {
        let (vendor, mona, fred) =
            (make::vendor(souk, "vera").await, make::customer(souk, "mona").await, make::customer(souk, "fred").await);
        let store = make::store(souk, &vendor, "Tea").await;
        let vera = souk.as_user(&vendor);
        join(souk, &vendor, store, &mona, "MANAGER").await;
        join(souk, &vendor, store, &fred, "FULFILLER").await;
        let store = store.to_string();
        let product = json!({ "input": { "storeId": store, "name": "Green Tea", "price": "3.50" } });
        souk.as_user(&mona).run(crate::product::CREATE, product.clone()).await;
        assert_eq!(souk.as_user(&fred).error_code(crate::product::CREATE, product).await, "FORBIDDEN");
        assert_eq!(
            souk.as_user(&mona).error_code(UPDATE, json!({ "id": store, "input": { "name": "Mine" } })).await,
            "FORBIDDEN"
        );
        let members = "query($id: ID!) { store(id: $id) { members { role } } }";
        assert_eq!(
            souk.as_user(&fred).data(members, json!({ "id": store })).await["store"]["members"].as_array().map(Vec::len),
            Some(2)
        );
        assert_eq!(souk.guest().data(members, json!({ "id": store })).await["store"]["members"], json!(null));
        let remove = json!({ "input": { "storeId": store, "userId": mona.id.to_string() } });
        vera.run(REMOVE, remove.clone()).await;
        assert_eq!(vera.refused(REMOVE, remove).await, ["userId NOT_FOUND"]);
        let again = json!({ "input": { "storeId": store, "name": "Black Tea", "price": "3.50" } });
        assert_eq!(souk.as_user(&mona).refused(crate::product::CREATE, again).await, ["storeId NOT_FOUND"]);
        souk.work().await;
    });
}

#[test]
fn the_staff_with_the_permission_changes_any_store() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let patch = json!({ "id": store, "input": { "name": "Teas" } });
        let sam = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        assert_eq!(souk.as_user(&sam).run(UPDATE, patch.clone()).await["store"]["name"], "Teas");
        let sue = make::staff(souk, "sue", Role::Staff, &[Permission::ManageOrders]).await;
        assert_eq!(souk.as_user(&sue).refused(UPDATE, patch).await, ["id NOT_FOUND"]);
    });
}

#[test]
fn a_list_of_stores_with_products_takes_as_many_statements_for_five_as_for_fifty() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let mut counts = Vec::new();
        let mut made = 0;
        for size in [5, 50] {
            while made < size {
                let store = make::store(souk, &vendor, &format!("Store {made}")).await;
                for product in 0..4 {
                    make::product(souk, store, Make { name: &format!("Tea {product}"), ..Make::default() }).await;
                }
                made += 1;
            }
            let query = STORES.replace("first: 10", &format!("first: {size}"));
            let (answer, count) = souk.statements(&souk.guest(), &query, json!({})).await;
            let nodes = answer["data"]["stores"]["nodes"].as_array().expect("stores").clone();
            assert_eq!(nodes.len(), size);
            assert!(nodes.iter().all(|node| node["products"]["nodes"].as_array().map(Vec::len) == Some(3)));
            counts.push(count);
        }
        eprintln!("Stores: {counts:?} statements for 5 and 50 stores on {}", souk.database);
        assert_eq!(counts, [2, 2]);
    });
}

#[test]
fn stores_are_found_by_words_of_their_names() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        for name in ["Himalayan Tea", "Tea & Coffee", "Carpets"] {
            make::store(souk, &vendor, name).await;
        }
        let found = async |search: &str| {
            let query = operation!("store", "StoresBySearch");
            souk.guest().data(query, json!({ "search": search })).await["stores"].clone()
        };
        assert_eq!(found("tea").await["totalCount"], 2);
        assert_eq!(found("COFF tea").await["nodes"], json!([{ "name": "Tea & Coffee" }]));
        assert_eq!(found("%").await["totalCount"], 0);
    });
}

#[test]
fn stores_are_found_by_their_rating() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        for (name, average) in [("Good", 450), ("Fair", 449), ("New", 0)] {
            let row = entity::store::ActiveModel {
                id: sea_orm::ActiveValue::Unchanged(make::store(souk, &vendor, name).await),
                rating_average: sea_orm::ActiveValue::Set(average),
                ..Default::default()
            };
            entity::store::Entity::update(row).exec(souk.app.db.raw()).await.expect("a change");
        }
        let query = operation!("store", "StoresByRating");
        let found = async |least: f64| souk.guest().data(query, json!({ "least": least })).await["stores"].clone();
        assert_eq!(found(4.5).await, json!({ "totalCount": 1, "nodes": [{ "name": "Good" }] }));
        assert_eq!(found(1.0).await, json!({ "totalCount": 2, "nodes": [{ "name": "Good" }, { "name": "Fair" }] }));
        assert_eq!(souk.guest().error_code(query, json!({ "least": 0.5 })).await, "BAD_USER_INPUT");
    });
}

#[test]
fn drafts_are_shown_to_the_store_alone() {
    each(async |souk| {
        let (vendor, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let store = make::store(souk, &vendor, "Tea").await;
        make::product(souk, store, Make { name: "Shown", ..Make::default() }).await;
        make::product(souk, store, Make { name: "Draft", status: ProductStatus::Draft, ..Make::default() }).await;
        let query = operation!("store", "StoreWithProducts");
        let all = json!({ "id": store.to_string() });
        let drafts = json!({ "id": store.to_string(), "status": ["DRAFT"] });
        assert_eq!(souk.as_user(&vendor).data(query, all.clone()).await["store"]["products"]["totalCount"], 2);
        assert_eq!(
            souk.as_user(&vendor).data(query, drafts.clone()).await["store"]["products"]["nodes"],
            json!([{ "name": "Draft" }])
        );
        for other in [souk.guest(), souk.as_user(&otto)] {
            assert_eq!(other.data(query, all.clone()).await["store"]["products"]["nodes"], json!([{ "name": "Shown" }]));
            assert_eq!(other.data(query, drafts.clone()).await["store"]["products"]["totalCount"], 0);
        }
    });
}
