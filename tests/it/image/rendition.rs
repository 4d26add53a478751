//! Renditions of images: made after the upload, replaced, and deleted with the image.

use super::{DELETE, LOGO, add, files, picture, put, send, setup, stage};
use crate::app::{Souk, each};
use crate::db::cut_off::cut_after;
use crate::make::{self, Make};
use entity::value::JobStatus;
use entity::{image_rendition, job, picture as stored, product_image};
use image::ImageFormat;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::error::Result;
use souk_core::transact;
use std::path::PathBuf;
use std::time::Duration;

const SIZES: &str = operation!("image", "ProductImageSizes");
const STOREFRONT: &str = operation!("image", "StorefrontImages");
const HOUR: Duration = Duration::from_secs(3700);

fn media(souk: &Souk) -> PathBuf {
    souk.folder.path().join("media/public")
}

async fn images(souk: &Souk, product: &make::Product) -> Vec<Value> {
    let page = souk.guest().data(SIZES, json!({ "id": product.id.to_string() })).await;
    page["product"]["images"].as_array().expect("images").clone()
}

/// Numbers of pictures and of renditions.
async fn rows(souk: &Souk) -> (u64, u64) {
    let pictures = stored::Entity::find().count(souk.app.db.read()).await.expect("a number");
    (pictures, image_rendition::Entity::find().count(souk.app.db.read()).await.expect("a number"))
}

/// Makes jobs that rendered pictures due again.
async fn repeat(souk: &Souk) {
    let again: Result<()> = async {
        transact!(souk.app.db, tx, {
            job::Entity::update_many()
                .col_expr(job::Column::Status, Expr::value(JobStatus::Queued.as_str()))
                .col_expr(job::Column::Attempts, Expr::value(0))
                .filter(job::Column::Kind.eq("image.render"))
                .exec(tx)
                .await?;
            Ok(())
        })
    }
    .await;
    again.expect("it is written");
}

async fn served(souk: &Souk, url: &Value) -> (u16, String, Vec<u8>) {
    let response = souk.http.get(url.as_str().expect("a URL")).send().await.expect("an answer");
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    (response.status().as_u16(), kind, response.bytes().await.expect("bytes").to_vec())
}

#[test]
fn sizes_are_the_original_until_they_are_made_and_never_enlarged() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let input = json!({ "altText": "A cup" });
        add(souk, &vendor, &product, input.clone(), picture(900, 600, ImageFormat::Jpeg), "a.jpg").await;
        add(souk, &vendor, &product, input, picture(300, 400, ImageFormat::Png), "b.png").await;
        for image in images(souk, &product).await {
            let sized = &image["image"];
            for size in ["original", "small", "medium", "large"] {
                assert_eq!(sized[size], image["url"]);
            }
            assert_eq!((&sized["blurHash"], &sized["renditions"], &image["small"]), (&Value::Null, &json!([]), &image["url"]));
        }
        souk.work().await;
        let all = images(souk, &product).await;
        for (image, expected) in all.iter().zip([
            vec![("SMALL", 240, 160), ("MEDIUM", 800, 533), ("LARGE", 900, 600)],
            vec![("SMALL", 180, 240), ("MEDIUM", 300, 400)],
        ]) {
            let sized = &image["image"];
            let renditions = sized["renditions"].as_array().expect("renditions");
            let sizes: Vec<_> = renditions.iter().map(|one| json!([one["size"], one["width"], one["height"]])).collect();
            assert_eq!(json!(sizes), json!(expected));
            assert_eq!(sized["blurHash"].as_str().map(str::len), Some(28));
            // Clients that ask for no size get what they got.
            assert_eq!((&sized["url"], &sized["original"]), (&image["url"], &image["url"]));
            assert_eq!((&image["small"], &sized["small"]), (&renditions[0]["url"], &renditions[0]["url"]));
            assert_eq!(sized["medium"], renditions[1]["url"]);
            // The second has all pixels of its image in the middle size.
            assert_eq!(sized["large"], renditions.last().expect("one")["url"]);
            for one in renditions {
                let (status, kind, bytes) = served(souk, &one["url"]).await;
                assert_eq!((status, kind.as_str(), &one["contentType"]), (200, "image/webp", &json!("image/webp")));
                assert_eq!(one["byteSize"], bytes.len());
                let found = image::load_from_memory(&bytes).expect("a WebP");
                assert_eq!(json!([found.width(), found.height()]), json!([one["width"], one["height"]]));
            }
        }
        assert_eq!((all[0]["image"]["width"].clone(), all[0]["image"]["contentType"].clone()), (json!(900), json!("image/jpeg")));
        assert_eq!(rows(souk).await, (2, 5));
        assert_eq!(files(&media(souk)), 7);
    });
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        add(souk, &vendor, &product, json!({}), picture(900, 600, ImageFormat::Jpeg), "a.jpg").await;
        souk.work().await;
        let before = images(souk, &product).await[0]["image"].clone();
        repeat(souk).await;
        souk.work().await;
        let after = images(souk, &product).await[0]["image"].clone();
        assert_eq!((&before["url"], &before["blurHash"]), (&after["url"], &after["blurHash"]));
        for size in ["small", "medium", "large"] {
            assert_ne!(before[size], after[size]);
            assert_eq!((served(souk, &before[size]).await.0, served(souk, &after[size]).await.0), (404, 200));
        }
        assert_eq!((rows(souk).await, files(&media(souk))), ((1, 3), 4));
        // Nothing waits to delete the files that are used.
        souk.pass(HOUR).await;
        assert_eq!(files(&media(souk)), 4);
    });
}

#[test]
fn a_run_that_ends_anywhere_leaves_no_files_and_the_next_one_completes_it() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        add(souk, &vendor, &product, json!({}), picture(900, 600, ImageFormat::Jpeg), "a.jpg").await;
        let mut ended = false;
        for polls in (0..400).step_by(2) {
            if cut_after(polls, souk.work()).await.is_some() {
                ended = true;
                break;
            }
            // The lease of the run that ended is over, and it was not the last attempt.
            souk.app.clock.advance(HOUR);
            repeat(souk).await;
        }
        assert!(ended, "the job never ends");
        souk.work().await;
        // What was written and is not used is deleted after an hour.
        souk.pass(HOUR).await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((1, 3), 4), "on {}", souk.database);
        let image = images(souk, &product).await[0]["image"].clone();
        assert_eq!(served(souk, &image["large"]).await.0, 200);
    });
}

#[test]
fn an_image_is_deleted_with_its_renditions() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let file = picture(300, 300, ImageFormat::Png);
        for name in ["a.png", "b.png", "c.png"] {
            add(souk, &vendor, &product, json!({}), file.clone(), name).await;
        }
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((3, 6), 9));
        let first = images(souk, &product).await[0].clone();
        vera.run(DELETE, json!({ "id": first["id"] })).await;
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((2, 4), 6));
        assert_eq!(served(souk, &first["image"]["small"]).await.0, 404);
        // Deleted before it is rendered: the job finds nothing to do.
        add(souk, &vendor, &product, json!({}), file, "d.png").await;
        let last = images(souk, &product).await[2]["id"].clone();
        vera.run(DELETE, json!({ "id": last })).await;
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((2, 4), 6));
        // With its product.
        let delete = operation!("product", "ProductDelete");
        vera.run(delete, json!({ "id": product.id.to_string() })).await;
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((0, 0), 0));
    });
}

#[test]
fn an_image_that_is_deleted_while_it_is_rendered_leaves_nothing() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        for _ in 0..5 {
            add(souk, &vendor, &product, json!({}), picture(900, 900, ImageFormat::Jpeg), "a.jpg").await;
            let id = images(souk, &product).await[0]["id"].clone();
            tokio::join!(souk.work(), vera.run(DELETE, json!({ "id": id })));
            souk.work().await;
        }
        souk.pass(HOUR).await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((0, 0), 0), "on {}", souk.database);
    });
}

#[test]
fn logos_banners_and_images_of_categories_have_sizes() {
    const BANNER: &str = operation!("store", "StorePictureSet");
    const CATEGORY: &str = operation!("category", "CategoryImageSet");
    const REMOVE: &str = operation!("category", "CategoryImageRemove");
    const PAGE: &str = "query($id: ID!, $slug: String!) { \
        node(id: $id) { ... on Store { logo { small: url(size: SMALL) url blurHash } banner { small: url(size: SMALL) url } } } \
        category(slug: $slug) { image { small: url(size: SMALL) url renditions { width height } } } }";
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let category = make::category(souk, "Drinks", None).await.to_string();
        let (vera, admin) = (souk.as_user(&vendor), souk.as_user(&make::admin(souk).await));
        let file = picture(400, 200, ImageFormat::Png);
        for _ in 0..2 {
            let input = json!({ "storeId": store, "picture": "LOGO", "file": null });
            send(souk, &vendor, LOGO, input, file.clone(), "logo.png").await;
            let staged = stage(&vera, file.len()).await;
            assert!(put(souk, &staged, file.clone()).await.is_success());
            let source = json!({ "stagedUploadToken": staged["token"] });
            vera.run(BANNER, json!({ "input": { "storeId": store, "picture": "BANNER", "source": source } })).await;
            let staged = stage(&admin, file.len()).await;
            assert!(put(souk, &staged, file.clone()).await.is_success());
            let source = json!({ "stagedUploadToken": staged["token"] });
            admin.run(CATEGORY, json!({ "id": category, "input": { "source": source } })).await;
            souk.work().await;
            let page = souk.guest().data(PAGE, json!({ "id": store, "slug": "drinks" })).await;
            for image in [&page["node"]["logo"], &page["node"]["banner"], &page["category"]["image"]] {
                assert_ne!(image["small"], image["url"]);
                assert_eq!(served(souk, &image["small"]).await.0, 200);
            }
            assert_eq!(page["node"]["logo"]["blurHash"].as_str().map(str::len), Some(28));
            let expected = json!([{ "width": 240, "height": 120 }, { "width": 400, "height": 200 }]);
            assert_eq!(page["category"]["image"]["renditions"], expected);
            // The earlier ones are deleted with their renditions.
            assert_eq!((rows(souk).await, files(&media(souk))), ((3, 6), 9));
        }
        admin.run(REMOVE, json!({ "id": category })).await;
        vera.run(operation!("store", "StoreDelete"), json!({ "id": store })).await;
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((0, 0), 0));
    });
}

#[test]
fn images_of_earlier_versions_are_rendered_a_hundred_at_once() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let file = picture(300, 300, ImageFormat::Png);
        // Several rows can have one file, as in bulk data; one has none.
        for number in 0..130 {
            let product = make::product(souk, store, Make::default()).await;
            let key = format!("public/products/old-{}.png", number % 2);
            if number < 2 {
                souk.app.storage.put(&key, file.clone().into(), "image/png").await.expect("it is written");
            }
            let key = if number == 5 { "public/products/gone.png".to_owned() } else { key };
            make::picture(souk, product.id, &key).await;
        }
        let unrequested: Result<()> = async {
            transact!(souk.app.db, tx, {
                let none = Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None);
                product_image::Entity::update_many().col_expr(product_image::Column::RenderRequestedAt, none).exec(tx).await?;
                Ok(())
            })
        }
        .await;
        unrequested.expect("it is written");
        let waiting = || product_image::Entity::find().filter(product_image::Column::RenderRequestedAt.is_null());
        for left in [30, 0, 0] {
            souk.worker.tidy().await;
            assert_eq!(waiting().count(souk.app.db.read()).await.expect("a number"), left);
        }
        souk.work().await;
        assert_eq!((rows(souk).await, files(&media(souk))), ((2, 4), 6));
        souk.worker.tidy().await;
        assert_eq!(souk.work().await, 0, "they are requested once");
    });
}

#[test]
fn a_list_takes_one_more_statement_if_sizes_are_asked_for() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let mut counts = Vec::new();
        for round in 0..2 {
            for number in 0..3 {
                let store = make::store(souk, &vendor, &format!("Tea {round} {number}")).await;
                let product = make::product(souk, store, Make::default()).await;
                add(souk, &vendor, &product, json!({}), picture(300, 300, ImageFormat::Png), "a.png").await;
                let input = json!({ "storeId": store.to_string(), "picture": "LOGO", "file": null });
                send(souk, &vendor, LOGO, input, picture(300, 300, ImageFormat::Png), "logo.png").await;
            }
            souk.work().await;
            for sized in [false, true] {
                let variables = json!({ "first": 10, "sized": sized });
                let (answer, count) = souk.statements(&souk.guest(), STOREFRONT, variables).await;
                let nodes = answer["data"]["products"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone();
                let is_webp = |url: &Value| url.as_str().is_some_and(|url| url.ends_with(".webp"));
                assert!(nodes.iter().all(|node| is_webp(&node["primaryImage"]["image"]["small"]) == sized));
                counts.push(count);
            }
        }
        eprintln!("StorefrontImages: {counts:?} statements without and with sizes of 3 and 6 products on {}", souk.database);
        assert_eq!(counts, [3, 4, 3, 4]);
    });
}

#[test]
fn sizes_of_an_image_are_hidden_with_its_product() {
    const NODE: &str = "query($id: ID!) { node(id: $id) { ... on ProductImage { image { url(size: SMALL) blurHash } } } }";
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        add(souk, &vendor, &product, json!({}), picture(300, 300, ImageFormat::Png), "a.png").await;
        souk.work().await;
        let id = images(souk, &product).await[0]["id"].clone();
        let hide = operation!("product", "ProductUpdateReturningId");
        let draft = json!({ "id": product.id.to_string(), "input": { "status": "DRAFT" } });
        souk.as_user(&vendor).run(hide, draft).await;
        let otto = make::vendor(souk, "otto").await;
        for (caller, seen) in [(souk.guest(), false), (souk.as_user(&otto), false), (souk.as_user(&vendor), true)] {
            let found = caller.data(NODE, json!({ "id": id })).await;
            assert_eq!(found["node"]["image"]["blurHash"].is_string(), seen, "{found:#}");
        }
        souk.work().await;
    });
}
