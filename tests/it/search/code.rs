//! Exact SKUs and barcodes, dates and tags.

use super::{FACETS, names, shop};
use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::value::{AttributeInputType, ProductStatus, Role};
use entity::{attribute, product_attribute_value, product_variant};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::{Set, Unchanged};
use serde_json::{Value, json};
use souk_core::provider::search::facet_slug;

const SEARCH: &str = operation!("search", "ProductSearch");
const TAGGED: &str = operation!("product", "ProductUpdateReturningId");

/// Sets the SKU and the barcode of a product's variant.
pub async fn set(souk: &Souk, product: make::Product, sku: &str, barcode: Option<&str>) {
    let row = product_variant::ActiveModel {
        id: Unchanged(product.variant),
        sku: Set(sku.to_owned()),
        barcode: Set(barcode.map(str::to_owned)),
        ..Default::default()
    };
    row.update(souk.app.db.raw()).await.expect("an update");
}

async fn search(souk: &Souk, variables: Value) -> Value {
    souk.guest().data(SEARCH, variables).await["productSearch"].clone()
}

#[test]
fn a_query_that_is_a_sku_or_a_barcode_finds_the_product_first() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        let (_, other) = shop(souk, "Eve").await;
        for n in 0..5 {
            make::product(souk, store, Make { name: "Tee Shirt", price: 1000 + n, ..Make::default() }).await;
        }
        let pot = make::product(souk, store, Make { name: "Pot", price: 3000, ..Make::default() }).await;
        set(souk, pot, "TEE-SHIRT-1", Some("4006381333931")).await;
        let cup = make::product(souk, other, Make { name: "Cup", price: 500, stock: 0, ..Make::default() }).await;
        set(souk, cup, "TEE-SHIRT-1", None).await;
        let hidden = make::product(souk, other, Make { name: "Draft", status: ProductStatus::Draft, ..Make::default() }).await;
        set(souk, hidden, "DRAFT-1", Some("4006381333948")).await;
        let off = make::product(souk, other, Make { name: "Kettle", ..Make::default() }).await;
        set(souk, off, "OFF-1", None).await;
        let inactive = product_variant::ActiveModel { id: Unchanged(off.variant), active: Set(false), ..Default::default() };
        inactive.update(souk.app.db.raw()).await.expect("an update");
        souk.reindexed().await;
        for (query, expected) in [
            ("4006381333931", vec!["Pot"]),
            (" 4006381333931 ", vec!["Pot"]),
            ("400638133393", vec![]),
            ("TEE-SHIRT-1", vec!["Cup", "Pot"]),
            ("tee-shirt-1", vec!["Cup", "Pot"]),
            ("DRAFT-1", vec![]),
            ("4006381333948", vec![]),
            ("OFF-1", vec![]),
        ] {
            let mut found = souk.found(query, Value::Null).await;
            found.sort();
            assert_eq!(found, expected, "{query}");
        }
        // Beside the products that have the words, of which none comes twice, in every order and on every page.
        let named = make::product(souk, store, Make { name: "Case of TEE SHIRT 1", price: 100, ..Make::default() }).await;
        let best = make::product(souk, store, Make { name: "Tag", price: 200, ..Make::default() }).await;
        let tagged = entity::product::ActiveModel {
            id: Unchanged(best.id),
            tags: Set(entity::value::Tags(vec!["tee shirt 1".into()])),
            ..Default::default()
        };
        tagged.update(souk.app.db.raw()).await.expect("an update");
        assert_ne!(named.id, best.id);
        souk.reindexed().await;
        for sort in ["RELEVANCE", "PRICE_LOW_TO_HIGH"] {
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = search(souk, json!({ "query": "TEE-SHIRT-1", "sortBy": sort, "first": 1, "after": after })).await;
                assert_eq!(page["totalCount"], 4);
                seen.extend(names(&page));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            match sort {
                // As if the words were in its name: before those that have them elsewhere.
                "RELEVANCE" => {
                    assert_eq!(seen.last().map(String::as_str), Some("Tag"));
                    seen.sort();
                    assert_eq!(seen, ["Case of TEE SHIRT 1", "Cup", "Pot", "Tag"]);
                }
                _ => assert_eq!(seen, ["Case of TEE SHIRT 1", "Tag", "Cup", "Pot"]),
            }
        }
        // Filters and facets hold for it as for others.
        assert_eq!(souk.found("4006381333931", json!({ "price": { "max": "20" } })).await, Vec::<String>::new());
        let mut in_stock = souk.found("TEE-SHIRT-1", json!({ "isInStock": true })).await;
        in_stock.sort();
        assert_eq!(in_stock, ["Case of TEE SHIRT 1", "Pot", "Tag"]);
        let facets =
            souk.guest().data(FACETS, json!({ "query": "TEE-SHIRT-1", "slugs": ["store"] })).await["productSearch"].clone();
        assert_eq!(facets["facets"][0]["values"][1]["count"], 1, "{facets}");
        let variables = json!({ "ids": [other.to_string()], "query": "TEE-SHIRT-1", "first": 5 });
        let in_store = souk.guest().data(super::IN_STORE, variables).await["nodes"][0]["productSearch"].clone();
        assert_eq!((names(&in_store), &in_store["totalCount"]), (vec!["Cup".to_owned()], &json!(1)));
    });
}

#[test]
fn dates_are_conditions_and_a_facet() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        let now = souk.app.clock.now();
        let harvest = attribute::Model {
            id: souk.app.clock.new_id(),
            name: "Harvest".into(),
            slug: "harvest".into(),
            input_type: AttributeInputType::Date,
            unit: None,
            filterable: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        make::insert(souk, [harvest.clone()]).await;
        for (name, days) in [("Spring Tea", 20_000), ("Autumn Tea", 20_200), ("Tea", i64::MIN)] {
            let product = make::product(souk, store, Make { name, ..Make::default() }).await;
            if days > 0 {
                let value = product_attribute_value::Model {
                    product_id: product.id,
                    attribute_id: harvest.id,
                    position: 0,
                    choice_id: None,
                    text: None,
                    number: Some(days),
                };
                make::insert(souk, [value]).await;
            }
        }
        souk.reindexed().await;
        let by = |condition: Value| {
            let mut condition = condition;
            condition["slug"] = json!("harvest");
            json!({ "attributes": [condition] })
        };
        // 20,000 days after 1970-01-01 is 2024-10-04.
        for (condition, expected) in [
            (json!({ "minDate": "2024-10-04" }), vec!["Autumn Tea", "Spring Tea"]),
            (json!({ "minDate": "2024-10-05" }), vec!["Autumn Tea"]),
            (json!({ "maxDate": "2024-10-04" }), vec!["Spring Tea"]),
            (json!({ "minDate": "2024-10-05", "maxDate": "2024-10-06" }), vec![]),
        ] {
            let mut found = souk.found("tea", by(condition.clone())).await;
            found.sort();
            assert_eq!(found, expected, "{condition}");
        }
        let facet =
            souk.guest().data(FACETS, json!({ "query": "tea", "slugs": ["harvest"] })).await["productSearch"]["facets"].clone();
        assert_eq!(facet, json!([{ "slug": "harvest", "name": "Harvest", "minDate": "2024-10-04", "maxDate": "2025-04-22" }]));
        // Without its own condition.
        let filter = by(json!({ "maxDate": "2024-10-04" }));
        let variables = json!({ "query": "tea", "filter": filter, "slugs": ["harvest"] });
        assert_eq!(souk.guest().data(FACETS, variables).await["productSearch"]["facets"], facet);
        for (condition, message) in [
            (json!({ "min": "1" }), "harvest is a date: give minDate or maxDate, and nothing else."),
            (
                json!({ "minDate": "2024-10-04", "boolean": true }),
                "harvest is a date: give minDate or maxDate, and nothing else.",
            ),
            (json!({}), "harvest is a date: give minDate or maxDate, and nothing else."),
            (
                json!({ "minDate": "yesterday" }),
                "harvest must be a date in the years 1 to 9999, such as 2026-11-27; got \"yesterday\".",
            ),
            (json!({ "minDate": "2024-10-05", "maxDate": "2024-10-04" }), "minDate must be at most maxDate of harvest."),
        ] {
            let error = souk.guest().error(FACETS, json!({ "filter": by(condition.clone()) })).await;
            assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{condition}: {error}");
        }
    });
}

#[test]
fn tags_are_a_condition_in_any_case() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        for (name, tags) in [("Green Tea", json!(["Organic", "Loose"])), ("Black Tea", json!(["Bags"])), ("Cup", json!([]))] {
            let product = make::product(souk, store, Make { name, ..Make::default() }).await;
            souk.as_user(&vera).run(TAGGED, json!({ "id": product.id.to_string(), "input": { "tags": tags } })).await;
        }
        souk.reindexed().await;
        for (tags, expected) in [
            (json!(["ORGANIC"]), vec!["Green Tea"]),
            (json!(["bags", "loose"]), vec!["Black Tea", "Green Tea"]),
            (json!(["organ"]), vec![]),
            (json!([]), vec![]),
        ] {
            let mut found = souk.found("", json!({ "tags": tags })).await;
            found.sort();
            assert_eq!(found, expected, "{tags}");
        }
        let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
        let error = souk.guest().error(FACETS, json!({ "filter": { "tags": many } })).await;
        assert!(
            error["message"].as_str().is_some_and(|text| text.contains("tags must have at most 20 items; got 21.")),
            "{error}"
        );
    });
}

#[test]
fn no_attribute_is_named_like_a_facet_that_is_built_in() {
    each(async |souk| {
        let staff = make::staff(souk, "Sam", Role::Admin, &[]).await;
        let staff = souk.as_user(&staff);
        let create = operation!("attribute", "AttributeCreate");
        for slug in facet_slug::ALL {
            let input = json!({ "name": "Something", "slug": slug, "inputType": "NUMBER" });
            assert_eq!(staff.refused(create, json!({ "input": input })).await, ["slug INVALID"], "{slug}");
            // Nor if the slug is made of the name.
            let input = json!({ "name": slug, "inputType": "NUMBER" });
            assert_eq!(staff.refused(create, json!({ "input": input })).await, ["slug INVALID"], "{slug}");
        }
        // The answer has each of them, once.
        souk.indexed().await;
        let facets = souk.guest().data(FACETS, json!({})).await["productSearch"]["facets"].clone();
        let slugs: Vec<_> =
            facets.as_array().expect("facets").iter().map(|facet| facet["slug"].as_str().expect("a slug")).collect();
        assert_eq!(slugs, facet_slug::ALL);
    });
}
