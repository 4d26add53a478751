//! Generating variants of combinations of values.

use crate::app::{Caller, each};
use crate::make::order::order;
use crate::make::{self, Make};
use crate::product_type::{ATTRIBUTE_CREATE, CHOICES_ADD, PRODUCT_CREATE, UPDATE, VARIANT_CREATE, World, told, variant};
use entity::{product_variant, variant_attribute_value, variant_option};
use futures::future::join_all;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use std::collections::HashSet;

const GENERATE: &str = operation!("variant", "ProductVariantsGenerate");

fn input(id: &Value, sizes: &[&str], colors: &[&str], more: Value) -> Value {
    let mut input = json!({
        "choices": [{ "attribute": "size", "values": sizes }, { "attribute": "color", "values": colors }], "price": "19.90"
    });
    input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    json!({ "id": id, "input": input })
}

/// A product of the type with a price only, whose variants are still to be made.
async fn bare(world: &World, vera: &Caller<'_>) -> Value {
    let mut input = world.product(&[]);
    let fields = input.as_object_mut().expect("an object");
    fields.remove("variants");
    fields.insert("price".into(), json!("5"));
    vera.run(PRODUCT_CREATE, json!({ "input": input })).await["product"].clone()
}

fn skus(list: &Value) -> Vec<String> {
    list.as_array().expect("variants").iter().map(|one| one["sku"].as_str().expect("a SKU").to_owned()).collect()
}

#[test]
fn every_combination_becomes_a_variant_once() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let product = bare(&world, &vera).await;
        assert_eq!(product["incompleteAttributes"], json!([{ "slug": "size" }]));
        let made = vera.run(GENERATE, input(&product["id"], &["s", "m"], &["red", "blue"], json!({ "stockQuantity": 3 }))).await;
        // The order of the type; the variant that came with the product is replaced.
        assert_eq!(skus(&made["created"]), ["CTEE-S-RED", "CTEE-S-BLUE", "CTEE-M-RED", "CTEE-M-BLUE"]);
        assert_eq!(skus(&made["product"]["variants"]), skus(&made["created"]));
        assert_eq!((&made["existing"], &made["product"]["incompleteAttributes"]), (&json!([]), &json!([])));
        assert_eq!(made["product"]["priceRange"]["min"]["amount"], "19.90");
        let first = &made["created"][0];
        assert_eq!(
            (&first["name"], &first["stockQuantity"], &first["isActive"], &first["price"]["amount"], &first["position"]),
            (&json!("S / Red"), &json!(3), &json!(true), &json!("19.90"), &json!(0))
        );
        assert_eq!(first["options"], json!([{ "name": "size", "value": "S" }, { "name": "color", "value": "Red" }]));
        assert_eq!(first["attributes"][1]["choices"], json!([{ "slug": "red" }]));
        // Again with more: what exists is named, and not changed.
        let more = input(&product["id"], &["l", "s"], &["red"], json!({ "price": "1", "isActive": false }));
        let again = vera.run(GENERATE, more).await;
        assert_eq!((skus(&again["created"]), skus(&again["existing"])), (vec!["CTEE-L-RED".into()], vec!["CTEE-S-RED".into()]));
        assert_eq!((&again["created"][0]["isActive"], &again["created"][0]["position"]), (&json!(false), &json!(4)));
        let rows = product_variant::Entity::find().order_by_asc(product_variant::Column::Position).all(souk.app.db.read()).await;
        let rows = rows.expect("rows");
        assert_eq!(rows.iter().map(|row| row.price.0).collect::<Vec<_>>(), [1990, 1990, 1990, 1990, 100]);
        // Filters find active variants by their options.
        let options = variant_option::Entity::find().all(souk.app.db.read()).await.expect("rows");
        assert_eq!(options.len(), 8);
        let values = variant_attribute_value::Entity::find().all(souk.app.db.read()).await.expect("rows");
        assert_eq!(values.len(), 10);
        souk.work().await;
    });
}

#[test]
fn a_dry_run_shows_what_would_be_made() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let product = bare(&world, &vera).await;
        let dry = input(&product["id"], &["s", "m"], &["red"], json!({ "dryRun": true, "expectedVersion": product["version"] }));
        let shown = vera.run(GENERATE, dry).await;
        assert_eq!(skus(&shown["created"]), ["CTEE-S-RED", "CTEE-M-RED"]);
        assert_eq!(shown["created"][0]["attributes"][0]["choices"], json!([{ "slug": "s" }]));
        assert_eq!(skus(&shown["product"]["variants"]), ["CTEE"]);
        assert_eq!(shown["product"]["priceRange"]["min"]["amount"], "5.00");
        let rows = product_variant::Entity::find().all(souk.app.db.read()).await.expect("rows");
        assert_eq!(rows.len(), 1);
        assert!(variant_attribute_value::Entity::find().all(souk.app.db.read()).await.expect("rows").is_empty());
        let stale = input(&product["id"], &["s"], &["red"], json!({ "dryRun": true, "expectedVersion": 7 }));
        assert_eq!(vera.refused(GENERATE, stale).await, ["expectedVersion STALE"]);
        souk.work().await;
    });
}

#[test]
fn a_variant_that_was_ordered_or_named_stays() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (vera, buyer) = (souk.as_user(&world.vera), make::customer(souk, "bob").await);
        let tea = make::product(souk, world.store, Make::default()).await;
        let typed = json!({ "productTypeId": world.clothing, "attributes": [{ "slug": "material", "values": ["wool"] }] });
        let update = operation!("product_type", "ProductWithAttributesUpdate");
        vera.run(update, json!({ "id": tea.id.to_string(), "input": typed })).await;
        order(souk, Some(&buyer), &[(world.store, tea, 1)]).await;
        let made = vera.run(GENERATE, input(&json!(tea.id.to_string()), &["s"], &["red"], json!({}))).await;
        assert_eq!(made["product"]["variants"].as_array().map(Vec::len), Some(2));
        let named = bare(&world, &vera).await;
        let rename = json!({ "id": named["variants"][0]["id"], "input": { "name": "One size" } });
        vera.run(operation!("product_type", "VariantWithAttributesUpdate"), rename).await;
        let made = vera.run(GENERATE, input(&named["id"], &["s"], &["red"], json!({}))).await;
        assert_eq!(made["product"]["variants"].as_array().map(Vec::len), Some(2));
        souk.work().await;
    });
}

#[test]
fn skus_that_the_store_has_get_a_number() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        for expected in [["CTEE-S-RED", "CTEE-M-RED"], ["CTEE-S-RED-2", "CTEE-M-RED-2"], ["CTEE-S-RED-3", "CTEE-M-RED-3"]] {
            let product = bare(&world, &vera).await;
            let made = vera.run(GENERATE, input(&product["id"], &["s", "m"], &["red"], json!({}))).await;
            assert_eq!(skus(&made["created"]), expected);
        }
        souk.work().await;
    });
}

#[test]
fn every_problem_is_told_at_once() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = bare(&world, &vera).await;
        let of = |choices: Value, more: Value| {
            let mut input = json!({ "choices": choices, "price": "10" });
            input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            json!({ "id": product["id"], "input": input })
        };
        let wrong = json!([
            { "attribute": "colr", "values": ["red"] }, { "attribute": "material", "values": ["wool"] },
            { "attribute": "color", "values": ["red", "rde", "red"] }, { "attribute": "color", "values": ["blue"] }
        ]);
        assert_eq!(
            told(&vera, GENERATE, of(wrong, json!({ "price": "-1", "stockQuantity": -1 }))).await,
            [
                "choices.0.attribute INVALID \"colr\" is no attribute of clothing; allowed: size, color; did you mean color?",
                "choices.1.attribute INVALID material belongs to the product.",
                "choices.2.values.1 INVALID \"rde\" is no color; allowed: red, blue, green; did you mean red?",
                "choices.2.values.2 TAKEN red is given twice.",
                "choices.3.attribute TAKEN color is given twice.",
                "choices REQUIRED size is needed for clothing.",
                "price OUT_OF_RANGE price must be from 0.00 to 1000000000.00 USD; got -1.00.",
                "stockQuantity OUT_OF_RANGE stockQuantity must be from 0 to 1000000; got -1."
            ]
        );
        assert_eq!(vera.refused(GENERATE, of(json!([]), json!({}))).await, ["choices REQUIRED"]);
        let empty = json!([{ "attribute": "size", "values": [] }]);
        assert_eq!(vera.refused(GENERATE, of(empty, json!({}))).await, ["choices.0.values REQUIRED"]);
        // Numbers and booleans distinguish variants, too.
        let mut list = Vec::new();
        for (name, kind, unit) in [("Storage", "NUMBER", json!("GB")), ("Refurbished", "BOOLEAN", Value::Null)] {
            let new = json!({ "input": { "name": name, "inputType": kind, "unit": unit } });
            let id = sam.run(ATTRIBUTE_CREATE, new).await["attribute"]["id"].clone();
            list.push(json!({ "attributeId": id, "level": "VARIANT" }));
        }
        let phones = json!({ "input": { "name": "Phones", "attributes": list } });
        let phones = sam.run(crate::product_type::CREATE, phones).await["productType"]["id"].clone();
        let phone =
            json!({ "input": { "storeId": world.store.to_string(), "name": "Phone", "price": "1", "productTypeId": phones } });
        let phone = vera.run(PRODUCT_CREATE, phone).await["product"].clone();
        let of = |storage: Value, used: Value| {
            json!({ "id": phone["id"], "input": { "price": "99", "choices": [
            { "attribute": "refurbished", "values": used }, { "attribute": "storage", "values": storage }
        ] } })
        };
        assert_eq!(
            told(&vera, GENERATE, of(json!(["128", "128.0", "many"]), json!(["maybe"]))).await,
            [
                "choices.0.values.0 INVALID \"maybe\" is no refurbished; allowed: true, false.",
                "choices.1.values.1 TAKEN 128.0 is given twice.",
                "choices.1.values.2 INVALID storage must be a number with at most 6 decimals, such as 12.5; got \"many\"."
            ]
        );
        let made = vera.run(GENERATE, of(json!(["128", "256.5"]), json!(["true", "false"]))).await;
        let names: Vec<_> = made["created"].as_array().expect("variants").iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, ["128 GB / Yes", "128 GB / No", "256.5 GB / Yes", "256.5 GB / No"]);
        assert_eq!(
            (&made["created"][2]["attributes"][0]["number"], &made["created"][2]["attributes"][1]["boolean"]),
            (&json!("256.5"), &json!(true))
        );
        // Without a type, or with one that does not distinguish variants, there is nothing to combine.
        let tea = make::product(souk, world.store, Make::default()).await;
        assert_eq!(
            vera.refused(GENERATE, input(&json!(tea.id.to_string()), &["s"], &["red"], json!({}))).await,
            ["choices INVALID"]
        );
        let eve = make::vendor(souk, "eve").await;
        let foreign = input(&product["id"], &["s"], &["red"], json!({}));
        assert_eq!(souk.as_user(&eve).refused(GENERATE, foreign.clone()).await, ["id NOT_FOUND"]);
        assert_eq!(souk.guest().error_code(GENERATE, foreign).await, "UNAUTHENTICATED");
        souk.work().await;
    });
}

#[test]
fn a_product_has_at_most_a_hundred_variants() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let more: Vec<_> = (0..20).map(|n| json!({ "name": format!("Shade {n}") })).collect();
        sam.run(CHOICES_ADD, json!({ "input": { "attributeId": world.attributes["color"], "choices": more } })).await;
        let more: Vec<_> = (0..3).map(|n| json!({ "name": format!("Size {n}") })).collect();
        sam.run(CHOICES_ADD, json!({ "input": { "attributeId": world.attributes["size"], "choices": more } })).await;
        let product = bare(&world, &vera).await;
        let shades: Vec<String> = (0..20).map(|n| format!("shade-{n}")).collect();
        let shades: Vec<&str> = shades.iter().map(String::as_str).collect();
        let sizes = ["s", "m", "l", "size-0", "size-1", "size-2"];
        assert_eq!(
            told(&vera, GENERATE, input(&product["id"], &sizes, &shades, json!({}))).await,
            ["choices LIMIT_REACHED 6 x 20 = 120 combinations; a product may have 100."]
        );
        let made = vera.run(GENERATE, input(&product["id"], &sizes[..5], &shades[..18], json!({}))).await;
        assert_eq!(made["created"].as_array().map(Vec::len), Some(90));
        // Of 5 x 10 combinations 40 exist.
        vera.run(GENERATE, input(&product["id"], &sizes[..5], &shades[10..], json!({}))).await;
        assert_eq!(
            told(&vera, GENERATE, input(&product["id"], &sizes, &shades[..1], json!({}))).await,
            [
                "choices LIMIT_REACHED 6 x 1 = 6 combinations; the product has 100 variants, and 1 would be added; a product may have 100."
            ]
        );
        souk.work().await;
    });
}

#[test]
fn two_generators_at_once_make_no_doubles() {
    each(async |souk| {
        let world = World::make(souk).await;
        let mara = make::customer(souk, "mara").await;
        make::member(souk, world.store, &mara, entity::value::StoreRole::Manager).await;
        let (vera, mara, sam) = (souk.as_user(&world.vera), souk.as_user(&mara), souk.as_user(&world.sam));
        for round in 0..4 {
            let (one, other) = (bare(&world, &vera).await, bare(&world, &vera).await);
            let all = ["s", "m", "l"];
            let calls = [
                (&vera, GENERATE, input(&one["id"], &all, &["red", "blue"], json!({}))),
                (&mara, GENERATE, input(&one["id"], &all, &["blue", "green"], json!({}))),
                (&vera, GENERATE, input(&other["id"], &all, &["red"], json!({}))),
                (
                    &mara,
                    VARIANT_CREATE,
                    json!({ "input": { "productId": one["id"], "price": "1", "attributes": variant("s", "red") } }),
                ),
                (&mara, GENERATE, input(&one["id"], &all, &["red"], json!({ "dryRun": true }))),
                (&sam, UPDATE, json!({ "id": world.clothing, "input": { "name": format!("Clothing {round}") } })),
            ];
            let answers = join_all(calls.map(async |(caller, mutation, input)| caller.answer(mutation, input).await)).await;
            for answer in &answers {
                assert!(answer["errors"].is_null(), "{answer:#}");
                let payload = answer["data"].as_object().and_then(|fields| fields.values().next()).expect("a payload");
                let errors = payload["userErrors"].as_array().expect("errors");
                assert!(errors.iter().all(|error| error["code"] == "TAKEN"), "{answer:#}");
            }
            let rows = product_variant::Entity::find().all(souk.app.db.read()).await.expect("rows");
            let id = one["id"].as_str().expect("an ID");
            // The variant that came with the product stays if another one was added before the first generation.
            let of_one = rows.iter().filter(|row| row.product_id.to_string() == id && row.combination.is_some());
            let combinations: Vec<_> = of_one.map(|row| &row.combination).collect();
            let distinct: HashSet<_> = combinations.iter().collect();
            assert_eq!((combinations.len(), distinct.len()), (9, 9), "round {round}");
            let skus: HashSet<_> = rows.iter().map(|row| &row.sku).collect();
            assert_eq!(skus.len(), rows.len());
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        souk.work().await;
    });
}
