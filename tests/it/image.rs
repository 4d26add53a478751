//! Images: which are accepted, how they are stored and served.

use crate::app::{Caller, Souk, each, each_of, each_with};
use crate::cut_off::cut_after;
use crate::make::{self, Make, User};
use crate::s3::{BUCKET, S3};
use image::{DynamicImage, ImageFormat, RgbaImage};
use reqwest::multipart::{Form, Part};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::Path;

pub const ADD: &str = "mutation($input: ProductImageAddInput!) { productImageAdd(input: $input) { product { id version images { id url altText isPrimary position width height contentType } primaryImage { id } } userErrors { field code message } } }";
const UPDATE: &str = "mutation($id: ID!, $input: ProductImageUpdateInput!) { productImageUpdate(id: $id, input: $input) { product { images { id altText isPrimary } } userErrors { field code message } } }";
const DELETE: &str = "mutation($id: ID!) { productImageDelete(id: $id) { product { images { id isPrimary } } userErrors { field code message } } }";
const REORDER: &str = "mutation($input: ProductImagesReorderInput!) { productImagesReorder(input: $input) { product { images { id } } userErrors { field code message } } }";
const STAGE: &str = "mutation($input: StagedUploadCreateInput!) { stagedUploadCreate(input: $input) { stagedUpload { token url method headers { name value } expiresAt } userErrors { field code message } } }";
const LOGO: &str = "mutation($input: StorePictureSetInput!) { storePictureSet(input: $input) { store { logoUrl bannerUrl } userErrors { field code message } } }";

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
    let vendor = make::vendor(souk, "vera").await;
    let store = make::store(souk, &vendor, "Tea").await;
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
        assert_eq!(files(&souk.folder.path().join("media")), 2);
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
    });
}

#[test]
fn a_staged_file_is_put_once_and_used_once() {
    each(async |souk| {
        let (vendor, product) = setup(souk).await;
        staged_journey(souk, &vendor, &product).await;
        let vera = souk.as_user(&vendor);
        let staged = stage(&vera, 4).await;
        assert_eq!(put(souk, &staged, vec![0; 11 * 1024 * 1024]).await, 413);
        // Exactly what was announced, whether the client says how much comes or not.
        for file in ["", "tex", "texts"] {
            let status = if file.len() > 4 { 413 } else { 400 };
            assert_eq!(put(souk, &staged, file.into()).await, status, "{file}");
            let stream = futures::stream::iter([Ok::<_, std::io::Error>(file)]);
            let url = staged["url"].as_str().expect("an address");
            let request = souk.http.put(url).header("content-type", "image/png").body(reqwest::Body::wrap_stream(stream));
            assert_eq!(request.send().await.expect("an answer").status(), status, "{file}");
        }
        assert_eq!(put(souk, &staged, b"text".to_vec()).await, 204);
        assert_eq!(put(souk, &staged, b"other".to_vec()).await, 409);
        let used = json!({ "input": { "productId": product.id.to_string(), "stagedUploadToken": staged["token"] } });
        assert_eq!(vera.refused(ADD, used).await, ["stagedUploadToken INVALID_FILE"]);
        let forged = json!({ "url": format!("{}/media/uploads/{}", souk.url, "A".repeat(43)), "headers": [] });
        assert_eq!(put(souk, &forged, b"x".to_vec()).await, 404);
        // An hour later the address is worth nothing.
        let staged = stage(&vera, 100).await;
        souk.app.clock.advance(std::time::Duration::from_secs(3601));
        assert_eq!(put(souk, &staged, b"x".to_vec()).await, 404);
    });
}

#[test]
fn pictures_go_to_an_s3_server_as_to_a_folder() {
    let s3 = S3::start();
    each_with(&s3.settings(), async |souk| {
        let (vendor, product) = setup(souk).await;
        let payload = add(souk, &vendor, &product, json!({}), picture(30, 20, ImageFormat::Png), "a.png").await;
        let url = payload["product"]["images"][0]["url"].as_str().expect("an address").to_owned();
        let response = souk.http.get(&url).send().await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")), (200, "image/png"));
        let size = response.bytes().await.expect("a picture").len();
        let part = souk.http.get(&url).header("range", "bytes=-4").send().await.expect("an answer");
        assert_eq!((part.status().as_u16(), part.bytes().await.expect("bytes").len()), (206, 4));
        assert!(size > 4);
        assert!(files(&s3.folder.path().join(BUCKET)) > 0);
        staged_journey(souk, &vendor, &product).await;
        // The signed address binds no size: it is looked at when the file is used.
        let vera = souk.as_user(&vendor);
        let file = picture(50, 40, ImageFormat::Png);
        for size in [file.len() - 1, file.len() + 1] {
            let staged = stage(&vera, size).await;
            assert!(put(souk, &staged, file.clone()).await.is_success());
            let used = json!({ "input": { "productId": product.id.to_string(), "stagedUploadToken": staged["token"] } });
            assert_eq!(vera.refused(ADD, used).await, ["stagedUploadToken INVALID_FILE"]);
        }
    });
}

#[test]
fn staged_files_are_put_at_the_address_that_browsers_reach_the_s3_server_by() {
    let s3 = S3::start();
    // The server checks the signature, which holds the host.
    let outside = s3.endpoint.replace("127.0.0.1", "localhost");
    let settings: Vec<_> = s3.settings().into_iter().chain([("SOUK_S3_PUBLIC_ENDPOINT", outside.as_str())]).collect();
    each_with(&settings, async |souk| {
        let (vendor, product) = setup(souk).await;
        let staged = stage(&souk.as_user(&vendor), 10).await;
        assert!(staged["url"].as_str().is_some_and(|url| url.starts_with(&format!("{outside}/"))), "{staged:#}");
        staged_journey(souk, &vendor, &product).await;
    });
}

/// The whole way of a staged file: put, used, used again, used by another.
async fn staged_journey(souk: &Souk, vendor: &User, product: &make::Product) {
    let vera = souk.as_user(vendor);
    let file = picture(50, 40, ImageFormat::WebP);
    let staged = stage(&vera, file.len()).await;
    assert_eq!(staged["method"], "PUT");
    let input = json!({ "input": { "productId": product.id.to_string(), "stagedUploadToken": staged["token"] } });
    assert_eq!(vera.refused(ADD, input.clone()).await, ["stagedUploadToken INCOMPLETE"]);
    let status = put(souk, &staged, file).await;
    assert!(status.is_success(), "{status}");
    let otto = make::vendor(souk, &format!("otto{}", staged["token"].as_str().map_or(0, str::len))).await;
    let his = make::product(souk, make::store(souk, &otto, "Otto").await, Make::default()).await;
    let stolen = json!({ "input": { "productId": his.id.to_string(), "stagedUploadToken": staged["token"] } });
    assert_eq!(souk.as_user(&otto).refused(ADD, stolen).await, ["stagedUploadToken INVALID_TOKEN"]);
    // Of several at once one wins.
    let answers = futures::future::join_all((0..4).map(|_| vera.data(ADD, input.clone()))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer["productImageAdd"]["product"].is_object()).collect();
    assert_eq!(won.len(), 1, "{answers:#?}");
    let images = won[0]["productImageAdd"]["product"]["images"].as_array().expect("images").clone();
    assert_eq!((&images[images.len() - 1]["width"], &images[images.len() - 1]["height"]), (&json!(50), &json!(40)));
    assert_eq!(vera.refused(ADD, input).await, ["stagedUploadToken INVALID_TOKEN"]);
    let both = json!({ "input": { "filename": "", "contentType": "text/html", "size": 0 } });
    assert_eq!(vera.refused(STAGE, both).await, ["filename REQUIRED", "contentType INVALID", "size OUT_OF_RANGE"]);
    let large = json!({ "input": { "filename": "a", "contentType": "image/png", "size": 100_000_000 } });
    assert_eq!(vera.refused(STAGE, large).await, ["size FILE_TOO_LARGE"]);
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
    const CREATE: &str = "mutation($input: ProductImageCreateInput!) { productImageCreate(input: $input) { productImage { id image { url altText width height contentType } } product { images { id } } userErrors { field code message } } }";
    const BANNER: &str = "mutation($input: StorePictureSetInput!) { storePictureSet(input: $input) { store { banner { url altText width height contentType } logo { url } } userErrors { field code message } } }";
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
        let avatar = "mutation($input: AvatarUpdateInput!) { avatarUpdate(input: $input) { user { id } userErrors { field code message } } }";
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
fn uploads_are_limited_at_once_and_over_time() {
    use futures::FutureExt;
    use souk_core::limit::Attempt;
    each(async |souk| {
        // What was counted does not come back while the test runs.
        souk.app.clock.freeze(souk.app.clock.now());
        let (vendor, product) = setup(souk).await;
        let vera = souk.as_user(&vendor);
        let key = vendor.id.to_string();
        let small = || picture(4, 4, ImageFormat::Png);
        let staged = stage(&vera, 10).await;
        // More than was announced is not taken.
        assert_eq!(put(souk, &staged, vec![7; 11]).await, 413);
        // As many requests of this user as may wait: the next is told to come again.
        let waiting: Vec<_> = (0..32)
            .map(|_| {
                let mut permit = Box::pin(souk.app.queues.uploads.acquire(&key));
                let state = (&mut permit).now_or_never();
                (permit, state)
            })
            .collect();
        assert_eq!(put(souk, &staged, small()).await, 429);
        let form = Form::new().text("operations", "{}").text("map", "{}");
        let request = souk.http.post(format!("{}/graphql", souk.url)).bearer_auth(&vendor.token).header("x-souk-csrf", "1");
        let busy = request.multipart(form).send().await.expect("an answer");
        assert_eq!(busy.status(), 429);
        assert!(busy.headers().contains_key("retry-after"));
        let busy: Value = busy.json().await.expect("JSON");
        assert_eq!(busy["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        // Another user has a queue of their own.
        let otto = make::vendor(souk, "otto").await;
        let his = make::product(souk, make::store(souk, &otto, "Otto").await, Make::default()).await;
        assert_eq!(code(&add(souk, &otto, &his, json!({}), small(), "a.png").await), " none");
        drop(waiting);
        assert_eq!(code(&add(souk, &vendor, &product, json!({}), small(), "a.png").await), " none");
        // 2 GiB an hour.
        souk.app.limits.count_many(Attempt::ImageKibibyte, &key, 2 * 1024 * 1024).expect("there was room");
        let input = json!({ "productId": product.id.to_string(), "file": null });
        let answer = send(souk, &vendor, ADD, input.clone(), small(), "a.png").await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer:#}");
        souk.app.clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(code(&add(souk, &vendor, &product, json!({}), small(), "a.png").await), " none");
        // 1000 pictures an hour.
        while souk.app.limits.count(Attempt::ImageUpload, &key).is_ok() {}
        let answer = send(souk, &vendor, ADD, input, small(), "a.png").await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer:#}");
        let place = json!({ "input": { "filename": "tea.png", "contentType": "image/png", "size": 10 } });
        assert_eq!(vera.error_code(STAGE, place).await, "RATE_LIMITED");
    });
}

#[test]
fn a_user_has_at_most_a_hundred_open_uploads_however_many_are_asked_for_at_once() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let vera = souk.as_user(&vendor);
        let input = json!({ "input": { "filename": "tea.png", "contentType": "image/png", "size": 10 } });
        let mut given = 0;
        for _ in 0..11 {
            let answers = futures::future::join_all((0..10).map(|_| vera.data(STAGE, input.clone()))).await;
            given += answers.iter().filter(|answer| answer["stagedUploadCreate"]["stagedUpload"].is_object()).count();
        }
        assert_eq!(given, 100);
        assert_eq!(vera.refused(STAGE, input).await, [" LIMIT_REACHED"]);
    });
}

#[test]
fn a_user_sets_a_picture_of_one_source_and_order_lines_show_that_of_their_product() {
    const SET: &str = "mutation($input: AvatarSetInput!) { avatarSet(input: $input) { user { avatar { url width height contentType } avatarUrl } userErrors { field code message } } }";
    const REMOVE: &str = "mutation { avatarRemove { user { avatar { url } avatarUrl } userErrors { field code message } } }";
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
        let placed = crate::make_order::order(souk, Some(&bob), &[(store, product, 1)]).await;
        let lines = "query($id: ID!) { order(id: $id) { lines { image { altText width } } } }";
        let id = json!({ "id": placed.id.to_string() });
        let seen = souk.as_user(&bob).data(lines, id.clone()).await["order"]["lines"][0]["image"].clone();
        assert_eq!(seen, json!({ "altText": "A cup", "width": 40 }));
        let update = "mutation($id: ID!, $input: ProductUpdateInput!) { productUpdate(id: $id, input: $input) { product { id } userErrors { code } } }";
        vera.run(update, json!({ "id": product.id.to_string(), "input": { "status": "DRAFT" } })).await;
        assert_eq!(souk.as_user(&bob).data(lines, id).await["order"]["lines"][0]["image"], Value::Null);
        souk.leaves_work("the order's mails and the picture that was removed");
    });
}
