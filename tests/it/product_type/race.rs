//! Staff change types and choices while vendors use them: the second one is refused, and nothing refers to what is gone.

use super::{
    ATTRIBUTE_CREATE, CHOICES_ADD, CREATE, PRODUCT_CREATE, PRODUCT_UPDATE, UPDATE, VARIANT_CREATE, VARIANT_UPDATE, World, variant,
};
use crate::app::{Caller, each};
use crate::attribute::{CHOICE_DELETE, CHOICE_UPDATE, MERGE};
use crate::make;
use entity::{attribute_choice, product_attribute_value, product_variant, variant_attribute_value};
use futures::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::collections::HashSet;

const ROUNDS: usize = 6;

/// The codes of a mutation's user errors; fails on any other error.
fn codes(answer: &Value) -> Vec<String> {
    assert!(answer["errors"].is_null(), "{answer:#}");
    let payload = answer["data"].as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
    let errors = payload["userErrors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["code"].as_str().expect("a code").to_owned()).collect()
}

async fn at_once(calls: Vec<(&Caller<'_>, &str, Value)>) -> Vec<Vec<String>> {
    join_all(calls.into_iter().map(async |(caller, mutation, input)| codes(&caller.answer(mutation, input).await))).await
}

async fn choice(sam: &Caller<'_>, world: &World, attribute: &str, name: &str) -> String {
    let input = json!({ "input": { "attributeId": world.attributes[attribute], "choices": [{ "name": name }] } });
    let added = sam.run(CHOICES_ADD, input).await;
    let choices = added["attribute"]["choices"]["nodes"].as_array().expect("choices").clone();
    choices.iter().find(|choice| choice["name"] == name).expect("the choice")["id"].as_str().expect("an ID").to_owned()
}

#[test]
fn a_choice_is_deleted_while_products_get_it() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red")]).await;
        for round in 0..ROUNDS {
            let silk = choice(&sam, &world, "material", &format!("Silk {round}")).await;
            let slug = format!("silk-{round}");
            let mut input = world.product(&[("s", "red")]);
            input["attributes"] = json!([{ "slug": "material", "values": [slug] }]);
            let change = json!({ "id": product["id"], "input": { "attributes": input["attributes"] } });
            let answers = at_once(vec![
                (&vera, PRODUCT_CREATE, json!({ "input": input })),
                (&sam, CHOICE_DELETE, json!({ "id": silk })),
                (&vera, PRODUCT_UPDATE, change),
                (&sam, CHOICE_DELETE, json!({ "id": silk })),
            ])
            .await;
            let deleted = answers[1].is_empty() || answers[3].is_empty();
            for used in [&answers[0], &answers[2]] {
                // Either it was used, and stays, or it was deleted, and is no choice any more.
                assert_eq!(used.is_empty(), !deleted, "{answers:?}");
                assert!(used.iter().all(|code| code == "INVALID"), "{answers:?}");
            }
            let expected = if deleted { "NOT_FOUND" } else { "IN_USE" };
            assert!([&answers[1], &answers[3]].into_iter().flatten().all(|code| code == expected), "{answers:?}");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn choices_are_merged_while_products_are_edited() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red")]).await;
        for round in 0..ROUNDS {
            let double = choice(&sam, &world, "color", &format!("Rot {round}")).await;
            let wool = choice(&sam, &world, "material", &format!("Wolle {round}")).await;
            let slug = format!("rot-{round}");
            let size = if round % 2 == 0 { "m" } else { "l" };
            let new = json!({ "input": { "productId": product["id"], "price": "10", "attributes": variant(size, &slug) } });
            let both = json!([{ "slug": "material", "values": [format!("wolle-{round}"), "wool"] }]);
            let edit = json!({ "id": product["id"], "input": { "attributes": both } });
            let merge = |from: &str, into: &str| json!({ "input": { "fromId": from, "intoId": world.choices[into] } });
            let answers = at_once(vec![
                (&vera, VARIANT_CREATE, new),
                (&sam, MERGE, merge(&double, "color/blue")),
                (&vera, PRODUCT_UPDATE, edit),
                (&sam, MERGE, merge(&wool, "material/wool")),
                (&sam, CHOICE_UPDATE, json!({ "id": world.choices["color/blue"], "input": { "name": format!("Blue {round}") } })),
            ])
            .await;
            for told in &answers {
                assert!(told.iter().all(|code| ["INVALID", "TAKEN", "IN_USE"].contains(&code.as_str())), "{answers:?}");
            }
            souk.work().await;
        }
        let db = souk.app.db.read();
        // Every value is of a choice that exists, once; and the options of variants are the names of today.
        let known: HashSet<_> =
            attribute_choice::Entity::find().all(db).await.expect("rows").into_iter().map(|row| row.id).collect();
        let values = product_attribute_value::Entity::find().all(db).await.expect("rows");
        assert!(values.iter().all(|row| row.choice_id.is_none_or(|id| known.contains(&id))));
        let distinct: HashSet<_> = values.iter().map(|row| (row.product_id, row.attribute_id, row.choice_id)).collect();
        assert_eq!(distinct.len(), values.len());
        let values = variant_attribute_value::Entity::find().all(db).await.expect("rows");
        assert!(values.iter().all(|row| row.choice_id.is_none_or(|id| known.contains(&id))));
        let variants = product_variant::Entity::find().all(db).await.expect("rows");
        let combinations: HashSet<_> = variants.iter().map(|row| &row.combination).collect();
        assert_eq!(combinations.len(), variants.len());
        let last = format!("Blue {}", ROUNDS - 1);
        for row in &variants {
            let color = row.options.0.iter().find(|option| option.name == "color").expect("a color");
            assert!(color.value == "Red" || color.value == last || color.value.starts_with("Rot"), "{row:?}");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
    });
}

#[test]
fn a_type_changes_while_products_are_made_of_it() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let of = |slug: &str, level: &str| json!({ "attributeId": world.attributes[slug], "level": level });
        for round in 0..ROUNDS {
            // Every second time the color is no attribute of the type any more, if no product has one.
            let mut list = vec![of("material", "PRODUCT"), of("size", "VARIANT")];
            if round % 2 == 1 {
                list.push(of("color", "VARIANT"));
            }
            let change = json!({ "id": world.clothing, "input": { "attributes": list } });
            let create = json!({ "input": world.product(&[("s", "red")]) });
            let answers =
                at_once(vec![(&vera, PRODUCT_CREATE, create.clone()), (&sam, UPDATE, change), (&vera, PRODUCT_CREATE, create)])
                    .await;
            for told in &answers {
                assert!(told.iter().all(|code| ["INVALID", "IN_USE"].contains(&code.as_str())), "{answers:?}");
            }
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn types_attributes_products_and_variants_are_deleted_while_they_are_used() {
    const TYPE_DELETE: &str = operation!("product_type", "ProductTypeDelete");
    const ATTRIBUTE_DELETE: &str = operation!("attribute", "AttributeDelete");
    const PRODUCT_DELETE: &str = operation!("product", "ProductDeleteReturningDeletedId");
    const VARIANT_DELETE: &str = operation!("variant", "ProductVariantDeleteReturningDeletedId");
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        for round in 0..ROUNDS {
            let flag = json!({ "input": { "name": format!("Grade {round}"), "inputType": "CHOICE" } });
            let flag = sam.run(ATTRIBUTE_CREATE, flag).await["attribute"].clone();
            let list = json!([{ "attributeId": flag["id"] }]);
            let parcels = json!({ "input": { "name": format!("Parcels {round}") } });
            let parcels = sam.run(CREATE, parcels).await["productType"]["id"].clone();
            let product = world.create(souk, &[("s", "red"), ("m", "red")]).await;
            let other = world.create(souk, &[("s", "red"), ("m", "red")]).await;
            let plain = json!({ "storeId": world.store.to_string(), "name": "Box", "price": "1", "productTypeId": parcels });
            let hemp = json!([{ "slug": "material", "values": ["hemp"] }]);
            let second = &other["variants"][1]["id"];
            let told = at_once(vec![
                (&vera, PRODUCT_CREATE, json!({ "input": plain })),
                (&sam, UPDATE, json!({ "id": parcels, "input": { "attributes": list } })),
                (&sam, TYPE_DELETE, json!({ "id": parcels })),
                (&sam, CHOICES_ADD, json!({ "input": { "attributeId": flag["id"], "choices": [{ "name": "A" }] } })),
                (&sam, ATTRIBUTE_DELETE, json!({ "id": flag["id"] })),
                (&vera, PRODUCT_UPDATE, json!({ "id": product["id"], "input": { "attributes": hemp } })),
                (&vera, PRODUCT_DELETE, json!({ "id": product["id"] })),
                (&vera, VARIANT_UPDATE, json!({ "id": second, "input": { "attributes": variant("l", "blue") } })),
                (&vera, VARIANT_DELETE, json!({ "id": second })),
            ])
            .await;
            for code in told.iter().flatten() {
                assert!(["NOT_FOUND", "IN_USE", "INVALID", "REQUIRED"].contains(&code.as_str()), "{told:?}");
            }
            // Both deletions of what vendors own succeed, whatever else happens.
            assert!(told[6].is_empty() && told[8].is_empty(), "{told:?}");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}

#[test]
fn two_vendors_of_a_store_cannot_make_the_same_variant() {
    each(async |souk| {
        let world = World::make(souk).await;
        let mara = make::customer(souk, "mara").await;
        make::member(souk, world.store, &mara, entity::value::StoreRole::Manager).await;
        let (vera, mara) = (souk.as_user(&world.vera), souk.as_user(&mara));
        let product = world.create(souk, &[("s", "red")]).await;
        for size in ["m", "l"] {
            let new = json!({ "input": { "productId": product["id"], "price": "10", "attributes": variant(size, "red") } });
            let calls = [&vera, &mara, &vera, &mara].map(|caller| (caller, VARIANT_CREATE, new.clone()));
            let answers = at_once(calls.to_vec()).await;
            assert_eq!(answers.iter().filter(|told| told.is_empty()).count(), 1, "{answers:?}");
            assert!(answers.iter().flatten().all(|code| code == "TAKEN"), "{answers:?}");
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}
