//! Categories.

pub mod products;

use crate::app::{Souk, each};
use crate::make;
use entity::id::CategoryId;
use entity::value::Permission;
use futures::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;
use std::collections::HashMap;

const CREATE: &str = operation!("category", "CategoryCreate");
const UPDATE: &str = operation!("category", "CategoryUpdate");
const DELETE: &str = operation!("category", "CategoryDelete");

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

/// Puts a chain of categories below another; answers with them from the top down.
async fn chain(souk: &Souk, name: &str, length: usize, below: Option<CategoryId>) -> Vec<CategoryId> {
    let mut ids = Vec::new();
    for number in 0..length {
        let parent = ids.last().copied().or(below);
        ids.push(make::category(souk, &format!("{name} {number}"), parent).await);
    }
    ids
}

/// Every category's parent.
async fn parents(souk: &Souk) -> HashMap<CategoryId, Option<CategoryId>> {
    let rows = entity::category::Entity::find().all(souk.app.db.read()).await.expect("categories");
    rows.into_iter().map(|row| (row.id, row.parent_id)).collect()
}

/// The number of levels down to a category; `None` if its ancestors form a ring.
fn depth(parents: &HashMap<CategoryId, Option<CategoryId>>, id: CategoryId) -> Option<usize> {
    let mut depth = 1;
    let mut next = parents[&id];
    while let Some(parent) = next {
        depth += 1;
        if depth > parents.len() {
            return None;
        }
        next = parents[&parent];
    }
    Some(depth)
}

fn below(id: CategoryId, parent: CategoryId) -> serde_json::Value {
    json!({ "id": id.to_string(), "input": { "parentId": parent.to_string() } })
}

#[test]
fn moving_a_subtree_counts_its_height() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let tall = chain(souk, "Tall", 7, None).await;
        // Seven levels, and a side branch that is shorter.
        chain(souk, "Side", 2, Some(tall[2])).await;
        let other = chain(souk, "Other", 8, None).await;
        // 7 below 1 is 8; 7 below 2 is 9.
        assert_eq!(admin.refused(UPDATE, below(tall[0], other[1])).await, ["parentId OUT_OF_RANGE"]);
        assert_eq!(admin.refused(UPDATE, below(tall[0], other[7])).await, ["parentId OUT_OF_RANGE"]);
        admin.run(UPDATE, below(tall[0], other[0])).await;
        // The last category of the other chain stands at level 8: nothing goes below it, neither new nor moved.
        let new = json!({ "input": { "name": "New", "parentId": other[7].to_string() } });
        assert_eq!(admin.refused(CREATE, new).await, ["parentId OUT_OF_RANGE"]);
        let single = make::category(souk, "Single", None).await;
        assert_eq!(admin.refused(UPDATE, below(single, other[7])).await, ["parentId OUT_OF_RANGE"]);
        admin.run(UPDATE, below(single, other[6])).await;
        // A part of a tall tree may go where the whole may not.
        admin.run(UPDATE, below(tall[4], other[4])).await;
        let all = parents(souk).await;
        assert_eq!(all.keys().filter_map(|id| depth(&all, *id)).max(), Some(8));
        // Everything is found below the root, and every category has its whole path.
        let path = "query($slug: String!) { category(slug: $slug) { ancestors { name } } }";
        let found = souk.guest().data(path, json!({ "slug": "tall-6" })).await;
        assert_eq!(found["category"]["ancestors"].as_array().map(Vec::len), Some(7));
    });
}

#[test]
fn moves_at_once_make_neither_a_ring_nor_a_tree_that_is_too_deep() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = &souk.as_user(&admin);
        for round in 0..6 {
            let mut ids = Vec::new();
            for number in 0..6 {
                ids.push(chain(souk, &format!("Round {round} chain {number}"), 2, None).await);
            }
            // Each below the next: the last one would close a cycle. And nested: six times two is twelve levels.
            let circle = (0..6).flat_map(|number| {
                let (own, next, far) = (ids[number][0], ids[(number + 1) % 6][1], ids[(number + 3) % 6][1]);
                [(own, next), (own, far), (own, next)]
            });
            let moves = circle.map(|(id, parent)| admin.data(UPDATE, below(id, parent)));
            for answer in join_all(moves).await {
                let errors = answer["categoryUpdate"]["userErrors"].as_array().expect("user errors").clone();
                let codes: Vec<_> = errors.iter().map(|error| error["code"].as_str().expect("a code")).collect();
                assert!(codes.iter().all(|code| ["INVALID", "OUT_OF_RANGE"].contains(code)), "{answer:#}");
            }
            let all = parents(souk).await;
            for id in all.keys() {
                let depth = depth(&all, *id);
                assert!(depth.is_some_and(|depth| depth <= 8), "{depth:?} levels in round {round}");
            }
        }
    });
}

#[test]
fn a_category_gets_no_child_while_it_is_deleted() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = &souk.as_user(&admin);
        for round in 0..12 {
            let parent = make::category(souk, &format!("Parent {round}"), None).await;
            let create = json!({ "input": { "name": format!("Child {round}"), "parentId": parent.to_string() } });
            let delete = json!({ "id": parent.to_string() });
            let (created, deleted) = tokio::join!(admin.data(CREATE, create), admin.data(DELETE, delete));
            let code =
                |answer: &serde_json::Value, field: &str| answer[field]["userErrors"][0]["code"].as_str().map(str::to_owned);
            let outcome = (code(&created, "categoryCreate"), code(&deleted, "categoryDelete"));
            let (not_found, in_use) = (Some("NOT_FOUND".to_owned()), Some("IN_USE".to_owned()));
            assert!(outcome == (None, in_use) || outcome == (not_found, None), "{outcome:?}");
        }
    });
}
