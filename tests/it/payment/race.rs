//! Requests, jobs and webhooks about the same payment at the same moment: one outcome, one charge, and no error of the database reaches a
//! client.

use super::stripe::{MANUALLY, buy, checkout, each_stripe};
use super::{CART, CONFIRM, complete_with, payment_row};
use crate::app::Souk;
use crate::at_once::at_once;
use crate::charges::{check, kept, settle_all};
use crate::checkout::{begin, order_row, orders, stock};
use crate::fake::stripe::Stripe;
use crate::make;
use crate::order::CANCEL;
use entity::value::{OrderStatus, PaymentStatus};
use entity::{capture, event, order};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_domain::order::status::is_void;
use std::collections::HashSet;

type Task<'a> = LocalBoxFuture<'a, Option<Value>>;

/// A worker does all jobs that are due.
fn work(souk: &Souk) -> Task<'_> {
    async {
        souk.work().await;
        None
    }
    .boxed_local()
}

/// Stripe sends an event about the only PaymentIntent, which a worker processes at once.
fn webhook<'a>(souk: &'a Souk, stripe: &'a Stripe, id: &'a Value, event: String) -> Task<'a> {
    async move {
        let intent = stripe.intents().into_iter().find(|intent| intent["id"] == *id).expect("a PaymentIntent");
        assert_eq!(stripe.send(souk, &event, "payment_intent.succeeded", intent).await, 200);
        souk.work().await;
        None
    }
    .boxed_local()
}

/// The payload of a checkout that is completed.
fn complete<'a>(souk: &'a Souk, ids: &'a (Value, Value), method: &'a str, key: &'a str) -> Task<'a> {
    async move { Some(complete_with(souk, ids, "STRIPE", method, key).await) }.boxed_local()
}

/// The payload of a request of the buyer about an order.
fn of_buyer<'a>(souk: &'a Souk, order: &order::Model, operation: &'a str) -> Task<'a> {
    let token = souk.app.keys.capability(Capability::Order, order.id);
    let variables = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
    async move {
        let data = souk.guest().data(operation, variables).await;
        data.as_object().and_then(|fields| fields.values().next()).cloned()
    }
    .boxed_local()
}

async fn live(souk: &Souk) -> Vec<order::Model> {
    let all = order::Entity::find().all(souk.app.db.read()).await.expect("orders");
    all.into_iter().filter(|order| !is_void(order.status)).collect()
}

#[test]
fn a_webhook_and_an_answer_at_once_settle_a_payment_once() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        let payload = complete_with(souk, &ids, "STRIPE", "pm_action", "k").await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        let id = stripe.intent()["id"].clone();
        stripe.decide(&id, true);
        let mut tasks = Vec::new();
        for n in 0..8 {
            tasks.push(webhook(souk, stripe, &id, format!("evt_{n}")));
            tasks.push(of_buyer(souk, &order, CONFIRM));
            tasks.push(complete(souk, &ids, "pm_action", "k"));
        }
        at_once(tasks).await;
        settle_all(souk).await;
        let captures = capture::Entity::find().count(souk.app.db.read()).await.expect("a count");
        let captured = event::Entity::find().filter(event::Column::EventType.eq("PAYMENT_CAPTURED"));
        assert_eq!((captures, captured.count(souk.app.db.read()).await.expect("a count")), (1, 1));
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Captured);
        assert_eq!((live(souk).await.len(), kept(stripe), stock(souk, tea).await), (1, 1500, (8, 1)));
        check(souk, stripe, tea, 9).await;
    });
}

#[test]
fn a_completion_and_the_expiry_at_once_have_one_outcome() {
    each_stripe(&[], async |souk, stripe, tea| {
        let mut expected = 0;
        for round in 0..4 {
            let ids = checkout(souk, tea).await;
            let payload = complete_with(souk, &ids, "STRIPE", "pm_action", "k").await;
            let order = order_row(souk, &payload["order"]["id"]).await;
            let payment = payment_row(souk, &payload).await;
            let id = json!(payment.provider_reference);
            souk.app.clock.advance(souk.app.config.stock_hold);
            let mut tasks = Vec::new();
            for n in 0..20 {
                tasks.push(match n % 4 {
                    0 => work(souk),
                    1 => of_buyer(souk, &order, CONFIRM),
                    2 => complete(souk, &ids, "pm_action", "k"),
                    _ => webhook(souk, stripe, &id, format!("evt_{round}_{n}")),
                });
            }
            // In the first and third round, the payment in the tab is begun first.
            let tab = async { stripe.pay_in_tab(&id).is_ok().then_some(Value::Null) }.boxed_local();
            tasks.insert(if round % 2 == 0 { 0 } else { 10 }, tab);
            at_once(tasks).await;
            settle_all(souk).await;
            check(souk, stripe, tea, 9).await;
            let intent = stripe.intents().into_iter().find(|intent| intent["id"] == id).expect("a PaymentIntent");
            let order = order_row(souk, &payload["order"]["id"]).await;
            match intent["status"].as_str() {
                Some("succeeded") => assert!(matches!(order.status, OrderStatus::Confirmed | OrderStatus::Failed), "{order:#?}"),
                status => assert_eq!((status, order.status), (Some("canceled"), OrderStatus::Failed)),
            }
            expected += i64::from(order.status == OrderStatus::Confirmed) * 1500;
            assert_eq!(kept(stripe), expected);
        }
    });
}

#[test]
fn a_capture_and_a_cancellation_at_once_leave_no_charge_without_an_order() {
    each_stripe(MANUALLY, async |souk, stripe, tea| {
        let mut placed = Vec::new();
        for _ in 0..3 {
            let payload = buy(souk, tea, "pm_card").await;
            placed.push(order_row(souk, &payload["order"]["id"]).await);
        }
        // The authorizations lapse soon, so that they are captured.
        let end = payment_row_of(souk, &placed[0]).await.expires_at.expect("an end");
        souk.app.clock.freeze(end - std::time::Duration::from_secs(90_000));
        let mut tasks = Vec::new();
        for n in 0..30 {
            tasks.push(if n % 3 == 0 { work(souk) } else { of_buyer(souk, &placed[n % 5 % 3], CANCEL) });
        }
        let answers = at_once(tasks).await;
        let cancelled = answers.iter().flatten().filter(|payload| payload["userErrors"] == json!([])).count();
        assert_eq!(cancelled, 3, "each order is cancelled once: {answers:#?}");
        settle_all(souk).await;
        assert_eq!((live(souk).await.len(), kept(stripe), stock(souk, tea).await), (0, 0, (9, 0)));
        check(souk, stripe, tea, 9).await;
    });
}

async fn payment_row_of(souk: &Souk, order: &order::Model) -> entity::payment::Model {
    let query = entity::payment::Entity::find().filter(entity::payment::Column::OrderId.eq(order.id));
    query.one(souk.app.db.read()).await.expect("a query").expect("a payment")
}

#[test]
fn late_money_and_a_new_completion_at_once_pay_one_order() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        let payload = complete_with(souk, &ids, "STRIPE", "pm_action", "first").await;
        let id = stripe.intent()["id"].clone();
        souk.pass(souk.app.config.stock_hold).await;
        assert_eq!(order_row(souk, &payload["order"]["id"]).await.status, OrderStatus::Failed);
        stripe.pay_late(&id);
        let mut tasks = Vec::new();
        for n in 0..10 {
            tasks.push(webhook(souk, stripe, &id, format!("evt_{n}")));
            tasks.push(complete(souk, &ids, "pm_card", if n % 2 == 0 { "second" } else { "third" }));
        }
        at_once(tasks).await;
        settle_all(souk).await;
        check(souk, stripe, tea, 9).await;
        assert_eq!((live(souk).await.len(), kept(stripe), stock(souk, tea).await), (1, 1500, (8, 1)));
    });
}

#[test]
fn two_checkouts_of_a_cart_at_once_of_which_one_fails_sell_it_once() {
    each_stripe(&[], async |souk, stripe, tea| {
        for round in 1..=3 {
            let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
            let (declined, paid) = (begin(&souk.guest(), &cart).await, begin(&souk.guest(), &cart).await);
            assert_ne!(declined.0, paid.0);
            let mut tasks = Vec::new();
            for n in 0..24 {
                tasks.push(match n % 2 {
                    0 => complete(souk, &declined, "pm_declined", "k"),
                    _ => complete(souk, &paid, "pm_card", "k"),
                });
            }
            for payload in at_once(tasks).await.into_iter().flatten() {
                let codes = payload["userErrors"].as_array().expect("userErrors").iter();
                let codes: HashSet<_> = codes.map(|error| error["code"].as_str().expect("a code")).collect();
                assert!(codes.is_subset(&HashSet::from(["PAYMENT_FAILED", "INCOMPLETE"])), "{payload:#}");
            }
            // If the declined one emptied the cart, the other one finds the lines there again.
            let again = complete_with(souk, &paid, "STRIPE", "pm_card", "again").await;
            assert_eq!((&again["userErrors"], &again["payment"]["status"]), (&json!([]), &json!("CAPTURED")), "{again:#}");
            settle_all(souk).await;
            check(souk, stripe, tea, 9).await;
            let left = souk.guest().data(CART, json!({ "token": cart })).await["cart"]["totalQuantity"].clone();
            assert_eq!((live(souk).await.len(), kept(stripe), left), (round, 1500 * round as i64, json!(0)));
            assert!(orders(souk).await <= 2 * round as u64);
        }
    });
}
