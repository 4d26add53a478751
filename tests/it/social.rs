//! Posts on social networks, against a local server that follows the documentation of X, and a local webhook.

use crate::app::{Souk, each_with};
use crate::make;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt;

const STORE: &str = operation!("store", "StoreCreateReturningNetwork");
const PRODUCT: &str = operation!("product", "ProductCreateReturningSocialPosts");
const POSTS: &str = operation!("node", "NodeWithSocialPosts");

/// The clock is moved by hours, and people stay signed in.
const A_DAY: (&str, &str) = ("SOUK_ACCESS_TOKEN_SECONDS", "86400");

/// What the network does with the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// Answers as documented.
    Answer,
    /// 429, with `x-rate-limit-reset` in the given number of seconds.
    Limit(i64),
    /// 503.
    Fail,
    /// 401.
    Refuse,
    /// Posts, and then closes the connection without an answer.
    Silent,
}

#[derive(Default)]
struct Seen {
    moods: VecDeque<Mood>,
    pictures: Vec<Vec<u8>>,
    posts: Vec<Value>,
    requests: usize,
    wrong: Vec<String>,
}

/// A network on a port of its own.
#[derive(Clone)]
struct Network {
    seen: Arc<Mutex<Seen>>,
    url: String,
    clock: Arc<Mutex<Option<souk_core::clock::Clock>>>,
}

impl Network {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let network = Self { seen: Arc::default(), url, clock: Arc::default() };
        let router = Router::new()
            .route("/2/media/upload", post(upload))
            .route("/2/tweets", post(tweet))
            .route("/hook", post(hook))
            .with_state(network.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        network
    }

    fn will(&self, moods: &[Mood]) {
        self.seen.lock().expect("a lock").moods.extend(moods);
    }

    fn mood(&self) -> Mood {
        let mut seen = self.seen.lock().expect("a lock");
        seen.requests += 1;
        seen.moods.pop_front().unwrap_or(Mood::Answer)
    }

    fn texts(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("a lock");
        assert_eq!(seen.wrong, Vec::<String>::new());
        seen.posts.iter().map(|post| post["text"].as_str().expect("a text").to_owned()).collect()
    }

    fn complain(&self, what: impl Into<String>) {
        self.seen.lock().expect("a lock").wrong.push(what.into());
    }

    /// Recomputes the signature of a request, from the specification (RFC 5849) and not from our own code.
    fn check_signature(&self, path: &str, headers: &HeaderMap) {
        const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(list) = header.strip_prefix("OAuth ") else { return self.complain(format!("no OAuth header: {header}")) };
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for part in list.split(", ") {
            let Some((name, value)) = part.split_once('=') else { return self.complain(format!("no parameter: {part}")) };
            let decoded = percent_encoding::percent_decode_str(value.trim_matches('"')).decode_utf8_lossy().into_owned();
            parameters.insert(name.to_owned(), decoded);
        }
        let given = parameters.remove("oauth_signature").unwrap_or_default();
        let known =
            ["oauth_consumer_key", "oauth_nonce", "oauth_signature_method", "oauth_timestamp", "oauth_token", "oauth_version"];
        if parameters.keys().map(String::as_str).collect::<Vec<_>>() != known {
            self.complain(format!("parameters: {parameters:?}"));
        }
        let joined: Vec<_> = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let base = format!("POST&{}&{}", encode(&format!("{}{path}", self.url)), encode(&joined.join("&")));
        let mut hmac = Hmac::<sha1::Sha1>::new_from_slice(b"consumer%20secret&token%26secret").expect("a key");
        hmac.update(base.as_bytes());
        if given != STANDARD.encode(hmac.finalize().into_bytes()) {
            self.complain(format!("the signature of {path} is wrong"));
        }
        if parameters.get("oauth_token").map(String::as_str) != Some("token") {
            self.complain("another token");
        }
    }
}

async fn upload(State(network): State<Network>, headers: HeaderMap, body: Bytes) -> Response {
    network.check_signature("/2/media/upload", &headers);
    let content_type = headers["content-type"].to_str().expect("text");
    let boundary = content_type.split_once("boundary=").expect("multipart").1.trim_matches('"');
    let parts = split(&body, format!("--{boundary}").as_bytes());
    let mut category = None;
    let mut picture = None;
    for part in parts {
        let Some(at) = find(part, b"\r\n\r\n") else { continue };
        let (head, content) = (String::from_utf8_lossy(&part[..at]).to_lowercase(), &part[at + 4..part.len() - 2]);
        if head.contains("name=\"media_category\"") {
            category = Some(String::from_utf8_lossy(content).into_owned());
        } else if head.contains("name=\"media\"") && head.contains("content-type: image/png") {
            picture = Some(content.to_vec());
        }
    }
    if category.as_deref() != Some("tweet_image") {
        network.complain(format!("media_category: {category:?}"));
    }
    let Some(picture) = picture else { return StatusCode::BAD_REQUEST.into_response() };
    network.seen.lock().expect("a lock").pictures.push(picture);
    axum::Json(
        json!({ "data": { "id": "1146654567674912769", "media_key": "3_1146654567674912769", "expires_after_secs": 86400 } }),
    )
    .into_response()
}

async fn tweet(State(network): State<Network>, headers: HeaderMap, body: Bytes) -> Response {
    network.check_signature("/2/tweets", &headers);
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let error = |status: StatusCode, detail: &str| {
        (status, axum::Json(json!({ "title": "Problem", "detail": detail, "status": status.as_u16() }))).into_response()
    };
    let mood = network.mood();
    match mood {
        Mood::Limit(seconds) => {
            let clock = network.clock.lock().expect("a lock").clone().expect("the clock of the test");
            let reset = (clock.now().timestamp() + seconds).to_string();
            let mut response = error(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
            response.headers_mut().insert("x-rate-limit-reset", reset.parse().expect("a header"));
            return response;
        }
        Mood::Fail => return error(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Mood::Refuse => return error(StatusCode::UNAUTHORIZED, "Unauthorized"),
        Mood::Answer | Mood::Silent => {}
    }
    let mut seen = network.seen.lock().expect("a lock");
    if seen.posts.iter().any(|post| post["text"] == body["text"]) {
        return error(StatusCode::FORBIDDEN, "You are not allowed to create a Tweet with duplicate content.");
    }
    seen.posts.push(body.clone());
    if mood == Mood::Silent {
        // Breaks the connection off in the middle of the answer.
        let broken = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("cut"))]);
        return axum::body::Body::from_stream(broken).into_response();
    }
    let answer = json!({ "data": { "id": format!("14{:017}", seen.posts.len()), "text": body["text"] } });
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

async fn hook(State(network): State<Network>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, timestamp) = (text("webhook-id"), text("webhook-timestamp"));
    let mut hmac = Hmac::<sha2::Sha256>::new_from_slice(b"hook secret").expect("a key");
    hmac.update(format!("{id}.{timestamp}.").as_bytes());
    hmac.update(&body);
    if text("webhook-signature") != format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes())) {
        network.complain("the signature of the webhook is wrong");
    }
    if network.mood() == Mood::Fail {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    body["id"] = json!(id);
    body["text"] = body["data"]["text"].clone();
    network.seen.lock().expect("a lock").posts.push(body);
    StatusCode::NO_CONTENT.into_response()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn split<'a>(mut bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(bytes, by) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + by.len()..];
    }
    parts
}

/// Runs a test with a network of its own, which outlives the runtime of each database.
fn with_x(test: impl AsyncFn(&Souk, &Network)) {
    let (_runtime, network) = network();
    let settings = [
        ("SOUK_X_API_URL", network.url.as_str()),
        A_DAY,
        ("SOUK_X_CONSUMER_KEY", "consumer"),
        ("SOUK_X_CONSUMER_SECRET", "consumer secret"),
        ("SOUK_X_ACCESS_TOKEN", "token"),
        ("SOUK_X_ACCESS_TOKEN_SECRET", "token&secret"),
        ("SOUK_STOREFRONT_URL", "https://shop.example"),
    ];
    each_with(&settings, async |souk| {
        *network.seen.lock().expect("a lock") = Seen::default();
        *network.clock.lock().expect("a lock") = Some(souk.app.clock.clone());
        test(souk, &network).await;
    });
}

fn network() -> (tokio::runtime::Runtime, Network) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let network = runtime.block_on(Network::start());
    (runtime, network)
}

/// A vendor's store and a product that is on sale, made over the API; the store's own post is out.
async fn product(souk: &Souk, vendor: &make::User) -> (String, String) {
    let caller = souk.as_user(vendor);
    let store = caller.run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"]["id"].clone();
    souk.work().await;
    let input = json!({ "storeId": store, "name": "Ilam First Flush", "kind": "PHYSICAL", "status": "ACTIVE", "price": "19.90", "stockQuantity": 3, "tags": ["green tea", "nepal"] });
    let product = caller.run(PRODUCT, json!({ "input": input })).await["product"].clone();
    assert_eq!(
        product["socialPosts"],
        json!([{ "network": "X", "status": "PENDING", "externalId": null, "url": null, "error": null }])
    );
    let text = |id: &Value| id.as_str().expect("an ID").to_owned();
    (text(&store), text(&product["id"]))
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n--not a boundary--\r\n\r\n\x00\xff";

async fn picture(souk: &Souk, product: &str) {
    let app = &souk.app;
    let key = "public/products/picture.png";
    app.storage.put(key, Bytes::from_static(PNG).into(), "image/png").await.expect("a file");
    make::picture(souk, product.parse().expect("an ID"), key).await;
}

async fn post_of(souk: &Souk, vendor: &make::User, id: &str) -> Value {
    souk.as_user(vendor).data(POSTS, json!({ "id": id })).await["node"]["socialPosts"][0].clone()
}

/// Works until nothing is due within two hours.
async fn work_for_hours(souk: &Souk) {
    for _ in 0..120 {
        souk.work().await;
        souk.app.clock.advance(Duration::from_secs(60));
    }
}

#[test]
fn a_store_and_a_product_with_its_picture_are_posted_on_x() {
    with_x(async |souk, x| {
        let vendor = make::vendor(souk, "vera").await;
        let (store, product) = product(souk, &vendor).await;
        assert_eq!(x.texts(), ["New on Souk: Tea House\nhttps://shop.example/stores/tea-house"]);
        assert_eq!(souk.work().await, 0, "it waits for a picture");
        picture(souk, &product).await;
        souk.pass(Duration::from_secs(61)).await;
        assert_eq!(
            x.texts()[1],
            "New at Tea House: Ilam First Flush, 19.90 USD #greenTea #nepal\nhttps://shop.example/products/ilam-first-flush"
        );
        {
            let seen = x.seen.lock().expect("a lock");
            assert_eq!(seen.pictures, [PNG]);
            assert_eq!(seen.posts[0].get("media"), None);
            assert_eq!(seen.posts[1]["media"], json!({ "media_ids": ["1146654567674912769"] }));
        }
        let post = post_of(souk, &vendor, &product).await;
        assert_eq!((&post["status"], &post["externalId"]), (&json!("POSTED"), &json!("1400000000000000002")));
        assert_eq!(post["url"], "https://x.com/i/web/status/1400000000000000002");
        assert_ne!(post["postedAt"], Value::Null);
        // What is out everybody sees.
        let seen = souk.guest().data(POSTS, json!({ "id": store })).await;
        assert_eq!(seen["node"]["socialPosts"][0]["status"], "POSTED");
        // Taken off sale and put on again: it was announced already.
        const UPDATE: &str = operation!("product", "ProductUpdateReturningId");
        for status in ["DRAFT", "ACTIVE"] {
            souk.as_user(&vendor).run(UPDATE, json!({ "id": product, "input": { "status": status } })).await;
        }
        work_for_hours(souk).await;
        assert_eq!(x.texts().len(), 2);
    });
}

#[test]
fn a_limit_and_a_failure_of_x_are_waited_out_and_it_is_posted_once() {
    with_x(async |souk, x| {
        let vendor = make::vendor(souk, "vera").await;
        let (_, product) = product(souk, &vendor).await;
        x.will(&[Mood::Limit(900), Mood::Fail]);
        souk.pass(Duration::from_secs(61)).await;
        let post = post_of(souk, &vendor, &product).await;
        assert_eq!((&post["status"], &post["error"]), (&json!("PENDING"), &Value::Null));
        souk.app.clock.advance(Duration::from_secs(890));
        assert_eq!(souk.work().await, 0, "X asked for more time");
        work_for_hours(souk).await;
        assert_eq!(post_of(souk, &vendor, &product).await["status"], "POSTED");
        assert_eq!(x.texts().len(), 2);
        assert_eq!(x.seen.lock().expect("a lock").requests, 4);
    });
}

#[test]
fn a_post_whose_answer_was_lost_is_recognised_and_not_posted_twice() {
    with_x(async |souk, x| {
        let vendor = make::vendor(souk, "vera").await;
        let (_, product) = product(souk, &vendor).await;
        x.will(&[Mood::Silent]);
        work_for_hours(souk).await;
        assert_eq!(x.texts().len(), 2);
        assert_eq!(x.seen.lock().expect("a lock").requests, 3);
        let post = post_of(souk, &vendor, &product).await;
        assert_eq!((&post["status"], &post["error"]), (&json!("POSTED"), &Value::Null));
    });
}

#[test]
fn when_nothing_helps_the_product_stands_and_the_post_says_why() {
    with_x(async |souk, x| {
        let vendor = make::vendor(souk, "vera").await;
        let (_, product) = product(souk, &vendor).await;
        x.will(&[Mood::Fail; 12]);
        work_for_hours(souk).await;
        let post = post_of(souk, &vendor, &product).await;
        assert_eq!(post["status"], "FAILED");
        assert_eq!(post["error"], "X is temporarily unavailable (503 Service Unavailable).");
        assert_eq!(x.texts().len(), 1);
        assert_eq!(x.seen.lock().expect("a lock").requests, 13);
        // Others do not see it, but the product.
        let other = make::vendor(souk, "otto").await;
        for caller in [souk.guest(), souk.as_user(&other)] {
            let seen = caller.data(POSTS, json!({ "id": product })).await;
            assert_eq!(seen, json!({ "node": { "socialPosts": [] } }));
        }
    });
}

#[test]
fn what_waited_for_its_stores_approval_is_announced_with_it_and_only_then() {
    with_x(async |souk, x| {
        crate::store::set_manual_approval(souk).await;
        let (vendor, admin) = (make::vendor(souk, "vera").await, make::admin(souk).await);
        let (vera, admin) = (souk.as_user(&vendor), souk.as_user(&admin));
        let store = vera.run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"]["id"].clone();
        for number in 0..12 {
            let name = format!("Tea {number}");
            let input =
                json!({ "input": { "storeId": store, "name": name, "price": "3.50", "stockQuantity": 5, "status": "ACTIVE" } });
            let product = vera.run(PRODUCT, input).await["product"].clone();
            assert_eq!(product["socialPosts"], json!([]));
        }
        work_for_hours(souk).await;
        assert_eq!(x.texts().len(), 0);
        let status = operation!("store", "StoreStatusUpdateReturningId");
        for next in ["ACTIVE", "SUSPENDED", "ACTIVE"] {
            admin.run(status, json!({ "id": store, "input": { "status": next } })).await;
            work_for_hours(souk).await;
        }
        // The store, and the ten newest of its products, once.
        assert_eq!(x.texts().len(), 11, "{:?}", x.texts());
    });
}

#[test]
fn keys_that_x_does_not_accept_are_no_reason_to_go_on() {
    with_x(async |souk, x| {
        let vendor = make::vendor(souk, "vera").await;
        x.will(&[Mood::Refuse]);
        let caller = souk.as_user(&vendor);
        let store = caller.run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"].clone();
        assert_eq!(store["status"], "ACTIVE");
        assert_eq!(store["socialPosts"], json!([{ "network": "X", "status": "PENDING" }]));
        work_for_hours(souk).await;
        let post = post_of(souk, &vendor, store["id"].as_str().expect("an ID")).await;
        assert_eq!(post["status"], "FAILED");
        assert_eq!(post["error"], "X did not accept the marketplace's credentials: Unauthorized");
        assert_eq!(x.seen.lock().expect("a lock").requests, 1);
        // The owner corrects the keys and runs the job again.
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let job = owner.data("{ jobs(first: 1) { nodes { id kind } } }", json!({})).await["jobs"]["nodes"][0].clone();
        assert_eq!(job["kind"], "social.post");
        owner
            .run(
                "mutation($id: ID!) { jobRetry(id: $id) { job { id } userErrors { field code message } } }",
                json!({ "id": job["id"] }),
            )
            .await;
        souk.work().await;
        assert_eq!(post_of(souk, &vendor, store["id"].as_str().expect("an ID")).await["status"], "POSTED");
    });
}

#[test]
fn an_x_that_says_nothing_at_all_is_given_up_with_the_reason() {
    // Takes connections and requests, and closes without a word.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                let _ = stream.read(&mut bytes).await;
            });
        }
    });
    let settings = [
        ("SOUK_X_API_URL", url.as_str()),
        A_DAY,
        ("SOUK_X_CONSUMER_KEY", "consumer"),
        ("SOUK_X_CONSUMER_SECRET", "consumer secret"),
        ("SOUK_X_ACCESS_TOKEN", "token"),
        ("SOUK_X_ACCESS_TOKEN_SECRET", "token&secret"),
    ];
    each_with(&settings, async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = souk.as_user(&vendor).run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"]["id"].clone();
        work_for_hours(souk).await;
        let post = post_of(souk, &vendor, store.as_str().expect("an ID")).await;
        assert_eq!((&post["status"], &post["error"]), (&json!("FAILED"), &json!("X closed the connection.")));
    });
}

#[test]
fn a_webhook_is_told_with_a_signature_and_recognises_a_repetition() {
    let (_runtime, network) = network();
    let url = format!("{}/hook", network.url);
    let settings = [A_DAY, ("SOUK_SOCIAL_WEBHOOK_URL", url.as_str()), ("SOUK_SOCIAL_WEBHOOK_SECRET", "hook secret")];
    each_with(&settings, async |souk| {
        *network.seen.lock().expect("a lock") = Seen::default();
        let vendor = make::vendor(souk, "vera").await;
        network.will(&[Mood::Fail]);
        let store = souk.as_user(&vendor).run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"]["id"].clone();
        work_for_hours(souk).await;
        assert_eq!(network.texts().len(), 1);
        let told = network.seen.lock().expect("a lock").posts[0].clone();
        assert_eq!((&told["type"], &told["data"]["name"]), (&json!("store.created"), &json!("Tea House")));
        assert!(told["id"].as_str().expect("an ID").starts_with("social_post_"));
        let post = post_of(souk, &vendor, store.as_str().expect("an ID")).await;
        assert_eq!((&post["network"], &post["status"]), (&json!("WEBHOOK"), &json!("POSTED")));
    });
}

#[test]
fn without_a_network_nothing_is_written_down() {
    crate::app::each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = souk.as_user(&vendor).run(STORE, json!({ "input": { "name": "Tea House" } })).await["store"].clone();
        assert_eq!(store["socialPosts"], json!([]));
        assert_eq!(souk.work().await, 0);
    });
}
