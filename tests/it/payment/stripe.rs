//! Payments through Stripe, against a server in this process that follows its documentation, and misbehaves.

use super::{CONFIRM, complete_with, payment_row};
use crate::app::{Souk, each_with};
use crate::checkout::{begin, order_row, orders, shop, stock};
use crate::fake::stripe::{Mood, Stripe};
use crate::make;
use entity::money::Minor;
use entity::value::{AttemptKind, FindingKind, OrderStatus, PaymentStatus, ProviderErrorKind};
use entity::{capture, payment, payment_attempt, reconciliation_finding, store_order};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{ProviderError, RefundRequest, RefundState};
use std::time::Duration;

/// A running Souk that uses a Stripe of its own, with a shop.
pub fn each_stripe(settings: &[(&str, &str)], test: impl AsyncFn(&Souk, &Stripe, make::Product)) {
    let stripe = Stripe::start();
    let settings: Vec<_> = stripe.settings().into_iter().chain(settings.iter().copied()).collect();
    each_with(&settings, async |souk| {
        stripe.reset();
        let tea = shop(souk, 1000, 9).await;
        test(souk, &stripe, tea).await;
    });
}

/// A checkout over 10.00 and 5.00 shipping.
pub async fn checkout(souk: &Souk, tea: make::Product) -> (Value, Value) {
    begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await
}

/// Completes a new checkout with a PaymentMethod; the payload.
pub async fn buy(souk: &Souk, tea: make::Product, method: &str) -> Value {
    let ids = checkout(souk, tea).await;
    complete_with(souk, &ids, "STRIPE", method, "k").await
}

async fn confirm(souk: &Souk, payload: &Value) -> Value {
    let order = order_row(souk, &payload["order"]["id"]).await.id;
    let token = souk.app.keys.capability(Capability::Order, order);
    let variables = json!({ "input": { "orderId": order.to_string(), "orderToken": token } });
    souk.guest().data(CONFIRM, variables).await["paymentConfirm"].clone()
}

async fn status(souk: &Souk, payload: &Value) -> (PaymentStatus, OrderStatus) {
    (payment_row(souk, payload).await.status, order_row(souk, &payload["order"]["id"]).await.status)
}

/// Kinds and errors of the recorded calls, oldest first.
async fn attempts(souk: &Souk) -> Vec<(AttemptKind, Option<ProviderErrorKind>)> {
    let query = payment_attempt::Entity::find().order_by_asc(payment_attempt::Column::Id);
    let rows = query.all(souk.app.db.read()).await.expect("attempts");
    rows.iter().map(|row| (row.kind.expect("a kind"), row.error_kind)).collect()
}

pub async fn findings(souk: &Souk) -> Vec<(FindingKind, i64)> {
    let rows = reconciliation_finding::Entity::find().all(souk.app.db.read()).await.expect("findings");
    rows.iter().map(|row| (row.kind, row.found.0)).collect()
}

#[test]
fn a_card_is_charged_once_and_its_fee_is_recorded() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        let payload = complete_with(souk, &ids, "STRIPE", "pm_card", "k").await;
        assert_eq!((&payload["userErrors"], &payload["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_eq!(complete_with(souk, &ids, "STRIPE", "pm_card", "k").await, payload);
        let payment = payment_row(souk, &payload).await;
        let intent = stripe.intent();
        assert_eq!(intent["metadata"]["souk_payment"], json!(payment.id.to_string()));
        assert_eq!((payment.provider_reference.as_deref(), payment.client_secret), (intent["id"].as_str(), None));
        assert_eq!(
            (&intent["amount"], &intent["currency"], &intent["capture_method"]),
            (&json!(1500), &json!("usd"), &json!("automatic"))
        );
        let captures = capture::Entity::find().all(souk.app.db.read()).await.expect("captures");
        assert_eq!(captures.len(), 1);
        assert_eq!((captures[0].amount, captures[0].fee), (Minor(1500), Some(Minor(73))));
        assert_eq!(captures[0].provider_reference, "ch_000001");
        assert_eq!(stripe.requests(), ["create", "confirm"]);
        assert_eq!(attempts(souk).await, [(AttemptKind::Confirm, None)]);
        souk.work().await;
    });
}

#[test]
fn only_payment_methods_of_stripe_are_taken() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        for token in ["tok_success", "pm_a/../confirm", "pm_ä"] {
            let payload = complete_with(souk, &ids, "STRIPE", token, "k").await;
            assert_eq!(payload["userErrors"][0]["field"], json!(["paymentToken"]), "{token}");
        }
        assert_eq!((stripe.requests().len(), orders(souk).await), (0, 0));
        // Anyone can invent the ID of a PaymentMethod: that is a failed payment, and nothing for staff to look at.
        let payload = complete_with(souk, &ids, "STRIPE", "pm_unknown", "k").await;
        assert_eq!(payload["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(payload["payment"]["failureReason"], "the payment method is not known");
        assert_eq!((stock(souk, tea).await, findings(souk).await), ((9, 0), vec![]));
        souk.work().await;
    });
}

#[test]
fn a_declined_card_is_cancelled_at_stripe_before_the_order_fails() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        let payload = complete_with(souk, &ids, "STRIPE", "pm_declined", "k").await;
        assert_eq!(payload["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(payload["payment"]["failureReason"], "insufficient funds");
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Failed, OrderStatus::Failed));
        assert_eq!(stripe.intent()["status"], "canceled");
        // The buyer goes on in the old tab.
        assert!(stripe.pay_in_tab(&stripe.intent()["id"]).is_err());
        assert_eq!((stock(souk, tea).await, stripe.received()), ((9, 0), 0));
        let again = complete_with(souk, &ids, "STRIPE", "pm_card", "k2").await;
        assert_eq!(again["payment"]["status"], "CAPTURED");
        assert_eq!(stripe.received(), 1500);
        souk.work().await;
    });
}

#[test]
fn an_order_is_held_until_stripe_has_cancelled_a_declined_payment() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("cancel", &[Mood::Unauthorized]);
        let payload = buy(souk, tea, "pm_declined").await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Pending, OrderStatus::Pending));
        // The buyer pays in the tab that is still open.
        stripe.pay_in_tab(&stripe.intent()["id"]).expect("it can still be paid");
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
        assert_eq!((stripe.received(), stock(souk, tea).await), (1500, (8, 1)));
    });
}

#[test]
fn the_buyer_authenticates_the_payment() {
    each_stripe(&[], async |souk, stripe, tea| {
        let paid = buy(souk, tea, "pm_action").await;
        assert_eq!(paid["payment"]["status"], "REQUIRES_ACTION");
        assert_eq!(paid["confirmation"]["clientSecret"], "pi_000001_secret_x");
        let waiting = confirm(souk, &paid).await;
        assert_eq!((&waiting["userErrors"], &waiting["payment"]["status"]), (&json!([]), &json!("REQUIRES_ACTION")));
        stripe.decide(&json!("pi_000001"), true);
        for _ in 0..2 {
            assert_eq!(confirm(souk, &paid).await["payment"]["status"], "CAPTURED");
        }
        let failed = buy(souk, tea, "pm_action").await;
        stripe.decide(&json!("pi_000002"), false);
        let answer = confirm(souk, &failed).await;
        assert_eq!(answer["userErrors"][0]["code"], "PAYMENT_FAILED");
        assert_eq!(stripe.intents()[1]["status"], "canceled");
        assert_eq!(payment_row(souk, &failed).await.failure_reason.as_deref(), Some("the payment could not be authenticated"));
        // One that is not completed in time is cancelled at Stripe.
        let late = buy(souk, tea, "pm_action").await;
        souk.pass(souk.app.config.stock_hold + Duration::from_secs(1)).await;
        assert_eq!(status(souk, &late).await, (PaymentStatus::Cancelled, OrderStatus::Failed));
        assert_eq!((&stripe.intents()[2]["status"], stock(souk, tea).await), (&json!("canceled"), (8, 1)));
    });
}

#[test]
fn a_payment_in_processing_holds_the_order_for_hours() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_processing").await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Pending, OrderStatus::Pending));
        for _ in 0..8 {
            souk.pass(Duration::from_secs(3600)).await;
        }
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Pending, OrderStatus::Pending), "Stripe can't cancel it");
        stripe.decide(&json!("pi_000001"), true);
        souk.pass(Duration::from_secs(3600)).await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
    });
}

#[test]
fn amounts_are_those_that_stripe_received() {
    each_stripe(&[], async |souk, stripe, tea| {
        let more = buy(souk, tea, "pm_more").await;
        assert_eq!(status(souk, &more).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
        assert_eq!(order_row(souk, &more["order"]["id"]).await.refund_due, Minor(1), "the excess is owed back");
        let less = buy(souk, tea, "pm_less").await;
        assert_eq!(status(souk, &less).await, (PaymentStatus::PartiallyCaptured, OrderStatus::Failed));
        assert_eq!(order_row(souk, &less["order"]["id"]).await.refund_due, Minor(1499));
        let euro = buy(souk, tea, "pm_euro").await;
        assert_eq!(status(souk, &euro).await, (PaymentStatus::Pending, OrderStatus::Pending), "another currency pays nothing");
        let mut found = findings(souk).await;
        found.sort();
        let expected =
            [(FindingKind::AmountDiffers, 1499), (FindingKind::AmountDiffers, 1501), (FindingKind::CurrencyDiffers, 1500)];
        assert_eq!(found, expected);
        assert_eq!(stripe.intents().len(), 3);
        souk.leaves_work("the payment in another currency is looked up until a person decides");
    });
}

#[test]
fn a_lost_response_charges_once() {
    for (kind, mood) in [
        ("create", Mood::Cut),
        ("create", Mood::Html),
        ("create", Mood::FailAfter),
        ("confirm", Mood::Cut),
        ("confirm", Mood::Html),
        ("confirm", Mood::Null),
        ("confirm", Mood::FailAfter),
    ] {
        each_stripe(&[], async |souk, stripe, tea| {
            // Also to the two retries.
            stripe.will(kind, &[mood; 3]);
            let payload = buy(souk, tea, "pm_card").await;
            assert_eq!(status(souk, &payload).await, (PaymentStatus::Pending, OrderStatus::Pending), "{kind} {mood:?}");
            stripe.will_as_usual();
            assert_eq!(attempts(souk).await.last().and_then(|attempt| attempt.1), Some(ProviderErrorKind::Unknown));
            souk.pass(Duration::from_secs(31)).await;
            assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed), "{kind} {mood:?}");
            assert_eq!(stripe.received(), 1500, "{kind} {mood:?}");
            let paid = stripe.intents().iter().filter(|intent| intent["status"] == "succeeded").count();
            assert_eq!(paid, 1);
        });
    }
}

#[test]
fn a_call_takes_at_most_20_seconds() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("confirm", &[Mood::Hang]);
        let begun = std::time::Instant::now();
        let payload = buy(souk, tea, "pm_card").await;
        assert!((15..25).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Pending, OrderStatus::Pending));
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
        assert_eq!((stripe.received(), stripe.count("confirm")), (1500, 1));
    });
}

#[test]
fn what_stripe_did_not_do_is_repeated_with_the_same_key() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("create", &[Mood::FailBefore]);
        stripe.will("confirm", &[Mood::FailBefore, Mood::FailBefore]);
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(payload["payment"]["status"], "CAPTURED", "as Stripe's own clients, it retries twice");
        assert_eq!(stripe.requests(), ["create", "create", "confirm", "confirm", "confirm"]);
        stripe.will("create", &[Mood::Limit]);
        let limited = buy(souk, tea, "pm_card").await;
        assert_eq!(limited["payment"]["status"], "PENDING");
        assert_eq!(attempts(souk).await.last(), Some(&(AttemptKind::Create, Some(ProviderErrorKind::Retryable))));
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(status(souk, &limited).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
        assert_eq!((stripe.intents().len(), stripe.received()), (2, 3000));
    });
}

#[test]
fn a_refused_request_fails_the_order_and_is_a_finding() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("create", &[Mood::Unauthorized]);
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(payload["payment"]["failureReason"], "the payment provider refused the payment");
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Failed, OrderStatus::Failed));
        assert_eq!(payment_row(souk, &payload).await.provider_reference, None);
        assert_eq!(findings(souk).await, [(FindingKind::ProviderRefused, 0)]);
        assert_eq!(stripe.requests(), ["create"], "no retry");
        stripe.will("confirm", &[Mood::Unauthorized]);
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Failed, OrderStatus::Failed));
        assert_eq!(stripe.intent()["status"], "canceled");
        assert_eq!(stock(souk, tea).await, (9, 0));
        souk.work().await;
    });
}

/// As if the process had been killed after a step: the payment is as it was then.
async fn back_to(souk: &Souk, payload: &Value, reference: Option<&str>) -> payment::Model {
    let payment = payment_row(souk, payload).await;
    payment::Entity::update_many()
        .col_expr(payment::Column::ProviderReference, Expr::value(reference))
        .filter(payment::Column::Id.eq(payment.id))
        .exec(souk.app.db.raw())
        .await
        .expect("an update");
    payment
}

#[test]
fn a_crash_between_creating_and_confirming_is_repaired_by_the_job() {
    for has_reference in [true, false] {
        each_stripe(&[], async |souk, stripe, tea| {
            stripe.will("confirm", &[Mood::Limit]);
            let payload = buy(souk, tea, "pm_card").await;
            assert_eq!(stripe.intent()["status"], "requires_confirmation");
            if !has_reference {
                back_to(souk, &payload, None).await;
            }
            souk.pass(Duration::from_secs(31)).await;
            assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
            assert_eq!(stripe.intent()["amount_received"], 1500, "the same key created the same payment");
        });
    }
}

#[test]
fn a_crash_between_creating_and_confirming_is_repaired_by_the_same_request() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("confirm", &[Mood::Limit]);
        let ids = checkout(souk, tea).await;
        complete_with(souk, &ids, "STRIPE", "pm_card", "k").await;
        let payload = complete_with(souk, &ids, "STRIPE", "pm_card", "k").await;
        assert_eq!(payload["payment"]["status"], "CAPTURED");
        assert_eq!((stripe.intent()["amount_received"].clone(), orders(souk).await), (json!(1500), 1));
        souk.work().await;
    });
}

#[test]
fn a_payment_that_was_created_twice_is_cancelled_once() {
    each_stripe(&[], async |souk, stripe, tea| {
        // The first answer is lost for good: the next attempt has a new key, and creates another payment.
        stripe.will("create", &[Mood::FailAfter, Mood::FailAfter, Mood::FailAfter]);
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(payload["payment"]["status"], "PENDING");
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Captured, OrderStatus::Confirmed));
        let statuses: Vec<_> = stripe.intents().iter().map(|intent| intent["status"].clone()).collect();
        assert_eq!(statuses, ["requires_confirmation", "succeeded"], "the surplus one was never confirmed");
        assert_eq!(stripe.received(), 1500);
    });
}

#[test]
fn many_requests_and_workers_at_once_charge_once() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        stripe.will("confirm", &[Mood::Limit]);
        complete_with(souk, &ids, "STRIPE", "pm_card", "k").await;
        souk.app.clock.advance(Duration::from_secs(31));
        let requests = (0..6).map(async |_| drop(complete_with(souk, &ids, "STRIPE", "pm_card", "k").await));
        let workers = (0..2).map(async |_| {
            let _ = souk.work().await;
        });
        futures::join!(join_all(requests), join_all(workers));
        souk.work().await;
        assert_eq!((stripe.intent()["status"].clone(), stripe.received(), orders(souk).await), (json!("succeeded"), 1500, 1));
        let captures = capture::Entity::find().all(souk.app.db.read()).await.expect("captures");
        assert_eq!(captures.len(), 1);
    });
}

#[test]
fn another_method_replaces_a_waiting_payment_at_stripe() {
    each_stripe(&[], async |souk, stripe, tea| {
        let ids = checkout(souk, tea).await;
        complete_with(souk, &ids, "STRIPE", "pm_action", "one").await;
        let second = complete_with(souk, &ids, "STRIPE", "pm_card", "two").await;
        assert_eq!((&second["userErrors"], &second["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        let statuses: Vec<_> = stripe.intents().iter().map(|intent| intent["status"].clone()).collect();
        assert_eq!(statuses, ["canceled", "succeeded"]);
        assert_eq!(orders(souk).await, 1);
        souk.work().await;
    });
}

#[test]
fn a_cancelled_order_is_never_charged() {
    each_stripe(&[], async |souk, stripe, tea| {
        stripe.will("create", &[Mood::Limit]);
        let payload = buy(souk, tea, "pm_card").await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        let token = souk.app.keys.capability(Capability::Order, order.id);
        let input = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
        souk.guest().run(crate::order::CANCEL, input).await;
        souk.pass(Duration::from_secs(31)).await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Cancelled, OrderStatus::Cancelled));
        // Its PaymentIntent was created to be cancelled: a request that is still under way can't confirm it.
        assert_eq!((stripe.intent()["status"].clone(), stripe.count("confirm")), (json!("canceled"), 0));
        souk.work().await;
    });
}

pub const MANUALLY: &[(&str, &str)] = &[("SOUK_STRIPE_CAPTURE", "manual")];

#[test]
fn an_authorized_payment_is_captured_when_the_goods_are_shipped() {
    each_stripe(MANUALLY, async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        assert_eq!(status(souk, &payload).await, (PaymentStatus::Authorized, OrderStatus::Confirmed));
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.authorized_amount, payment.expires_at.map(|at| at.timestamp())), (Minor(1500), Some(4_000_000_000)));
        souk.pass(Duration::from_secs(3601)).await;
        assert_eq!(stripe.count("capture"), 0);
        store_order::Entity::update_many()
            .col_expr(store_order::Column::Status, Expr::value(OrderStatus::Shipped.as_str()))
            .exec(souk.app.db.raw())
            .await
            .expect("an update");
        stripe.will("capture", &[Mood::FailAfter, Mood::FailAfter, Mood::FailAfter]);
        souk.pass(Duration::from_secs(3601)).await;
        assert_eq!(payment_row(souk, &payload).await.status, PaymentStatus::Authorized, "the answer was lost");
        souk.pass(Duration::from_secs(3601)).await;
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.status, payment.captured_amount), (PaymentStatus::Captured, Minor(1500)));
        assert_eq!(
            (stripe.received(), stripe.intent()["latest_charge"]["balance_transaction"]["fee"].clone()),
            (1500, json!(73))
        );
    });
}

#[test]
fn an_authorization_is_captured_before_it_lapses() {
    each_stripe(MANUALLY, async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        let end = payment_row(souk, &payload).await.expires_at.expect("an end");
        souk.app.clock.freeze(end - Duration::from_secs(90_000));
        souk.work().await;
        assert_eq!((payment_row(souk, &payload).await.status, stripe.received()), (PaymentStatus::Captured, 1500));
    });
}

#[test]
fn refunds_are_made_once_and_found_again() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        let payment = payment_row(souk, &payload).await;
        let charge = super::method::charge(souk, &payment);
        let request = |amount: i64| RefundRequest {
            id: souk.app.clock.new_uuid(),
            money: entity::money::Money::new(Minor(amount), payment.currency),
            attempt: 0,
            now: souk.app.clock.now(),
        };
        let payments = &souk.app.payments;
        let part = request(1000);
        assert_eq!(payments.look_up_refund(payment.provider, &charge, &part).await.expect("an answer"), None);
        stripe.will("refund", &[Mood::Cut; 3]);
        let lost = payments.refund(payment.provider, &charge, &part).await;
        assert!(matches!(lost, Err(ProviderError::Unknown { .. })), "{lost:?}");
        let found = payments.look_up_refund(payment.provider, &charge, &part).await.expect("an answer").expect("a refund");
        assert_eq!((found.souk_refund, found.amount, &found.state), (Some(part.id), Minor(1000), &RefundState::Succeeded));
        assert_eq!(payments.refund(payment.provider, &charge, &part).await, Ok(found.clone()), "the same key is the same refund");
        let more = payments.refund(payment.provider, &charge, &request(501)).await;
        assert!(matches!(more, Err(ProviderError::Refused { .. })), "{more:?}");
        let report = payments.look_up(payment.provider, &charge).await.expect("an answer").expect("a payment");
        assert_eq!((report.refunds(), report.disputes().len()), ([found].as_slice(), 0));
        souk.work().await;
    });
}

#[test]
fn a_marketplace_does_not_start_with_a_currency_that_stripe_lacks() {
    let stripe = Stripe::start();
    let settings: Vec<_> = stripe.settings().into_iter().chain([("SOUK_CURRENCY", "KPW")]).collect();
    crate::app::each_server(async |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("souk.db").display());
        let config = crate::app::config(&url, folder.path(), "http://127.0.0.1", &settings);
        let started = souk_core::app::App::start(config, souk_core::clock::Clock::system()).await;
        let error = started.err().expect("it is refused").to_string();
        assert!(error.contains("SOUK_CURRENCY") && error.contains("KPW"), "{error}");
    });
}
