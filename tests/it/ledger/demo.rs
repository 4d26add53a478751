//! The demo marketplace: its records of money agree, and its orders can be refunded.

use crate::app::each;
use crate::make;
use entity::value::{OrderStatus, PaymentProvider, RefundStatus};
use entity::{order, payment, refund, store_order};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use souk_core::auth::System;
use souk_domain::ledger;

const REFUND: &str = operation!("refund", "OrderRefund");

#[test]
fn the_money_of_the_demo_adds_up_and_can_be_refunded() {
    each(async |souk| {
        souk::demo::fill(&souk.app, &System::for_command_line()).await.expect("the demo is written");
        let db = souk.app.db.read();
        assert_eq!(ledger::violations(db).await.expect("a check"), []);
        let refunded =
            order::Entity::find().filter(order::Column::Status.eq(OrderStatus::Refunded)).count(db).await.expect("a number");
        assert!(refunded > 0);
        let paid = || refund::Entity::find().filter(refund::Column::Status.eq(RefundStatus::Succeeded));
        let before = paid().count(db).await.expect("a number");
        assert!(before >= refunded, "{before} refunds of {refunded} orders");
        let delivered = order::Column::Status.eq(OrderStatus::Completed);
        let by_card = payment::Column::Provider.eq(PaymentProvider::Sandbox);
        let found = payment::Entity::find().find_also_related(order::Entity).filter(delivered).filter(by_card).one(db).await;
        let (payment, _) = found.expect("a query").expect("an order that was paid by card");
        let query = store_order::Entity::find().filter(store_order::Column::OrderId.eq(payment.order_id));
        let store_order = query.one(db).await.expect("a query").expect("a store order");
        let admin = make::admin(souk).await;
        let input = json!({ "selection": {}, "reason": "GOODWILL", "isRestocked": false, "idempotencyKey": "a" });
        let variables = json!({ "storeOrderId": store_order.id.to_string(), "input": input });
        souk.as_user(&admin).run(REFUND, variables).await;
        souk.work().await;
        assert_eq!(paid().count(db).await.expect("a number"), before + 1);
    });
}
