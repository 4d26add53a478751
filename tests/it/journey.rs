//! Typical sequences of operations of a vendor, a buyer and an admin, with the documents of real clients.

use crate::app::each_server;
use crate::database::TestDatabase;
use crate::journey_file::{names, operation};
use crate::process::Process;
use crate::s3::S3;
use crate::ws::{LEGACY, Subscription, TRANSPORT};
use serde_json::{Value, json};
use souk_core::live::Cursor;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Sends operations of the journey and notes which were sent.
struct Journey {
    souk: Process,
    sent: RefCell<BTreeSet<String>>,
}

impl Journey {
    async fn data(&self, token: Option<&str>, name: &str, variables: Value) -> Value {
        self.sent.borrow_mut().insert(name.to_owned());
        let data = self.souk.data(token, &operation(name), variables).await;
        data.as_object().and_then(|fields| fields.values().next()).expect("a root field").clone()
    }

    /// As [`Journey::data`], for a mutation that must go well.
    async fn run(&self, token: Option<&str>, name: &str, variables: Value) -> Value {
        let payload = self.data(token, name, variables).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload
    }

    async fn subscribe(&self, protocol: &str, token: &str, name: &str, variables: Value) -> Subscription {
        Subscription::at(&self.souk.url, protocol, Some(token), &self.note(name), variables).await
    }

    fn note(&self, name: &str) -> String {
        self.sent.borrow_mut().insert(name.to_owned());
        operation(name)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// The token that a link in a mail carries.
fn token_in(mail: &str) -> String {
    let at = mail.find("token=").expect("the mail has a link with a token") + "token=".len();
    mail[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
}

const PASSWORD: &str = "a long and lonely walk";

async fn sign_in(journey: &Journey, email: &str, password: &str) -> String {
    let payload = journey.run(None, "SessionCreate", json!({ "input": { "email": email, "password": password } })).await;
    text(&payload["tokens"]["accessToken"]).to_owned()
}

/// Registers a user, verifies the email address and signs in.
async fn person(journey: &Journey, email: &str, account_type: &str) -> String {
    let input = json!({ "input": { "email": email, "password": PASSWORD, "displayName": "Asha", "accountType": account_type } });
    let user = journey.run(None, "UserRegister", input).await["user"].clone();
    assert_eq!((text(&user["email"]), &user["emailVerified"]), (email, &json!(false)));
    let mail = journey.souk.mail_to(email, "token=").await;
    let verified = journey.run(None, "UserVerifyEmail", json!({ "input": { "token": token_in(&mail) } })).await;
    assert_eq!(verified["user"]["emailVerified"], true);
    sign_in(journey, email, PASSWORD).await
}

/// An admin, made on the command line as an operator does it.
async fn admin(journey: &Journey) -> String {
    let output = journey.souk.command(
        &["user", "create", "--email", "admin@example.com", "--role", "admin", "--name", "Admin"],
        &[("SOUK_USER_PASSWORD", PASSWORD)],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sign_in(journey, "admin@example.com", PASSWORD).await
}

fn png() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([u8::try_from(x * 3).unwrap_or(0), u8::try_from(y * 4).unwrap_or(0), 90])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// What the vendor has built.
struct Shop {
    vendor: String,
    store: Value,
    product: Value,
}

async fn vendor_builds_a_shop(journey: &Journey, category: &Value) -> Shop {
    let vendor = person(journey, "vera@example.com", "CUSTOMER").await;
    let applied = journey.run(Some(&vendor), "VendorApply", json!({ "input": {} })).await;
    assert_eq!(applied["user"]["role"], "VENDOR");
    let vendor_token = sign_in(journey, "vera@example.com", PASSWORD).await;
    let vendor = Some(vendor_token.as_str());
    let input = json!({ "input": { "name": "Himalayan Tea", "description": "Tea from the hills.", "contactEmail": "vera@example.com", "phone": "+977 1 4123456" } });
    let store = journey.run(vendor, "StoreCreate", input).await["store"].clone();
    assert_eq!((text(&store["slug"]), text(&store["status"])), ("himalayan-tea", "ACTIVE"));
    let renamed = json!({ "id": store["id"], "input": { "description": "Tea from high hills." } });
    assert_eq!(journey.run(vendor, "StoreUpdate", renamed).await["store"]["description"], "Tea from high hills.");
    let input = json!({ "input": {
        "storeId": store["id"], "categoryId": category["id"], "name": "Ilam Green Tea", "description": "<p>Fresh.</p>", "kind": "PHYSICAL", "status": "ACTIVE",
        "tags": ["tea", "green"], "price": "12.50", "compareAtPrice": "15.00", "sku": "ILAM-G", "stockQuantity": 5,
    } });
    let product = journey.run(vendor, "ProductCreate", input).await["product"].clone();
    let variant = &product["variants"][0];
    assert_eq!((text(&variant["price"]["amount"]), &variant["stockQuantity"]), ("12.50", &json!(5)));
    let renamed = json!({ "id": product["id"], "input": { "name": "Ilam First Flush" } });
    assert_eq!(journey.run(vendor, "ProductUpdate", renamed).await["product"]["version"], 2);
    let adjusted = journey.run(vendor, "StockAdjust", json!({ "input": { "variantId": variant["id"], "delta": 15 } })).await;
    assert_eq!(adjusted["variant"]["stockQuantity"], 20);
    pictures(journey, &vendor_token, &product).await;
    Shop { vendor: vendor_token, store, product }
}

/// One picture by multipart, one by a staged upload; both are served.
async fn pictures(journey: &Journey, vendor: &str, product: &Value) {
    let operations = json!({
        "query": journey.note("ProductImageAdd"),
        "variables": { "input": { "productId": product["id"], "altText": "A cup", "isPrimary": true, "file": null } },
    });
    let part = reqwest::multipart::Part::bytes(png()).file_name("cup.png").mime_str("image/png").expect("a type");
    let form = reqwest::multipart::Form::new()
        .text("operations", operations.to_string())
        .text("map", r#"{ "0": ["variables.input.file"] }"#)
        .part("0", part);
    let request = journey.souk.http.post(format!("{}/graphql", journey.souk.url)).bearer_auth(vendor).header("x-souk-csrf", "1");
    let answer: Value = request.multipart(form).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["data"]["productImageAdd"]["userErrors"], json!([]), "{answer:#}");

    let input = json!({ "input": { "filename": "leaf.png", "contentType": "image/png", "size": png().len() } });
    let staged = journey.run(Some(vendor), "StagedUploadCreate", input).await["stagedUpload"].clone();
    assert_eq!(staged["method"], "PUT");
    let mut put = journey.souk.http.put(text(&staged["url"])).body(png());
    for header in staged["headers"].as_array().expect("headers") {
        put = put.header(text(&header["name"]), text(&header["value"]));
    }
    let stored = put.send().await.expect("an answer");
    assert!(stored.status().is_success(), "{}", stored.text().await.unwrap_or_default());
    let input = json!({ "input": { "productId": product["id"], "altText": "A leaf", "isPrimary": false, "stagedUploadToken": staged["token"] } });
    let images = journey.run(Some(vendor), "ProductImageAdd", input).await["product"]["images"].clone();
    assert_eq!(images.as_array().map(Vec::len), Some(2));
    for image in images.as_array().expect("pictures") {
        assert_eq!((&image["width"], &image["height"]), (&json!(64), &json!(48)));
        let got = journey.souk.http.get(text(&image["url"])).send().await.expect("an answer");
        assert_eq!(got.headers()["content-type"], "image/png");
        assert!(image::load_from_memory(&got.bytes().await.expect("bytes")).is_ok());
    }
}

/// The buyer finds the product as the storefront shows it.
async fn buyer_looks_around(journey: &Journey, shop: &Shop) {
    let page = journey.data(None, "Storefront", json!({ "first": 10, "filter": { "inStock": true }, "sortBy": "NEWEST" })).await;
    let node = &page["nodes"][0];
    assert_eq!((text(&node["name"]), &node["inStock"]), ("Ilam First Flush", &json!(true)));
    assert!(node["primaryImage"]["url"].is_string());
    let found = journey.data(None, "ProductPage", json!({ "slug": node["slug"] })).await;
    assert_eq!((&found["id"], &found["variants"][0]["available"]), (&shop.product["id"], &json!(true)));
    let stores = journey.data(None, "Stores", json!({})).await;
    assert_eq!(stores["nodes"][0]["products"]["nodes"][0]["name"], "Ilam First Flush");
    assert_eq!(journey.data(None, "Categories", json!({})).await[0]["name"], "Tea");
    assert_eq!(journey.data(None, "Refetch", json!({ "id": shop.product["id"] })).await["name"], "Ilam First Flush");
}

/// From a guest's cart to a paid order of a buyer who signs in on the way.
async fn buyer_buys(journey: &Journey, shop: &Shop, buyer: &str) -> Value {
    let variant = &shop.product["variants"][0]["id"];
    let added =
        journey.run(None, "CartLinesAdd", json!({ "input": { "lines": [{ "variantId": variant, "quantity": 3 }] } })).await;
    let (token, line) = (&added["cart"]["token"], &added["cart"]["lines"][0]["id"]);
    assert_eq!(added["cart"]["subtotal"]["amount"], "37.50");
    let changed = journey
        .run(None, "CartLinesUpdate", json!({ "input": { "cartToken": token, "lines": [{ "lineId": line, "quantity": 2 }] } }))
        .await;
    assert_eq!(changed["cart"]["totalQuantity"], 2);
    assert_eq!(journey.data(None, "Cart", json!({ "token": token })).await["lines"][0]["available"], true);
    let input = json!({ "input": { "email": "asha@example.com", "password": PASSWORD, "cartToken": token } });
    let session = journey.run(None, "SessionCreate", input).await;
    let refreshed =
        journey.run(None, "SessionRefresh", json!({ "input": { "refreshToken": session["tokens"]["refreshToken"] } })).await;
    let merged = text(&refreshed["tokens"]["accessToken"]).to_owned();
    let buyer_now = Some(merged.as_str());
    let me = journey.data(buyer_now, "Me", json!({})).await;
    assert_eq!(me["cart"]["totalQuantity"], 2, "the guest's cart was merged");

    let address = json!({ "firstName": "Asha", "lastName": "Rai", "line1": "1 Durbar Marg", "city": "Kathmandu", "country": "NP", "phone": "+977 1 4123456" });
    let mut entry = address.clone();
    entry["isDefaultShipping"] = json!(true);
    assert_eq!(journey.run(buyer_now, "AddressCreate", json!({ "input": entry })).await["address"]["isDefaultShipping"], true);
    let input = json!({ "input": { "email": "asha@example.com", "phone": "+977 1 4123456", "shippingAddress": address, "note": "Please ring." } });
    let checkout = journey.run(buyer_now, "CheckoutCreate", input).await["checkout"].clone();
    let part = &checkout["stores"][0];
    let chosen = json!([{ "storeId": part["store"]["id"], "shippingMethodId": part["shippingMethods"][0]["id"] }]);
    journey
        .run(buyer_now, "CheckoutUpdate", json!({ "input": { "checkoutId": checkout["id"], "shippingMethods": chosen } }))
        .await;
    let input = json!({ "input": { "checkoutId": checkout["id"], "paymentProvider": "SANDBOX", "paymentToken": "tok_success", "idempotencyKey": "journey-1" } });
    let placed = journey.run(buyer_now, "CheckoutComplete", input.clone()).await;
    let order = placed["order"].clone();
    assert_eq!((&order["isPaid"], text(&order["status"])), (&json!(true), "CONFIRMED"));
    assert_eq!(order["lines"][0]["lineTotal"]["amount"], "25.00");
    let again = journey.run(buyer_now, "CheckoutComplete", input).await;
    assert_eq!(again["order"]["id"], order["id"], "the same key answers with the same order");
    assert_eq!(journey.data(Some(buyer), "OrderPage", json!({ "id": order["id"] })).await["number"], order["number"]);
    order
}

/// What a subscriber saw of an order: the events' IDs in order, and the last cursor.
#[derive(Default)]
struct Seen {
    events: Vec<String>,
    types: Vec<String>,
    cursor: Value,
}

impl Seen {
    fn note(&mut self, update: &Value) {
        self.events.push(text(&update["event"]["id"]).to_owned());
        self.types.push(text(&update["event"]["type"]).to_owned());
        self.cursor = update["cursor"].clone();
    }
}

async fn see_until(updates: &mut Subscription, seen: &mut Seen, last: &str) {
    while seen.types.last().map(String::as_str) != Some(last) {
        seen.note(&updates.update().await);
    }
}

async fn follow(journey: &Journey, protocol: &str, buyer: &str, order: &Value, after: &Value) -> Subscription {
    journey.subscribe(protocol, buyer, "OrderUpdates", json!({ "orderId": order["id"], "after": after })).await
}

/// The store fulfils the order while the buyer follows it, is cut off, and comes back; and the server is killed in between.
async fn order_is_followed(journey: &mut Journey, shop: &Shop, buyer: &str, order: &Value, arrivals: &mut Subscription) {
    let orders = journey.data(Some(&shop.vendor), "StoreOrders", json!({ "storeId": shop.store["id"] })).await;
    let part = orders["orders"]["nodes"][0].clone();
    assert_eq!((text(&part["status"]), text(&part["shippingAddress"]["city"])), ("CONFIRMED", "Kathmandu"));
    let mut arrived = Seen::default();
    see_until(arrivals, &mut arrived, "STORE_ORDER_CONFIRMED").await;

    let mut seen = Seen::default();
    let mut updates = follow(journey, TRANSPORT, buyer, order, &arrived.cursor).await;
    journey.run(Some(&shop.vendor), "StoreOrderProcess", json!({ "id": part["id"] })).await;
    see_until(&mut updates, &mut seen, "STORE_ORDER_PROCESSING").await;
    // Cut between two changes, without a word.
    drop(updates);
    let input = json!({ "input": { "storeOrderId": part["id"], "courier": "DHL", "trackingNumber": "JD014600003", "trackingUrl": "https://example.com/t/JD014600003" } });
    let shipped = journey.run(Some(&shop.vendor), "StoreOrderFulfill", input).await;
    assert_eq!((text(&shipped["storeOrder"]["status"]), &shipped["fulfillment"]["lines"][0]["quantity"]), ("SHIPPED", &json!(2)));
    let mut updates = follow(journey, LEGACY, buyer, order, &seen.cursor).await;
    see_until(&mut updates, &mut seen, "STORE_ORDER_SHIPPED").await;
    // Killed between two changes.
    journey.souk.kill_and_restart().await;
    journey.run(Some(&shop.vendor), "StoreOrderDeliver", json!({ "id": part["id"] })).await;
    let mut updates = follow(journey, TRANSPORT, buyer, order, &seen.cursor).await;
    see_until(&mut updates, &mut seen, "STORE_ORDER_DELIVERED").await;

    let page = journey.data(Some(buyer), "OrderPage", json!({ "id": order["id"] })).await;
    let timeline: Vec<_> = page["events"].as_array().expect("events").iter().map(|event| text(&event["id"]).to_owned()).collect();
    let unique: BTreeSet<_> = seen.events.iter().collect();
    assert_eq!(unique.len(), seen.events.len(), "no event twice: {:?}", seen.types);
    let at = timeline.iter().position(|id| *id == seen.events[0]).expect("the first seen event is in the timeline");
    assert_eq!(timeline[at..], seen.events, "each event from the first on, in order");
    assert_eq!(page["storeOrders"][0]["fulfillments"][0]["trackingNumber"], "JD014600003");
}

async fn after_delivery(journey: &Journey, shop: &Shop, buyer: &str, order: &Value) {
    let mut mine = journey.subscribe(TRANSPORT, buyer, "MyOrderUpdates", json!({ "after": Cursor(0).encode() })).await;
    assert_eq!(mine.update().await["order"]["id"], order["id"]);
    let tracked = journey.data(None, "OrderTrack", json!({ "number": order["number"], "email": "asha@example.com" })).await;
    assert_eq!(tracked["storeOrders"][0]["fulfillments"][0]["courier"], "DHL");
    let input =
        json!({ "input": { "productId": shop.product["id"], "rating": 5, "title": "Lovely", "body": "Fresh and green." } });
    let review = journey.run(Some(buyer), "ReviewCreate", input).await["review"].clone();
    assert_eq!((&review["verifiedPurchase"], &review["product"]["rating"]["count"]), (&json!(true), &json!(1)));
    let reply = journey
        .run(Some(&shop.vendor), "ReviewReply", json!({ "input": { "reviewId": review["id"], "body": "Thank you!" } }))
        .await;
    assert_eq!(reply["review"]["reply"]["body"], "Thank you!");
}

/// A guest places an order and cancels it; the buyer's own updates do not contain it.
async fn guest_buys_and_cancels(journey: &Journey, shop: &Shop) {
    let variant = &shop.product["variants"][0]["id"];
    let input = json!({ "input": { "lines": [{ "variantId": variant, "quantity": 1 }] } });
    let token = journey.run(None, "CartLinesAdd", input.clone()).await["cart"]["token"].clone();
    let line = journey.data(None, "Cart", json!({ "token": token })).await["lines"][0]["id"].clone();
    let emptied = journey.run(None, "CartLinesRemove", json!({ "input": { "cartToken": token, "lineIds": [line] } })).await;
    assert_eq!(emptied["cart"]["totalQuantity"], 0);
    let mut again = input;
    again["input"]["cartToken"] = token.clone();
    journey.run(None, "CartLinesAdd", again).await;
    let address =
        json!({ "firstName": "Gus", "lastName": "Guest", "line1": "2 Durbar Marg", "city": "Kathmandu", "country": "NP" });
    let input = json!({ "input": { "cartToken": token, "email": "gus@example.com", "shippingAddress": address } });
    let checkout = journey.run(None, "CheckoutCreate", input).await["checkout"].clone();
    let part = &checkout["stores"][0];
    let chosen = json!([{ "storeId": part["store"]["id"], "shippingMethodId": part["shippingMethods"][0]["id"] }]);
    let input =
        json!({ "input": { "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "shippingMethods": chosen } });
    journey.run(None, "CheckoutUpdate", input).await;
    let input = json!({ "input": { "checkoutId": checkout["id"], "checkoutToken": checkout["token"], "paymentProvider": "MANUAL", "idempotencyKey": "journey-2" } });
    let order = journey.run(None, "CheckoutComplete", input).await["order"].clone();
    let mut input = json!({ "input": { "orderId": order["id"], "reason": "Changed my mind" } });
    input["input"]["orderToken"] = order["token"].clone();
    assert_eq!(journey.run(None, "OrderCancel", input).await["order"]["status"], "CANCELLED");
}

/// The admin makes the category, a way to ship, and looks after the users.
async fn admin_prepares(journey: &Journey, admin: &str) -> Value {
    let input = json!({ "input": { "name": "Tea", "description": "Leaves", "position": 1 } });
    let category = journey.run(Some(admin), "CategoryCreate", input).await["category"].clone();
    let shipping = operation!("shipping", "ShippingMethodCreateReturningId");
    let made = journey.souk.data(Some(admin), shipping, json!({ "input": { "name": "Post", "price": "5.00" } })).await;
    assert_eq!(made["shippingMethodCreate"]["userErrors"], json!([]));
    category
}

async fn admin_looks_after_users(journey: &Journey, admin: &str, buyer: &str) {
    let reset = journey.run(None, "PasswordResetRequest", json!({ "input": { "email": "asha@example.com" } })).await;
    assert_eq!(reset["userErrors"], json!([]));
    let mail = journey.souk.mail_to("asha@example.com", "reset").await;
    let input = json!({ "input": { "token": token_in(&mail), "password": "another long password" } });
    journey.run(None, "PasswordReset", input).await;
    let again = sign_in(journey, "asha@example.com", "another long password").await;
    let revoked = journey.run(Some(&again), "SessionRevoke", json!({ "input": { "all": true } })).await;
    assert_eq!(revoked["revokedCount"], 1, "the reset had ended the others");
    let users = journey.data(Some(admin), "Users", json!({})).await;
    let asha = users["nodes"]
        .as_array()
        .expect("users")
        .iter()
        .find(|user| user["email"] == "asha@example.com")
        .expect("she is there")
        .clone();
    let blocked = journey.run(Some(admin), "UserBlock", json!({ "id": asha["id"], "input": { "reason": "A test" } })).await;
    assert_eq!(blocked["user"]["status"], "BLOCKED");
    let _ = buyer;
}

async fn whole_journey(server: &str, settings: &[(&str, String)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::create(server, folder.path()).await;
    let mut journey = Journey { souk: Process::start(&database, folder, settings).await, sent: RefCell::default() };
    let admin = admin(&journey).await;
    let category = admin_prepares(&journey, &admin).await;
    let shop = vendor_builds_a_shop(&journey, &category).await;
    let buyer = person(&journey, "asha@example.com", "CUSTOMER").await;
    buyer_looks_around(&journey, &shop).await;
    let from_the_start = json!({ "storeId": shop.store["id"], "after": Cursor(0).encode() });
    let mut arrivals = journey.subscribe(TRANSPORT, &shop.vendor, "StoreOrderUpdates", from_the_start).await;
    let order = buyer_buys(&journey, &shop, &buyer).await;
    order_is_followed(&mut journey, &shop, &buyer, &order, &mut arrivals).await;
    after_delivery(&journey, &shop, &buyer, &order).await;
    guest_buys_and_cancels(&journey, &shop).await;
    admin_looks_after_users(&journey, &admin, &buyer).await;
    let sent = journey.sent.take();
    let missed: Vec<_> = names().into_iter().filter(|name| !sent.contains(*name)).collect();
    assert!(missed.is_empty(), "operations that were not sent: {missed:?}");
    journey.souk.kill();
    drop(journey);
    database.remove().await;
}

#[test]
fn every_operation_of_the_clients_runs_with_pictures_in_a_folder() {
    each_server(async |server| whole_journey(server, &[]).await);
}

#[test]
fn every_operation_of_the_clients_runs_with_pictures_on_an_s3_server() {
    each_server(async |server| {
        let s3 = S3::start();
        let settings: Vec<_> = s3.settings().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        whole_journey(server, &settings).await;
    });
}
