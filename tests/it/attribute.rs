//! Attributes and their choices.

use crate::app::{Caller, each};
use crate::make;
use crate::product_type::{ATTRIBUTE_CREATE, CHOICES_ADD, PRODUCT_CREATE, PRODUCT_UPDATE, UPDATE as TYPE_UPDATE, World, told};
use entity::value::{Permission, Role};
use entity::{change, variant_option};
use futures::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const UPDATE: &str = operation!("attribute", "AttributeUpdate");
const DELETE: &str = operation!("attribute", "AttributeDelete");
pub const CHOICE_DELETE: &str = operation!("attribute", "AttributeChoiceDelete");
pub const CHOICE_UPDATE: &str = operation!("attribute", "AttributeChoiceUpdate");
pub const MERGE: &str = operation!("attribute", "AttributeChoiceMerge");
const REORDER: &str = operation!("attribute", "AttributeChoicesReorder");
const READ: &str = operation!("attribute", "Attribute");
const LIST: &str = operation!("attribute", "Attributes");
const PRODUCT: &str = operation!("product_type", "ProductWithAttributes");

async fn staff(souk: &crate::app::Souk) -> make::User {
    make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await
}

fn choices(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "name": name })).collect()
}

async fn color(sam: &Caller<'_>) -> Value {
    let made = sam.run(ATTRIBUTE_CREATE, json!({ "input": { "name": "Colour", "inputType": "CHOICE" } })).await;
    made["attribute"].clone()
}

#[test]
fn attributes_are_made_changed_and_read() {
    each(async |souk| {
        let sam = staff(souk).await;
        let sam = souk.as_user(&sam);
        let color = color(&sam).await;
        assert_eq!((&color["slug"], &color["isFilterable"], &color["version"]), (&json!("colour"), &json!(true), &json!(1)));
        let input = json!({ "input": { "name": "Weight", "slug": "net-weight", "inputType": "NUMBER", "unit": "kg", "isFilterable": false } });
        let weight = sam.run(ATTRIBUTE_CREATE, input).await["attribute"].clone();
        assert_eq!((&weight["unit"], &weight["isFilterable"]), (&json!("kg"), &json!(false)));
        let list = souk.guest().data(LIST, json!({ "first": 1 })).await["attributes"].clone();
        assert_eq!((&list["nodes"], &list["totalCount"]), (&json!([{ "slug": "net-weight" }]), &json!(2)));
        let rest =
            souk.guest().data(LIST, json!({ "first": 1, "after": list["pageInfo"]["endCursor"] })).await["attributes"].clone();
        assert_eq!((&rest["nodes"], &rest["pageInfo"]["hasNextPage"]), (&json!([{ "slug": "colour" }]), &json!(false)));
        let change =
            json!({ "id": weight["id"], "input": { "name": "Mass", "unit": null, "isFilterable": true, "expectedVersion": 1 } });
        let changed = sam.run(UPDATE, change.clone()).await["attribute"].clone();
        assert_eq!(changed, json!({ "name": "Mass", "inputType": "NUMBER", "unit": null, "isFilterable": true, "version": 2 }));
        assert_eq!(sam.refused(UPDATE, change).await, ["expectedVersion STALE"]);
        let changed =
            sam.run(UPDATE, json!({ "id": weight["id"], "input": { "inputType": "BOOLEAN" } })).await["attribute"].clone();
        assert_eq!(changed["inputType"], "BOOLEAN");
        // Its slug is not used again.
        assert_eq!(sam.run(DELETE, json!({ "id": weight["id"] })).await["deletedId"], weight["id"]);
        assert_eq!(sam.refused(DELETE, json!({ "id": weight["id"] })).await, ["id NOT_FOUND"]);
        let again = json!({ "input": { "name": "Net weight", "inputType": "NUMBER" } });
        assert_eq!(
            told(&sam, ATTRIBUTE_CREATE, again).await,
            ["slug TAKEN The slug \"net-weight\" was used before, so files and links may still name it; choose another."]
        );
        assert_eq!(souk.guest().data(READ, json!({ "slug": "net-weight" })).await["attribute"], Value::Null);
        let (guest, input) = (souk.guest(), json!({ "input": { "name": "X", "inputType": "TEXT" } }));
        assert_eq!(guest.error_code(ATTRIBUTE_CREATE, input.clone()).await, "UNAUTHENTICATED");
        let vera = make::vendor(souk, "vera").await;
        assert_eq!(souk.as_user(&vera).error_code(ATTRIBUTE_CREATE, input).await, "FORBIDDEN");
    });
}

#[test]
fn every_problem_of_an_attribute_is_told_at_once() {
    each(async |souk| {
        let sam = staff(souk).await;
        let sam = souk.as_user(&sam);
        let color = color(&sam).await;
        let input =
            json!({ "input": { "name": "a\u{7}", "slug": "A b", "inputType": "TEXT", "unit": "kg", "isFilterable": true } });
        assert_eq!(
            told(&sam, ATTRIBUTE_CREATE, input).await,
            [
                "name INVALID name must not contain control characters.",
                "slug INVALID slug must be lower-case letters, digits and single hyphens, of at most 64 characters.",
                "unit INVALID unit is only for attributes of the type NUMBER, not TEXT; got \"kg\".",
                "isFilterable INVALID isFilterable must be false for attributes of the type TEXT."
            ]
        );
        assert_eq!(
            sam.refused(ATTRIBUTE_CREATE, json!({ "input": { "name": "!!!", "inputType": "DATE" } })).await,
            ["slug REQUIRED"]
        );
        assert_eq!(
            sam.refused(ATTRIBUTE_CREATE, json!({ "input": { "name": "Colour", "inputType": "DATE" } })).await,
            ["slug TAKEN"]
        );
        let new =
            json!([{ "name": "", "slug": "x y", "swatch": "red" }, { "name": "Red" }, { "name": "RED", "swatch": "#FF0000" }]);
        let add = |choices: Value| json!({ "input": { "attributeId": color["id"], "choices": choices } });
        assert_eq!(
            told(&sam, CHOICES_ADD, add(new)).await,
            [
                "choices.0.name REQUIRED name is required.",
                "choices.0.slug INVALID slug must be lower-case letters, digits and single hyphens, of at most 64 characters.",
                "choices.0.swatch INVALID swatch must be a colour of six hexadecimal digits, such as #1e90ff.",
                "choices.2.slug TAKEN slug must be unique; \"red\" is given twice."
            ]
        );
        assert_eq!(sam.refused(CHOICES_ADD, add(json!([]))).await, ["choices REQUIRED"]);
        let many: Vec<_> = (0..1_000).map(|n| json!({ "name": format!("Shade {n}") })).collect();
        sam.run(CHOICES_ADD, add(json!(many))).await;
        assert_eq!(
            told(&sam, CHOICES_ADD, add(json!([{ "name": "One more" }]))).await,
            ["choices LIMIT_REACHED An attribute can have at most 1000 choices; colour has 1000 already."]
        );
        let text =
            sam.run(ATTRIBUTE_CREATE, json!({ "input": { "name": "Note", "inputType": "TEXT" } })).await["attribute"].clone();
        let add = json!({ "input": { "attributeId": text["id"], "choices": [{ "name": "X" }] } });
        assert_eq!(sam.refused(CHOICES_ADD, add).await, ["attributeId INVALID"]);
        assert_eq!(
            told(&sam, UPDATE, json!({ "id": color["id"], "input": { "inputType": "NUMBER" } })).await,
            ["inputType IN_USE NUMBER has no choices, and colour has 1000; delete them first."]
        );
        assert_eq!(
            sam.refused(UPDATE, json!({ "id": text["id"], "input": { "isFilterable": true } })).await,
            ["isFilterable INVALID"]
        );
    });
}

#[test]
fn choices_are_added_ordered_renamed_and_deleted() {
    each(async |souk| {
        let sam = staff(souk).await;
        let sam = souk.as_user(&sam);
        let id = color(&sam).await["id"].clone();
        let add = |new: Value| json!({ "input": { "attributeId": id, "choices": new } });
        sam.run(CHOICES_ADD, add(json!(choices(&["Red", "Blue"])))).await;
        let added = sam.run(CHOICES_ADD, add(json!([{ "name": "Sky blue", "slug": "sky", "swatch": "#87CEEB" }]))).await;
        let nodes = added["attribute"]["choices"]["nodes"].as_array().expect("choices").clone();
        assert_eq!(nodes[2]["swatch"], "#87ceeb");
        assert_eq!(sam.refused(CHOICES_ADD, add(json!([{ "name": "New" }, { "name": "Red" }]))).await, ["choices.1.slug TAKEN"]);
        let ids: Vec<_> = nodes.iter().map(|choice| choice["id"].clone()).collect();
        let order = |ids: Value| json!({ "input": { "attributeId": id, "choiceIds": ids } });
        let reordered = sam.run(REORDER, order(json!([ids[2], ids[0], ids[1]]))).await["attribute"].clone();
        let slugs = |attribute: &Value| -> Vec<String> {
            let nodes = attribute["choices"]["nodes"].as_array().expect("choices");
            nodes.iter().map(|choice| choice["slug"].as_str().expect("a slug").to_owned()).collect()
        };
        assert_eq!(slugs(&reordered), ["sky", "red", "blue"]);
        for wrong in [json!([ids[0]]), json!([ids[0], ids[0], ids[1]]), json!([])] {
            assert_eq!(sam.refused(REORDER, order(wrong)).await, ["choiceIds INVALID"]);
        }
        let renamed = json!({ "id": ids[1], "input": { "name": "Navy", "swatch": "#000080" } });
        let renamed = sam.run(CHOICE_UPDATE, renamed).await["choice"].clone();
        assert_eq!((&renamed["name"], &renamed["slug"], &renamed["swatch"]), (&json!("Navy"), &json!("blue"), &json!("#000080")));
        let bare = sam.run(CHOICE_UPDATE, json!({ "id": ids[1], "input": { "swatch": null } })).await["choice"].clone();
        assert_eq!((&bare["name"], &bare["swatch"]), (&json!("Navy"), &Value::Null));
        sam.run(CHOICE_DELETE, json!({ "id": ids[1] })).await;
        assert_eq!(sam.refused(CHOICE_UPDATE, json!({ "id": ids[1], "input": { "name": "X" } })).await, ["id NOT_FOUND"]);
        // The slug is not used again.
        assert_eq!(sam.refused(CHOICES_ADD, add(json!([{ "name": "Blue" }]))).await, ["choices.0.slug TAKEN"]);
        let read = souk.guest().data(READ, json!({ "slug": "colour" })).await["attribute"].clone();
        assert_eq!((slugs(&read), &read["choices"]["totalCount"]), (vec!["sky".to_owned(), "red".to_owned()], &json!(2)));
    });
}

#[test]
fn what_products_have_is_in_use() {
    each(async |souk| {
        let world = World::make(souk).await;
        let sam = souk.as_user(&world.sam);
        world.create(souk, &[("s", "red"), ("m", "red")]).await;
        world.create(souk, &[("s", "red")]).await;
        assert_eq!(
            told(&sam, CHOICE_DELETE, json!({ "id": world.choices["color/red"] })).await,
            ["id IN_USE 2 products have red; merge it into another choice instead."]
        );
        assert_eq!(
            told(&sam, DELETE, json!({ "id": world.attributes["material"] })).await,
            ["id IN_USE 2 products have a value of material."]
        );
        assert_eq!(
            told(&sam, DELETE, json!({ "id": world.attributes["note"] })).await,
            ["id IN_USE 1 product type has the attribute note; remove it from them first."]
        );
        assert_eq!(
            told(&sam, UPDATE, json!({ "id": world.attributes["size"], "input": { "inputType": "MULTI_CHOICE" } })).await,
            [
                "inputType IN_USE inputType can't be changed: 2 products have a value of size.",
                "inputType IN_USE size distinguishes variants in 1 product types, so inputType can't be MULTI_CHOICE."
            ]
        );
        sam.run(CHOICE_DELETE, json!({ "id": world.choices["color/blue"] })).await;
        souk.work().await;
    });
}

#[test]
fn double_choices_are_merged_and_options_follow() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red"), ("m", "blue")]).await;
        let both = json!([{ "slug": "material", "values": ["cotton", "wool", "hemp"] }]);
        vera.run(PRODUCT_UPDATE, json!({ "id": product["id"], "input": { "attributes": both } })).await;
        let merge = |from: &str, into: &str| json!({ "input": { "fromId": world.choices[from], "intoId": world.choices[into] } });
        let merged = sam.run(MERGE, merge("color/red", "color/green")).await["choice"].clone();
        assert_eq!(merged["slug"], "green");
        // A product that had both has it once.
        sam.run(MERGE, merge("material/wool", "material/cotton")).await;
        souk.work().await;
        let seen = souk.guest().data(PRODUCT, json!({ "id": product["id"] })).await["product"].clone();
        assert_eq!(
            seen["attributes"][0]["choices"],
            json!([{ "slug": "cotton", "name": "Cotton" }, { "slug": "hemp", "name": "Hemp" }])
        );
        assert_eq!(seen["variants"][0]["name"], "S / Green");
        assert_eq!(seen["variants"][0]["options"][1], json!({ "name": "color", "value": "Green" }));
        // What filters read follows, too.
        let rows = variant_option::Entity::find().all(souk.app.db.read()).await.expect("rows");
        let mut colors: Vec<_> = rows.iter().filter(|row| row.name == "color").map(|row| row.value.as_str()).collect();
        colors.sort_unstable();
        assert_eq!(colors, ["blue", "green"]);
        // Variants that would be the same stand in the way.
        let product = world.product(&[("s", "blue"), ("s", "green")]);
        vera.run(PRODUCT_CREATE, json!({ "input": product })).await;
        assert_eq!(
            told(&sam, MERGE, merge("color/blue", "color/green")).await,
            ["fromId IN_USE 1 product has variants that differ only in blue and green; change or delete those variants first."]
        );
        assert_eq!(sam.refused(MERGE, merge("color/blue", "color/blue")).await, ["intoId INVALID"]);
        assert_eq!(sam.refused(MERGE, merge("color/blue", "size/s")).await, ["intoId INVALID"]);
        assert_eq!(sam.refused(MERGE, merge("color/red", "color/blue")).await, ["fromId NOT_FOUND"]);
        assert_eq!(sam.refused(MERGE, merge("color/blue", "color/red")).await, ["intoId NOT_FOUND"]);
        souk.work().await;
    });
}

#[test]
fn a_renamed_attribute_or_choice_renames_the_options_of_variants() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red"), ("m", "blue")]).await;
        let named = operation!("product_type", "VariantWithAttributesUpdate");
        vera.run(named, json!({ "id": product["variants"][1]["id"], "input": { "name": "My own name" } })).await;
        sam.run(UPDATE, json!({ "id": world.attributes["color"], "input": { "name": "Colour" } })).await;
        sam.run(CHOICE_UPDATE, json!({ "id": world.choices["color/red"], "input": { "name": "Crimson" } })).await;
        souk.work().await;
        let seen = souk.guest().data(PRODUCT, json!({ "id": product["id"] })).await["product"].clone();
        let option = |value: &str| json!({ "name": "Colour", "value": value });
        assert_eq!(
            (&seen["variants"][0]["options"][1], &seen["variants"][0]["name"]),
            (&option("Crimson"), &json!("S / Crimson"))
        );
        assert_eq!((&seen["variants"][1]["options"][1], &seen["variants"][1]["name"]), (&option("Blue"), &json!("My own name")));
        // It can run twice.
        sam.run(CHOICE_UPDATE, json!({ "id": world.choices["color/red"], "input": { "name": "Red" } })).await;
        sam.run(CHOICE_UPDATE, json!({ "id": world.choices["color/red"], "input": { "name": "Scarlet" } })).await;
        souk.work().await;
        let seen = souk.guest().data(PRODUCT, json!({ "id": product["id"] })).await["product"].clone();
        assert_eq!(seen["variants"][0]["options"][1], option("Scarlet"));
    });
}

#[test]
fn changes_are_announced() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red")]).await;
        souk.work().await;
        let subjects = async || -> Vec<String> {
            let rows = change::Entity::find().all(souk.app.db.read()).await.expect("rows");
            let done = change::Entity::delete_many().exec(souk.app.db.raw()).await;
            done.expect("no rows");
            let mut kinds: Vec<_> = rows.into_iter().map(|row| row.subject_kind).collect();
            kinds.sort();
            kinds
        };
        subjects().await;
        sam.run(CHOICE_UPDATE, json!({ "id": world.choices["size/l"], "input": { "swatch": "#ffffff" } })).await;
        assert_eq!(subjects().await, ["SETTINGS"]);
        sam.run(TYPE_UPDATE, json!({ "id": world.clothing, "input": { "name": "Clothes" } })).await;
        assert_eq!(subjects().await, ["SETTINGS"]);
        let wool = json!([{ "slug": "material", "values": ["wool"] }]);
        vera.run(PRODUCT_UPDATE, json!({ "id": product["id"], "input": { "attributes": wool } })).await;
        assert_eq!(subjects().await, ["PRODUCT"]);
        let input = json!({ "input": { "fromId": world.choices["material/wool"], "intoId": world.choices["material/hemp"] } });
        sam.run(MERGE, input).await;
        assert_eq!(subjects().await, ["PRODUCT", "SETTINGS"]);
        souk.work().await;
    });
}

#[test]
fn at_most_five_hundred_attributes_and_no_slug_twice() {
    each(async |souk| {
        let sam = staff(souk).await;
        let now = souk.app.clock.now();
        let rows = (0..497).map(|n| entity::attribute::Model {
            id: souk.app.clock.new_id(),
            name: format!("Attribute {n}"),
            slug: format!("attribute-{n}"),
            input_type: entity::value::AttributeInputType::Boolean,
            unit: None,
            filterable: true,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        make::insert(souk, rows).await;
        let sam = souk.as_user(&sam);
        let create = |name: &str| json!({ "input": { "name": name, "inputType": "DATE" } });
        let answers = join_all(["A", "A", "B", "C", "D", "E"].map(|name| sam.answer(ATTRIBUTE_CREATE, create(name)))).await;
        let made = answers.iter().filter(|answer| !answer["data"]["attributeCreate"]["attribute"].is_null()).count();
        assert_eq!(made, 3, "{answers:#?}");
        assert_eq!(sam.refused(ATTRIBUTE_CREATE, create("F")).await, [" LIMIT_REACHED"]);
        let id = sam.data(READ, json!({ "slug": "attribute-7" })).await["attribute"]["id"].clone();
        // Two add the same choice at once.
        sam.run(UPDATE, json!({ "id": id, "input": { "inputType": "CHOICE" } })).await;
        let add = json!({ "input": { "attributeId": id, "choices": [{ "name": "Red" }, { "name": "Blue" }] } });
        let answers = join_all((0..4).map(|_| sam.answer(CHOICES_ADD, add.clone()))).await;
        let made = answers.iter().filter(|answer| !answer["data"]["attributeChoicesAdd"]["attribute"].is_null()).count();
        assert_eq!(made, 1, "{answers:#?}");
        assert_eq!(souk.app.db.deadlocks(), 0);
    });
}
