//! Money that arrives after its order expired.

use super::{CART, captured_at_sandbox, complete, payment_row, report};
use crate::app::{Souk, each};
use crate::checkout::{begin_with, order_row, orders, shop, stock};
use crate::make::Product;
use entity::money::Minor;
use entity::value::{CheckoutStatus, EventType, OrderStatus, PaymentStatus, RefundReason, RefundStatus, StoreStatus};
use entity::{checkout, event, order, payment, refund, store, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::provider::payment::ProviderState;
use souk_domain::settlement::settle;
use std::time::Duration;

/// An order of two items that was not paid in time; the shop has five.
struct Expired {
    tea: Product,
    cart: String,
    ids: (Value, Value),
    payload: Value,
    payment: payment::Model,
}

impl Expired {
    async fn new(souk: &Souk) -> Self {
        let tea = shop(souk, 1000, 5).await;
        let (cart, ids) = begin_with(souk, tea, 2).await;
        let payload = complete(souk, &ids, "tok_requires_action", "k").await;
        let payment = payment_row(souk, &payload).await;
        souk.pass(souk.app.config.stock_hold + Duration::from_secs(1)).await;
        let expired = Self { tea, cart, ids, payload, payment };
        let order = expired.order(souk).await;
        assert_eq!((order.status, order.checkout_id, order.failed_checkout_id.is_some()), (OrderStatus::Failed, None, true));
        expired
    }

    async fn order(&self, souk: &Souk) -> order::Model {
        order_row(souk, &self.payload["order"]["id"]).await
    }

    async fn in_cart(&self, souk: &Souk) -> Value {
        souk.guest().data(CART, json!({ "token": self.cart })).await["cart"]["totalQuantity"].clone()
    }

    async fn pay(&self, souk: &Souk) -> payment::Model {
        captured_at_sandbox(souk, self.payment.id, self.payment.amount).await;
        settle(&souk.app, self.payment.id, report(&self.payment, ProviderState::Captured)).await.expect("settled")
    }

    /// The money is refunded, and the order stays as it was.
    async fn is_refunded(&self, souk: &Souk, left: (i32, i64)) {
        assert_eq!(self.pay(souk).await.status, PaymentStatus::Captured);
        souk.work().await;
        let order = self.order(souk).await;
        assert_eq!((order.status, order.checkout_id, order.refund_due), (OrderStatus::Failed, None, Minor::ZERO));
        let refunds = refund::Entity::find().all(souk.app.db.read()).await.expect("a query");
        let [refund] = refunds.as_slice() else { panic!("one refund, not {refunds:?}") };
        assert_eq!((refund.reason, refund.status), (RefundReason::LatePayment, RefundStatus::Succeeded));
        assert_eq!((refund.amount, refund.store_order_id), (self.payment.amount, None));
        assert_eq!(stock(souk, self.tea).await, left, "the stock was not taken");
    }
}

#[test]
fn an_expired_order_is_confirmed_by_late_money() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        assert_eq!((stock(souk, expired.tea).await, expired.in_cart(souk).await), ((5, 0), json!(2)));
        for _ in 0..2 {
            assert_eq!(expired.pay(souk).await.status, PaymentStatus::Captured);
        }
        let order = expired.order(souk).await;
        assert_eq!((order.status, order.paid_at.is_some()), (OrderStatus::Confirmed, true));
        assert_eq!((order.failed_checkout_id, order.refund_due), (None, Minor::ZERO));
        let part = store_order::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a store order");
        assert_eq!((part.status, part.paid_total), (OrderStatus::Confirmed, expired.payment.amount));
        assert_eq!((stock(souk, expired.tea).await, expired.in_cart(souk).await), ((3, 2), json!(0)));
        let row = checkout::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a checkout");
        assert_eq!((row.status, Some(row.id.0)), (CheckoutStatus::Completed, order.checkout_id));
        let confirmed = event::Entity::find().filter(event::Column::EventType.eq(EventType::OrderConfirmed));
        assert_eq!(confirmed.count(souk.app.db.read()).await.expect("a count"), 1);
        assert_eq!(refund::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);

        // The checkout is this order: another request places no other one.
        let again = complete(souk, &expired.ids, "tok_success", "another").await;
        assert_eq!((&again["order"]["id"], orders(souk).await), (&expired.payload["order"]["id"], 1));
        souk.work().await;
    });
}

#[test]
fn what_was_added_to_the_cart_after_the_order_expired_stays_there() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        let line = json!([{ "variantId": expired.tea.variant.to_string(), "quantity": 1 }]);
        let add = json!({ "input": { "cartToken": expired.cart, "lines": line } });
        souk.guest().run(operation!("cart", "CartLinesAddReturningId"), add).await;
        expired.pay(souk).await;
        assert_eq!((expired.order(souk).await.status, expired.in_cart(souk).await), (OrderStatus::Confirmed, json!(1)));
        souk.work().await;
    });
}

#[test]
fn late_money_is_refunded_if_the_stock_was_sold() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        let (_, other) = begin_with(souk, expired.tea, 4).await;
        complete(souk, &other, "tok_success", "other").await;
        expired.is_refunded(souk, (1, 4)).await;
        assert_eq!(expired.in_cart(souk).await, json!(2));
    });
}

#[test]
fn late_money_is_refunded_if_the_checkout_became_another_order() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        let again = complete(souk, &expired.ids, "tok_success", "again").await;
        assert_eq!(again["payment"]["status"], "CAPTURED");
        expired.is_refunded(souk, (3, 2)).await;
    });
}

#[test]
fn late_money_is_refunded_after_a_day() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        souk.pass(Duration::from_secs(24 * 3600)).await;
        expired.is_refunded(souk, (5, 0)).await;
    });
}

#[test]
fn late_money_is_refunded_if_the_store_was_suspended() {
    each(async |souk| {
        let expired = Expired::new(souk).await;
        let suspend = store::Entity::update_many().col_expr(store::Column::Status, Expr::value(StoreStatus::Suspended.as_str()));
        suspend.exec(souk.app.db.raw()).await.expect("an update");
        expired.is_refunded(souk, (5, 0)).await;
    });
}

#[test]
fn late_money_that_is_too_little_is_refunded() {
    each(async |souk| {
        let mut expired = Expired::new(souk).await;
        let whole = expired.payment.amount;
        expired.payment.amount = Minor(whole.0 - 1);
        captured_at_sandbox(souk, expired.payment.id, expired.payment.amount).await;
        let settled =
            settle(&souk.app, expired.payment.id, report(&expired.payment, ProviderState::Captured)).await.expect("settled");
        assert_eq!((settled.status, settled.amount), (PaymentStatus::PartiallyCaptured, whole));
        souk.work().await;
        let order = expired.order(souk).await;
        assert_eq!((order.status, stock(souk, expired.tea).await), (OrderStatus::Failed, (5, 0)));
        let refund = refund::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a refund");
        assert_eq!((refund.amount, refund.status), (expired.payment.amount, RefundStatus::Succeeded));
    });
}
