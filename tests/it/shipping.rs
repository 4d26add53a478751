//! Shipping methods and tax rates.

use crate::app::each;
use crate::make;
use entity::value::{Countries, Permission, Role};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const CREATE: &str = operation!("shipping", "ShippingMethodCreate");
const UPDATE: &str = operation!("shipping", "ShippingMethodUpdate");
const DELETE: &str = operation!("shipping", "ShippingMethodDelete");
const LIST: &str = operation!("shipping", "ShippingMethodsOfStore");
const SET_TAX: &str = operation!("tax", "TaxRateSet");

fn names(data: &Value) -> Vec<&str> {
    let methods = data["shippingMethods"].as_array().expect("methods");
    methods.iter().filter_map(|method| method["name"].as_str()).collect()
}

#[test]
fn the_marketplace_and_a_store_each_keep_their_own() {
    each(async |souk| {
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        let (vera, other) = (make::vendor(souk, "vera").await, make::vendor(souk, "other").await);
        let (hers, theirs) = (make::store(souk, &vera, "Hers").await, make::store(souk, &other, "Theirs").await);
        let (staff, vera, other) = (souk.as_user(&staff), souk.as_user(&vera), souk.as_user(&other));
        let post =
            staff.run(CREATE, json!({ "input": { "name": "Post", "price": "5", "freeOver": "50.00" } })).await["shippingMethod"]
                .clone();
        assert_eq!(
            (&post["price"]["amount"], &post["freeOver"]["amount"], &post["store"]),
            (&json!("5.00"), &json!("50.00"), &Value::Null)
        );
        let input = json!({ "input": { "storeId": hers.to_string(), "name": "Courier", "price": "3.50", "countries": ["np", "IN", "NP"] } });
        let courier = vera.run(CREATE, input.clone()).await["shippingMethod"].clone();
        assert_eq!((&courier["countries"], &courier["store"]["id"]), (&json!(["IN", "NP"]), &json!(hers.to_string())));

        let guest = souk.guest();
        assert_eq!(names(&guest.data(LIST, json!({})).await), ["Post"]);
        assert_eq!(names(&guest.data(LIST, json!({ "storeId": hers.to_string() })).await), ["Post", "Courier"]);
        assert_eq!(names(&guest.data(LIST, json!({ "storeId": theirs.to_string() })).await), ["Post"]);

        let off = json!({ "id": courier["id"], "input": { "active": false, "freeOver": null, "expectedVersion": 1 } });
        assert_eq!(other.refused(UPDATE, off.clone()).await, ["id NOT_FOUND"]);
        assert_eq!(other.refused(DELETE, json!({ "id": courier["id"] })).await, ["id NOT_FOUND"]);
        assert_eq!(other.refused(CREATE, input).await, ["storeId NOT_FOUND"]);
        assert_eq!(vera.error_code(DELETE, json!({ "id": post["id"] })).await, "FORBIDDEN");
        assert_eq!(vera.error_code(CREATE, json!({ "input": { "name": "Post", "price": "5" } })).await, "FORBIDDEN");
        assert_eq!(guest.error_code(DELETE, json!({ "id": post["id"] })).await, "UNAUTHENTICATED");

        vera.run(UPDATE, off.clone()).await;
        assert_eq!(vera.refused(UPDATE, off).await, ["expectedVersion STALE"]);
        let every = json!({ "storeId": hers.to_string(), "inactive": true });
        assert_eq!(names(&guest.data(LIST, json!({ "storeId": hers.to_string() })).await), ["Post"]);
        assert_eq!(names(&vera.data(LIST, every.clone()).await), ["Post", "Courier"]);
        assert_eq!(other.error_code(LIST, every).await, "NOT_FOUND");
        staff.run(DELETE, json!({ "id": courier["id"] })).await;
        assert_eq!(staff.refused(DELETE, json!({ "id": courier["id"] })).await, ["id NOT_FOUND"]);
    });
}

#[test]
fn bad_methods_are_refused_field_by_field() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let bad =
            json!({ "input": { "name": "", "price": "-1", "freeOver": "1.234", "countries": ["XX", "NP"], "position": -1 } });
        assert_eq!(
            admin.refused(CREATE, bad).await,
            ["name REQUIRED", "price OUT_OF_RANGE", "freeOver INVALID", "countries.0 INVALID", "position OUT_OF_RANGE"]
        );
        assert_eq!(admin.refused(UPDATE, json!({ "id": "store_x", "input": {} })).await, ["id INVALID_ID"]);
        assert_eq!(
            admin.refused(CREATE, json!({ "input": { "storeId": "x", "name": "A", "price": "1" } })).await,
            ["storeId INVALID_ID"]
        );
    });
}

#[test]
fn the_owner_sets_one_tax_rate_for_each_country() {
    each(async |souk| {
        let owner = make::owner(souk).await;
        let admin = make::admin(souk).await;
        let set = |country: &str, points: i32| json!({ "input": { "country": country, "name": "VAT", "basisPoints": points } });
        assert_eq!(souk.as_user(&admin).error_code(SET_TAX, set("NP", 1300)).await, "FORBIDDEN");
        let owner = souk.as_user(&owner);
        let first = owner.run(SET_TAX, set("np", 1300)).await["taxRate"].clone();
        let second = owner.run(SET_TAX, set("NP", 1500)).await["taxRate"].clone();
        assert_eq!((&first["id"], &second["basisPoints"], &second["version"]), (&second["id"], &json!(1500), &json!(2)));
        assert_eq!(owner.refused(SET_TAX, set("Nepal", 10_001)).await, ["country INVALID", "basisPoints OUT_OF_RANGE"]);
        owner.run(SET_TAX, set("DE", 1900)).await;
        let rates = souk.guest().data("{ taxRates { country basisPoints } }", json!({})).await;
        assert_eq!(
            rates["taxRates"],
            json!([{ "country": "DE", "basisPoints": 1900 }, { "country": "NP", "basisPoints": 1500 }])
        );
        let delete = "mutation($id: ID!) { taxRateDelete(id: $id) { deletedId userErrors { field code } } }";
        owner.run(delete, json!({ "id": first["id"] })).await;
        assert_eq!(owner.refused(delete, json!({ "id": first["id"] })).await, ["id NOT_FOUND"]);
    });
}

#[test]
fn the_countries_that_are_shipped_to_are_those_of_the_methods() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        let query = "query($id: ID!) { shippingCountries store(id: $id) { shippingCountries } }";
        let countries = async || souk.guest().data(query, json!({ "id": store.to_string() })).await;
        let pair =
            |all: &[&str], of_store: &[&str]| json!({ "shippingCountries": all, "store": { "shippingCountries": of_store } });
        assert_eq!(countries().await, pair(&[], &[]));
        let limit = async |id: entity::id::ShippingMethodId, codes: &[&str], active: bool| {
            let row = entity::shipping_method::ActiveModel {
                id: sea_orm::ActiveValue::Unchanged(id),
                countries: sea_orm::ActiveValue::Set(Countries(codes.iter().map(|code| (*code).to_owned()).collect())),
                active: sea_orm::ActiveValue::Set(active),
                ..Default::default()
            };
            entity::shipping_method::Entity::update(row).exec(souk.app.db.raw()).await.expect("a change");
        };
        limit(make::shipping_method(souk, None, "Post", 100, None).await, &["NP", "IN"], true).await;
        limit(make::shipping_method(souk, Some(store), "Bicycle", 100, None).await, &["BT", "NP"], true).await;
        let other = make::store(souk, &vendor, "Other").await;
        limit(make::shipping_method(souk, Some(other), "Ship", 100, None).await, &["DE"], true).await;
        let world = make::shipping_method(souk, Some(other), "World", 100, None).await;
        limit(world, &[], false).await;
        assert_eq!(countries().await, pair(&["BT", "DE", "IN", "NP"], &["BT", "IN", "NP"]));
        // A store that is not open ships nowhere.
        let close = entity::store::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(other),
            status: sea_orm::ActiveValue::Set(entity::value::StoreStatus::Suspended),
            ..Default::default()
        };
        entity::store::Entity::update(close).exec(souk.app.db.raw()).await.expect("a change");
        assert_eq!(countries().await["shippingCountries"], json!(["BT", "IN", "NP"]));
        // Without a list it is every country.
        limit(make::shipping_method(souk, None, "World", 100, None).await, &[], true).await;
        let all = countries().await;
        assert_eq!(all["shippingCountries"], all["store"]["shippingCountries"]);
        assert_eq!(all["shippingCountries"].as_array().map(Vec::len), Some(249));
    });
}
