//! Categories.

use crate::app::each;
use crate::make;
use entity::value::Permission;
use serde_json::json;

const CREATE: &str = "mutation($input: CategoryCreateInput!) { categoryCreate(input: $input) { category { id name slug version parent { id } } userErrors { field code message } } }";
const UPDATE: &str = "mutation($id: ID!, $input: CategoryUpdateInput!) { categoryUpdate(id: $id, input: $input) { category { id name icon version parent { id } } userErrors { field code message } } }";
const DELETE: &str = "mutation($id: ID!) { categoryDelete(id: $id) { deletedId userErrors { field code message } } }";

#[test]
fn a_tree_is_built_and_read() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let clothes =
            admin.run(CREATE, json!({ "input": { "name": "Clothes & Shoes", "icon": "shirt" } })).await["category"].clone();
        assert_eq!(clothes["slug"], "clothes-shoes");
        let shirts =
            admin.run(CREATE, json!({ "input": { "name": "Shirts", "parentId": clothes["id"] } })).await["category"].clone();
        assert_eq!(shirts["parent"]["id"], clothes["id"]);
        let tree = souk.guest().data("{ categories { name children { name ancestors { name } } } }", json!({})).await;
        assert_eq!(
            tree,
            json!({ "categories": [{ "name": "Clothes & Shoes", "children": [{ "name": "Shirts", "ancestors": [{ "name": "Clothes & Shoes" }] }] }] })
        );
    });
}

#[test]
fn what_is_wrong_is_told_all_at_once() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        assert_eq!(
            admin.refused(CREATE, json!({ "input": { "name": " ", "slug": "No Slug", "position": -1 } })).await,
            ["name REQUIRED", "slug INVALID", "position OUT_OF_RANGE"]
        );
        let too_long = "x".repeat(10_000);
        assert_eq!(admin.refused(CREATE, json!({ "input": { "name": too_long, "slug": "x" } })).await, ["name TOO_LONG"]);
        assert_eq!(admin.refused(CREATE, json!({ "input": { "name": "a\u{7}b" } })).await, ["name INVALID"]);
        assert_eq!(
            admin.refused(CREATE, json!({ "input": { "name": "A", "parentId": "store_x" } })).await,
            ["parentId INVALID_ID"]
        );
        admin.run(CREATE, json!({ "input": { "name": "Tea" } })).await;
        assert_eq!(admin.refused(CREATE, json!({ "input": { "name": "Tea" } })).await, ["slug TAKEN"]);
    });
}

#[test]
fn a_patch_tells_absent_from_null_and_stale_from_current() {
    each(async |souk| {
        let admin = make::staff(souk, "sam", entity::value::Role::Staff, &[Permission::ManageProducts]).await;
        let admin = souk.as_user(&admin);
        let id = admin.run(CREATE, json!({ "input": { "name": "Tea", "icon": "leaf" } })).await["category"]["id"].clone();
        let renamed = admin.run(UPDATE, json!({ "id": id, "input": { "name": "Teas" } })).await["category"].clone();
        assert_eq!((&renamed["icon"], &renamed["version"]), (&json!("leaf"), &json!(2)));
        let bare =
            admin.run(UPDATE, json!({ "id": id, "input": { "icon": null, "expectedVersion": 2 } })).await["category"].clone();
        assert_eq!((&bare["name"], &bare["icon"]), (&json!("Teas"), &json!(null)));
        assert_eq!(
            admin.refused(UPDATE, json!({ "id": id, "input": { "name": "X", "expectedVersion": 2 } })).await,
            ["expectedVersion STALE"]
        );
    });
}

#[test]
fn a_category_never_lies_below_itself_and_goes_only_when_empty() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let top = make::category(souk, "Top", None).await;
        let below = make::category(souk, "Below", Some(top)).await;
        let admin = souk.as_user(&admin);
        let patch = json!({ "id": top.to_string(), "input": { "parentId": below.to_string() } });
        assert_eq!(admin.refused(UPDATE, patch).await, ["parentId INVALID"]);
        assert_eq!(admin.refused(DELETE, json!({ "id": top.to_string() })).await, ["id IN_USE"]);
        admin.run(DELETE, json!({ "id": below.to_string() })).await;
        assert_eq!(admin.refused(DELETE, json!({ "id": below.to_string() })).await, ["id NOT_FOUND"]);
        admin.run(DELETE, json!({ "id": top.to_string() })).await;
    });
}

#[test]
fn only_staff_with_the_permission_may() {
    each(async |souk| {
        let input = json!({ "input": { "name": "Tea" } });
        assert_eq!(souk.guest().error_code(CREATE, input.clone()).await, "UNAUTHENTICATED");
        let vendor = make::vendor(souk, "vera").await;
        assert_eq!(souk.as_user(&vendor).error_code(CREATE, input.clone()).await, "FORBIDDEN");
        let staff = make::staff(souk, "sam", entity::value::Role::Staff, &[Permission::ManageOrders]).await;
        assert_eq!(souk.as_user(&staff).error_code(CREATE, input).await, "FORBIDDEN");
    });
}
