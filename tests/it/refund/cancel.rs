//! Refunds of items that are cancelled as well: their money and their stock return once.

use super::{BY_STAFF, CANCEL, input};
use crate::app::Souk;
use crate::at_once::at_once;
use crate::charges::{check, kept, settle_all};
use crate::checkout::{order_row, stock};
use crate::make;
use crate::payment::stripe::{buy, each_stripe};
use entity::id::OrderId;
use entity::value::{OrderStatus, PaymentStatus};
use entity::{order_line, refund, store_order};
use futures::FutureExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;

const CANCEL_LINES: &str = operation!("order", "OrderLinesCancel");

async fn store_order_of(souk: &Souk, order: OrderId) -> store_order::Model {
    let query = store_order::Entity::find().filter(store_order::Column::OrderId.eq(order));
    query.one(souk.app.db.read()).await.expect("a query").expect("a store order")
}

fn cancel(souk: &Souk, order: OrderId) -> Value {
    let token = souk.app.keys.capability(Capability::Order, order);
    json!({ "input": { "orderId": order.to_string(), "orderToken": token } })
}

#[test]
fn refunds_and_cancellations_at_once_return_the_money_once() {
    // The clock moves on in each round.
    each_stripe(&[("SOUK_ACCESS_TOKEN_SECONDS", "86400")], async |souk, stripe, tea| {
        let admin = make::admin(souk).await;
        for round in 0..4 {
            let payload = buy(souk, tea, "pm_card").await;
            let id = order_row(souk, &payload["order"]["id"]).await.id;
            let store_order = store_order_of(souk, id).await;
            let mut tasks = Vec::new();
            for n in 0..24 {
                let (admin, variables) = (souk.as_user(&admin), cancel(souk, id));
                let selection = if n % 4 < 2 { json!({}) } else { json!({ "amount": "4.00" }) };
                let refund = input(selection, &format!("{round}-{n}"));
                let refund = json!({ "storeOrderId": store_order.id.to_string(), "input": refund });
                tasks.push(
                    async move {
                        match (n + round) % 2 {
                            0 => admin.data(BY_STAFF, refund).await["orderRefund"]["userErrors"][0]["code"].clone(),
                            _ => souk.guest().data(CANCEL, variables).await["orderCancel"]["userErrors"][0]["code"].clone(),
                        }
                    }
                    .boxed_local(),
                );
            }
            let codes = at_once(tasks).await;
            let known = [json!(null), json!("INVALID_STATE"), json!("REFUND_EXCEEDS_PAID")];
            assert!(codes.iter().all(|code| known.contains(code)), "{codes:#?}");
            settle_all(souk).await;
            let order = order_row(souk, &payload["order"]["id"]).await;
            let row = store_order_of(souk, id).await;
            assert_eq!((order.status, row.refunded_total), (OrderStatus::Cancelled, row.paid_total));
            assert_eq!((kept(stripe), stock(souk, tea).await), (0, (9, 0)));
            check(souk, stripe, tea, 9).await;
        }
    });
}

#[test]
fn a_refunded_item_that_is_cancelled_is_returned_and_restocked_once() {
    each_stripe(&[], async |souk, stripe, tea| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let cart = make::guest_cart(souk, &[(tea.variant, 3)]).await;
        let ids = crate::checkout::begin(&souk.guest(), &cart).await;
        let payload = crate::payment::complete_with(souk, &ids, "STRIPE", "pm_card", "k").await;
        let id = order_row(souk, &payload["order"]["id"]).await.id;
        let store_order = store_order_of(souk, id).await;
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id));
        let line = lines.one(souk.app.db.read()).await.expect("a query").expect("a line").id.to_string();
        let mut all = input(json!({ "lines": [{ "lineId": line, "quantity": 3 }] }), "all");
        all["isRestocked"] = json!(true);
        admin.run(BY_STAFF, json!({ "storeOrderId": store_order.id.to_string(), "input": all })).await;
        assert_eq!(stock(souk, tea).await.0, 9);
        let two = json!({ "orderId": id.to_string(), "lines": [{ "lineId": line, "quantity": 2 }] });
        admin.run(CANCEL_LINES, json!({ "input": two })).await;
        assert_eq!(stock(souk, tea).await.0, 9, "they were in the stock already");
        let row = store_order_of(souk, id).await;
        assert_eq!((row.paid_total.0, row.refunded_total.0), (3500, 3000), "their money was returned already");
        souk.guest().run(CANCEL, cancel(souk, id)).await;
        settle_all(souk).await;
        assert_eq!((stock(souk, tea).await.0, kept(stripe)), (9, 0));
        let refunds = refund::Entity::find().order_by_asc(refund::Column::Id).all(souk.app.db.read()).await.expect("refunds");
        assert_eq!(refunds.iter().map(|refund| refund.amount.0).collect::<Vec<_>>(), [3000, 500]);
        let payment = crate::payment::payment_row(souk, &payload).await;
        assert_eq!(
            (payment.status, payment.amount_due().0),
            (PaymentStatus::Refunded, 3500),
            "refunds do not change what was due"
        );
        check(souk, stripe, tea, 9).await;
    });
}
