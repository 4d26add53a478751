//! Images: which are accepted, how they are stored and served.

mod rendition;
mod upload;

use crate::app::{Caller, Souk, each, each_of};
use crate::db::cut_off::cut_after;
use crate::make::{self, Make, User};
use image::{DynamicImage, ImageFormat, RgbaImage};
use reqwest::multipart::{Form, Part};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::Path;

pub const ADD: &str = operation!("image", "ProductImageAdd");
const UPDATE: &str = operation!("image", "ProductImageUpdate");
const DELETE: &str = operation!("image", "ProductImageDelete");
const REORDER: &str = operation!("image", "ProductImagesReorderReturningId");
const STAGE: &str = operation!("upload", "StagedUploadCreate");
const LOGO: &str = operation!("store", "StorePictureSetReturningUrls");

pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbaImage::from_fn(width, height, |x, y| image::Rgba([x as u8, y as u8, 90, 255]));
    let mut file = Vec::new();
    let image = DynamicImage::ImageRgba8(pixels);
    let image = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(image.to_rgb8()) } else { image };
    image.write_to(&mut Cursor::new(&mut file), format).expect("a picture");
    file
}

/// A JPEG with an EXIF block that says "turned by 90 degrees" and names a place.
fn turned_jpeg(width: u32, height: u32) -> Vec<u8> {
    let plain = picture(width, height, ImageFormat::Jpeg);
    let mut tiff = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    tiff.extend([1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 27.7172N 85.3240E");
    let length = u16::try_from(tiff.len() + 2).expect("small").to_be_bytes();
    let mut file = plain[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(length);
    file.extend(tiff);
    file.extend(&plain[2..]);
    file
}

pub async fn send(souk: &Souk, user: &User, query: &str, input: Value, file: Vec<u8>, name: &str) -> Value {
    let operations = json!({ "query": query, "variables": { "input": input } });
    let form = Form::new()
        .text("operations", operations.to_string())
        .text("map", r#"{ "0": ["variables.input.file"] }"#)
        .part("0", Part::bytes(file).file_name(name.to_owned()));
    let request = souk.http.post(format!("{}/graphql", souk.url)).bearer_auth(&user.token).header("x-souk-csrf", "1");
    let response = request.multipart(form).send().await.expect("an answer");
    response.json().await.expect("JSON")
}

async fn add(souk: &Souk, user: &User, product: &make::Product, mut input: Value, file: Vec<u8>, name: &str) -> Value {
    input["productId"] = json!(product.id.to_string());
    input["file"] = Value::Null;
    let answer = send(souk, user, ADD, input, file, name).await;
    assert_eq!(answer["errors"], Value::Null, "{answer:#}");
    answer["data"]["productImageAdd"].clone()
}

fn code(payload: &Value) -> String {
    let error = &payload["userErrors"][0];
    format!("{} {}", error["field"][0].as_str().unwrap_or(""), error["code"].as_str().unwrap_or("none"))
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

async fn setup(souk: &Souk) -> (User, make::Product) {
    let (vendor, store) = make::shop(souk, "Tea").await;
    let product = make::product(souk, store, Make::default()).await;
    (vendor, product)
}

async fn stage(caller: &Caller<'_>, size: usize) -> Value {
    let input = json!({ "input": { "filename": "tea.png", "contentType": "image/png", "size": size } });
    caller.run(STAGE, input).await["stagedUpload"].clone()
}

async fn put(souk: &Souk, staged: &Value, file: Vec<u8>) -> reqwest::StatusCode {
    let mut request = souk.http.put(staged["url"].as_str().expect("an address")).body(file);
    for header in staged["headers"].as_array().expect("headers") {
        request = request.header(header["name"].as_str().expect("a name"), header["value"].as_str().expect("a value"));
    }
    request.send().await.expect("an answer").status()
}

#[test]
fn a_picture_is_turned_upright_loses_its_exif_and_is_served_with_ranges() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let input = json!({ "altText": "A cup", "isPrimary": false });
        let payload = add(souk, &vendor, &product, input, turned_jpeg(40, 20), "../../evil.php").await;
        let image = payload["product"]["images"][0].clone();
        // The first picture is the primary one in any case.
        assert_eq!(
            (&image["isPrimary"], &image["altText"], &image["contentType"]),
            (&json!(true), &json!("A cup"), &json!("image/jpeg"))
        );
        assert_eq!((&image["width"], &image["height"]), (&json!(20), &json!(40)));
        let url = image["url"].as_str().expect("an address");
        assert!(url.starts_with(&format!("{}/media/public/products/", souk.url)) && url.ends_with(".jpg"), "{url}");
        let response = souk.http.get(url).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let header = |response: &reqwest::Response, name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header(&response, "content-type"), "image/jpeg");
        assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "content-disposition"), "inline");
        let tag = header(&response, "etag");
        let length = header(&response, "content-length");
        let bytes = response.bytes().await.expect("a picture");
        assert_eq!(length, bytes.len().to_string());
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(b"Exif") && !holds(b"GPS"));
        let known = souk.http.get(url).header("if-none-match", tag.clone()).send().await.expect("an answer");
        assert_eq!(known.status(), 304);
        let head = souk.http.head(url).send().await.expect("an answer");
        assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, length.clone()));
        let part = souk.http.get(url).header("range", "bytes=2-5").send().await.expect("an answer");
        assert_eq!(part.status(), 206);
        assert_eq!(header(&part, "content-range"), format!("bytes 2-5/{length}"));
        assert_eq!(part.bytes().await.expect("bytes"), bytes.slice(2..6));
        let beyond = souk.http.get(url).header("range", "bytes=999999-").send().await.expect("an answer");
        assert_eq!((beyond.status().as_u16(), header(&beyond, "content-range")), (416, format!("bytes */{length}")));
        let changed =
            souk.http.get(url).header("range", "bytes=0-1").header("if-range", "\"x\"").send().await.expect("an answer");
        assert_eq!(changed.status(), 200);
        souk.work().await;
    });
}

#[test]
fn what_is_no_picture_is_refused_and_leaves_nothing() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let media = souk.folder.path().join("media");
        let png = picture(30, 30, ImageFormat::Png);
        for (file, expected) in [
            (b"just text".to_vec(), "file INVALID_FILE"),
            (Vec::new(), "file INVALID_FILE"),
            (b"GIF89a\x01\0\x01\0\0\0\0".to_vec(), "file INVALID_FILE"),
            (png[..png.len() / 2].to_vec(), "file INVALID_FILE"),
            (b"\xFF\xD8\xFF\xE0 and no more".to_vec(), "file INVALID_FILE"),
        ] {
            assert_eq!(code(&add(souk, &vendor, &product, json!({}), file, "tea.png").await), expected);
        }
        // 8,001 pixels wide, and a header that promises 40,000 x 40,000.
        assert_eq!(
            code(&add(souk, &vendor, &product, json!({}), picture(8001, 1, ImageFormat::Png), "a.png").await),
            "file FILE_TOO_LARGE"
        );
        let mut bomb = png.clone();
        bomb[16..24].copy_from_slice(&[0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40]);
        let refused = code(&add(souk, &vendor, &product, json!({}), bomb, "a.png").await);
        assert!(["file FILE_TOO_LARGE", "file INVALID_FILE"].contains(&refused.as_str()), "{refused}");
        assert_eq!(
            code(&add(souk, &vendor, &product, json!({ "altText": "x".repeat(501) }), png.clone(), "a.png").await),
            "altText TOO_LONG"
        );
        let vera = souk.as_user(&vendor);
        assert_eq!(vera.refused(ADD, json!({ "input": { "productId": product.id.to_string() } })).await, ["file REQUIRED"]);
        // A plain JSON request that pretends to carry a file.
        for pretended in ["#__graphql_file__:0", "#__graphql_file__:x", "text"] {
            let answer = vera.answer(ADD, json!({ "input": { "productId": product.id.to_string(), "file": pretended } })).await;
            assert!(answer["data"]["productImageAdd"]["product"].is_null(), "{answer:#}");
            assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer:#}");
        }
        let otto = make::vendor(souk, "otto").await;
        assert_eq!(code(&add(souk, &otto, &product, json!({}), png, "a.png").await), "productId NOT_FOUND");
        assert_eq!(files(&media), 0);
        for path in
            ["staged/x", "public/..%2F..%2Fsouk.db", "public/../souk.db", "..%2Fsouk.db", "public/nothing.jpg", "public/%00"]
        {
            let response = souk.http.get(format!("{}/media/{path}", souk.url)).send().await.expect("an answer");
            assert_eq!(response.status(), 404, "{path}");
        }
    });
}

#[test]
fn pictures_are_ordered_and_one_is_always_primary() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let mut ids = Vec::new();
        for number in 0..3 {
            let payload =
                add(souk, &vendor, &product, json!({ "isPrimary": number == 1 }), picture(10, 10, ImageFormat::Png), "a.png")
                    .await;
            ids.push(payload["product"]["images"][number]["id"].clone());
            let primary = payload["product"]["images"]
                .as_array()
                .expect("images")
                .iter()
                .filter(|image| image["isPrimary"] == true)
                .count();
            assert_eq!(primary, 1);
        }
        let set = |id: &Value, input: Value| json!({ "id": id, "input": input });
        let moved = vera.run(UPDATE, set(&ids[2], json!({ "isPrimary": true, "position": 0, "altText": "Front" }))).await;
        assert_eq!(moved["product"]["images"][0], json!({ "id": ids[2], "altText": "Front", "isPrimary": true }));
        assert_eq!(
            vera.refused(UPDATE, set(&ids[2], json!({ "isPrimary": false, "position": 20 }))).await,
            ["position OUT_OF_RANGE", "isPrimary INVALID"]
        );
        let order = |ids: Vec<&Value>| json!({ "input": { "productId": product.id.to_string(), "imageIds": ids } });
        let reordered = vera.run(REORDER, order(vec![&ids[1], &ids[0], &ids[2]])).await;
        assert_eq!(reordered["product"]["images"], json!([{ "id": ids[1] }, { "id": ids[0] }, { "id": ids[2] }]));
        assert_eq!(vera.refused(REORDER, order(vec![&ids[1], &ids[1], &ids[2]])).await, ["imageIds INVALID"]);
        let left = vera.run(DELETE, json!({ "id": ids[2] })).await;
        assert_eq!(left["product"]["images"], json!([{ "id": ids[1], "isPrimary": true }, { "id": ids[0], "isPrimary": false }]));
        let otto = make::vendor(souk, "otto").await;
        assert_eq!(souk.as_user(&otto).refused(DELETE, json!({ "id": ids[0] })).await, ["id NOT_FOUND"]);
        souk.work().await;
        // Each with a rendition.
        assert_eq!(files(&souk.folder.path().join("media")), 4);
    });
}

#[test]
fn a_product_has_at_most_twenty_pictures_however_many_come_at_once() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let adding =
            (0..22).map(|_| add(souk, &vendor, &product, json!({ "isPrimary": true }), picture(4, 4, ImageFormat::Png), "a.png"));
        let payloads = futures::future::join_all(adding).await;
        let refused: Vec<_> = payloads.iter().filter(|payload| payload["product"].is_null()).map(code).collect();
        assert_eq!(refused, ["productId LIMIT_REACHED", "productId LIMIT_REACHED"]);
        let page = souk
            .guest()
            .data("query($id: ID!) { product(id: $id) { images { isPrimary } } }", json!({ "id": product.id.to_string() }))
            .await;
        let images = page["product"]["images"].as_array().expect("images").clone();
        assert_eq!((images.len(), images.iter().filter(|image| image["isPrimary"] == true).count()), (20, 1));
        // What was refused was stored before, and is gone again.
        assert_eq!(files(&souk.folder.path().join("media")), 20);
        souk.work().await;
    });
}

#[test]
fn a_store_gets_a_logo_and_a_new_one_replaces_it() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let input = json!({ "storeId": store, "picture": "LOGO", "file": null });
        let mut urls = Vec::new();
        for _ in 0..2 {
            let answer = send(souk, &vendor, LOGO, input.clone(), picture(16, 16, ImageFormat::Png), "logo.png").await;
            let store = answer["data"]["storePictureSet"]["store"].clone();
            assert_eq!(store["bannerUrl"], Value::Null, "{answer:#}");
            urls.push(store["logoUrl"].as_str().expect("an address").to_owned());
        }
        souk.work().await;
        assert_eq!(souk.http.get(&urls[0]).send().await.expect("an answer").status(), 404);
        assert_eq!(souk.http.get(&urls[1]).send().await.expect("an answer").status(), 200);
        let otto = make::vendor(souk, "otto").await;
        let answer = send(souk, &otto, LOGO, input, picture(16, 16, ImageFormat::Png), "logo.png").await;
        assert_eq!(code(&answer["data"]["storePictureSet"]), "storeId NOT_FOUND");
    });
}

#[test]
fn a_picture_tells_its_size_wherever_it_is_and_comes_from_one_source() {
    const CREATE: &str = operation!("image", "ProductImageCreate");
    const BANNER: &str = operation!("store", "StorePictureSet");
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let file = picture(30, 20, ImageFormat::Png);
        let staged = stage(&vera, file.len()).await;
        assert!(put(souk, &staged, file).await.is_success());
        let id = product.id.to_string();
        let source = json!({ "stagedUploadToken": staged["token"] });
        let made = vera.run(CREATE, json!({ "input": { "productId": id, "altText": "A cup", "source": source } })).await;
        let image = &made["productImage"]["image"];
        assert_eq!(
            (&image["altText"], &image["width"], &image["height"], &image["contentType"]),
            (&json!("A cup"), &json!(30), &json!(20), &json!("image/png"))
        );
        assert_eq!(made["product"]["images"], json!([{ "id": made["productImage"]["id"] }]));
        // The same token again: the path leads to it.
        let again = json!({ "input": { "productId": id, "source": source } });
        assert_eq!(vera.refused(CREATE, again).await, ["source.stagedUploadToken INVALID_TOKEN"]);
        let file = picture(50, 10, ImageFormat::Jpeg);
        let staged = stage(&vera, file.len()).await;
        assert!(put(souk, &staged, file).await.is_success());
        let store = entity::product::Entity::find_by_id(product.id).one(souk.app.db.read()).await.expect("it is read");
        let store = store.expect("a product").store_id.to_string();
        let banner = |source: Value| json!({ "input": { "storeId": store, "picture": "BANNER", "source": source } });
        let set = vera.run(BANNER, banner(json!({ "stagedUploadToken": staged["token"] }))).await;
        let image = &set["store"]["banner"];
        assert_eq!(
            (&image["altText"], &image["width"], &image["height"], &image["contentType"]),
            (&Value::Null, &json!(50), &json!(10), &json!("image/jpeg"))
        );
        assert_eq!(set["store"]["logo"], Value::Null);
        assert_eq!(vera.refused(BANNER, banner(Value::Null)).await, ["source REQUIRED"]);
        let mut both = banner(json!({ "stagedUploadToken": "x" }));
        both["input"]["stagedUploadToken"] = json!("x");
        assert_eq!(vera.refused(BANNER, both).await, ["source INVALID"]);
        for source in [
            json!({}),
            json!({ "file": null }),
            json!({ "stagedUploadToken": "x", "file": null }),
            json!({ "stagedUploadToken": null }),
        ] {
            let answer = vera.answer(CREATE, json!({ "input": { "productId": id, "source": source } })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
            let message = answer["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains("exactly one field") || answer["errors"][1].is_object(), "{message}");
        }
        for source in
            ["{}", "{ stagedUploadToken: null }", "{ stagedUploadToken: \"x\", file: null }", "{ stagedUploadToken: $token }"]
        {
            let query = format!(
                "mutation($token: String) {{ productImageCreate(input: {{ productId: \"{id}\", source: {source} }}) {{ userErrors {{ code }} }} }}"
            );
            assert_eq!(vera.error_code(&query, json!({ "token": "x" })).await, "BAD_USER_INPUT", "{source}");
        }
        let required = format!(
            "mutation($token: String!) {{ productImageCreate(input: {{ productId: \"{id}\", source: {{ stagedUploadToken: $token }} }}) {{ userErrors {{ field code }} }} }}"
        );
        assert_eq!(vera.refused(&required, json!({ "token": "x" })).await, ["source.stagedUploadToken INVALID_TOKEN"]);
        souk.work().await;
    });
}

/// A PNG whose header promises so much; the rest is missing, and is never asked for.
fn promised(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    let mut file = picture(4, 4, ImageFormat::Png);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    file[24..26].copy_from_slice(&[depth, color]);
    file
}

#[test]
fn a_picture_that_takes_too_much_memory_is_refused_by_its_header_on_every_way_in() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let bomb = promised(8000, 5000, 16, 6);
        let refused = code(&add(souk, &vendor, &product, json!({}), bomb.clone(), "a.png").await);
        assert_eq!(refused, "file FILE_TOO_LARGE");
        let staged = stage(&vera, bomb.len()).await;
        assert_eq!(put(souk, &staged, bomb.clone()).await, 204);
        let used = json!({ "input": { "productId": product.id.to_string(), "stagedUploadToken": staged["token"] } });
        assert_eq!(vera.refused(ADD, used).await, ["stagedUploadToken FILE_TOO_LARGE"]);
        let store = make::store(souk, &vendor, "Other").await.to_string();
        for part in ["LOGO", "BANNER"] {
            let input = json!({ "storeId": store, "picture": part, "file": null });
            let answer = send(souk, &vendor, LOGO, input, bomb.clone(), "logo.png").await;
            assert_eq!(code(&answer["data"]["storePictureSet"]), "file FILE_TOO_LARGE");
        }
        let avatar = operation!("account", "AvatarUpdate");
        let answer = send(souk, &vendor, avatar, json!({ "file": null }), bomb, "me.png").await;
        assert_eq!(code(&answer["data"]["avatarUpdate"]), "file FILE_TOO_LARGE", "{answer:#}");
    });
}

#[test]
fn a_client_that_hangs_up_leaves_the_turn_with_the_picture_that_is_still_decoded() {
    use futures::FutureExt;
    use souk_domain::image::{Source, receive};
    each_of(&["sqlite"], async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let client = souk_core::auth::Client::default();
        let viewer = souk_core::auth::resolve::viewer(&souk.app, &vendor.token, client).await.expect("a signed-in user").viewer;
        let customer = viewer.customer().expect("a customer");
        let bytes = picture(2400, 2400, ImageFormat::Jpeg);
        let queue = &souk.app.queues.images;
        let key = customer.user_id().to_string();
        // It waits twice: for the file, and then for the decoder, where the client hangs up. On a busy machine the decoder may be done
        // before this test looks; then another upload shows it.
        let mut is_held = false;
        for _ in 0..10 {
            let mut file = tempfile::tempfile().expect("a file");
            std::io::Write::write_all(&mut file, &bytes).expect("a picture");
            std::io::Seek::rewind(&mut file).expect("the beginning");
            let source = Source::File(std::sync::Arc::new(file));
            cut_after(1, receive(&souk.app, &customer, &source, "public/products")).await;
            is_held = queue.acquire(&key).now_or_never().is_none();
            if is_held {
                break;
            }
        }
        assert!(is_held, "the decoder works without a permit");
        // It ends with the decoder.
        drop(queue.acquire(&key).await.expect("a permit"));
    });
}

#[test]
fn a_user_sets_a_picture_of_one_source_and_order_lines_show_that_of_their_product() {
    const SET: &str = operation!("account", "AvatarSet");
    const REMOVE: &str = operation!("account", "AvatarRemove");
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let file = picture(40, 30, ImageFormat::Png);
        let staged = stage(&vera, file.len()).await;
        assert_eq!(put(souk, &staged, file.clone()).await, 204);
        let token = staged["token"].clone();
        let both = json!({ "input": { "source": { "stagedUploadToken": token, "file": null } } });
        assert_eq!(vera.error_code(SET, both).await, "BAD_USER_INPUT");
        assert_eq!(vera.error_code(SET, json!({ "input": { "source": {} } })).await, "BAD_USER_INPUT");
        let wrong = json!({ "input": { "source": { "stagedUploadToken": "nonsense" } } });
        assert_eq!(vera.refused(SET, wrong).await, ["source.stagedUploadToken INVALID_TOKEN"]);
        let user = vera.run(SET, json!({ "input": { "source": { "stagedUploadToken": token } } })).await["user"].clone();
        assert_eq!((&user["avatar"]["width"], &user["avatar"]["height"]), (&json!(40), &json!(30)));
        assert_eq!(user["avatar"]["url"], user["avatarUrl"]);
        let user = vera.run(REMOVE, json!({})).await["user"].clone();
        assert_eq!((&user["avatar"], &user["avatarUrl"]), (&Value::Null, &Value::Null));

        add(souk, &vendor, &product, json!({ "altText": "A cup" }), file, "a.png").await;
        let store: entity::id::StoreId = {
            let read = "query($id: ID!) { product(id: $id) { store { id } } }";
            let found = vera.data(read, json!({ "id": product.id.to_string() })).await;
            found["product"]["store"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an ID")
        };
        let bob = make::customer(souk, "bob").await;
        let placed = crate::make::order::order(souk, Some(&bob), &[(store, product, 1)]).await;
        let lines = "query($id: ID!) { order(id: $id) { lines { image { altText width } } } }";
        let id = json!({ "id": placed.id.to_string() });
        let seen = souk.as_user(&bob).data(lines, id.clone()).await["order"]["lines"][0]["image"].clone();
        assert_eq!(seen, json!({ "altText": "A cup", "width": 40 }));
        let update = operation!("product", "ProductUpdateReturningId");
        vera.run(update, json!({ "id": product.id.to_string(), "input": { "status": "DRAFT" } })).await;
        assert_eq!(souk.as_user(&bob).data(lines, id).await["order"]["lines"][0]["image"], Value::Null);
        souk.leaves_work("the order's mails and the picture that was removed");
    });
}
