//! `updatesCursor`: no event between a query and the following subscription is lost.

use crate::app::{Souk, each, each_with};
use crate::live::{Made, messages, order};
use crate::make;
use crate::ws::{LEGACY, Subscription, TRANSPORT};
use entity::order as orders;
use entity::value::{Permission, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::error::Result;
use souk_core::live::append;
use souk_core::transact;
use std::sync::atomic::{AtomicBool, Ordering};

const ORDER: &str = operation!("live", "OrderUpdatesWithMessage");
const MINE: &str = operation!("live", "MyOrderUpdatesWithMessage");
const STORE: &str = operation!("live", "StoreOrderUpdatesWithMessage");

const BUYERS_VIEW: &str = operation!("order", "OrderAndMe");
const STORES_VIEW: &str = operation!("store", "StoreWithUpdatesCursor");

/// Writes a number into a column of the order and appends an event with the same number, in one transaction.
async fn change(souk: &Souk, of: &Made, number: i64) {
    let done: Result<()> = async {
        transact!(souk.app.db, tx, {
            orders::Entity::update_many()
                .col_expr(orders::Column::RefundDue, Expr::value(number))
                .filter(orders::Column::Id.eq(of.id))
                .exec(tx)
                .await?;
            append(tx, &souk.app.clock, vec![of.event(&number.to_string())]).await
        })
    }
    .await;
    done.expect("a change");
}

fn numbers(updates: &[Value]) -> Vec<i64> {
    messages(updates).into_iter().map(|message| message.parse().expect("a number")).collect()
}

/// What comes up to the last change.
async fn rest(subscription: &mut Subscription, last: i64) -> Vec<i64> {
    let mut found = Vec::new();
    while found.last() != Some(&last) {
        found.extend(numbers(&[subscription.update().await]));
    }
    subscription.is_quiet().await;
    found
}

#[test]
fn a_subscription_after_the_cursor_of_a_query_delivers_what_happened_since() {
    each(async |souk| {
        let (buyer, vera) = (make::customer(souk, "bea").await, make::vendor(souk, "vera").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let own = order(souk, Some(&buyer), Some(store)).await;
        for n in 1..=3 {
            change(souk, &own, n).await;
        }
        // Asked at once, when the events may have no place yet.
        let seen = souk.as_user(&buyer).data(BUYERS_VIEW, json!({ "id": own.id.to_string() })).await;
        let stores = souk.as_user(&vera).data(STORES_VIEW, json!({ "id": store.to_string() })).await;
        let events = seen["order"]["events"].as_array().expect("events").clone();
        assert_eq!(events.len(), 3);
        for n in 4..=5 {
            change(souk, &own, n).await;
        }
        for protocol in [TRANSPORT, LEGACY] {
            for (token, query, id, after) in [
                (&buyer.token, ORDER, own.id.to_string(), &seen["order"]["updatesCursor"]),
                (&buyer.token, MINE, String::new(), &seen["me"]["updatesCursor"]),
                (&vera.token, STORE, store.to_string(), &stores["store"]["updatesCursor"]),
                // The cursor of the last event is such a cursor, too.
                (&buyer.token, ORDER, own.id.to_string(), &events[2]["cursor"]),
            ] {
                let variables = if query == MINE { json!({ "after": after }) } else { json!({ "id": id, "after": after }) };
                let mut subscription = souk.follow(protocol, Some(token), query, variables).await;
                assert_eq!(rest(&mut subscription, 5).await, [4, 5], "{query}");
            }
            let after = json!({ "id": own.id.to_string(), "after": events[0]["cursor"] });
            let mut subscription = souk.follow(protocol, Some(&buyer.token), ORDER, after).await;
            assert_eq!(rest(&mut subscription, 5).await, [2, 3, 4, 5]);
        }
    });
}

#[test]
fn an_empty_cursor_is_as_none() {
    each(async |souk| {
        let (buyer, vera) = (make::customer(souk, "bea").await, make::vendor(souk, "vera").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let own = order(souk, Some(&buyer), Some(store)).await;
        change(souk, &own, 1).await;
        // Places the first event.
        souk_core::live::sequence(&souk.app.db).await.expect("positions");
        souk.as_user(&buyer).data(BUYERS_VIEW, json!({ "id": own.id.to_string() })).await;
        let mut streams = Vec::new();
        for (token, query, id) in [
            (&buyer.token, ORDER, own.id.to_string()),
            (&buyer.token, MINE, String::new()),
            (&vera.token, STORE, store.to_string()),
        ] {
            let variables = if query == MINE { json!({ "after": "" }) } else { json!({ "id": id, "after": "" }) };
            streams.push(souk.follow(TRANSPORT, Some(token), query, variables).await);
        }
        change(souk, &own, 2).await;
        for stream in &mut streams {
            assert_eq!(rest(stream, 2).await.last(), Some(&2));
        }
    });
}

#[test]
fn while_changes_race_no_event_is_lost_between_a_query_and_its_subscription_and_none_comes_twice() {
    each_with(&[("SOUK_SOCKETS_PER_USER", "100")], async |souk| {
        const CHANGES: i64 = 150;
        let (buyer, vera) = (make::customer(souk, "bea").await, make::vendor(souk, "vera").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let own = order(souk, Some(&buyer), Some(store)).await;
        let other = souk.another().await;
        let is_done = AtomicBool::new(false);
        let writer = async {
            for n in 1..=CHANGES {
                // Two instances write, and two place events.
                change(if n % 2 == 0 { souk } else { &other }, &own, n).await;
            }
            is_done.store(true, Ordering::Relaxed);
        };
        // Each with what its query showed.
        let reader = async {
            let mut streams = Vec::new();
            while !is_done.load(Ordering::Relaxed) && streams.len() < 60 {
                let seen = souk.as_user(&buyer).data(BUYERS_VIEW, json!({ "id": own.id.to_string() })).await;
                let (of_order, mine) = (&seen["order"], &seen["me"]);
                let due: f64 = of_order["refundDue"]["amount"].as_str().expect("an amount").parse().expect("an amount");
                #[allow(clippy::cast_possible_truncation, reason = "a small whole number")]
                let due = (due * 100.0).round() as i64;
                let after = json!({ "id": own.id.to_string(), "after": of_order["updatesCursor"] });
                streams.push((due, souk.subscribe(TRANSPORT, Some(&buyer.token), ORDER, after).await));
                let shown = mine["orders"]["nodes"][0]["events"].as_array().map_or(0, Vec::len);
                let after = json!({ "after": mine["updatesCursor"] });
                streams.push((i64::try_from(shown).expect("few"), souk.subscribe(LEGACY, Some(&buyer.token), MINE, after).await));
                let seen = souk.as_user(&vera).data(STORES_VIEW, json!({ "id": store.to_string() })).await;
                let shown = seen["store"]["orders"]["nodes"][0]["events"].as_array().map_or(0, Vec::len);
                let after = json!({ "id": store.to_string(), "after": seen["store"]["updatesCursor"] });
                streams
                    .push((i64::try_from(shown).expect("few"), souk.subscribe(TRANSPORT, Some(&vera.token), STORE, after).await));
            }
            streams
        };
        let ((), streams) = futures::future::join(writer, reader).await;
        change(souk, &own, CHANGES + 1).await;
        assert!(streams.len() >= 3);
        for (shown, mut stream) in streams {
            let delivered = rest(&mut stream, CHANGES + 1).await;
            let first = delivered[0];
            assert!(first <= shown + 1, "the query showed {shown}, and the first that came is {first}");
            let expected: Vec<_> = (first..=CHANGES + 1).collect();
            assert_eq!(delivered, expected);
        }
        other.finish().await;
    });
}

#[test]
fn the_cursor_of_a_mutation_is_from_before_it_and_that_of_an_update_is_its_own() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, make::Make::default()).await;
        let own = crate::make::order::order(souk, Some(&buyer), &[(store, tea, 1)]).await;
        let cancel = operation!("order", "OrderCancelReturningUpdatesCursor");
        let payload = souk.as_user(&buyer).run(cancel, json!({ "id": own.id.to_string() })).await;
        let query = operation!("live", "OrderUpdatesWithUpdatesCursors");
        let variables = json!({ "id": own.id.to_string(), "after": payload["order"]["updatesCursor"] });
        let mut subscription = souk.follow(TRANSPORT, Some(&buyer.token), query, variables).await;
        let mut kinds = Vec::new();
        for update in subscription.updates(2).await {
            kinds.push(update["event"]["type"].as_str().expect("a type").to_owned());
            assert_eq!(update["event"]["cursor"], update["cursor"]);
            assert_eq!(update["order"]["updatesCursor"], update["cursor"]);
            assert_eq!(update["order"]["storeOrders"][0]["store"]["updatesCursor"], Value::Null);
        }
        kinds.sort();
        assert_eq!(kinds, ["ORDER_CANCELLED", "STORE_ORDER_CANCELLED"]);
        souk.work().await;
    });
}

#[test]
fn only_who_can_follow_is_given_a_cursor() {
    each(async |souk| {
        let (buyer, vera, mona) =
            (make::customer(souk, "bea").await, make::vendor(souk, "vera").await, make::customer(souk, "mona").await);
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        let people = make::staff(souk, "people", Role::Staff, &[Permission::ManageUsers]).await;
        let store = make::store(souk, &vera, "Tea House").await;
        crate::store::member::join(souk, &vera, store, &mona, "FULFILLER").await;
        let tea = make::product(souk, store, make::Make::default()).await;
        let own = crate::make::order::order(souk, Some(&buyer), &[(store, tea, 1)]).await;
        let of_store = "query($id: ID!) { store(id: $id) { updatesCursor } }";
        let variables = json!({ "id": store.to_string() });
        for (caller, follows) in [
            (souk.guest(), false),
            (souk.as_user(&buyer), false),
            (souk.as_user(&people), false),
            (souk.as_user(&vera), true),
            (souk.as_user(&mona), true),
            (souk.as_user(&clerk), true),
        ] {
            let found = caller.data(of_store, variables.clone()).await;
            assert_eq!(found["store"]["updatesCursor"].is_string(), follows, "{found}");
        }
        let node = "query($id: ID!) { node(id: $id) { ... on User { updatesCursor } } }";
        let id = json!({ "id": buyer.id.to_string() });
        assert!(souk.as_user(&buyer).data(node, id.clone()).await["node"]["updatesCursor"].is_string());
        assert_eq!(souk.as_user(&people).data(node, id).await["node"], json!({ "updatesCursor": null }));
        let by_token = "query($id: ID!, $token: String) { order(id: $id, token: $token) { updatesCursor } }";
        let found = souk.guest().data(by_token, json!({ "id": own.id.to_string(), "token": own.token })).await;
        assert!(found["order"]["updatesCursor"].is_string());
    });
}

#[test]
fn an_answer_without_the_cursor_pays_nothing_for_it() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        own.append(souk, "placed").await;
        souk_core::live::sequence(&souk.app.db).await.expect("positions");
        let id = json!({ "id": own.id.to_string() });
        let caller = souk.as_user(&buyer);
        let (_, without) = souk.statements(&caller, "query($id: ID!) { order(id: $id) { id } }", id.clone()).await;
        let asked = "query($id: ID!) { order(id: $id) { id updatesCursor } again: order(id: $id) { updatesCursor } }";
        let (_, with) = souk.statements(&caller, asked, id).await;
        // One for the second order; one that looks for events without a place, and one for the head of the log.
        assert_eq!(with, without + 3);
    });
}
