//! How WebSocket connections are closed: Close frames are answered, and close codes follow the protocol.

use crate::admission::{large_answer, long_text};
use crate::app::each;
use crate::make;
use crate::ws::{LEGACY, Socket, TRANSPORT};
use serde_json::json;

const MINE: &str = operation!("live", "MyOrderUpdatesWithCursor");

#[test]
fn a_close_frame_is_answered_with_its_code_whatever_runs() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        for protocol in [TRANSPORT, LEGACY] {
            for code in [Some(1000), Some(1001), Some(4005), None] {
                let expected = code.unwrap_or(1005);
                let mut silent = souk.socket(protocol, &[]).await;
                silent.close(code).await;
                assert_eq!(silent.close_code().await, expected, "before connection_init");
                let mut idle = souk.connected(protocol, None).await;
                idle.close(code).await;
                assert_eq!(idle.close_code().await, expected, "with nothing to do");
                let mut following = souk.follow(protocol, Some(&buyer.token), MINE, json!({})).await.socket;
                following.start("2", "{ products(first: 100) { totalCount nodes { id } } }", json!({})).await;
                // As graphql-ws does when the last one unsubscribes.
                following.stop("1").await;
                following.close(code).await;
                assert_eq!(following.close_code().await, expected, "while operations run");
            }
        }
        let mut old = souk.connected(LEGACY, None).await;
        old.send(json!({ "type": "connection_terminate" })).await;
        assert_eq!(old.message().await.expect_err("closed").code, 1000);
    });
}

#[test]
fn a_close_frame_is_answered_behind_what_waits_to_be_sent() {
    each(async |souk| {
        long_text(souk).await;
        let query = large_answer();
        let mut socket = Socket::with_little_room(&souk.url, TRANSPORT).await;
        socket.init(None).await;
        socket.start("1", &query, json!({})).await;
        // The first bytes of the answer have come, so the rest is waiting.
        socket.has_bytes().await;
        for n in 2..10 {
            socket.start(&n.to_string(), &query, json!({})).await;
        }
        socket.close(Some(1000)).await;
        let answer = socket.message().await.expect("what was begun is sent");
        assert_eq!(answer["type"], "next", "{answer:#}");
        assert_eq!(socket.close_code().await, 1000);
    });
}

#[test]
fn what_is_not_of_the_protocol_is_told_by_its_code() {
    each(async |souk| {
        let mut bytes = souk.connected(TRANSPORT, None).await;
        bytes.send_bytes(b"{\"type\":\"ping\"}").await;
        assert_eq!(bytes.close_code().await, 4400);
        let mut large = souk.connected(TRANSPORT, None).await;
        large.send_text(&"x".repeat(262_145)).await;
        assert_eq!(large.close_code().await, 1009);
        let buyer = make::customer(souk, "bea").await;
        let mut twice = souk.connected(TRANSPORT, Some(&buyer.token)).await;
        // Long, and with characters of several bytes: a reason has at most 123.
        let id = "é".repeat(200);
        for _ in 0..2 {
            twice.start(&id, MINE, json!({})).await;
        }
        let closed = twice.message().await.expect_err("closed");
        assert_eq!(closed.code, 4409);
        assert!(closed.reason.starts_with("Subscriber for éé") && closed.reason.ends_with(" already exists"), "{closed:?}");
    });
}
