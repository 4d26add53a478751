//! Refunds that were made at the provider, such as in its dashboard.

use super::BY_STAFF;
use super::balance;
use crate::app::Souk;
use crate::app::each;
use crate::ledger::{WorkedSale, earnings, entries};
use crate::make;
use crate::payment::payment_row;
use crate::payment::stripe::{buy, each_stripe, findings};
use entity::money::Minor;
use entity::refund;
use entity::value::{EventType, FindingKind, LedgerTransactionKind, PaymentStatus, RefundReason, RefundStatus};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{ProviderCapture, ProviderPayment, ProviderRefund, ProviderState, RefundState};
use souk_domain::settlement::settle;
use uuid::Uuid;

/// A refund as the provider reports it: reference, refund of the marketplace, amount and state.
type Reported<'a> = (&'a str, Option<Uuid>, i64, RefundState);

/// The provider reports a paid sale with these refunds.
async fn report(souk: &Souk, sale: &WorkedSale, refunds: &[Reported<'_>]) {
    let report = ProviderPayment::from_provider("charge".into(), ProviderState::Captured, souk.app.config.currency);
    let report = report.with_capture(ProviderCapture { reference: "a".into(), amount: Minor(10735), fee: Some(Minor(341)) });
    let report = refunds.iter().fold(report, |report, (reference, souk_refund, amount, state)| {
        report.with_refund(ProviderRefund {
            reference: (*reference).into(),
            souk_refund: *souk_refund,
            amount: Minor(*amount),
            state: state.clone(),
        })
    });
    settle(&souk.app, sale.payment, report).await.expect("settled");
}

async fn rows(souk: &Souk) -> Vec<refund::Model> {
    let query = refund::Entity::find().order_by_asc(refund::Column::Id);
    query.all(souk.app.db.read()).await.expect("refunds")
}

/// Reasons, statuses and amounts of all refunds, oldest first.
async fn refunds(souk: &Souk) -> Vec<(RefundReason, RefundStatus, i64)> {
    rows(souk).await.iter().map(|row| (row.reason, row.status, row.amount.0)).collect()
}

async fn events(souk: &Souk, kind: EventType) -> usize {
    let events = entity::event::Entity::find().all(souk.app.db.read()).await.expect("events");
    events.iter().filter(|event| event.event_type == Some(kind)).count()
}

fn failed() -> RefundState {
    RefundState::Failed { reason: "the account is closed".into() }
}

#[test]
fn a_refund_at_the_provider_is_posted_to_the_cent() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        // 50.00 × 87.01 / 107.35 = 40.5263, 50.00 × 20.34 / 107.35 = 9.4737: the largest remainder gets the last cent.
        for _ in 0..2 {
            report(souk, &sale, &[("re_1", None, 5000, RefundState::Succeeded)]).await;
            assert_eq!(
                entries(souk, LedgerTransactionKind::Refund).await,
                [
                    "COMMISSION -> STORE_PAYABLE:A 3.99",
                    "COMMISSION -> STORE_PAYABLE:B 0.93",
                    "COMMISSION_TAX -> STORE_PAYABLE:A 0.52",
                    "COMMISSION_TAX -> STORE_PAYABLE:B 0.12",
                    "STORE_PAYABLE:A -> BUYER_OWED 40.53",
                    "STORE_PAYABLE:A -> PROMOTIONS 3.99",
                    "STORE_PAYABLE:B -> BUYER_OWED 9.47",
                    "STORE_PAYABLE:B -> PROMOTIONS 0.93",
                ]
            );
            assert_eq!(
                entries(souk, LedgerTransactionKind::RefundSettled).await,
                ["BUYER_OWED -> PROVIDER:SANDBOX 40.53", "BUYER_OWED -> PROVIDER:SANDBOX 9.47"]
            );
        }
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -(4053 + 399 - 399 - 52)]);
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008, -(947 + 93 - 93 - 12)]);
        let made = rows(souk).await;
        let references: Vec<_> = made.iter().map(|row| row.provider_reference.as_deref()).collect();
        assert_eq!(references, [Some("re_1"), Some("re_1/2")]);
        assert!(made.iter().all(|row| row.requested_by_id.is_none() && row.reason == RefundReason::AtProvider));
        assert_eq!((events(souk, EventType::RefundSucceeded).await, events(souk, EventType::RefundDue).await), (2, 0));
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::PartiallyRefunded, Minor(5000)));
        assert_eq!(payment.refund_pending_amount, Minor::ZERO);
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["refunds"][0]["reason"], &seen["refundDue"]["amount"]), (&json!("AT_PROVIDER"), &json!("0.00")));

        // The rest, so that nothing is left for the stores.
        report(souk, &sale, &[("re_1", None, 5000, RefundState::Succeeded), ("re_2", None, 5735, RefundState::Succeeded)]).await;
        assert_eq!(sale.payment_row(souk).await.status, PaymentStatus::Refunded);
        for at in [0, 1] {
            assert_eq!(balance(souk, sale.stores[at].1).await, 0);
            let row = sale.store_order(souk, at).await;
            assert_eq!((row.refunded_total, row.posted_commission_total), (row.paid_total, Minor::ZERO));
        }

        // The bank returns the first one: it is the stores' again.
        let after = [("re_1", None, 5000, failed()), ("re_2", None, 5735, RefundState::Succeeded)];
        for _ in 0..2 {
            report(souk, &sale, &after).await;
            assert_eq!(balance(souk, sale.stores[0].1).await, 4053 - 52);
            assert_eq!(balance(souk, sale.stores[1].1).await, 947 - 12);
        }
        // An older report changes nothing.
        report(souk, &sale, &[("re_1", None, 5000, RefundState::Pending)]).await;
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::PartiallyRefunded, Minor(5735)));
        assert_eq!((rows(souk).await.len(), events(souk, EventType::RefundFailed).await), (4, 2));
        souk.work().await;
    });
}

#[test]
fn a_refund_at_the_provider_is_pending_until_the_provider_decides() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        for _ in 0..2 {
            report(souk, &sale, &[("re_1", None, 10735, RefundState::Pending)]).await;
            // Nothing is requested from the provider.
            souk.work().await;
            assert_eq!(refunds(souk).await.iter().map(|row| row.1).collect::<Vec<_>>(), [RefundStatus::Pending; 2]);
        }
        assert_eq!(sale.payment_row(souk).await.refund_pending_amount, Minor(10735));
        assert_eq!(
            (sale.seen(souk).await["refundDue"]["amount"].as_str(), events(souk, EventType::RefundDue).await),
            (Some("107.35"), 2)
        );
        assert_eq!(entries(souk, LedgerTransactionKind::RefundSettled).await, [""; 0]);
        report(souk, &sale, &[("re_1", None, 10735, failed())]).await;
        assert_eq!((balance(souk, sale.stores[0].1).await, balance(souk, sale.stores[1].1).await), (8597, 2008));
        // One that failed before it was known moved no money.
        report(souk, &sale, &[("re_1", None, 10735, failed()), ("re_2", None, 100, failed())]).await;
        assert_eq!((rows(souk).await.len(), sale.payment_row(souk).await.refundable()), (2, Minor(10735)));
        souk.work().await;
    });
}

#[test]
fn outcomes_of_requested_refunds_are_taken_from_the_report() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        souk.as_user(&admin).run(BY_STAFF, sale.of_staff(0, json!({ "amount": "20.00" }), "a")).await;
        let own = Some(rows(souk).await[0].id.0);
        report(souk, &sale, &[("re_1", own, 2000, RefundState::Succeeded)]).await;
        assert_eq!(refunds(souk).await, [(RefundReason::Returned, RefundStatus::Succeeded, 2000)]);
        souk.work().await;
        // It fails later, which only a report tells.
        report(souk, &sale, &[("re_1", own, 2000, failed())]).await;
        assert_eq!(refunds(souk).await, [(RefundReason::Returned, RefundStatus::Failed, 2000)]);
        assert_eq!(balance(souk, sale.stores[0].1).await, 8597);
        // The same refund was made twice: the second one is money, too.
        let twice = [("re_1", own, 2000, failed()), ("re_2", own, 2000, RefundState::Succeeded)];
        report(souk, &sale, &twice).await;
        report(souk, &sale, &twice).await;
        assert_eq!(sale.payment_row(souk).await.refunded_amount, Minor(2000));
        souk.work().await;
    });
}

#[test]
fn a_refund_at_the_provider_replaces_those_that_it_leaves_no_money_for() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for (key, amount) in [("a", "10.00"), ("b", "20.00")] {
            admin.run(BY_STAFF, sale.of_staff(0, json!({ "amount": amount }), key)).await;
        }
        // 97.35 and the newer refund are more than was paid; the older one still fits.
        report(souk, &sale, &[("re_1", None, 9735, RefundState::Succeeded)]).await;
        let made: Vec<_> = refunds(souk).await.into_iter().take(2).collect();
        let returned = |status, amount| (RefundReason::Returned, status, amount);
        assert_eq!(made, [returned(RefundStatus::Pending, 1000), returned(RefundStatus::Failed, 2000)]);
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.refunded_amount, payment.refund_pending_amount), (Minor(9735), Minor(1000)));
        souk.work().await;
        assert_eq!(sale.payment_row(souk).await.status, PaymentStatus::Refunded);
        assert_eq!((balance(souk, sale.stores[0].1).await, balance(souk, sale.stores[1].1).await), (0, 0));
        // More than was paid is a finding, and changes nothing.
        report(souk, &sale, &[("re_1", None, 9735, RefundState::Succeeded), ("re_9", None, 1, RefundState::Succeeded)]).await;
        assert!(findings(souk).await.contains(&(FindingKind::RefundExceedsPaid, 1)));
        assert_eq!(sale.payment_row(souk).await.refunded_amount, Minor(10735));
    });
}

#[test]
fn what_is_still_owed_after_a_refund_failed_can_be_returned_at_the_provider() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        let cancel = json!({ "input": { "orderId": sale.order.to_string(), "orderToken": token } });
        souk.guest().run(super::CANCEL, cancel).await;
        // A person returns part of it in the dashboard before the job calls the provider, and later the rest.
        report(souk, &sale, &[("re_1", None, 10000, RefundState::Succeeded)]).await;
        let cancelled = |amount| (RefundReason::Cancelled, RefundStatus::Failed, amount);
        let made = |status, amount| (RefundReason::AtProvider, status, amount);
        let mut expected = vec![cancelled(8701), cancelled(2034), made(RefundStatus::Succeeded, 10000)];
        let mut found = refunds(souk).await;
        found[..2].sort_by_key(|row| std::cmp::Reverse(row.2));
        assert_eq!(found, expected);
        report(souk, &sale, &[("re_1", None, 10000, RefundState::Succeeded), ("re_2", None, 735, RefundState::Pending)]).await;
        assert_eq!(entries(souk, LedgerTransactionKind::RefundSettled).await, ["BUYER_OWED -> PROVIDER:SANDBOX 100.00"]);
        report(souk, &sale, &[("re_2", None, 735, RefundState::Succeeded)]).await;
        expected.push(made(RefundStatus::Succeeded, 735));
        assert_eq!(refunds(souk).await.last(), expected.last());
        assert_eq!((balance(souk, sale.stores[0].1).await, balance(souk, sale.stores[1].1).await), (0, 0));
        assert_eq!(sale.payment_row(souk).await.status, PaymentStatus::Refunded);
        // The bank returns the last one: it stays owed.
        report(souk, &sale, &[("re_2", None, 735, failed())]).await;
        assert_eq!((balance(souk, sale.stores[0].1).await, balance(souk, sale.stores[1].1).await), (0, 0));
        souk.work().await;
    });
}

#[test]
fn what_was_returned_at_the_provider_is_not_repeated() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        super::refunds_end(souk, &sale, "tok_refund_fails").await;
        let vendor = souk.as_user(&sale.stores[1].0);
        vendor.run(operation!("store_order", "StoreOrderCancel"), json!({ "id": sale.store_orders[1].to_string() })).await;
        souk.work().await;
        assert_eq!(refunds(souk).await, [(RefundReason::Cancelled, RefundStatus::Failed, 2034)]);
        report(souk, &sale, &[("re_1", None, 2034, RefundState::Succeeded)]).await;
        // Enough of the payment is left, but nothing is owed any more.
        let (id, admin) = (rows(souk).await[0].id.to_string(), make::admin(souk).await);
        let refused = souk.as_user(&admin).refused(super::RETRY, json!({ "id": id })).await;
        assert_eq!(refused, ["id REFUND_EXCEEDS_PAID"]);
        assert_eq!(sale.payment_row(souk).await.refunded_amount, Minor(2034));
        souk.work().await;
    });
}

#[test]
fn many_reports_at_once_record_a_refund_once() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let before = souk.app.db.deadlocks();
        let reports = (0..8).map(|_| async {
            report(souk, &sale, &[("re_1", None, 5000, RefundState::Succeeded), ("re_2", None, 100, RefundState::Pending)]).await;
        });
        futures::future::join_all(reports).await;
        assert_eq!(souk.app.db.deadlocks(), before);
        assert_eq!((rows(souk).await.len(), sale.payment_row(souk).await.refunded_amount), (4, Minor(5000)));
        souk.work().await;
    });
}

#[test]
fn an_event_tells_of_a_refund_in_the_dashboard_of_stripe() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        let id = json!(payment_row(souk, &payload).await.provider_reference);
        let made = stripe.refund_in_dashboard(&id, 600, "pending");
        // Repeated, and together with another event.
        for (event, kind) in [("evt_1", "refund.created"), ("evt_1", "refund.created"), ("evt_2", "charge.refunded")] {
            assert_eq!(stripe.send(souk, event, kind, made.clone()).await, 200);
        }
        souk.work().await;
        assert_eq!(payment_row(souk, &payload).await.refund_pending_amount, Minor(600));
        stripe.refund_ends(&made, "succeeded");
        for event in ["evt_3", "evt_4"] {
            assert_eq!(stripe.send(souk, event, "refund.updated", made.clone()).await, 200);
            souk.work().await;
        }
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::PartiallyRefunded, Minor(600)));
        assert_eq!((stripe.count("refund"), findings(souk).await), (0, vec![]));
        assert_eq!(refunds(souk).await, [(RefundReason::AtProvider, RefundStatus::Succeeded, 600)]);
    });
}
