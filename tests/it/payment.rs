//! Payments: declined, confirmed by the buyer, late, and reconciled after a lost response.

mod amounts;
mod late;
pub mod method;
mod race;
mod reference;
mod sandbox;
pub mod stripe;

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin, begin_with, input, order_row, orders, shop, stock};
use crate::make;
use entity::id::OrderId;
use entity::money::Minor;
use entity::value::{OrderStatus, PaymentStatus};
use entity::{order, payment, payment_attempt, sandbox_charge};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{ProviderCapture, ProviderPayment, ProviderState};
use souk_domain::settlement::settle;
use std::time::Duration;

pub const CONFIRM: &str = operation!("payment", "PaymentConfirm");
pub const CART: &str = operation!("cart", "CartWithTotalQuantity");

pub async fn payment_row(souk: &Souk, payload: &Value) -> payment::Model {
    let id: entity::id::PaymentId = payload["payment"]["id"].as_str().expect("an ID").parse().expect("a payment's ID");
    payment::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("a payment")
}

/// The report of a provider about a payment; if it was captured, with a capture of the amount due.
pub fn report(payment: &payment::Model, state: ProviderState) -> ProviderPayment {
    let report = ProviderPayment::from_provider(payment.id.to_string(), state, payment.currency);
    if *report.state() != ProviderState::Captured {
        return report;
    }
    report.with_capture(ProviderCapture { reference: "capture".into(), amount: payment.amount_due(), fee: None })
}

/// The sandbox has captured a payment that was settled by a report of the test, so that it can be refunded there.
pub async fn captured_at_sandbox(souk: &Souk, payment_id: entity::id::PaymentId, amount: Minor) {
    use sea_orm::{ActiveModelTrait, IntoActiveModel};
    let row = sandbox_charge::Model {
        payment_id,
        outcome: PaymentStatus::Captured,
        authorized_amount: Minor::ZERO,
        captured_amount: amount,
        token: None,
        created_at: souk.app.clock.now(),
    };
    let insert = sandbox_charge::Entity::insert(row.into_active_model().reset_all());
    let again = sea_orm::sea_query::OnConflict::column(sandbox_charge::Column::PaymentId)
        .update_column(sandbox_charge::Column::CapturedAmount)
        .to_owned();
    insert.on_conflict(again).exec_without_returning(souk.app.db.raw()).await.expect("a charge");
}

pub async fn complete(souk: &Souk, ids: &(Value, Value), token: &str, key: &str) -> Value {
    let answer = souk.guest().data(COMPLETE, input(ids, Some(token), key)).await;
    answer["checkoutComplete"].clone()
}

/// As [`complete`], with another provider.
pub async fn complete_with(souk: &Souk, ids: &(Value, Value), provider: &str, token: &str, key: &str) -> Value {
    let mut variables = input(ids, Some(token), key);
    variables["input"]["paymentProvider"] = json!(provider);
    souk.guest().data(COMPLETE, variables).await["checkoutComplete"].clone()
}

#[test]
fn a_declined_payment_gives_everything_back_and_the_buyer_tries_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (cart, ids) = begin_with(souk, tea, 5).await;
        let payload = complete(souk, &ids, "tok_declined", "first").await;
        assert_eq!(payload["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(
            (&payload["payment"]["status"], &payload["payment"]["failureReason"]),
            (&json!("FAILED"), &json!("the card was declined"))
        );
        let failed = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((failed.status, failed.checkout_id), (OrderStatus::Failed, None));
        assert_eq!(stock(souk, tea).await, (5, 0));
        assert_eq!(souk.guest().data(CART, json!({ "token": cart })).await["cart"]["totalQuantity"], 5);
        let product = entity::product::Entity::find_by_id(tea.id).one(souk.app.db.read()).await.expect("a query");
        assert!(product.is_some_and(|product| product.in_stock), "the storefront shows at once that it is there again");

        // The same again is answered with the same; a new key pays anew.
        assert_eq!(complete(souk, &ids, "tok_declined", "first").await, payload);
        let second = complete(souk, &ids, "tok_insufficient_funds", "second").await;
        assert_eq!(second["userErrors"][0]["code"], "PAYMENT_FAILED");
        let third = complete(souk, &ids, "tok_success", "third").await;
        assert_eq!((&third["userErrors"], &third["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_eq!((orders(souk).await, stock(souk, tea).await), (3, (0, 5)));
        assert_eq!(complete(souk, &ids, "tok_declined", "first").await, payload, "what failed stays failed");
        souk.work().await;
    });
}

#[test]
fn what_the_buyer_put_into_the_cart_meanwhile_stays_there() {
    each(async |souk| {
        let tea = shop(souk, 1000, 9).await;
        let (cart, ids) = begin_with(souk, tea, 2).await;
        let payload = complete(souk, &ids, "tok_requires_action", "k").await;
        let add = json!({ "input": { "cartToken": cart, "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } });
        souk.guest().run(operation!("cart", "CartLinesAddReturningId"), add).await;
        let payment = payment_row(souk, &payload).await;
        let failed = report(&payment, ProviderState::Failed { reason: "no".into() });
        for _ in 0..2 {
            settle(&souk.app, payment.id, failed.clone()).await.expect("settled");
        }
        assert_eq!(souk.guest().data(CART, json!({ "token": cart })).await["cart"]["totalQuantity"], 3);
        assert_eq!(stock(souk, tea).await, (9, 0));
        souk.work().await;
    });
}

#[test]
fn a_payment_that_requires_action_waits_for_the_buyer() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payload = complete(souk, &ids, "tok_requires_action", "k").await;
        assert_eq!(payload["payment"]["status"], "REQUIRES_ACTION");
        assert!(payload["confirmation"]["redirectUrl"].is_string() && payload["confirmation"]["clientSecret"].is_string());
        assert_eq!(complete(souk, &ids, "tok_requires_action", "k").await, payload);
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, stock(souk, tea).await), (OrderStatus::Pending, (4, 1)));

        let eve = make::customer(souk, "eve").await;
        let token = souk.app.keys.capability(Capability::Order, order.id);
        let other = souk.app.keys.capability(Capability::Order, OrderId(souk.app.clock.new_uuid()));
        let confirm = |token: Option<&str>| json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
        for (caller, token) in [(souk.guest(), None), (souk.guest(), Some(other.as_str())), (souk.as_user(&eve), None)] {
            assert_eq!(caller.refused(CONFIRM, confirm(token)).await, ["orderId NOT_FOUND"]);
        }
        for _ in 0..2 {
            let confirmed = souk.guest().run(CONFIRM, confirm(Some(&token))).await;
            assert_eq!((&confirmed["payment"]["status"], &confirmed["confirmation"]), (&json!("CAPTURED"), &Value::Null));
        }
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
        souk.work().await;
    });
}

#[test]
fn what_is_not_paid_in_time_is_given_back_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (_, ids) = begin_with(souk, tea, 5).await;
        let payload = complete(souk, &ids, "tok_requires_action", "k").await;
        let hold = souk.app.config.stock_hold;
        souk.pass(hold - Duration::from_secs(60)).await;
        assert_eq!(order_row(souk, &payload["order"]["id"]).await.status, OrderStatus::Pending);
        souk.pass(Duration::from_secs(61)).await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, stock(souk, tea).await), (OrderStatus::Failed, (5, 0)));
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Cancelled);
        souk.pass(hold).await;
        assert_eq!(stock(souk, tea).await, (5, 0));
        assert_eq!(complete(souk, &ids, "tok_requires_action", "k").await["userErrors"][0]["code"], "PAYMENT_FAILED");
        let again = complete(souk, &ids, "tok_success", "k2").await;
        assert_eq!(again["payment"]["status"], "CAPTURED");
        souk.work().await;
    });
}

#[test]
fn a_payment_on_delivery_is_held_for_as_long_as_it_takes() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payload = souk.guest().run(COMPLETE, input(&ids, None, "k")).await;
        souk.pass(souk.app.config.stock_hold * 100).await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.hold_expires_at, stock(souk, tea).await), (OrderStatus::Confirmed, None, (4, 1)));
    });
}

#[test]
fn a_late_payment_is_found_by_asking_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let mut placed = Vec::new();
        for token in ["tok_late_success", "tok_late_failure"] {
            let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
            let payload = complete(souk, &ids, token, "k").await;
            assert_eq!((&payload["payment"]["status"], &payload["userErrors"]), (&json!("PENDING"), &json!([])));
            placed.push(payload["order"]["id"].clone());
        }
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(order_row(souk, &placed[0]).await.status, OrderStatus::Pending);
        souk.pass(Duration::from_secs(61)).await;
        let (paid, failed) = (order_row(souk, &placed[0]).await, order_row(souk, &placed[1]).await);
        assert_eq!((paid.status, paid.paid_at.is_some(), failed.status), (OrderStatus::Confirmed, true, OrderStatus::Failed));
        assert_eq!(stock(souk, tea).await, (4, 1));
    });
}

#[test]
fn a_provider_that_gives_no_answer_is_asked_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payload = complete(souk, &ids, "tok_unreachable", "k").await;
        assert_eq!((&payload["payment"]["status"], &payload["userErrors"]), (&json!("PENDING"), &json!([])));
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, stock(souk, tea).await), (OrderStatus::Pending, (4, 1)));
        souk.pass(Duration::from_secs(31)).await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
        let attempts =
            payment_attempt::Entity::find().filter(payment_attempt::Column::PaymentId.eq(payment_row(souk, &payload).await.id));
        assert_eq!(attempts.count(souk.app.db.read()).await.expect("a count"), 2);
    });
}

/// As if the process had been killed after the first transaction: the order is written, and the provider was never asked.
async fn killed_before_the_provider(souk: &Souk, ids: &(Value, Value)) -> payment::Model {
    let payload = complete(souk, ids, "tok_unreachable", "k").await;
    let row = payment_row(souk, &payload).await;
    use sea_orm::ActiveValue::Set;
    let change = payment::ActiveModel { method_token: Set(Some("tok_success".into())), ..Default::default() };
    payment::Entity::update_many().set(change).exec(souk.app.db.raw()).await.expect("an update");
    row
}

#[test]
fn a_crash_before_the_provider_was_asked_is_repaired_by_the_job() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payment = killed_before_the_provider(souk, &ids).await;
        souk.work().await;
        let order = |id| order::Entity::find_by_id(id).one(souk.app.db.read());
        assert_eq!(order(payment.order_id).await.expect("a query").map(|row| row.status), Some(OrderStatus::Pending));
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(order(payment.order_id).await.expect("a query").map(|row| row.status), Some(OrderStatus::Confirmed));
        assert_eq!((orders(souk).await, stock(souk, tea).await), (1, (4, 1)));
    });
}

#[test]
fn a_crash_before_the_provider_was_asked_is_repaired_by_the_same_request_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        killed_before_the_provider(souk, &ids).await;
        let payload = complete(souk, &ids, "tok_unreachable", "k").await;
        assert_eq!(payload["payment"]["status"], "CAPTURED");
        assert_eq!(order_row(souk, &payload["order"]["id"]).await.status, OrderStatus::Confirmed);
        assert_eq!(orders(souk).await, 1);
        souk.work().await;
    });
}

#[test]
fn answers_that_come_twice_or_in_the_wrong_order_change_nothing() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payload = complete(souk, &ids, "tok_requires_action", "k").await;
        let payment = payment_row(souk, &payload).await;
        let say =
            async |state: ProviderState| settle(&souk.app, payment.id, report(&payment, state)).await.expect("settled").status;
        assert_eq!(say(ProviderState::Pending).await, PaymentStatus::RequiresAction);
        assert_eq!(say(ProviderState::Captured).await, PaymentStatus::Captured);
        let events = entity::event::Entity::find().count(souk.app.db.read()).await.expect("a count");
        for state in [
            ProviderState::Captured,
            ProviderState::Authorized,
            ProviderState::Cancelled,
            ProviderState::Failed { reason: "no".into() },
        ] {
            assert_eq!(say(state).await, PaymentStatus::Captured);
        }
        assert_eq!(entity::event::Entity::find().count(souk.app.db.read()).await.expect("a count"), events);
        assert_eq!(stock(souk, tea).await, (4, 1));
        assert_eq!(payment_row(souk, &payload).await.method_token, None);
        souk.work().await;
    });
}

#[test]
fn money_that_comes_after_the_order_failed_is_recorded() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let payload = complete(souk, &ids, "tok_declined", "k").await;
        let payment = payment_row(souk, &payload).await;
        let settled = settle(&souk.app, payment.id, report(&payment, ProviderState::Captured)).await.expect("settled");
        assert_eq!((settled.status, settled.captured_amount), (PaymentStatus::Captured, payment.amount));
        let order = order_row(souk, &payload["order"]["id"]).await;
        assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Failed, true));
        assert_eq!(order.refund_due, payment.amount, "it is owed back");
        assert_eq!(stock(souk, tea).await, (5, 0));
        souk.work().await;
    });
}
