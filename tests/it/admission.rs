//! Admission: limits per client, and fairness between clients.

use crate::app::{Souk, each, each_with};
use crate::make;
use crate::ws::{LEGACY, Socket, TRANSPORT};
use entity::product;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use souk_api::admission::ClientKey;
use std::time::{Duration, Instant};

/// Nothing here takes longer when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// A text of 50,000 characters twenty times: an answer of a million bytes that costs little.
pub fn large_answer() -> String {
    let fields: String = (0..20).map(|n| format!("c{n}: description ")).collect();
    format!("{{ products(first: 1) {{ nodes {{ {fields} }} }} }}")
}

/// The product with this text.
pub async fn long_text(souk: &Souk) {
    let (_, store) = make::shop(souk, "Tea House").await;
    make::product(souk, store, make::Make::default()).await;
    let longer = product::Entity::update_many().col_expr(product::Column::Description, Expr::value("x".repeat(50_000)));
    longer.exec(souk.app.db.raw()).await.expect("a longer text");
}

fn guests() -> ClientKey {
    ClientKey::Guests("127.0.0.1".into())
}

/// The status, the header `Retry-After` and the answer.
async fn ask(souk: &Souk, token: Option<&str>, accept: &str, query: &str) -> (u16, Option<String>, Value) {
    let mut request = souk.http.post(format!("{}/graphql", souk.url)).header("accept", accept);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.json(&json!({ "query": query, "extensions": { "cost": true } })).send().await.expect("an answer");
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
    (answer.status().as_u16(), retry, answer.json().await.expect("JSON"))
}

#[test]
fn a_budget_is_spent_refused_with_a_time_and_refilled() {
    each_with(&[("SOUK_GUEST_BUDGET", "10")], async |souk| {
        let query = "{ products(first: 20) { nodes { name } } }";
        // Otherwise it fills up while the test runs.
        souk.app.clock.freeze(souk.app.clock.now());
        let ann = make::customer(souk, "ann").await;
        let mut left = None;
        let begun = Instant::now();
        let (retry, answer) = loop {
            let (status, retry, answer) = ask(souk, None, "application/json", query).await;
            if status == 429 {
                break (retry, answer);
            }
            assert_eq!((status, &answer["errors"]), (200, &Value::Null), "{answer:#}");
            let now = answer["extensions"]["cost"]["remaining"].as_u64().expect("a number");
            let cost = answer["extensions"]["cost"]["requested"].as_u64().expect("a number");
            assert!(left.is_none_or(|left| now + cost <= left && now + cost + 5 >= left), "{left:?} {answer:#}");
            left = Some(now);
            assert!(begun.elapsed() < PATIENCE, "it has no end");
        };
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(retry, Some(error["extensions"]["retryAfter"].to_string()));
        assert_eq!(answer["extensions"]["cost"]["remaining"], json!(left.expect("some were let in")));
        assert_eq!(ask(souk, None, "application/graphql-response+json", query).await.0, 429);
        // The same budget holds for GET, batches and WebSockets, for mutations and for subscriptions.
        let mut url = url::Url::parse(&format!("{}/graphql", souk.url)).expect("a URL");
        url.query_pairs_mut().append_pair("query", query);
        let get = souk.http.get(url).send().await.expect("an answer");
        assert_eq!(get.status(), 429);
        let batch = souk.guest().send(json!([{ "query": query }, { "query": query }])).await;
        assert_eq!(batch.status(), 429);
        let mut socket = souk.connected(TRANSPORT, None).await;
        let subscription = "subscription { orderUpdates(orderToken: \"x\") { order { id number storeOrders { id } } } }";
        for query in [query, subscription] {
            socket.start("1", query, json!({})).await;
            let message = socket.message().await.expect("not closed");
            let code = &message["payload"][0]["extensions"]["code"];
            assert_eq!((&message["type"], code), (&json!("error"), &json!("RATE_LIMITED")), "{message:#}");
        }
        // A signed-in user has a separate budget.
        assert_eq!(ask(souk, Some(&ann.token), "application/json", query).await.0, 200);
        souk.app.clock.advance(Duration::from_secs(retry.expect("a time").parse().expect("a number")));
        assert_eq!(ask(souk, None, "application/json", query).await.0, 200);
    });
}

#[test]
fn a_flood_is_refused_beyond_its_queue_and_others_are_served() {
    each_with(&[("SOUK_WAITING_PER_CLIENT", "3"), ("SOUK_GUEST_BUDGET", "0")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let query = "{ products(first: 100) { nodes { name variants { sku } } } stores(first: 100) { nodes { name } } }";
        let flood = futures::future::join_all((0..200).map(|_| ask(souk, None, "application/json", query)));
        let other = async {
            let mut statuses = Vec::new();
            for _ in 0..20 {
                statuses.push(ask(souk, Some(&ann.token), "application/json", "{ me { id } }").await.0);
            }
            statuses
        };
        let (answers, others) = tokio::join!(flood, other);
        assert_eq!(others, vec![200; 20]);
        let refused: Vec<_> = answers.iter().filter(|(status, ..)| *status != 200).collect();
        assert!(!refused.is_empty() && refused.len() < 200, "{}", refused.len());
        for (status, retry, answer) in refused {
            assert_eq!((*status, &answer["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
            assert_eq!(retry.as_deref(), Some("2"));
        }
        // Nothing is left of it.
        assert_eq!(ask(souk, None, "application/json", query).await.0, 200);
    });
}

#[test]
fn many_buyers_behind_one_address_are_all_served() {
    each(async |souk| {
        let mine = "{ products(first: 20) { nodes { name store { name } } } cart { id } }";
        let answers = futures::future::join_all((0..200).map(|_| ask(souk, None, "application/json", mine))).await;
        assert!(answers.iter().all(|(status, ..)| *status == 200));
    });
}

#[test]
fn answers_are_not_computed_while_the_client_does_not_read() {
    each_with(&[("SOUK_GUEST_BUDGET", "1000")], async |souk| {
        long_text(souk).await;
        souk.app.clock.freeze(souk.app.clock.now());
        let mut socket = Socket::with_little_room(&souk.url, TRANSPORT).await;
        socket.init(None).await;
        let query = large_answer();
        let left = || souk.admission().remaining(&guests()).expect("a limit");
        // The first also costs the reading of the document.
        let mut kinds = Vec::new();
        let mut each = 0;
        for id in ["a", "b"] {
            let before = left();
            socket.start(id, &query, json!({})).await;
            kinds.push(socket.message().await.expect("not closed")["type"].clone());
            kinds.push(socket.message().await.expect("not closed")["type"].clone());
            each = before - left();
        }
        let before = left();
        for n in 1..=20 {
            socket.start(&n.to_string(), &query, json!({})).await;
        }
        // All that could run has run by then.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let run = (before - left()) / each;
        assert!((1..=8).contains(&run), "{run} of 20 operations have run");
        // Then it reads, and gets them all.
        for _ in 0..40 {
            kinds.push(socket.message().await.expect("not closed")["type"].clone());
        }
        assert_eq!(kinds.iter().filter(|kind| **kind == json!("next")).count(), 22);
        assert_eq!(kinds.iter().filter(|kind| **kind == json!("complete")).count(), 22);
    });
}

#[test]
fn a_socket_that_takes_no_answer_is_cut_off() {
    each_with(&[("SOUK_STALL_SECONDS", "1")], async |souk| {
        long_text(souk).await;
        let mut socket = Socket::with_little_room(&souk.url, TRANSPORT).await;
        socket.init(None).await;
        for n in 0..20 {
            socket.start(&n.to_string(), &large_answer(), json!({})).await;
        }
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let mut whole = 0;
        while let Ok(message) = socket.message().await {
            whole += usize::from(message["type"] == "next");
        }
        assert!(whole < 20, "all answers came");
    });
}

#[test]
fn an_operation_over_a_socket_runs_no_longer_than_a_request_and_ends_alone() {
    each_with(&[("SOUK_SOCKET_OPERATIONS", "3")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let mut socket = souk.connected(TRANSPORT, Some(&ann.token)).await;
        let follow = "subscription { myOrderUpdates { cursor } }";
        for id in ["a", "b", "c", "d"] {
            socket.start(id, follow, json!({})).await;
        }
        let message = socket.message().await.expect("not closed");
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("d")));
        // One that ends makes room for another, under the same name.
        socket.stop("b").await;
        socket.start("b", "mutation { profileUpdate(input: {}) { userErrors { code } } }", json!({})).await;
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let message = socket.message().await.expect("not closed");
            assert_eq!(message["id"], "b", "{message:#}");
            kinds.push(message["type"].clone());
        }
        assert_eq!(kinds, [json!("next"), json!("complete")]);
    });
}

#[test]
fn sockets_are_counted_by_address_by_user_and_in_all() {
    let status = async |souk: &Souk, address: &str| {
        let request = souk.http.get(format!("{}/graphql/ws", souk.url)).header("x-forwarded-for", address);
        let request = request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-protocol", TRANSPORT);
        request.send().await.expect("an answer").status().as_u16()
    };
    let settings =
        [("SOUK_TRUSTED_PROXIES", "1"), ("SOUK_SOCKETS_PER_ADDRESS", "3"), ("SOUK_SOCKETS", "4"), ("SOUK_SOCKETS_PER_USER", "1")];
    each_with(&settings, async |souk| {
        let ann = make::customer(souk, "ann").await;
        let from = [("x-forwarded-for", "203.0.113.7")];
        let mut first = souk.socket(TRANSPORT, &from).await;
        first.init(Some(&ann.token)).await;
        let mut second = souk.socket(TRANSPORT, &from).await;
        second.send(json!({ "type": "connection_init", "payload": { "authToken": ann.token } })).await;
        assert_eq!(second.close_code().await, 1013);
        let mut legacy = souk.socket(LEGACY, &from).await;
        legacy.send(json!({ "type": "connection_init", "payload": { "authToken": ann.token } })).await;
        assert_eq!(legacy.message().await.expect("a message")["type"], "connection_error");
        assert_eq!(legacy.close_code().await, 1013);
        drop((second, legacy));
        let mut open = Vec::new();
        let begun = Instant::now();
        while open.len() < 2 {
            // Those that were closed are counted until they are gone.
            assert!(begun.elapsed() < PATIENCE, "they are still counted");
            if let Some(socket) = Socket::try_at(&souk.url, TRANSPORT, &from).await {
                open.push(socket);
            }
        }
        assert_eq!(status(souk, "203.0.113.7").await, 429);
        let other = souk.socket(TRANSPORT, &[("x-forwarded-for", "203.0.113.8")]).await;
        assert_eq!(status(souk, "203.0.113.9").await, 429);
        drop((open, other));
        // Their own goes on.
        first.start("1", "{ version }", json!({})).await;
        assert_eq!(first.message().await.expect("not closed")["type"], "next");
    });
}
