//! What the sandbox provider can do beside payments: authorizations that are captured later, and refunds.

use super::method::charge;
use super::{complete, payment_row};
use crate::app::{Souk, each};
use crate::checkout::{begin, order_row, shop};
use crate::make;
use entity::money::{Minor, Money};
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus};
use serde_json::Value;
use souk_core::provider::payment::{LATE, ProviderError, ProviderState, RefundRequest, RefundState};
use std::time::Duration;
use uuid::Uuid;

const SANDBOX: PaymentProvider = PaymentProvider::Sandbox;

async fn buy(souk: &Souk, token: &str) -> Value {
    let tea = shop(souk, 1000, 5).await;
    again(souk, tea, token).await
}

async fn again(souk: &Souk, tea: make::Product, token: &str) -> Value {
    let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
    complete(souk, &ids, token, "k").await
}

fn request(souk: &Souk, id: Uuid, amount: i64) -> RefundRequest {
    RefundRequest { id, money: Money::new(Minor(amount), souk.app.config.currency), attempt: 0, now: souk.app.clock.now() }
}

#[test]
fn an_authorized_payment_is_captured_before_it_lapses() {
    each(async |souk| {
        let payload = buy(souk, "tok_authorize").await;
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.status, payment.authorized_amount), (PaymentStatus::Authorized, Minor(1500)));
        assert_eq!(order_row(souk, &payload["order"]["id"]).await.status, OrderStatus::Confirmed);
        for _ in 0..6 {
            souk.pass(Duration::from_secs(86_400)).await;
        }
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.status, payment.captured_amount), (PaymentStatus::Captured, Minor(1500)));
        assert!(order_row(souk, &payload["order"]["id"]).await.paid_at.is_some());
    });
}

#[test]
fn an_authorization_is_captured_or_cancelled_once() {
    each(async |souk| {
        let (payments, key) = (&souk.app.payments, souk.app.clock.new_uuid());
        let payment = payment_row(souk, &buy(souk, "tok_authorize").await).await;
        let charge = charge(souk, &payment);
        assert!(matches!(payments.capture(SANDBOX, &charge, Minor(1501), key).await, Err(ProviderError::Refused { .. })));
        for _ in 0..2 {
            let report = payments.capture(SANDBOX, &charge, Minor(1000), key).await.expect("a report");
            assert_eq!((report.state(), report.captured()), (&ProviderState::Captured, Ok(Minor(1000))));
        }
        assert!(payments.capture(SANDBOX, &charge, Minor(1500), key).await.is_err());
        assert_eq!(payments.cancel(SANDBOX, &charge).await.expect("a report").state(), &ProviderState::Captured);
        souk.leaves_work("the payment is captured only at the provider");
    });
}

#[test]
fn refunds_are_made_once_and_never_above_what_was_captured() {
    each(async |souk| {
        let payments = &souk.app.payments;
        let payment = payment_row(souk, &buy(souk, "tok_success").await).await;
        let charge = charge(souk, &payment);
        let (first, second) = (souk.app.clock.new_uuid(), souk.app.clock.new_uuid());
        for _ in 0..2 {
            let refund = payments.refund(SANDBOX, &charge, &request(souk, first, 1000)).await.expect("a refund");
            assert_eq!((refund.souk_refund, refund.amount, refund.state), (Some(first), Minor(1000), RefundState::Succeeded));
        }
        for (id, amount) in [(second, 501), (second, 0), (second, -1), (first, 999)] {
            let refused = payments.refund(SANDBOX, &charge, &request(souk, id, amount)).await;
            assert!(matches!(refused, Err(ProviderError::Refused { .. })), "{refused:?}");
        }
        assert_eq!(payments.look_up_refund(SANDBOX, &charge, &request(souk, second, 1)).await, Ok(None));
        let report = payments.look_up(SANDBOX, &charge).await.expect("an answer").expect("a payment");
        assert_eq!(report.refunds().iter().map(|refund| refund.amount).collect::<Vec<_>>(), [Minor(1000)]);
        souk.work().await;
    });
}

#[test]
fn tokens_select_what_becomes_of_refunds() {
    each(async |souk| {
        let payments = &souk.app.payments;
        let tea = shop(souk, 1000, 5).await;
        let failing = charge(souk, &payment_row(souk, &again(souk, tea, "tok_refund_fails").await).await);
        let refund =
            payments.refund(SANDBOX, &failing, &request(souk, souk.app.clock.new_uuid(), 1500)).await.expect("an answer");
        assert!(matches!(refund.state, RefundState::Failed { .. }));
        let late = charge(souk, &payment_row(souk, &again(souk, tea, "tok_refund_pending").await).await);
        let id = souk.app.clock.new_uuid();
        let refund = payments.refund(SANDBOX, &late, &request(souk, id, 1500)).await.expect("an answer");
        assert_eq!(refund.state, RefundState::Pending);
        souk.app.clock.advance(LATE);
        let refund = payments.look_up_refund(SANDBOX, &late, &request(souk, id, 1500)).await.expect("an answer");
        assert_eq!(refund.map(|refund| refund.state), Some(RefundState::Succeeded));
        souk.work().await;
    });
}
