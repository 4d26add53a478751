//! Live updates.

pub mod changes;
mod rights;
pub mod updates_cursor;

use crate::app::{Souk, each, each_of, each_with};
use crate::make;
use crate::ws::{LEGACY, Subscription, TRANSPORT};
use entity::id::{OrderId, StoreId, StoreOrderId, UserId};
use entity::value::{ActorKind, EventType, OrderStatus};
use entity::{event, order, session, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk::fixture;
use souk_core::crypto::keys::Capability;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::live::{NewOrderEvent, append};
use souk_core::transact;
use std::time::Duration;

const ORDER: &str = operation!("live", "OrderUpdates");
const MINE: &str = operation!("live", "MyOrderUpdates");
const STORE: &str = operation!("live", "StoreOrderUpdates");

/// An order of one store, without lines.
pub struct Made {
    pub id: OrderId,
    buyer: Option<UserId>,
    part: Option<(StoreOrderId, StoreId)>,
}

/// An order without lines, with a part of the store if there is one.
pub async fn order(souk: &Souk, buyer: Option<&make::User>, store: Option<StoreId>) -> Made {
    let app = &souk.app;
    let id: OrderId = app.clock.new_id();
    let row = fixture::order(id, app.config.currency, app.clock.now());
    let row = order::Model { user_id: buyer.map(|user| user.id), email: "buyer@example.com".into(), ..row };
    let part = store.map(|store| fixture::store_order(app.clock.new_id(), &row, store));
    make::insert(souk, [row]).await;
    let ids = part.as_ref().map(|part| (part.id, part.store_id));
    make::insert(souk, part).await;
    Made { id, buyer: buyer.map(|user| user.id), part: ids }
}

impl Made {
    pub fn event(&self, message: &str) -> NewOrderEvent {
        NewOrderEvent {
            order_id: self.id,
            part: self.part.map(|(id, store)| (id, store, OrderStatus::Processing)),
            buyer: self.buyer,
            event_type: EventType::StoreOrderProcessing,
            message: message.to_owned(),
            actor: (ActorKind::System, None),
            order_status: OrderStatus::Processing,
        }
    }

    /// Appends an event in a transaction of its own.
    pub async fn append(&self, souk: &Souk, message: &str) {
        let done: Result<()> =
            async { transact!(souk.app.db, tx, { append(tx, &souk.app.clock, vec![self.event(message)]).await }) }.await;
        done.expect("an event");
    }
}

async fn append_to(souk: &Souk, tx: &Tx, order: &Made, message: &str) {
    append(tx, &souk.app.clock, vec![order.event(message)]).await.expect("an event");
}

async fn commit(souk: &Souk, tx: Tx) {
    // More than any number of attempts: nothing here may be tried again.
    match souk.app.db.end(tx, Ok(()), u32::MAX).await {
        souk_core::db::Attempt::Done(done) => done.expect("a commit"),
        souk_core::db::Attempt::Again => panic!("the commit failed"),
    }
}

/// The messages of the events of updates.
pub fn messages(updates: &[Value]) -> Vec<&str> {
    updates.iter().map(|update| update["event"]["message"].as_str().expect("a message")).collect()
}

#[test]
fn an_owner_and_a_guest_with_the_token_see_what_happens_in_both_protocols() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        let token = souk.app.keys.capability(Capability::Order, own.id);
        for protocol in [TRANSPORT, LEGACY] {
            let mut owner = souk.follow(protocol, Some(&buyer.token), ORDER, json!({ "orderId": own.id.to_string() })).await;
            let mut guest = souk.follow(protocol, None, ORDER, json!({ "orderToken": token })).await;
            let mut all = souk.follow(protocol, Some(&buyer.token), MINE, json!({})).await;
            own.append(souk, "begun").await;
            let update = owner.update().await;
            assert_eq!(update["event"]["type"], "STORE_ORDER_PROCESSING");
            assert_eq!(update["event"]["message"], "begun");
            assert_eq!(update["order"]["id"], own.id.to_string());
            assert_eq!(guest.update().await, update);
            assert_eq!(all.update().await["cursor"], update["cursor"]);
        }
    });
}

#[test]
fn after_a_break_what_was_missed_comes_once_and_then_what_is_new() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        let mut first = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        own.append(souk, "1").await;
        own.append(souk, "2").await;
        let seen = first.updates(2).await;
        assert_eq!(messages(&seen), ["1", "2"]);
        drop(first);
        // More than a page of the log.
        for n in 3..=250 {
            own.append(souk, &n.to_string()).await;
        }
        let mut again = souk.follow(LEGACY, Some(&buyer.token), MINE, json!({ "after": seen[0]["cursor"] })).await;
        own.append(souk, "251").await;
        let updates = again.updates(250).await;
        let expected: Vec<String> = (2..=251).map(|n| n.to_string()).collect();
        assert_eq!(messages(&updates), expected);
        again.is_quiet().await;
    });
}

#[test]
fn events_committed_out_of_order_all_arrive_in_one_order() {
    each_of(&["postgres", "mysql"], async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let (slow, quick) = (order(souk, Some(&buyer), None).await, order(souk, Some(&buyer), None).await);
        let mut subscription = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        let open = souk.app.db.begin().await.expect("a transaction");
        append_to(souk, &open, &slow, "begun first").await;
        for message in ["a", "b", "c"] {
            quick.append(souk, message).await;
        }
        let mut seen = subscription.updates(3).await;
        commit(souk, open).await;
        quick.append(souk, "d").await;
        seen.extend(subscription.updates(2).await);
        let mut found = messages(&seen);
        assert_eq!(found[..3], ["a", "b", "c"]);
        found[3..].sort_unstable();
        assert_eq!(found[3..], ["begun first", "d"]);
        subscription.is_quiet().await;
        // A later subscriber reads the same order from the log.
        let start = souk_core::live::Cursor(0).encode();
        let mut later = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({ "after": start })).await;
        assert_eq!(later.updates(5).await, seen);
        later.is_quiet().await;
    });
}

#[test]
fn two_transactions_that_append_to_one_order_unlocked_are_numbered_one_after_the_other() {
    each_of(&["postgres", "mysql"], async |souk| {
        let shared = order(souk, None, None).await;
        let token = souk.app.keys.capability(Capability::Order, shared.id);
        let open = souk.app.db.begin().await.expect("a transaction");
        append_to(souk, &open, &shared, "first").await;
        // Waits for the open transaction, as both use number 1; then it is retried.
        let waiting = shared.append(souk, "second");
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "it did not wait");
        commit(souk, open).await;
        waiting.await;
        let start = souk_core::live::Cursor(0).encode();
        let variables = json!({ "orderToken": token, "after": start });
        let mut subscription = souk.follow(TRANSPORT, None, ORDER, variables).await;
        assert_eq!(messages(&subscription.updates(2).await), ["first", "second"]);
    });
}

#[test]
fn many_writers_and_many_readers_see_each_event_once_in_the_same_order() {
    each(async |souk| {
        const WRITERS: usize = 20;
        const EVENTS: usize = 10;
        let (vendor, store) = make::shop(souk, "Tea House").await;
        let mut subscriptions = Vec::new();
        for n in 0..8 {
            let protocol = if n % 2 == 0 { TRANSPORT } else { LEGACY };
            let variables = json!({ "storeId": store.to_string() });
            let subscription = souk.follow(protocol, Some(&vendor.token), STORE, variables).await;
            subscriptions.push(subscription);
        }
        let mut orders = Vec::new();
        for _ in 0..WRITERS {
            orders.push(order(souk, None, Some(store)).await);
        }
        let writers = futures::future::join_all(orders.iter().enumerate().map(|(writer, order)| async move {
            for n in 0..EVENTS {
                order.append(souk, &format!("{writer}/{n}")).await;
            }
        }));
        let readers = futures::future::join_all(subscriptions.iter_mut().map(|reader| reader.updates(WRITERS * EVENTS)));
        let (_, seen) = futures::future::join(writers, readers).await;
        let mut all: Vec<_> = messages(&seen[0]);
        for writer in 0..WRITERS {
            let prefix = format!("{writer}/");
            let own: Vec<_> = all.iter().filter_map(|message| message.strip_prefix(&prefix)).collect();
            let expected: Vec<_> = (0..EVENTS).map(|n| n.to_string()).collect();
            assert_eq!(own, expected, "the events of one order come in their order");
        }
        for other in &seen[1..] {
            assert_eq!(other, &seen[0]);
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), WRITERS * EVENTS);
        for subscription in &mut subscriptions {
            subscription.is_quiet().await;
        }
    });
}

#[test]
fn what_another_instance_writes_arrives_too() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        let other = souk.another().await;
        let mut here = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        let mut there = other.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        own.append(souk, "written here").await;
        let first = here.update().await;
        assert_eq!(there.update().await, first);
        own.append(&other, "written there").await;
        let second = here.update().await;
        assert_eq!(there.update().await, second);
        // A client that was cut off here goes on there.
        drop(here);
        own.append(souk, "missed").await;
        let mut moved = other.follow(TRANSPORT, Some(&buyer.token), MINE, json!({ "after": first["cursor"] })).await;
        assert_eq!(messages(&moved.updates(2).await), ["written there", "missed"]);
        drop((there, moved));
        other.finish().await;
    });
}

#[test]
fn a_slow_client_is_caught_up_from_the_log() {
    // The client reads nothing while the events are written, which takes longer than the default on a busy machine.
    each_with(&[("SOUK_STALL_SECONDS", "600")], async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        // Answers large enough that the connection's buffers are full long before the last.
        let query = format!("subscription {{ myOrderUpdates {{ {} event {{ message }} }} }}", long_fields());
        let mut slow = souk.follow(TRANSPORT, Some(&buyer.token), &query, json!({})).await;
        for n in 0..400 {
            own.append(souk, &n.to_string()).await;
        }
        let expected: Vec<String> = (0..400).map(|n| n.to_string()).collect();
        assert_eq!(messages(&slow.updates(400).await), expected);
        slow.is_quiet().await;
    });
}

/// Fields under long names: some 20 kB a time.
fn long_fields() -> String {
    (0..20).map(|n| format!("c{n}{}: cursor ", "x".repeat(1000))).collect()
}

#[test]
fn a_topic_without_listeners_is_forgotten() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        let mut subscription = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        subscription.socket.start("b", MINE, json!({})).await;
        while souk.hub().begun_count() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(souk.hub().topic_count(), 1);
        subscription.socket.stop("1").await;
        // What it says next is read after that.
        subscription.is_quiet().await;
        own.append(souk, "once").await;
        let message = subscription.socket.message().await.expect("not closed");
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!("b")));
        subscription.is_quiet().await;
        drop(subscription);
        for _ in 0..500 {
            if souk.hub().topic_count() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the topic is still there");
    });
}

#[test]
fn a_token_that_is_no_good_is_refused() {
    each(async |souk| {
        for token in ["junk", "a.b.c"] {
            let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
            let mut socket = souk.socket(TRANSPORT, &[]).await;
            socket.send(init.clone()).await;
            assert_eq!(socket.close_code().await, 4403);
            let mut socket = souk.socket(LEGACY, &[]).await;
            socket.send(init).await;
            assert_eq!(socket.message().await.expect("a message")["type"], "connection_error");
            assert_eq!(socket.close_code().await, 4403);
        }
        let mut socket = souk.socket(TRANSPORT, &[]).await;
        socket.start("1", MINE, json!({})).await;
        assert_eq!(socket.close_code().await, 4401);
        for not_a_message in ["{", "[]", "{\"type\":\"dance\"}", "{\"type\":\"subscribe\"}"] {
            let mut socket = souk.connected(TRANSPORT, None).await;
            socket.send_text(not_a_message).await;
            assert_eq!(socket.close_code().await, 4400, "{not_a_message}");
        }
        let mut socket = souk.connected(TRANSPORT, None).await;
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.close_code().await, 4429);
        let mut guest = souk.subscribe(TRANSPORT, None, MINE, json!({})).await;
        assert_eq!(guest.error_code().await, "UNAUTHENTICATED");
    });
}

#[test]
fn an_id_that_is_in_use_ends_the_connection() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let mut socket = souk.connected(TRANSPORT, Some(&buyer.token)).await;
        socket.start("1", MINE, json!({})).await;
        socket.start("1", MINE, json!({})).await;
        assert_eq!(socket.close_code().await, 4409);
        let mut socket = souk.connected(TRANSPORT, Some(&buyer.token)).await;
        for n in 0..21 {
            socket.start(&n.to_string(), MINE, json!({})).await;
        }
        let message = socket.message().await.expect("not closed");
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("20")));
        socket.send(json!({ "type": "ping", "payload": { "n": 1 } })).await;
        assert_eq!(socket.message().await.expect("not closed"), json!({ "type": "pong", "payload": { "n": 1 } }));
    });
}

#[test]
fn a_session_that_ends_ends_its_connections() {
    each(async |souk| {
        let (ann, bob, eve) =
            (make::customer(souk, "ann").await, make::customer(souk, "bob").await, make::customer(souk, "eve").await);
        let mut guest = souk.connected(TRANSPORT, None).await;
        let mut revoked = souk.follow(TRANSPORT, Some(&ann.token), MINE, json!({})).await;
        let mut blocked = souk.follow(LEGACY, Some(&bob.token), MINE, json!({})).await;
        let mut expiring = souk.follow(TRANSPORT, Some(&eve.token), MINE, json!({})).await;
        let now = souk.app.clock.now();
        let revoke = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(now))
            .filter(session::Column::UserId.eq(ann.id));
        revoke.exec(souk.app.db.raw()).await.expect("revoked");
        assert_eq!(revoked.socket.close_code().await, 4403);
        let block = user::Entity::update_many()
            .col_expr(user::Column::Status, Expr::value("BLOCKED"))
            .filter(user::Column::Id.eq(bob.id));
        block.exec(souk.app.db.raw()).await.expect("blocked");
        assert_eq!(blocked.socket.close_code().await, 4403);
        souk.app.clock.advance(Duration::from_secs(901));
        assert_eq!(expiring.socket.close_code().await, 4403);
        // A guest has nothing that could end.
        guest.start("1", "{ version }", json!({})).await;
        assert_eq!(guest.message().await.expect("not closed")["type"], "next");
    });
}

#[test]
fn a_browser_is_known_by_its_cookie_only_on_our_own_pages() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let cookie = format!("souk_access={}", buyer.token);
        let refused = Some("UNAUTHENTICATED");
        let own = souk.url.as_str();
        let origins = [
            (Some(own), None),
            // A storefront that is being developed.
            (Some("http://localhost:5173"), None),
            (Some("https://evil.example"), refused),
            (Some("null"), refused),
            (None, refused),
        ];
        for (origin, code) in origins {
            let origin = origin.map(|origin| ("origin", origin));
            let headers: Vec<_> = [("cookie", cookie.as_str())].into_iter().chain(origin).collect();
            let mut socket = souk.socket(TRANSPORT, &headers).await;
            socket.init(None).await;
            socket.start("1", MINE, json!({})).await;
            let mut subscription = Subscription { socket };
            match code {
                None => subscription.is_quiet().await,
                Some(code) => assert_eq!(subscription.error_code().await, code),
            }
        }
    });
}

#[test]
fn when_souk_stops_clients_are_told_to_try_again() {
    each(async |souk| {
        let other = souk.another().await;
        let mut socket = other.connected(TRANSPORT, None).await;
        let (code, ()) = futures::future::join(socket.close_code(), other.finish()).await;
        assert_eq!(code, 1012);
    });
}

#[test]
fn every_event_has_a_position_and_they_have_no_gap() {
    each(async |souk| {
        let mut orders = Vec::new();
        for _ in 0..10 {
            orders.push(order(souk, None, None).await);
        }
        let other = souk.another().await;
        futures::future::join_all(orders.iter().enumerate().map(|(n, order)| {
            let at = if n % 2 == 0 { souk } else { &other };
            async move {
                for n in 0..60 {
                    order.append(at, &n.to_string()).await;
                    souk_core::live::sequence(&at.app.db).await.expect("positions");
                }
            }
        }))
        .await;
        souk_core::live::sequence(&souk.app.db).await.expect("positions");
        let mut rows = event::Entity::find().all(souk.app.db.read()).await.expect("events");
        rows.sort_by_key(|row| row.position);
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        let expected: Vec<_> = (1..=600).map(Some).collect();
        assert_eq!(positions, expected);
        for order in &orders {
            let own: Vec<_> = rows.iter().filter(|row| row.order_id == Some(order.id)).map(|row| row.sequence).collect();
            let expected: Vec<_> = (1..=60).map(Some).collect();
            assert_eq!(own, expected);
        }
        other.finish().await;
    });
}
