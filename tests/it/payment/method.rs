//! Completing a checkout with another payment method: it is never charged twice.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin, begin_with, input, order_row, orders, shop, stock};
use crate::make;
use crate::payment::{CONFIRM, complete, payment_row, report};
use crate::process::Process;
use entity::id::CheckoutId;
use entity::money::Money;
use entity::order;
use entity::payment;
use entity::refund;
use entity::sandbox_charge;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, RefundStatus};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{Charge, ProviderState};
use souk_domain::order::status::is_void;
use souk_domain::settlement::settle;
use std::collections::HashMap;
use std::time::Duration;

/// All payments, oldest first.
pub async fn payments(souk: &Souk) -> Vec<payment::Model> {
    let query = payment::Entity::find().order_by_asc(payment::Column::Id);
    query.all(souk.app.db.read()).await.expect("payments")
}

fn statuses(payments: &[payment::Model]) -> Vec<PaymentStatus> {
    payments.iter().map(|payment| payment.status).collect()
}

/// How often the provider took money.
pub async fn charges(souk: &Souk) -> u64 {
    let query = sandbox_charge::Entity::find().filter(sandbox_charge::Column::Outcome.eq(PaymentStatus::Captured));
    query.count(souk.app.db.read()).await.expect("a count")
}

/// The order of a checkout. A confirmation can learn first that the waiting payment was cancelled for another method; then that order
/// fails, and the other method pays the order that takes its place.
async fn order_of(souk: &Souk, checkout: &(Value, Value)) -> order::Model {
    let id: CheckoutId = checkout.0.as_str().and_then(|id| id.parse().ok()).expect("a checkout's ID");
    let query = order::Entity::find().filter(order::Column::CheckoutId.eq(id.0));
    query.one(souk.app.db.read()).await.expect("a query").expect("an order")
}

pub fn charge(souk: &Souk, payment: &payment::Model) -> Charge {
    Charge {
        id: payment.id,
        money: Money::new(payment.amount, payment.currency),
        token: payment.method_token.clone(),
        capture_method: payment.capture_method,
        reference: payment.provider_reference.clone(),
        attempt: 0,
        created_at: payment.created_at,
        now: souk.app.clock.now(),
    }
}

fn was_captured(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Captured | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded)
}

/// What must hold whatever ran at once: the provider took money at most once for each checkout, no two orders of a checkout are
/// live, a payment is captured exactly if the provider says so, money that an order does not want is owed back, and the stock is
/// what the live orders left.
pub async fn check_books(souk: &Souk, tea: make::Product, had: i32) {
    let db = souk.app.db.read();
    let all = order::Entity::find().all(db).await.expect("orders");
    let rows = payments(souk).await;
    let kept = sandbox_charge::Entity::find().all(db).await.expect("charges");
    let kept: HashMap<_, _> = kept.into_iter().map(|row| (row.payment_id, row.outcome)).collect();
    let refunds = refund::Entity::find().all(db).await.expect("refunds");
    let mut live_checkouts = Vec::new();
    for order in &all {
        let own: Vec<_> = rows.iter().filter(|payment| payment.order_id == order.id).collect();
        let captured: Vec<_> = own.iter().filter(|payment| was_captured(payment.status)).collect();
        let open = own.iter().filter(|payment| {
            matches!(payment.status, PaymentStatus::Pending | PaymentStatus::RequiresAction | PaymentStatus::Authorized)
        });
        assert!(captured.len() + open.count() <= 1, "{own:#?}");
        assert_eq!(order.paid_at.is_some(), !captured.is_empty(), "{order:#?} {own:#?}");
        let owed: i64 = if is_void(order.status) { captured.iter().map(|payment| payment.amount.0).sum() } else { 0 };
        let refunds: Vec<_> = refunds.iter().filter(|refund| refund.order_id == order.id).collect();
        let sum = |all: &mut dyn Iterator<Item = &&refund::Model>| all.map(|refund| refund.amount.0).sum::<i64>();
        assert_eq!(sum(&mut refunds.iter()), owed, "{order:#?} {refunds:#?}");
        let open = sum(&mut refunds.iter().filter(|refund| refund.status == RefundStatus::Pending));
        assert_eq!(order.refund_due.0, open, "{order:#?} {refunds:#?}");
        if !is_void(order.status) {
            live_checkouts.push(order.checkout_id.expect("a live order keeps its checkout"));
        }
    }
    for payment in rows.iter().filter(|payment| payment.provider == PaymentProvider::Sandbox) {
        let taken = kept.get(&payment.id) == Some(&PaymentStatus::Captured);
        assert_eq!(taken, was_captured(payment.status), "{payment:#?}");
    }
    let count = live_checkouts.len();
    live_checkouts.sort();
    live_checkouts.dedup();
    assert_eq!(live_checkouts.len(), count, "two live orders of one checkout");
    let lines = entity::order_line::Entity::find().all(db).await.expect("lines");
    let live = |id| all.iter().any(|order| order.id == id && !is_void(order.status));
    let sold: i32 = lines.iter().filter(|line| live(line.order_id)).map(|line| line.quantity - line.cancelled_quantity).sum();
    assert_eq!(stock(souk, tea).await, (had - sold, i64::from(sold)));
}

#[test]
fn another_token_replaces_the_waiting_payment_of_the_same_order() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let first = complete(souk, &ids, "tok_requires_action", "one").await;
        let waiting = payment_row(souk, &first).await;
        // The buyer looks again: the same method answers with the same payment.
        let same = complete(souk, &ids, "tok_requires_action", "two").await;
        assert_eq!(same, first);
        let second = complete(souk, &ids, "tok_success", "three").await;
        assert_eq!((&second["userErrors"], &second["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_eq!(second["order"]["id"], first["order"]["id"]);
        assert_ne!(second["payment"]["id"], first["payment"]["id"]);
        let rows = payments(souk).await;
        assert_eq!(statuses(&rows), [PaymentStatus::Cancelled, PaymentStatus::Captured]);
        assert_eq!(rows[0].failure_reason.as_deref(), Some("it was replaced by another payment"));
        let order = order_row(souk, &first["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
        assert_eq!((orders(souk).await, stock(souk, tea).await, charges(souk).await), (1, (4, 1), 1));
        // The tab with the first payment page is worth nothing any more, at Souk and at the provider.
        let token = souk.app.keys.capability(Capability::Order, order.id);
        let confirm = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
        assert_eq!(souk.guest().run(CONFIRM, confirm).await["payment"]["id"], second["payment"]["id"]);
        let at_provider = souk.app.payments.confirm(PaymentProvider::Sandbox, &charge(souk, &waiting)).await;
        assert_eq!(at_provider.expect("an answer").state(), &ProviderState::Cancelled);
        for (token, key) in [("tok_success", "three"), ("tok_requires_action", "one"), ("tok_declined", "four")] {
            assert_eq!(complete(souk, &ids, token, key).await["payment"], second["payment"], "{key}");
        }
        let reused = souk.guest().error_code(COMPLETE, input(&ids, Some("tok_declined"), "three")).await;
        assert_eq!(reused, "IDEMPOTENCY_KEY_REUSED");
        souk.pass(Duration::from_secs(3 * 3600)).await;
        assert_eq!(charges(souk).await, 1);
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn another_provider_replaces_the_waiting_payment_and_the_total_is_that_of_the_order() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 2)]).await).await;
        let first = complete(souk, &ids, "tok_late_success", "one").await;
        let mut stale = input(&ids, None, "two");
        stale["input"]["expectedTotal"] = json!("19.00");
        assert_eq!(souk.guest().refused(COMPLETE, stale).await, ["expectedTotal STALE"]);
        assert_eq!(statuses(&payments(souk).await), [PaymentStatus::Pending], "nothing was cancelled for a refused request");
        let mut manual = input(&ids, None, "two");
        manual["input"]["expectedTotal"] = json!("25.00");
        let second = souk.guest().run(COMPLETE, manual).await;
        assert_eq!((&second["order"]["id"], &second["payment"]["status"]), (&first["order"]["id"], &json!("AUTHORIZED")));
        let order = order_row(souk, &first["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at, order.hold_expires_at), (OrderStatus::Confirmed, None, None));
        souk.pass(Duration::from_secs(7200)).await;
        assert_eq!(statuses(&payments(souk).await), [PaymentStatus::Cancelled, PaymentStatus::Authorized]);
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn if_the_provider_says_that_the_money_came_the_order_is_paid_by_it() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let first = complete(souk, &ids, "tok_late_success", "one").await;
        souk.app.clock.advance(Duration::from_secs(61));
        let second = complete(souk, &ids, "tok_success", "two").await;
        assert_eq!((&second["userErrors"], &second["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_eq!(second["payment"]["id"], first["payment"]["id"]);
        assert_eq!((payments(souk).await.len(), charges(souk).await), (1, 1));
        souk.work().await;
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn while_the_provider_of_the_waiting_payment_is_unreachable_nothing_is_asked_of_another() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let first = complete(souk, &ids, "tok_unreachable", "one").await;
        for _ in 0..2 {
            let second = complete(souk, &ids, "tok_success", "two").await;
            assert_eq!(second["userErrors"][0]["code"], "PAYMENT_PENDING");
            assert_eq!(second["payment"]["id"], first["payment"]["id"]);
        }
        assert_eq!(payments(souk).await.len(), 1);
        souk.app.clock.advance(Duration::from_secs(31));
        let third = complete(souk, &ids, "tok_success", "two").await;
        assert_eq!((&third["userErrors"], &third["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_eq!((payments(souk).await.len(), charges(souk).await), (1, 1));
        souk.work().await;
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn a_declined_replacement_fails_the_order_and_opens_the_checkout_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (cart, ids) = begin_with(souk, tea, 2).await;
        complete(souk, &ids, "tok_requires_action", "one").await;
        let second = complete(souk, &ids, "tok_declined", "two").await;
        assert_eq!(second["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(order_row(souk, &second["order"]["id"]).await.status, OrderStatus::Failed);
        let cart = souk.guest().data(crate::payment::CART, json!({ "token": cart })).await;
        assert_eq!(cart["cart"]["totalQuantity"], 2);
        let third = complete(souk, &ids, "tok_success", "three").await;
        assert_ne!(third["order"]["id"], second["order"]["id"]);
        souk.work().await;
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn a_crash_after_the_waiting_payment_was_cancelled_leaves_a_checkout_that_can_be_completed() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let first = complete(souk, &ids, "tok_requires_action", "one").await;
        // As if the process had been killed between the provider's answer and the transaction that writes it.
        let waiting = payment_row(souk, &first).await;
        let answer = souk.app.payments.cancel(PaymentProvider::Sandbox, &charge(souk, &waiting)).await;
        assert_eq!(answer.expect("an answer").state(), &ProviderState::Cancelled);
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(order_row(souk, &first["order"]["id"]).await.status, OrderStatus::Failed);
        let second = complete(souk, &ids, "tok_success", "two").await;
        assert_eq!((&second["userErrors"], &second["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        souk.work().await;
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn money_that_comes_by_a_replaced_payment_is_owed_back_or_pays_the_order_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 9).await;
        for (token, owed) in [("tok_success", true), ("tok_requires_action", false)] {
            let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
            let first = complete(souk, &ids, "tok_late_success", "one").await;
            let second = complete(souk, &ids, token, "two").await;
            let replaced = payment_row(souk, &first).await;
            // A provider that breaks its word.
            let captured = report(&replaced, ProviderState::Captured);
            for _ in 0..3 {
                settle(&souk.app, replaced.id, captured.clone()).await.expect("settled");
            }
            super::captured_at_sandbox(souk, replaced.id, replaced.amount).await;
            souk.work().await;
            let order = order_row(souk, &first["order"]["id"]).await;
            assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
            let refunds = refund::Entity::find().filter(refund::Column::OrderId.eq(order.id));
            let returned: i64 = refunds.all(souk.app.db.read()).await.expect("refunds").iter().map(|row| row.amount.0).sum();
            assert_eq!((returned, order.refund_due.0), (if owed { replaced.amount.0 } else { 0 }, 0));
            let other = payment_row(souk, &second).await.status;
            assert_eq!(other, if owed { PaymentStatus::Captured } else { PaymentStatus::Cancelled });
        }
    });
}

const METHODS: [Option<&str>; 6] = [
    Some("tok_success"),
    Some("tok_requires_action"),
    Some("tok_late_success"),
    None,
    Some("tok_declined"),
    Some("tok_late_failure"),
];

#[test]
fn many_methods_at_once_charge_a_checkout_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 50).await;
        for round in 0..4 {
            let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
            if round % 2 == 0 {
                complete(souk, &ids, "tok_requires_action", "before").await;
            }
            let before = charges(souk).await;
            let calls = (0..24).map(async |at: usize| {
                let method = METHODS[(at + round) % METHODS.len()];
                souk.guest().data(COMPLETE, input(&ids, method, &format!("key {at}"))).await["checkoutComplete"].clone()
            });
            for payload in join_all(calls).await {
                let codes: Vec<_> =
                    payload["userErrors"].as_array().expect("errors").iter().map(|error| &error["code"]).collect();
                let known = |code: &&Value| **code == json!("PAYMENT_FAILED") || **code == json!("PAYMENT_PENDING");
                assert!(codes.iter().all(known), "{payload:#}");
                assert!(payload["order"].is_object() || !codes.is_empty(), "{payload:#}");
            }
            assert!(charges(souk).await <= before + 1);
            check_books(souk, tea, 50).await;
        }
        souk.pass(Duration::from_secs(4 * 3600)).await;
        check_books(souk, tea, 50).await;
    });
}

#[test]
fn the_buyer_confirms_in_one_tab_and_pays_otherwise_in_another() {
    each(async |souk| {
        let tea = shop(souk, 1000, 50).await;
        for round in 0..12 {
            let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
            let first = complete(souk, &ids, "tok_requires_action", "one").await;
            let before = charges(souk).await;
            let order = order_row(souk, &first["order"]["id"]).await;
            let token = souk.app.keys.capability(Capability::Order, order.id);
            let confirm = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
            let pay = async |at: usize| {
                if (at + round).is_multiple_of(2) {
                    souk.guest().data(CONFIRM, confirm.clone()).await;
                } else {
                    complete(souk, &ids, "tok_success", &format!("key {at}")).await;
                }
            };
            join_all((0..8).map(pay)).await;
            assert_eq!(charges(souk).await, before + 1);
            let order = order_of(souk, &ids).await;
            assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
            check_books(souk, tea, 50).await;
        }
        souk.pass(Duration::from_secs(4 * 3600)).await;
        check_books(souk, tea, 50).await;
    });
}

#[test]
fn a_process_that_is_killed_while_the_method_changes_charges_a_checkout_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 50).await;
        let folder = tempfile::tempdir().expect("a folder");
        let secret = ("SOUK_SECRET", souk.app.config.signing.secret.expose_secret().to_owned());
        let mut process = Process::start_on(souk.app.config.database_url.expose_secret(), folder, &[secret]).await;
        for round in 0..6_u64 {
            let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
            let first = complete(souk, &ids, "tok_requires_action", "one").await;
            let before = charges(souk).await;
            let body = json!({ "query": COMPLETE, "variables": input(&ids, Some("tok_success"), "two") });
            let request = process.http.post(format!("{}/graphql", process.url)).json(&body).send();
            let request = tokio::spawn(async move { request.await.map(drop) });
            // Each time at another moment of the request.
            tokio::time::sleep(Duration::from_millis(round * 4)).await;
            process.kill_and_restart().await;
            drop(request.await.expect("the request ends"));
            let again = process.data(None, COMPLETE, input(&ids, Some("tok_success"), "two")).await["checkoutComplete"].clone();
            assert_eq!((&again["userErrors"], &again["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
            assert_eq!(again["order"]["id"], first["order"]["id"]);
            assert_eq!(charges(souk).await, before + 1);
            check_books(souk, tea, 50).await;
        }
        process.kill();
        souk.leaves_work("what the killed processes had begun is leased to them");
    });
}
