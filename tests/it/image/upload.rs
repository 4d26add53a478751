//! Staged uploads, and the limits on uploads.

use super::{ADD, STAGE, add, code, files, picture, put, send, setup, stage};
use crate::app::{Souk, each, each_with};
use crate::make::{self, Make, User};
use crate::s3::{BUCKET, S3};
use image::ImageFormat;
use reqwest::multipart::Form;
use serde_json::{Value, json};

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
        souk.work().await;
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
        souk.work().await;
        let sizes = "query($id: ID!) { product(id: $id) { primaryImage { image { url(size: SMALL) } } } }";
        let page = souk.guest().data(sizes, json!({ "id": product.id.to_string() })).await;
        let small = page["product"]["primaryImage"]["image"]["url"].as_str().expect("a URL");
        let response = souk.http.get(small).send().await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")), (200, "image/webp"));
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
        souk.work().await;
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
        souk.work().await;
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
