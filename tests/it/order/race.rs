//! Concurrent changes of an order: each transition happens once, and the stock is correct afterwards.

use crate::app::{Caller, each};
use crate::make::order::{order, stock};
use crate::order::{CALL_OFF, CANCEL, FULFILL, PROCESS, Shop};
use futures::future::join_all;
use serde_json::{Value, json};

const EVENTS: &str = operation!("order", "OrderWithFulfillments");

/// The user error codes of concurrent calls; `None` for those that succeeded.
async fn concurrently(callers: Vec<(Caller<'_>, &'static str, Value)>) -> Vec<Option<String>> {
    let calls = callers.into_iter().map(|(caller, mutation, variables)| async move {
        let data = caller.data(mutation, variables).await;
        let payload = data.as_object().and_then(|fields| fields.values().next()).expect("a payload").clone();
        payload["userErrors"][0]["code"].as_str().map(str::to_owned)
    });
    join_all(calls).await
}

fn succeeded(codes: &[Option<String>]) -> usize {
    assert!(codes.iter().flatten().all(|code| code == "INVALID_STATE" || code == "OUT_OF_RANGE"), "{codes:?}");
    codes.iter().filter(|code| code.is_none()).count()
}

#[test]
fn of_twenty_cancels_at_once_one_gives_the_stock_back() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 4).await;
        let (bob, vera) = (souk.as_user(&shop.bob), souk.as_user(&shop.vera));
        let whole = json!({ "input": { "orderId": order.id.to_string() } });
        let part = json!({ "id": order.parts[0].id.to_string() });
        let calls = (0..20).map(|n| match n % 2 {
            0 => (bob.clone(), CANCEL, whole.clone()),
            _ => (vera.clone(), CALL_OFF, part.clone()),
        });
        assert_eq!(succeeded(&concurrently(calls.collect()).await), 1);
        assert_eq!(stock(souk, shop.tea).await, (10, 0));
        let found = bob.data(EVENTS, json!({ "id": order.id.to_string() })).await["order"].clone();
        assert_eq!(found["events"], json!([{ "type": "ORDER_CANCELLED" }, { "type": "STORE_ORDER_CANCELLED" }]));
        souk.work().await;
    });
}

#[test]
fn of_a_cancel_and_a_parcel_at_once_exactly_one_wins() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let (bob, vera) = (souk.as_user(&shop.bob), souk.as_user(&shop.vera));
        let mut taken = 0;
        for round in 0..10 {
            let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
            let cancel = (bob.clone(), CANCEL, json!({ "input": { "orderId": order.id.to_string() } }));
            let ship = (vera.clone(), FULFILL, json!({ "input": { "storeOrderId": order.parts[0].id.to_string() } }));
            let calls = if round % 2 == 0 { vec![cancel, ship] } else { vec![ship, cancel] };
            assert_eq!(succeeded(&concurrently(calls).await), 1);
            let found = bob.data(EVENTS, json!({ "id": order.id.to_string() })).await["order"].clone();
            let shipped = found["status"] == "SHIPPED";
            assert!(shipped || found["status"] == "CANCELLED", "{found}");
            assert_eq!(found["storeOrders"][0]["fulfillments"].as_array().map(Vec::len), Some(usize::from(shipped)));
            taken += i32::from(shipped);
        }
        assert_eq!(stock(souk, shop.tea).await, (10 - taken, i64::from(taken)));
        souk.work().await;
    });
}

#[test]
fn of_two_who_do_the_same_one_wins_and_the_other_is_told() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 1).await;
        let vera = souk.as_user(&shop.vera);
        let part = json!({ "id": order.parts[0].id.to_string() });
        let calls = (0..10).map(|_| (vera.clone(), PROCESS, part.clone())).collect();
        assert_eq!(succeeded(&concurrently(calls).await), 1);
        assert_eq!(souk.work().await, 1, "one mail");
    });
}

#[test]
fn parcels_at_once_never_hold_more_than_was_ordered() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 5).await;
        let vera = souk.as_user(&shop.vera);
        let lines = json!([{ "lineId": order.parts[0].lines[0].to_string(), "quantity": 1 }]);
        let parcel = json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": lines } });
        let calls = (0..12).map(|_| (vera.clone(), FULFILL, parcel.clone())).collect();
        assert_eq!(succeeded(&concurrently(calls).await), 5);
        let found = souk.as_user(&shop.bob).data(EVENTS, json!({ "id": order.id.to_string() })).await["order"].clone();
        assert_eq!(found["storeOrders"][0]["lines"][0]["fulfilledQuantity"], 5);
        assert_eq!(found["storeOrders"][0]["fulfillments"].as_array().map(Vec::len), Some(5));
        assert_eq!(found["status"], "SHIPPED");
        souk.work().await;
    });
}
