//! Creating a product with images, as a whole or not at all.

use crate::app::{Caller, Souk, each};
use crate::image::picture;
use crate::make::{self, User};
use image::ImageFormat;
use reqwest::multipart::{Form, Part};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

const CREATE: &str = operation!("product", "ProductCreateReturningImages");
const STAGE: &str = operation!("upload", "StagedUploadCreateReturningHeaders");

async fn staged(souk: &Souk, caller: &Caller<'_>, file: Vec<u8>) -> Value {
    let input = json!({ "input": { "filename": "a.png", "contentType": "image/png", "size": file.len() } });
    let upload = caller.run(STAGE, input).await["stagedUpload"].clone();
    let mut request = souk.http.put(upload["url"].as_str().expect("a URL")).body(file);
    for header in upload["headers"].as_array().expect("headers") {
        request = request.header(header["name"].as_str().expect("a name"), header["value"].as_str().expect("a value"));
    }
    assert!(request.send().await.expect("an answer").status().is_success());
    upload["token"].clone()
}

/// Creates a product with these files, each in its place among the pictures of the input.
async fn create(souk: &Souk, user: &User, input: Value, files: Vec<(usize, Vec<u8>)>) -> Value {
    let operations = json!({ "query": CREATE, "variables": { "input": input } });
    let map: serde_json::Map<_, _> =
        files.iter().map(|(at, _)| (at.to_string(), json!([format!("variables.input.images.{at}.source.file")]))).collect();
    let mut form = Form::new().text("operations", operations.to_string()).text("map", Value::Object(map).to_string());
    for (at, file) in files {
        form = form.part(at.to_string(), Part::bytes(file).file_name("a.png"));
    }
    let request = souk.http.post(format!("{}/graphql", souk.url)).bearer_auth(&user.token).header("x-souk-csrf", "1");
    let answer: Value = request.multipart(form).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["errors"], Value::Null, "{answer:#}");
    answer["data"]["productCreate"].clone()
}

fn files(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

fn paths(payload: &Value) -> Vec<String> {
    let errors = payload["userErrors"].as_array().expect("userErrors").iter();
    let path = |error: &Value| {
        let parts = error["field"].as_array().expect("a path").iter().filter_map(Value::as_str).collect::<Vec<_>>();
        format!("{} {}", parts.join("."), error["code"].as_str().expect("a code"))
    };
    errors.map(path).collect()
}

#[test]
fn a_product_is_created_with_its_pictures_in_order() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let token = staged(souk, &souk.as_user(&vendor), picture(20, 10, ImageFormat::Png)).await;
        let images = json!([
            { "altText": "Front", "source": { "file": null } },
            { "altText": "Back", "source": { "stagedUploadToken": token } },
            { "source": { "file": null } },
        ]);
        let input = json!({ "storeId": store, "name": "Cup", "price": "5", "images": images });
        let sent = vec![(0, picture(30, 20, ImageFormat::Png)), (2, picture(8, 8, ImageFormat::Jpeg))];
        let made = create(souk, &vendor, input, sent).await;
        assert_eq!(made["userErrors"], json!([]));
        let image = |alt: Value, width: i32, height: i32| json!({ "altText": alt, "width": width, "height": height });
        let expected = json!([
            { "isPrimary": true, "position": 0, "image": image(json!("Front"), 30, 20) },
            { "isPrimary": false, "position": 1, "image": image(json!("Back"), 20, 10) },
            { "isPrimary": false, "position": 2, "image": image(Value::Null, 8, 8) },
        ]);
        assert_eq!(made["product"]["images"], expected);
        assert_eq!(made["product"]["primaryImage"]["image"]["altText"], "Front");
        // The staged file is gone, its copy is not.
        assert_eq!((files_of_pictures(souk), files(&souk.folder.path().join("media"))), (3, 3));
        souk.work().await;
    });
}

fn files_of_pictures(souk: &Souk) -> usize {
    files(&souk.folder.path().join("media/public"))
}

#[test]
fn one_wrong_picture_leaves_neither_product_nor_files() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        let token = staged(souk, &vera, picture(20, 10, ImageFormat::Png)).await;
        let images = json!([
            { "source": { "file": null } },
            { "source": { "file": null } },
            { "source": { "stagedUploadToken": "nonsense" } },
            { "source": { "stagedUploadToken": token } },
        ]);
        let input = json!({ "storeId": store, "name": "Cup", "price": "5", "images": images });
        let sent = vec![(0, picture(30, 20, ImageFormat::Png)), (1, b"no picture".to_vec())];
        let refused = create(souk, &vendor, input, sent).await;
        assert_eq!(refused["product"], Value::Null);
        let expected = ["images.1.source.file INVALID_FILE", "images.2.source.stagedUploadToken INVALID_TOKEN"];
        assert_eq!(paths(&refused), expected);
        assert_eq!(files_of_pictures(souk), 0);
        // The same staged file twice: the second claim is refused, and so is the product.
        let twice = json!([{ "source": { "stagedUploadToken": token } }, { "source": { "stagedUploadToken": token } }]);
        let input = json!({ "input": { "storeId": store, "name": "Cup", "price": "5", "images": twice } });
        assert_eq!(vera.refused(CREATE, input).await, ["images.1.source.stagedUploadToken INVALID_TOKEN"]);
        let many: Vec<_> = (0..21).map(|_| json!({ "source": { "stagedUploadToken": token } })).collect();
        let input = json!({ "input": { "storeId": store, "name": "Cup", "price": "5", "images": many } });
        assert_eq!(vera.refused(CREATE, input).await, ["images TOO_LONG"]);
        let long = json!([{ "altText": "x".repeat(501), "source": { "stagedUploadToken": token } }]);
        let input = json!({ "input": { "storeId": store, "name": "Cup", "price": "5", "images": long } });
        assert_eq!(vera.refused(CREATE, input).await, ["images.0.altText TOO_LONG"]);
        // What is refused by the product itself costs no picture.
        let input = json!({ "input": { "storeId": store, "name": "", "price": "5", "images": [{ "source": { "stagedUploadToken": token } }] } });
        assert_eq!(vera.refused(CREATE, input).await, ["name REQUIRED"]);
        let products = entity::product::Entity::find().count(souk.app.db.read()).await.expect("a count");
        assert_eq!((products, files_of_pictures(souk)), (0, 0));
        // The token was not used up by any of these.
        let input = json!({ "input": { "storeId": store, "name": "Cup", "price": "5", "images": [{ "source": { "stagedUploadToken": token } }] } });
        assert_eq!(vera.run(CREATE, input).await["product"]["images"].as_array().map(Vec::len), Some(1));
        souk.work().await;
    });
}
