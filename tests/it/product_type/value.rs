//! Values of products and variants: what is stored and shown, and every problem.

use super::{PRODUCT_CREATE, PRODUCT_UPDATE, VARIANT_CREATE, VARIANT_UPDATE, World, told, variant};
use crate::app::each;
use crate::make::{self, Make};
use entity::{product_attribute_value, product_variant};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const READ: &str = operation!("product_type", "ProductWithAttributes");
const LIST: &str = operation!("product_type", "ProductsWithAttributes");

fn value(slug: &str, unit: Value, field: &str, found: Value) -> Value {
    let mut all = json!({
        "attribute": { "slug": slug, "unit": unit }, "choices": [], "number": null, "boolean": null, "date": null, "text": null
    });
    all[field] = found;
    all
}

#[test]
fn values_of_every_kind_are_kept_and_shown_in_the_order_of_the_type() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let mut input = world.product(&[("m", "blue"), ("s", "red")]);
        input["attributes"] = json!([
            { "slug": "note", "text": "  Washed once " }, { "slug": "since", "date": "2024-02-29" }, { "slug": "organic", "boolean": true },
            { "slug": "weight", "number": "-0.250000" }, { "slug": "material", "values": ["wool", "COTTON"] }
        ]);
        let product = vera.run(PRODUCT_CREATE, json!({ "input": input })).await["product"].clone();
        assert_eq!(product["productType"], json!({ "slug": "clothing" }));
        let cotton = json!([{ "slug": "wool", "name": "Wool" }, { "slug": "cotton", "name": "Cotton" }]);
        let expected = json!([
            value("material", Value::Null, "choices", cotton),
            value("weight", json!("kg"), "number", json!("-0.25")),
            value("organic", Value::Null, "boolean", json!(true)),
            value("since", Value::Null, "date", json!("2024-02-29")),
            value("note", Value::Null, "text", json!("Washed once"))
        ]);
        assert_eq!(product["attributes"], expected);
        // Options are made from the values, in the order of the type; names and SKUs from the options.
        let first = &product["variants"][0];
        assert_eq!(first["options"], json!([{ "name": "size", "value": "M" }, { "name": "color", "value": "Blue" }]));
        assert_eq!((&first["name"], &first["sku"]), (&json!("M / Blue"), &json!("CTEE-M-BLUE")));
        assert_eq!(first["attributes"][1]["choices"], json!([{ "slug": "blue", "name": "Blue" }]));
        // Everybody sees the same.
        let seen = souk.guest().data(READ, json!({ "id": product["id"] })).await["product"].clone();
        assert_eq!((&seen["attributes"], &seen["productType"]["name"]), (&expected, &json!("Clothing")));
        // A number is stored as millionths.
        let rows = product_attribute_value::Entity::find().all(souk.app.db.read()).await.expect("rows");
        assert_eq!(rows.len(), 6);
        assert!(rows.iter().any(|row| row.number == Some(-250_000)));
        // A change replaces all values; without values they stay.
        let change = |input: Value| json!({ "id": product["id"], "input": input });
        let renamed = vera.run(PRODUCT_UPDATE, change(json!({ "name": "Tee" }))).await["product"].clone();
        assert_eq!(renamed["attributes"], expected);
        let hemp = json!([{ "slug": "material", "values": ["hemp"] }]);
        let changed = vera.run(PRODUCT_UPDATE, change(json!({ "attributes": hemp }))).await["product"].clone();
        assert_eq!(changed["attributes"].as_array().map(Vec::len), Some(1));
        souk.work().await;
    });
}

#[test]
fn every_problem_of_values_is_told_at_once_with_its_path() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let mut input = world.product(&[("s", "red"), ("xl", "redd"), ("s", "red")]);
        input["name"] = json!("");
        input["attributes"] = json!([
            { "slug": "colr", "values": ["red"] }, { "slug": "size", "values": ["s"] }, { "slug": "weight", "number": "1.2345678" },
            { "slug": "weight", "number": "1" }, { "slug": "organic", "number": "1" }, { "slug": "since", "date": "2023-02-29" },
            { "slug": "note", "text": "x".repeat(501) }
        ]);
        assert_eq!(
            told(&vera, PRODUCT_CREATE, json!({ "input": input })).await,
            [
                "name REQUIRED name is required.",
                "attributes.0.slug INVALID \"colr\" is no attribute of clothing; allowed: material, weight, organic, since, note.",
                "attributes.1.slug INVALID size belongs to the variants.",
                "attributes.2.number INVALID weight must be a number with at most 6 decimals, such as 12.5; got \"1.2345678\".",
                "attributes.3.slug TAKEN weight is given twice.",
                "attributes.4.number INVALID organic is yes or no; give boolean, not number.",
                "attributes.5.date INVALID since must be a date in the years 1 to 9999, such as 2026-11-27; got \"2023-02-29\".",
                "attributes.6.text TOO_LONG text must have at most 500 characters; got 501.",
                "attributes REQUIRED material is needed for clothing.",
                "variants.1.attributes.0.values.0 INVALID \"xl\" is no size; allowed: s, m, l.",
                "variants.1.attributes.1.values.0 INVALID \"redd\" is no color; allowed: red, blue, green; did you mean red?",
                "variants.2.attributes TAKEN attributes must be unique; another variant of the product has the same."
            ]
        );
        let one = async |attribute: Value| {
            let mut input = world.product(&[("s", "red")]);
            input["attributes"].as_array_mut().expect("a list").push(attribute);
            told(&vera, PRODUCT_CREATE, json!({ "input": input })).await
        };
        assert_eq!(
            one(json!({ "slug": "weight", "number": "1000000000.1" })).await,
            ["attributes.1.number OUT_OF_RANGE weight must be from -1000000000 to 1000000000; got 1000000000.1."]
        );
        assert_eq!(one(json!({ "slug": "weight" })).await, ["attributes.1.number REQUIRED number is required for weight."]);
        assert_eq!(
            one(json!({ "slug": "weight", "number": "1", "text": "1" })).await,
            ["attributes.1.text INVALID weight is a number; give number, not text."]
        );
        assert_eq!(
            one(json!({ "slug": "note", "text": "a\u{7}" })).await,
            ["attributes.1.text INVALID text must not contain control characters."]
        );
        let mut input = world.product(&[("s", "red")]);
        input["attributes"] = json!([{ "slug": "material", "values": [] }]);
        input["variants"][0]["attributes"] = json!([
            { "slug": "color", "values": ["red", "blue"] }, { "slug": "size", "values": ["s"] }, { "slug": "material", "values": ["wool"] }
        ]);
        assert_eq!(
            told(&vera, PRODUCT_CREATE, json!({ "input": input })).await,
            [
                "attributes.0.values REQUIRED values is required for material.",
                "variants.0.attributes.0.values TOO_LONG color takes one value; got 2.",
                "variants.0.attributes.2.slug INVALID material belongs to the product."
            ]
        );
        let mut input = world.product(&[("s", "red")]);
        input["attributes"] = json!([{ "slug": "material", "values": vec!["wool"; 21] }]);
        let refused = vera.refused(PRODUCT_CREATE, json!({ "input": input })).await;
        assert_eq!(refused[..2], ["attributes.0.values TOO_LONG", "attributes.0.values.1 TAKEN"]);
        // Options are not given where values make them, and values need a type.
        let mut input = world.product(&[("s", "red")]);
        input["variants"][0]["options"] = json!([{ "name": "Size", "value": "S" }]);
        assert_eq!(vera.refused(PRODUCT_CREATE, json!({ "input": input })).await, ["variants.0.options INVALID"]);
        let mut input = world.product(&[("s", "red")]);
        input["productTypeId"] = Value::Null;
        assert_eq!(
            told(&vera, PRODUCT_CREATE, json!({ "input": input })).await,
            [
                "attributes INVALID attributes need a product type; set productTypeId.",
                "variants.0.attributes INVALID attributes need a product type; set productTypeId."
            ]
        );
        let mut input = world.product(&[("s", "red")]);
        input["productTypeId"] = json!(entity::id::ProductTypeId(uuid::Uuid::from_u128(7)).to_string());
        assert_eq!(vera.refused(PRODUCT_CREATE, json!({ "input": input })).await, ["productTypeId NOT_FOUND"]);
        // Nothing was written.
        assert!(product_variant::Entity::find().all(souk.app.db.read()).await.expect("rows").is_empty());
    });
}

#[test]
fn variants_have_values_of_their_own_that_no_other_has() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let product = world.create(souk, &[("s", "red"), ("m", "red")]).await;
        let new = |attributes: Value| json!({ "input": { "productId": product["id"], "price": "12", "attributes": attributes } });
        assert_eq!(vera.refused(VARIANT_CREATE, new(variant("s", "red"))).await, ["attributes TAKEN"]);
        // In another order they are the same.
        let mut reversed = variant("s", "red");
        reversed.as_array_mut().expect("a list").reverse();
        assert_eq!(vera.refused(VARIANT_CREATE, new(reversed)).await, ["attributes TAKEN"]);
        assert_eq!(vera.refused(VARIANT_CREATE, new(json!([]))).await, ["attributes REQUIRED"]);
        let made = vera.run(VARIANT_CREATE, new(variant("l", "green"))).await["variant"].clone();
        assert_eq!((&made["name"], &made["sku"]), (&json!("L / Green"), &json!("CTEE-L-GREEN")));
        let change = |attributes: Value| json!({ "id": made["id"], "input": { "attributes": attributes } });
        assert_eq!(vera.refused(VARIANT_UPDATE, change(variant("m", "red"))).await, ["attributes TAKEN"]);
        vera.run(VARIANT_UPDATE, change(variant("l", "green"))).await;
        let changed = vera.run(VARIANT_UPDATE, change(json!([{ "slug": "size", "values": ["l"] }]))).await["variant"].clone();
        assert_eq!((&changed["name"], &changed["options"]), (&json!("L"), &json!([{ "name": "size", "value": "L" }])));
        let options = json!({ "id": made["id"], "input": { "options": [{ "name": "Size", "value": "S" }] } });
        assert_eq!(vera.refused(VARIANT_UPDATE, options).await, ["options INVALID"]);
        // A price can be changed without the values.
        vera.run(VARIANT_UPDATE, json!({ "id": made["id"], "input": { "price": "13" } })).await;
        souk.work().await;
    });
}

#[test]
fn a_product_gets_a_type_later_and_loses_it() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let tea = make::product(souk, world.store, Make::default()).await;
        let change = |input: Value| json!({ "id": tea.id.to_string(), "input": input });
        let typed = |more: Value| {
            let mut input = json!({ "productTypeId": world.clothing });
            input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            change(input)
        };
        assert_eq!(vera.refused(PRODUCT_UPDATE, typed(json!({}))).await, ["attributes REQUIRED"]);
        let wool = json!({ "attributes": [{ "slug": "material", "values": ["wool"] }, { "slug": "weight", "number": 1 }] });
        let product = vera.run(PRODUCT_UPDATE, typed(wool)).await["product"].clone();
        assert_eq!(product["incompleteAttributes"], json!([{ "slug": "size" }]));
        let sized = json!({ "id": tea.variant.to_string(), "input": { "attributes": variant("s", "red") } });
        let sized = vera.run(VARIANT_UPDATE, sized).await["variant"].clone();
        assert_eq!(sized["product"]["incompleteAttributes"], json!([]));
        // Another type has the weight only: the other values go, and the options stay as the words they are.
        let sam = souk.as_user(&world.sam);
        let parcels = json!({ "input": { "name": "Parcels", "attributes": [{ "attributeId": world.attributes["weight"] }] } });
        let parcels = sam.run(super::CREATE, parcels).await["productType"]["id"].clone();
        let moved = vera.run(PRODUCT_UPDATE, change(json!({ "productTypeId": parcels }))).await["product"].clone();
        let slugs: Vec<_> = moved["attributes"].as_array().expect("values").iter().map(|one| &one["attribute"]["slug"]).collect();
        assert_eq!(slugs, ["weight"]);
        assert_eq!((&moved["variants"][0]["attributes"], &moved["variants"][0]["name"]), (&json!([]), &json!("S / Red")));
        let bare = vera.run(PRODUCT_UPDATE, change(json!({ "productTypeId": null }))).await["product"].clone();
        assert_eq!((&bare["attributes"], &bare["productType"]), (&json!([]), &Value::Null));
        // Free options again.
        let free = json!({ "id": tea.variant.to_string(), "input": { "options": [{ "name": "Size", "value": "XXL" }] } });
        vera.run(VARIANT_UPDATE, free).await;
        souk.work().await;
    });
}

#[test]
fn other_vendors_cannot_write_values() {
    each(async |souk| {
        let world = World::make(souk).await;
        let product = world.create(souk, &[("s", "red")]).await;
        let eve = make::vendor(souk, "eve").await;
        make::store(souk, &eve, "Eve").await;
        let eve = souk.as_user(&eve);
        let hemp = json!([{ "slug": "material", "values": ["hemp"] }]);
        assert_eq!(
            eve.refused(PRODUCT_UPDATE, json!({ "id": product["id"], "input": { "attributes": hemp } })).await,
            ["id NOT_FOUND"]
        );
        let change = json!({ "id": product["variants"][0]["id"], "input": { "attributes": variant("m", "red") } });
        assert_eq!(eve.refused(VARIANT_UPDATE, change).await, ["id NOT_FOUND"]);
        let new = json!({ "input": { "productId": product["id"], "price": "1", "attributes": variant("m", "red") } });
        assert_eq!(eve.refused(VARIANT_CREATE, new).await, ["productId NOT_FOUND"]);
        souk.work().await;
    });
}

#[test]
fn a_list_of_products_reads_all_values_by_one_statement() {
    each(async |souk| {
        let world = World::make(souk).await;
        world.create(souk, &[("s", "red")]).await;
        let (_, one) = souk.statements(&souk.guest(), LIST, json!({ "first": 20 })).await;
        for _ in 0..4 {
            world.create(souk, &[("s", "red"), ("m", "blue")]).await;
        }
        let (answer, five) = souk.statements(&souk.guest(), LIST, json!({ "first": 20 })).await;
        assert_eq!(answer["data"]["products"]["nodes"].as_array().map(Vec::len), Some(5));
        assert_eq!((one, five), (2, 2));
        souk.work().await;
    });
}
