//! Digital products: their files, and who downloads them how often.

mod file;

use crate::app::{Caller, Souk, each, each_with};
use crate::checkout::{self, COMPLETE};
use crate::make::{self, Make, Product, User};
use crate::s3::{BUCKET, S3};
use entity::id::{OrderId, StoreId};
use entity::value::ProductKind;
use entity::{download, download_grant};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use std::time::Duration;

const ADD: &str = operation!("download", "DigitalFileAdd");
const DELETE: &str = operation!("download", "DigitalFileDelete");
const LINK: &str = operation!("download", "DownloadLinkCreate");
const STAGE: &str = operation!("download", "StagedFileCreate");
const ORDER: &str = operation!("download", "OrderDownloads");
const MINE: &str = operation!("download", "MyDownloads");
const BOOK: &[u8] = b"%PDF-1.7 a book about tea, and nothing else";
const MINUTE: Duration = Duration::from_secs(60);

/// A store that sells a book with a file.
struct Shop {
    vendor: User,
    store: StoreId,
    book: Product,
    file: Value,
}

async fn shop(souk: &Souk) -> Shop {
    let (vendor, store) = make::shop(souk, "Books").await;
    let book = digital(souk, store, "Book").await;
    let file = add(souk, &souk.as_user(&vendor), book, "tea.pdf", BOOK).await["digitalFile"].clone();
    Shop { vendor, store, book, file }
}

async fn digital(souk: &Souk, store: StoreId, name: &'static str) -> Product {
    make::product(souk, store, Make { name, price: 700, stock: 0, kind: ProductKind::Digital, ..Make::default() }).await
}

/// Uploads a file; its token.
async fn upload(souk: &Souk, caller: &Caller<'_>, name: &str, file: &[u8]) -> Value {
    let input =
        json!({ "filename": name, "contentType": "application/x-anything", "size": file.len(), "purpose": "DIGITAL_FILE" });
    let staged = caller.run(STAGE, json!({ "input": input })).await["stagedUpload"].clone();
    let mut request = souk.http.put(staged["url"].as_str().expect("a URL")).body(file.to_vec());
    for header in staged["headers"].as_array().expect("headers") {
        request = request.header(header["name"].as_str().expect("a name"), header["value"].as_str().expect("a value"));
    }
    assert!(request.send().await.expect("an answer").status().is_success());
    staged["token"].clone()
}

async fn add(souk: &Souk, caller: &Caller<'_>, product: Product, name: &str, file: &[u8]) -> Value {
    let token = upload(souk, caller, name, file).await;
    caller.run(ADD, json!({ "input": { "productId": product.id.to_string(), "stagedUploadToken": token } })).await
}

/// Buys a product and pays with the sandbox, or manually.
async fn buy(souk: &Souk, buyer: Option<&User>, lines: &[(Product, i32)], paid: bool) -> OrderId {
    let lines: Vec<_> = lines.iter().map(|(product, quantity)| (product.variant, *quantity)).collect();
    let cart = make::cart(souk, buyer, &lines).await;
    let id = make::checkout(souk, cart, buyer).await;
    let token = buyer.is_none().then(|| souk.app.keys.capability(Capability::Checkout, id));
    let caller = buyer.map_or_else(|| souk.guest(), |buyer| souk.as_user(buyer));
    let ids = (json!(id.to_string()), json!(token));
    let input = checkout::input(&ids, paid.then_some("tok_success"), &id.to_string());
    let order = caller.run(COMPLETE, input).await["order"]["id"].clone();
    order.as_str().and_then(|id| id.parse().ok()).expect("an order")
}

/// An order as the holder of its token sees it.
async fn order(souk: &Souk, id: OrderId) -> Value {
    let token = souk.app.keys.capability(Capability::Order, id);
    souk.guest().data(ORDER, json!({ "id": id.to_string(), "token": token })).await["order"].clone()
}

fn input(grant: &Value, file: &Value, token: Option<&str>) -> Value {
    json!({ "input": { "grantId": grant["id"], "fileId": file["id"], "orderToken": token } })
}

async fn status(souk: &Souk, url: &Value) -> u16 {
    souk.http.get(url.as_str().expect("a URL")).send().await.expect("an answer").status().as_u16()
}

async fn used(souk: &Souk) -> (i32, u64) {
    let grant = download_grant::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a grant");
    (grant.used_count, download::Entity::find().count(souk.app.db.read()).await.expect("a number"))
}

#[test]
fn a_buyer_downloads_what_is_paid() {
    each(async |souk| {
        let shop = shop(souk).await;
        let bob = make::customer(souk, "bob").await;
        let id = buy(souk, Some(&bob), &[(shop.book, 2)], true).await;
        let seen = order(souk, id).await;
        let grant = seen["downloads"][0].clone();
        assert_eq!((&grant["downloadLimit"], &grant["usedCount"], &grant["revokedAt"]), (&json!(10), &json!(0), &Value::Null));
        assert_eq!((&grant["line"]["productName"], &grant["files"][0]["filename"]), (&json!("Book"), &json!("tea.pdf")));
        let expires: chrono::DateTime<chrono::Utc> = grant["expiresAt"].as_str().and_then(|at| at.parse().ok()).expect("a time");
        assert_eq!((expires - souk.app.clock.now()).num_days(), 364);
        let caller = souk.as_user(&bob);
        let mine = caller.data(MINE, json!({ "first": 5 })).await["me"]["downloads"].clone();
        let expected = json!([{ "id": grant["id"], "order": { "id": id.to_string() }, "files": [{ "id": shop.file["id"] }] }]);
        assert_eq!((&mine["nodes"], &mine["totalCount"]), (&expected, &json!(1)));
        let link = caller.run(LINK, input(&grant, &shop.file, None)).await;
        assert_eq!(link["grant"]["usedCount"], 1);
        let url = link["url"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("{}/downloads/", souk.url)), "{url}");
        let response = souk.http.get(url).send().await.expect("an answer");
        let header = |response: &reqwest::Response, name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "application/pdf");
        assert_eq!(header(&response, "content-disposition"), "attachment; filename=\"tea.pdf\"; filename*=UTF-8''tea.pdf");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "cache-control"), "private, no-store");
        assert_eq!(response.bytes().await.expect("bytes"), BOOK);
        // Resuming costs nothing.
        let head = souk.http.head(url).send().await.expect("an answer");
        assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, BOOK.len().to_string()));
        let part = souk.http.get(url).header("range", "bytes=9-").send().await.expect("an answer");
        assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, format!("bytes 9-42/{}", BOOK.len())));
        assert_eq!(part.bytes().await.expect("bytes"), &BOOK[9..]);
        let beyond = souk.http.get(url).header("range", "bytes=99-").send().await.expect("an answer");
        assert_eq!(beyond.status(), 416);
        assert_eq!(used(souk).await, (1, 1));
        // Nothing of the store order is shipped.
        souk.work().await;
        assert_eq!(order(souk, id).await["storeOrders"][0]["status"], "COMPLETED");
        souk.app.clock.advance(11 * MINUTE);
        assert_eq!(status(souk, &link["url"]).await, 404);
        // The file is not served by its key.
        let key =
            entity::digital_file::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a file").storage_key;
        assert!(key.starts_with("private/"));
        for path in [key.clone(), format!("public/../{key}"), format!("public/..%2F{key}")] {
            assert_eq!(status(souk, &json!(format!("{}/media/{path}", souk.url))).await, 404);
        }
        souk.app.clock.advance(Duration::from_secs(365 * 86_400));
        // By the order's token, as the session has expired, too.
        let token = souk.app.keys.capability(Capability::Order, id);
        let expired = souk.guest().refused(LINK, input(&grant, &shop.file, Some(&token))).await;
        assert_eq!(expired, ["grantId UNAVAILABLE"]);
        souk.work().await;
    });
}

#[test]
fn a_limit_of_five_gives_five_links_however_many_are_asked_for_at_once() {
    each(async |souk| {
        let shop = shop(souk).await;
        let bob = make::customer(souk, "bob").await;
        let id = buy(souk, Some(&bob), &[(shop.book, 1)], true).await;
        let grant = order(souk, id).await["downloads"][0].clone();
        let caller = souk.as_user(&bob);
        let answers = futures::future::join_all((0..200).map(|_| caller.answer(LINK, input(&grant, &shop.file, None)))).await;
        let payloads: Vec<_> = answers.iter().map(|answer| &answer["data"]["downloadLinkCreate"]).collect();
        let given = payloads.iter().filter(|payload| payload["url"].is_string()).count();
        assert_eq!((given, used(souk).await), (5, (5, 5)), "on {}", souk.database);
        for payload in payloads.iter().filter(|payload| payload["url"].is_null() && payload.is_object()) {
            assert_eq!(payload["userErrors"][0]["message"], "All 5 downloads are used.", "{payload:#}");
            assert_eq!(payload["userErrors"][0]["code"], "LIMIT_REACHED");
        }
        souk.work().await;
    });
}

#[test]
fn the_downloads_of_others_and_files_of_other_products_do_not_exist() {
    each(async |souk| {
        let shop = shop(souk).await;
        let vera = souk.as_user(&shop.vendor);
        let other = digital(souk, shop.store, "Other").await;
        let other_file = add(souk, &vera, other, "other.pdf", BOOK).await["digitalFile"].clone();
        let bob = make::customer(souk, "bob").await;
        let id = buy(souk, Some(&bob), &[(shop.book, 1)], true).await;
        let by_guest = buy(souk, None, &[(shop.book, 1)], true).await;
        let (grant, guests) =
            (order(souk, id).await["downloads"][0].clone(), order(souk, by_guest).await["downloads"][0].clone());
        let token = |order| souk.app.keys.capability(Capability::Order, order);
        let ann = make::customer(souk, "ann").await;
        let admin = make::admin(souk).await;
        for caller in [souk.guest(), souk.as_user(&ann), vera.clone(), souk.as_user(&admin)] {
            for (grant, wrong) in [(&grant, None), (&guests, None), (&grant, Some(token(by_guest))), (&guests, Some("x".into()))]
            {
                let refused = caller.refused(LINK, input(grant, &shop.file, wrong.as_deref())).await;
                assert_eq!(refused, ["grantId NOT_FOUND"]);
            }
        }
        let bob = souk.as_user(&bob);
        assert_eq!(bob.refused(LINK, input(&grant, &other_file, None)).await, ["fileId NOT_FOUND"]);
        let malformed = json!({ "input": { "grantId": "x", "fileId": grant["id"] } });
        assert_eq!(bob.refused(LINK, malformed).await, ["grantId INVALID_ID", "fileId INVALID_ID"]);
        // A guest downloads by the order's token.
        let link = souk.guest().run(LINK, input(&guests, &shop.file, Some(&token(by_guest)))).await;
        assert_eq!(status(souk, &link["url"]).await, 200);
        // Nodes: the buyer sees the grant and the file; others see neither.
        const NODE: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
        let ids = json!({ "ids": [grant["id"], shop.file["id"]] });
        for (caller, seen) in [(&bob, true), (&souk.as_user(&ann), false), (&souk.guest(), false)] {
            let found = caller.data(NODE, ids.clone()).await["nodes"].clone();
            assert!(found.as_array().expect("nodes").iter().all(|node| node.is_object() == seen), "{found:#}");
        }
        for forged in ["", "x", &"A".repeat(43)] {
            assert_eq!(status(souk, &json!(format!("{}/downloads/{forged}", souk.url))).await, 404);
        }
        souk.work().await;
    });
}

#[test]
fn a_refund_of_the_line_ends_its_downloads() {
    const REFUND: &str = operation!("refund", "StoreOrderRefund");
    each(async |souk| {
        let shop = shop(souk).await;
        let (vera, bob) = (souk.as_user(&shop.vendor), make::customer(souk, "bob").await);
        let id = buy(souk, Some(&bob), &[(shop.book, 2)], true).await;
        souk.work().await;
        let bob = souk.as_user(&bob);
        let seen = order(souk, id).await;
        let grant = seen["downloads"][0].clone();
        let refund = |quantity: i32, key: &str| {
            let lines = json!([{ "lineId": grant["line"]["id"], "quantity": quantity }]);
            let selection = json!({ "lines": lines, "isShippingRefunded": false });
            let input = json!({ "selection": selection, "reason": "RETURNED", "isRestocked": false, "idempotencyKey": key });
            json!({ "id": seen["storeOrders"][0]["id"], "input": input })
        };
        // A part of the line leaves the grant.
        vera.run(REFUND, refund(1, "a")).await;
        let link = bob.run(LINK, input(&grant, &shop.file, None)).await;
        assert_eq!(status(souk, &link["url"]).await, 200);
        // The rest, while links are created.
        let asking = futures::future::join_all((0..20).map(|_| bob.answer(LINK, input(&grant, &shop.file, None))));
        let (answers, _) = tokio::join!(asking, vera.run(REFUND, refund(1, "b")));
        let given = answers.iter().filter(|answer| answer["data"]["downloadLinkCreate"]["url"].is_string()).count();
        let (count, rows) = used(souk).await;
        assert!(count <= 10 && rows == u64::try_from(given + 1).expect("a number"), "{count} {rows} {given}");
        assert_eq!(i64::from(count), i64::try_from(rows).expect("a number"));
        // What was given before is not served any more.
        let links = answers.iter().map(|answer| &answer["data"]["downloadLinkCreate"]["url"]).chain([&link["url"]]);
        for url in links.filter(|url| url.is_string()) {
            assert_eq!(status(souk, url).await, 404);
        }
        assert!(order(souk, id).await["downloads"][0]["revokedAt"].is_string());
        let refused = bob.answer(LINK, input(&grant, &shop.file, None)).await["data"]["downloadLinkCreate"]["userErrors"].clone();
        assert_eq!(
            (&refused[0]["code"], &refused[0]["message"]),
            (&json!("UNAVAILABLE"), &json!("The item was cancelled or refunded."))
        );
        souk.work().await;
        assert_eq!(souk.app.db.deadlocks(), 0);
    });
}

#[test]
fn nothing_is_granted_before_it_is_paid_and_nothing_of_what_was_cancelled() {
    each(async |souk| {
        let shop = shop(souk).await;
        let tea = make::product(souk, shop.store, Make { stock: 9, ..Make::default() }).await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let bob = make::customer(souk, "bob").await;
        // Manual: confirmed, but not paid.
        let id = buy(souk, Some(&bob), &[(shop.book, 1)], false).await;
        souk.work().await;
        let seen = order(souk, id).await;
        assert_eq!((&seen["downloads"], &seen["storeOrders"][0]["status"]), (&json!([]), &json!("CONFIRMED")));
        admin.run(operation!("order", "OrderMarkPaid"), json!({ "id": id.to_string() })).await;
        souk.work().await;
        let seen = order(souk, id).await;
        assert_eq!(
            (seen["downloads"].as_array().map(Vec::len), &seen["storeOrders"][0]["status"]),
            (Some(1), &json!("COMPLETED"))
        );
        // Cancelled before it is paid: nothing, whatever follows.
        let ann = make::customer(souk, "ann").await;
        let id = buy(souk, Some(&ann), &[(shop.book, 1)], false).await;
        let cancel = json!({ "input": { "orderId": id.to_string() } });
        souk.as_user(&ann).run(operation!("order", "OrderCancel"), cancel).await;
        assert_eq!(order(souk, id).await["downloads"], json!([]));
        // Cancelled after it was paid.
        let cara = make::customer(souk, "cara").await;
        let id = buy(souk, Some(&cara), &[(shop.book, 1)], true).await;
        let cancel = json!({ "input": { "orderId": id.to_string() } });
        souk.as_user(&cara).run(operation!("order", "OrderCancel"), cancel).await;
        assert!(order(souk, id).await["downloads"][0]["revokedAt"].is_string());
        souk.work().await;
        // Physical items have no downloads.
        let tea_order = crate::make::order::order(souk, Some(&bob), &[(shop.store, tea, 1)]).await;
        admin.run(operation!("order", "OrderMarkPaid"), json!({ "id": tea_order.id.to_string() })).await;
        assert_eq!(order(souk, tea_order.id).await["downloads"], json!([]));
        souk.work().await;
    });
}

#[test]
fn limit_and_expiry_are_settings() {
    const SET: &str = operation!("setting", "SettingsUpdate");
    each(async |souk| {
        let shop = shop(souk).await;
        let owner = souk.as_user(&make::owner(souk).await);
        let wrong = json!({ "input": { "downloadsPerUnit": 0, "downloadExpiryDays": -1 } });
        assert_eq!(owner.refused(SET, wrong).await, ["downloadExpiryDays OUT_OF_RANGE", "downloadsPerUnit OUT_OF_RANGE"]);
        owner.run(SET, json!({ "input": { "downloadsPerUnit": 2, "downloadExpiryDays": 0 } })).await;
        let id = buy(souk, None, &[(shop.book, 3)], true).await;
        let grant = order(souk, id).await["downloads"][0].clone();
        assert_eq!((&grant["downloadLimit"], &grant["expiresAt"]), (&json!(6), &Value::Null));
        souk.work().await;
    });
}

#[test]
fn orders_of_a_guest_bring_their_downloads_to_the_account_and_leave_with_it() {
    each(async |souk| {
        let shop = shop(souk).await;
        buy(souk, None, &[(shop.book, 1)], true).await;
        souk.work().await;
        // The checkout's email address is that of this account.
        let bob = make::customer(souk, "bob").await;
        let caller = souk.as_user(&bob);
        let mine = async || caller.data(MINE, json!({ "first": 5 })).await["me"]["downloads"]["totalCount"].clone();
        assert_eq!(mine().await, 0);
        caller.run(operation!("order", "GuestOrdersClaim"), json!({})).await;
        assert_eq!(mine().await, 1);
        caller.run(operation!("account", "AccountClose"), json!({ "input": { "password": make::PASSWORD } })).await;
        let grant = download_grant::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a grant");
        assert_eq!(grant.user_id, None);
        souk.work().await;
    });
}

#[test]
fn a_bucket_serves_files_by_signed_urls() {
    let s3 = S3::start();
    each_with(&s3.settings(), async |souk| {
        let shop = shop(souk).await;
        let id = buy(souk, None, &[(shop.book, 1)], true).await;
        let grant = order(souk, id).await["downloads"][0].clone();
        let token = souk.app.keys.capability(Capability::Order, id);
        let link = souk.guest().run(LINK, input(&grant, &shop.file, Some(&token))).await;
        let url = link["url"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("{}/{BUCKET}/private/", s3.endpoint)), "{url}");
        let response = souk.http.get(url).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.bytes().await.expect("bytes"), BOOK);
        let (plain, _) = url.split_once('?').expect("a signature");
        assert_ne!(status(souk, &json!(plain)).await, 200);
        souk.work().await;
    });
}
