//! Concurrent checkouts: never oversold, never charged twice.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin, input, order_row, orders, shop, stock};
use crate::make;
use entity::payment;
use entity::value::{OrderStatus, PaymentStatus};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::HashSet;

const BUYERS: usize = 200;

/// Many checkouts, each of a cart of its own with one piece.
async fn checkouts(souk: &Souk, product: make::Product, count: usize) -> Vec<(Value, Value)> {
    let mut all = Vec::new();
    for _ in 0..count {
        let cart = make::guest_cart(souk, &[(product.variant, 1)]).await;
        all.push(begin(&souk.guest(), &cart).await);
    }
    all
}

async fn payments(souk: &Souk, status: PaymentStatus) -> u64 {
    let query = payment::Entity::find().filter(payment::Column::Status.eq(status));
    query.count(souk.app.db.read()).await.expect("a count")
}

#[test]
fn two_hundred_buyers_get_the_twenty_pieces_there_are() {
    each(async |souk| {
        let tea = shop(souk, 1000, 20).await;
        let all = checkouts(souk, tea, BUYERS).await;
        let answers =
            join_all(all.iter().map(async |ids| souk.guest().data(COMPLETE, input(ids, Some("tok_success"), "k")).await)).await;
        let (mut bought, mut sold_out) = (HashSet::new(), 0);
        for answer in &answers {
            let payload = &answer["checkoutComplete"];
            match payload["order"]["id"].as_str() {
                Some(order) => {
                    assert_eq!((&payload["userErrors"], &payload["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
                    bought.insert(order.to_owned());
                }
                None => {
                    let errors = payload["userErrors"].as_array().expect("userErrors");
                    assert_eq!(errors.len(), 1, "{payload:#}");
                    assert_eq!(errors[0]["code"], "INSUFFICIENT_STOCK", "{payload:#}");
                    assert_eq!(errors[0]["stockAvailable"], 0);
                    sold_out += 1;
                }
            }
        }
        assert_eq!((bought.len(), sold_out), (20, BUYERS - 20));
        assert_eq!((orders(souk).await, stock(souk, tea).await), (20, (0, 20)));
        assert_eq!(payments(souk, PaymentStatus::Captured).await, 20);
        souk.work().await;
    });
}

#[test]
fn two_hundred_requests_complete_one_checkout_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 20).await;
        let ids = checkouts(souk, tea, 1).await.remove(0);
        let answers =
            join_all((0..BUYERS).map(async |_| souk.guest().run(COMPLETE, input(&ids, Some("tok_success"), "one key")).await))
                .await;
        let found: HashSet<_> =
            answers.iter().map(|payload| (payload["order"].to_string(), payload["payment"]["id"].to_string())).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((orders(souk).await, stock(souk, tea).await), (1, (19, 1)));
        assert_eq!(payment::Entity::find().count(souk.app.db.read()).await.expect("a count"), 1);
        let captured = entity::event::Entity::find().filter(entity::event::Column::EventType.eq("PAYMENT_CAPTURED"));
        assert_eq!(captured.count(souk.app.db.read()).await.expect("a count"), 1);
        assert_eq!(order_row(souk, &answers[0]["order"]["id"]).await.status, OrderStatus::Confirmed);
        souk.work().await;
    });
}

#[test]
fn many_keys_at_once_still_make_one_order_of_one_checkout() {
    each(async |souk| {
        let tea = shop(souk, 1000, 20).await;
        let ids = checkouts(souk, tea, 1).await.remove(0);
        let complete = async |at: usize| souk.guest().run(COMPLETE, input(&ids, Some("tok_success"), &format!("key {at}"))).await;
        let answers = join_all((0..50).map(complete)).await;
        let found: HashSet<_> = answers.iter().map(|payload| payload["order"].to_string()).collect();
        assert_eq!((found.len(), orders(souk).await, stock(souk, tea).await), (1, 1, (19, 1)));
        souk.work().await;
    });
}

#[test]
fn buyers_of_the_same_things_in_another_order_do_not_block_each_other() {
    each(async |souk| {
        let tea = shop(souk, 1000, 30).await;
        let store = crate::checkout::store(souk, "Pots").await;
        let pot = make::product(souk, store, make::Make { name: "Pot", stock: 30, ..make::Make::default() }).await;
        let mut all = Vec::new();
        for at in 0..60 {
            let lines = if at % 2 == 0 { [(tea.variant, 1), (pot.variant, 1)] } else { [(pot.variant, 1), (tea.variant, 1)] };
            all.push(begin(&souk.guest(), &make::guest_cart(souk, &lines).await).await);
        }
        let answers = join_all(all.iter().map(async |ids| souk.guest().data(COMPLETE, input(ids, None, "k")).await)).await;
        let bought = answers.iter().filter(|answer| answer["checkoutComplete"]["order"].is_object()).count();
        assert_eq!((bought, stock(souk, tea).await, stock(souk, pot).await), (30, (0, 30), (0, 30)));
        souk.work().await;
    });
}

#[test]
fn declined_and_successful_payments_at_once_leave_the_stock_right() {
    each(async |souk| {
        let tea = shop(souk, 1000, 40).await;
        let all = checkouts(souk, tea, 40).await;
        let complete = async |(at, ids): (usize, &(Value, Value))| {
            let token = if at % 2 == 0 { "tok_success" } else { "tok_declined" };
            souk.guest().data(COMPLETE, input(ids, Some(token), "k")).await
        };
        join_all(all.iter().enumerate().map(complete)).await;
        assert_eq!(stock(souk, tea).await, (20, 20));
        assert_eq!((payments(souk, PaymentStatus::Captured).await, payments(souk, PaymentStatus::Failed).await), (20, 20));
        souk.work().await;
    });
}
