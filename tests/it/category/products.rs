//! Products, product counts and images of categories.

use crate::app::each;
use crate::image::picture;
use crate::make::{self, Make};
use image::ImageFormat;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

#[test]
fn a_category_lists_and_counts_what_is_in_it_and_below_it() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let teas = make::category(souk, "Teas", None).await;
        let green = make::category(souk, "Green teas", Some(teas)).await;
        let japanese = make::category(souk, "Japanese teas", Some(green)).await;
        make::category(souk, "Cups", None).await;
        for (name, category, price) in [("Sencha", japanese, 900), ("Gunpowder", green, 500), ("Blend", teas, 700)] {
            make::product(souk, store, Make { name, category: Some(category), price, ..Make::default() }).await;
        }
        let draft = Make { name: "Draft", status: entity::value::ProductStatus::Draft, category: Some(green), ..Make::default() };
        make::product(souk, store, draft).await;
        let query = operation!("category", "Categories");
        let seen = souk.guest().data(query, json!({})).await["categories"].clone();
        let empty = json!({ "name": "Cups", "productCount": 0, "products": { "totalCount": 0, "nodes": [] }, "children": [] });
        let cups = seen.as_array().expect("categories").iter().find(|category| category["name"] == "Cups");
        assert_eq!(cups, Some(&empty));
        let tea = seen.as_array().expect("categories").iter().find(|category| category["name"] == "Teas").expect("it");
        assert_eq!((&tea["productCount"], &tea["products"]["totalCount"]), (&json!(3), &json!(3)));
        assert_eq!(tea["products"]["nodes"], json!([{ "name": "Gunpowder" }, { "name": "Blend" }, { "name": "Sencha" }]));
        let below = &tea["children"][0];
        assert_eq!((&below["productCount"], &below["products"]["nodes"]), (&json!(2), &json!([{ "name": "Sencha" }])));
        // The next page, and the same filters as everywhere.
        let page = operation!("category", "Category");
        let after = &below["products"]["pageInfo"]["endCursor"];
        let next = souk.guest().data(page, json!({ "after": after })).await;
        assert_eq!(next["category"]["products"]["nodes"], json!([{ "name": "Gunpowder" }]));
        souk.reindexed().await;
        let filtered = souk.guest().data(page, json!({ "filter": { "search": "gun", "categoryId": teas.to_string() } })).await;
        assert_eq!(filtered["category"]["products"]["nodes"], json!([{ "name": "Gunpowder" }]));
        let other = souk.guest().data(page, json!({ "filter": { "categoryId": japanese.to_string() } })).await;
        assert_eq!(other["category"]["products"]["nodes"], json!([{ "name": "Sencha" }]));
        let wrong = json!({ "filter": { "price": { "min": "x" } } });
        assert_eq!(souk.guest().error_code(page, wrong).await, "BAD_USER_INPUT");
    });
}

#[test]
fn categories_with_products_and_counts_take_as_many_statements_for_three_as_for_thirty() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let query = operation!("category", "CategoriesWithImages");
        let mut counts = Vec::new();
        for (from, to) in [(0, 3), (3, 30)] {
            for number in from..to {
                let category = make::category(souk, &format!("Category {number}"), None).await;
                for product in 0..3 {
                    let name = format!("Product {number} {product}");
                    make::product(souk, store, Make { name: &name, category: Some(category), ..Make::default() }).await;
                }
            }
            let (answer, statements) = souk.statements(&souk.guest(), query, json!({})).await;
            assert_eq!(answer["errors"], Value::Null, "{answer:#}");
            let categories = answer["data"]["categories"].as_array().expect("categories").clone();
            assert_eq!(categories.len(), to);
            for category in &categories {
                assert_eq!(category["productCount"], 3);
                assert_eq!(category["products"]["nodes"].as_array().map(Vec::len), Some(2));
            }
            counts.push(statements);
        }
        assert_eq!(counts[0], counts[1], "{counts:?}");
        assert!(counts[0] <= 9, "{counts:?}");
    });
}

#[test]
fn staff_give_a_category_a_picture_and_texts_for_search_engines() {
    const SET: &str = operation!("category", "CategoryImageSet");
    const REMOVE: &str = operation!("category", "CategoryImageRemove");
    each(async |souk| {
        let admin = make::admin(souk).await;
        let id = make::category(souk, "Teas", None).await.to_string();
        let set = async |file: Vec<u8>| -> Value {
            let operations = json!({ "query": SET, "variables": { "id": id, "input": { "source": { "file": null } } } });
            let form = Form::new()
                .text("operations", operations.to_string())
                .text("map", r#"{ "0": ["variables.input.source.file"] }"#)
                .part("0", Part::bytes(file).file_name("teas.png"));
            let request = souk.http.post(format!("{}/graphql", souk.url)).bearer_auth(&admin.token).header("x-souk-csrf", "1");
            let answer: Value = request.multipart(form).send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(answer["errors"], Value::Null, "{answer:#}");
            answer["data"]["categoryImageSet"].clone()
        };
        let first = set(picture(30, 20, ImageFormat::Png)).await["category"]["image"].clone();
        let expected = json!({ "url": first["url"], "altText": null, "width": 30, "height": 20, "contentType": "image/png" });
        assert_eq!(first, expected);
        let second = set(picture(8, 9, ImageFormat::Jpeg)).await;
        assert_eq!((&second["category"]["image"]["width"], &second["category"]["version"]), (&json!(8), &json!(3)));
        let refused = set(b"no picture".to_vec()).await;
        assert_eq!(refused["userErrors"][0]["field"], json!(["source", "file"]), "{refused}");
        souk.work().await;
        let status = async |url: &Value| souk.http.get(url.as_str().expect("a URL")).send().await.expect("an answer").status();
        assert_eq!(status(&first["url"]).await, 404);
        assert_eq!(status(&second["category"]["image"]["url"]).await, 200);
        let admin = souk.as_user(&admin);
        let removed = admin.run(REMOVE, json!({ "id": id })).await;
        assert_eq!(removed["category"], json!({ "version": 4, "image": null }));
        souk.work().await;
        assert_eq!(status(&second["category"]["image"]["url"]).await, 404);
        let vendor = make::vendor(souk, "vera").await;
        assert_eq!(souk.as_user(&vendor).error_code(REMOVE, json!({ "id": id })).await, "FORBIDDEN");
        let update = operation!("category", "CategoryUpdateReturningSeo");
        let texts = json!({ "seoTitle": "Teas of Nepal", "seoDescription": "All of them" });
        let changed = admin.run(update, json!({ "id": id, "input": texts })).await;
        assert_eq!(changed["category"]["seo"], json!({ "title": "Teas of Nepal", "description": "All of them" }));
        let changed = admin.run(update, json!({ "id": id, "input": { "seoTitle": null } })).await;
        assert_eq!(changed["category"]["seo"], json!({ "title": null, "description": "All of them" }));
        let too_long = json!({ "id": id, "input": { "seoTitle": "x".repeat(201), "seoDescription": "x".repeat(501) } });
        assert_eq!(admin.refused(update, too_long).await, ["seoTitle TOO_LONG", "seoDescription TOO_LONG"]);
    });
}

#[test]
fn a_deleted_category_takes_its_picture_along() {
    each(async |souk| {
        use sea_orm::EntityTrait;
        let admin = make::admin(souk).await;
        let id = make::category(souk, "Teas", None).await;
        let key = "public/categories/teas-4x4.png";
        souk.app.storage.put(key, picture(4, 4, ImageFormat::Png).into(), "image/png").await.expect("it is stored");
        let row = entity::category::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(id),
            image_key: sea_orm::ActiveValue::Set(Some(key.to_owned())),
            ..Default::default()
        };
        entity::category::Entity::update(row).exec(souk.app.db.raw()).await.expect("a change");
        let delete = operation!("category", "CategoryDelete");
        souk.as_user(&admin).run(delete, json!({ "id": id.to_string() })).await;
        souk.work().await;
        assert!(souk.app.storage.head(key).await.is_err(), "the file is still there");
    });
}
