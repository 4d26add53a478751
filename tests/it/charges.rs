//! The money at the fake Stripe, compared with the records of Souk after all jobs are done.

use crate::app::Souk;
use crate::checkout::stock;
use crate::fake::stripe::Stripe;
use crate::make;
use entity::value::{OrderStatus, PaymentProvider, RefundStatus};
use entity::{capture, job, order, order_line, payment, refund};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;
use souk_domain::ledger::violations;
use souk_domain::order::status::is_void;
use std::collections::HashSet;
use std::time::Duration;

/// Lets time pass until no job is left that is due within a day.
pub async fn settle_all(souk: &Souk) {
    for _ in 0..300 {
        souk.pass(Duration::from_secs(600)).await;
        if queued(souk).await == 0 {
            return;
        }
    }
    panic!("{} jobs are never done", queued(souk).await);
}

/// Number of jobs that are due within a day.
pub async fn queued(souk: &Souk) -> u64 {
    let soon = souk.app.clock.now() + Duration::from_secs(86_400);
    let query = job::Entity::find().filter(job::Column::Status.eq(entity::value::JobStatus::Queued));
    query.filter(job::Column::RunAt.lte(soon)).count(souk.app.db.read()).await.expect("a count")
}

fn received(intent: &Value) -> i64 {
    intent["amount_received"].as_i64().expect("an amount")
}

/// What Stripe returned of a PaymentIntent.
fn returned(stripe: &Stripe, intent: &Value) -> i64 {
    let refunds = stripe.refunds();
    let of = refunds.iter().filter(|refund| refund["payment_intent"] == intent["id"] && refund["status"] == "succeeded");
    of.map(|refund| refund["amount"].as_i64().expect("an amount")).sum()
}

/// What Stripe received and did not return.
pub fn kept(stripe: &Stripe) -> i64 {
    stripe.intents().iter().map(|intent| received(intent) - returned(stripe, intent)).sum()
}

/// Each charge has exactly one order that needs it or was refunded whole, each refund at Stripe is one of Souk and the other way round,
/// nothing is undecided, the ledger agrees, and the stock is what the live orders left of `had`.
pub async fn check(souk: &Souk, stripe: &Stripe, product: make::Product, had: i32) {
    let db = souk.app.db.read();
    let orders = order::Entity::find().all(db).await.expect("orders");
    let payments = payment::Entity::find().all(db).await.expect("payments");
    let captures = capture::Entity::find().all(db).await.expect("captures");
    let intents = stripe.intents();
    for intent in intents.iter().filter(|intent| received(intent) > 0) {
        let own: Vec<_> = payments.iter().filter(|row| row.provider_reference.as_deref() == intent["id"].as_str()).collect();
        assert_eq!(own.len(), 1, "a charge belongs to one payment: {intent:#} {payments:#?}");
        let payment = own[0];
        assert_eq!(payment.captured_amount.0, received(intent), "{payment:#?}");
        assert_eq!(payment.refunded_amount.0, returned(stripe, intent), "{payment:#?}");
        assert_eq!(captures.iter().filter(|capture| capture.payment_id == payment.id).count(), 1, "{payment:#?}");
        let order = orders.iter().find(|order| order.id == payment.order_id).expect("an order");
        if is_void(order.status) {
            assert_eq!(returned(stripe, intent), received(intent), "no order needs the money: {order:#?} {payment:#?}");
        }
    }
    for payment in payments.iter().filter(|payment| payment.provider == PaymentProvider::Stripe) {
        let at_stripe = intents.iter().find(|intent| intent["id"].as_str() == payment.provider_reference.as_deref());
        assert_eq!(payment.captured_amount.0, at_stripe.map_or(0, received), "{payment:#?}");
        assert_eq!(payment.refund_pending_amount.0, 0, "{payment:#?}");
    }
    check_orders(&orders, &payments);
    check_refunds(&refund::Entity::find().all(db).await.expect("refunds"), &stripe.refunds());
    assert_eq!(violations(db).await.expect("asked"), []);
    let lines = order_line::Entity::find().all(db).await.expect("lines");
    let is_live = |id| orders.iter().any(|order| order.id == id && !is_void(order.status));
    let of_product = lines.iter().filter(|line| line.variant_id == product.variant.0 && is_live(line.order_id));
    let sold: i32 = of_product.map(|line| line.quantity - line.cancelled_quantity).sum();
    assert_eq!(stock(souk, product).await, (had - sold, i64::from(sold)));
}

/// No order waits, no checkout has two live orders, and a live order is paid by exactly one charge.
fn check_orders(orders: &[order::Model], payments: &[payment::Model]) {
    let mut checkouts = HashSet::new();
    for order in orders {
        assert_ne!(order.status, OrderStatus::Pending, "{order:#?}");
        assert_eq!(order.refund_due.0, 0, "{order:#?}");
        let own: Vec<_> = payments.iter().filter(|payment| payment.order_id == order.id).collect();
        if !is_void(order.status) {
            assert!(checkouts.insert(order.checkout_id), "two live orders of a checkout: {order:#?}");
            assert_eq!(own.iter().filter(|payment| payment.captured_amount.0 > 0).count(), 1, "{order:#?} {own:#?}");
        }
    }
}

fn check_refunds(rows: &[refund::Model], made: &[Value]) {
    assert_eq!(rows.len(), made.len(), "{rows:#?} {made:#?}");
    for row in rows {
        let id = row.id.0.to_string();
        let of_row: Vec<_> = made.iter().filter(|refund| refund["metadata"]["souk_refund"] == id.as_str()).collect();
        assert_eq!(of_row.len(), 1, "{row:#?} {of_row:#?}");
        assert_eq!((row.status, of_row[0]["amount"].as_i64()), (RefundStatus::Succeeded, Some(row.amount.0)), "{row:#?}");
        assert_eq!(row.provider_reference.as_deref(), of_row[0]["id"].as_str());
    }
}
