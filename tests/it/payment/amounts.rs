//! Amounts of payments are those that the provider reports: too little, too much, in parts, in another currency.

use super::{complete, payment_row};
use crate::app::{Souk, each};
use crate::checkout::{begin, order_row, shop, stock};
use crate::make;
use crate::make::order::{Terms, order_on};
use crate::order::{CALL_OFF, Shop};
use entity::money::{CurrencyCode, Minor};
use entity::value::{EventType, FindingKind, OrderStatus, PaymentProvider, PaymentStatus};
use entity::{capture, event, payment, reconciliation_finding};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{ProviderCapture, ProviderPayment, ProviderState};
use souk_domain::settlement::settle;

const PAYMENTS: &str = operation!("payment", "OrderPaymentsWithCaptures");

/// An order over 20.00 and 5.00 shipping whose payment waits for the buyer.
async fn waiting(souk: &Souk, tea: make::Product) -> (Value, payment::Model) {
    let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 2)]).await).await;
    let payload = complete(souk, &ids, "tok_requires_action", "k").await;
    let payment = payment_row(souk, &payload).await;
    assert_eq!((payment.amount, payment.status), (Minor(2500), PaymentStatus::RequiresAction));
    (payload["order"]["id"].clone(), payment)
}

/// A report that the payment was captured by these captures.
fn captured(payment: &payment::Model, captures: &[(&str, i64)]) -> ProviderPayment {
    let report = ProviderPayment::from_provider(format!("charge_{}", payment.id), ProviderState::Captured, payment.currency);
    captures.iter().fold(report, |report, (reference, amount)| {
        report.with_capture(ProviderCapture { reference: (*reference).into(), amount: Minor(*amount), fee: None })
    })
}

async fn settled(souk: &Souk, payment: &payment::Model, report: &ProviderPayment) -> payment::Model {
    settle(&souk.app, payment.id, report.clone()).await.expect("settled")
}

async fn captures(souk: &Souk) -> Vec<i64> {
    let rows = capture::Entity::find().order_by_asc(capture::Column::Id).all(souk.app.db.read()).await.expect("captures");
    rows.iter().map(|row| row.amount.0).collect()
}

/// Kind, expected and found amount, and currency of the findings.
async fn findings(souk: &Souk) -> Vec<(FindingKind, i64, i64, CurrencyCode)> {
    let rows = reconciliation_finding::Entity::find().all(souk.app.db.read()).await.expect("findings");
    assert!(rows.iter().all(|row| row.resolved_at.is_none() && row.subject_type == "PAYMENT"));
    rows.iter().map(|row| (row.kind, row.expected.0, row.found.0, row.currency)).collect()
}

#[test]
fn a_capture_of_too_little_is_no_payment() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        let short = captured(&payment, &[("a", 2400)]);
        for _ in 0..2 {
            let after = settled(souk, &payment, &short).await;
            assert_eq!((after.status, after.captured_amount), (PaymentStatus::PartiallyCaptured, Minor(2400)));
        }
        let order = order_row(souk, &id).await;
        assert_eq!((order.status, order.refund_due), (OrderStatus::Failed, Minor(2400)));
        assert_eq!((stock(souk, tea).await, captures(souk).await), ((5, 0), vec![2400]));
        assert_eq!(findings(souk).await, [(FindingKind::AmountDiffers, 2500, 2400, payment.currency)]);
        // The rest comes for an order that failed: all of it is due for a refund.
        let after = settled(souk, &payment, &captured(&payment, &[("a", 2400), ("b", 100)])).await;
        assert_eq!((after.status, after.captured_amount), (PaymentStatus::Captured, Minor(2500)));
        assert_eq!(order_row(souk, &id).await.refund_due, Minor(2500));
        assert_eq!(captures(souk).await, [2400, 100]);
        souk.work().await;
    });
}

#[test]
fn a_capture_of_too_much_pays_the_order_and_the_rest_is_due_for_a_refund() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        for (captures, due) in [(&[("a", 2600)][..], 100), (&[("a", 2600)], 100), (&[("a", 2600), ("b", 7)], 107)] {
            let after = settled(souk, &payment, &captured(&payment, captures)).await;
            assert_eq!(after.status, PaymentStatus::Captured);
            let order = order_row(souk, &id).await;
            assert_eq!((order.status, order.paid_at.is_some(), order.refund_due), (OrderStatus::Confirmed, true, Minor(due)));
        }
        assert_eq!(findings(souk).await, [(FindingKind::AmountDiffers, 2500, 2607, payment.currency)]);
        assert_eq!((captures(souk).await, stock(souk, tea).await), (vec![2600, 7], (3, 2)));
        souk.work().await;
    });
}

#[test]
fn money_in_another_currency_is_recorded_and_changes_nothing() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        let euro: CurrencyCode = "EUR".parse().expect("a currency");
        let other = captured(&payment::Model { currency: euro, ..payment.clone() }, &[("a", 2500)]);
        for _ in 0..2 {
            assert_eq!(settled(souk, &payment, &other).await, payment);
        }
        assert_eq!(order_row(souk, &id).await.status, OrderStatus::Pending);
        assert_eq!(findings(souk).await, [(FindingKind::CurrencyDiffers, 2500, 2500, euro)]);
        assert_eq!(captures(souk).await, [0; 0]);
        souk.leaves_work("the payment is still looked up");
    });
}

#[test]
fn a_provider_that_reports_a_capture_without_an_amount_has_received_nothing() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        for report in [captured(&payment, &[]), captured(&payment, &[("a", 0)])] {
            assert_eq!(settled(souk, &payment, &report).await.status, PaymentStatus::RequiresAction);
        }
        assert_eq!(order_row(souk, &id).await.status, OrderStatus::Pending);
        assert_eq!(captures(souk).await, [0; 0]);
        assert_eq!(findings(souk).await, [(FindingKind::AmountDiffers, 2500, 0, payment.currency)]);
        souk.leaves_work("the payment is still looked up");
    });
}

#[test]
fn an_older_report_that_arrives_late_takes_no_money_back() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        let whole = settled(souk, &payment, &captured(&payment, &[("a", 1000), ("b", 1500)])).await;
        assert_eq!(whole.status, PaymentStatus::Captured);
        for report in [captured(&payment, &[("a", 1000)]), captured(&payment, &[("b", 1500)])] {
            assert_eq!(settled(souk, &payment, &report).await, whole);
        }
        assert_eq!((captures(souk).await, findings(souk).await.len()), (vec![1000, 1500], 0));
        let received = event::Entity::find().filter(event::Column::EventType.eq(EventType::PaymentCaptured));
        assert_eq!(received.count(souk.app.db.read()).await.expect("a count"), 1);
        assert_eq!(order_row(souk, &id).await.status, OrderStatus::Confirmed);
        souk.work().await;
    });
}

#[test]
fn a_capture_that_one_report_names_twice_is_counted_once() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        let long = "x".repeat(300);
        for _ in 0..2 {
            let after = settled(souk, &payment, &captured(&payment, &[(&long, 2500), (&long, 2500)])).await;
            assert_eq!((after.status, after.captured_amount), (PaymentStatus::Captured, Minor(2500)));
        }
        assert_eq!((captures(souk).await, findings(souk).await.len()), (vec![2500], 0));
        assert_eq!(order_row(souk, &id).await.refund_due, Minor::ZERO);
        souk.work().await;
    });
}

#[test]
fn what_a_store_cancels_of_an_authorized_payment_is_not_due() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let pots = make::store(souk, &shop.vera, "Pots").await;
        let pot = make::product(souk, pots, make::Make { name: "Pot", ..make::Make::default() }).await;
        let authorized = || Terms { provider: PaymentProvider::Sandbox, payment: PaymentStatus::Authorized, ..Terms::default() };
        for charged_in_full in [false, true] {
            let items = [(shop.store, shop.tea, 1), (pots, pot, 2)];
            let order = order_on(souk, Some(&shop.bob), &items, authorized()).await;
            let row = async || payment::Entity::find_by_id(order.payment).one(souk.app.db.read()).await.expect("a query");
            let whole = row().await.expect("a payment");
            souk.as_user(&shop.vera).run(CALL_OFF, json!({ "id": order.parts[0].id.to_string() })).await;
            let left = row().await.expect("a payment").amount_due();
            assert!(Minor::ZERO < left && left < whole.amount);
            let amount = if charged_in_full { whole.amount } else { left };
            settled(souk, &whole, &captured(&whole, &[("a", amount.0)])).await;
            let paid = row().await.expect("a payment");
            assert_eq!(paid.status, PaymentStatus::Captured);
            let seen = order_row(souk, &json!(order.id.to_string())).await;
            assert_eq!((seen.status, seen.paid_at.is_some()), (OrderStatus::Confirmed, true));
            let excess = if charged_in_full { whole.amount.minus(left).expect("it fits") } else { Minor::ZERO };
            assert_eq!((paid.captured_amount.minus(left), seen.refund_due), (Ok(excess), excess));
        }
        souk.work().await;
    });
}

#[test]
fn two_reports_at_the_same_moment_are_one_capture() {
    each(async |souk| {
        let tea = shop(souk, 1000, 50).await;
        for _ in 0..5 {
            let (id, payment) = waiting(souk, tea).await;
            let report = captured(&payment, &[("a", 2500)]);
            let all = (0..8).map(|_| settled(souk, &payment, &report));
            for after in futures::future::join_all(all).await {
                assert_eq!((after.status, after.captured_amount), (PaymentStatus::Captured, Minor(2500)));
            }
            let of_payment = capture::Entity::find().filter(capture::Column::PaymentId.eq(payment.id));
            assert_eq!(of_payment.count(souk.app.db.read()).await.expect("a count"), 1);
            assert_eq!(order_row(souk, &id).await.refund_due, Minor::ZERO);
        }
        souk.work().await;
    });
}

#[test]
fn the_buyer_sees_what_is_due_and_what_was_received() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (id, payment) = waiting(souk, tea).await;
        let order = order_row(souk, &id).await;
        let variables = json!({ "id": id, "token": souk.app.keys.capability(Capability::Order, order.id) });
        let seen = souk.guest().data(PAYMENTS, variables.clone()).await["order"]["payments"].clone();
        let zero = json!({ "amount": "0.00" });
        assert_eq!(seen[0]["amountDue"], json!({ "amount": "25.00" }));
        assert_eq!((&seen[0]["authorizedAmount"], &seen[0]["capturedAmount"]), (&zero, &zero));
        assert_eq!((&seen[0]["captures"], &seen[0]["expiresAt"]), (&json!([]), &json!(null)));
        settled(souk, &payment, &captured(&payment, &[("a", 2500)])).await;
        let seen = souk.guest().data(PAYMENTS, variables).await["order"]["payments"].clone();
        assert_eq!(seen[0]["captures"], json!([{ "amount": { "amount": "25.00" }, "storeOrder": null }]));
        souk.work().await;
    });
}
