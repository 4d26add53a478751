//! `viewerCanCancel` agrees with the mutation.

use crate::app::{Caller, Souk, each};
use crate::make;
use crate::make::order::{Order, Terms, order, order_on};
use crate::order::{CALL_OFF, CANCEL, FULFILL, Shop};
use entity::product_variant;
use entity::value::{OrderStatus, Permission, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

pub(super) const CAN: &str = operation!("order", "OrderWithViewerCanCancel");
pub(super) const CAN_PART: &str = operation!("node", "NodeWithViewerCanCancel");

const STATUSES: [OrderStatus; 9] = [
    OrderStatus::Pending,
    OrderStatus::Confirmed,
    OrderStatus::Processing,
    OrderStatus::Shipped,
    OrderStatus::Delivered,
    OrderStatus::Completed,
    OrderStatus::Cancelled,
    OrderStatus::Refunded,
    OrderStatus::Failed,
];

/// More than the orders of a test take.
pub(super) async fn restock(souk: &Souk, shop: &Shop) {
    let update = product_variant::Entity::update_many().col_expr(product_variant::Column::StockQuantity, Expr::value(1000));
    update.filter(product_variant::Column::Id.eq(shop.tea.variant)).exec(souk.app.db.raw()).await.expect("an update");
}

pub(super) async fn placed(souk: &Souk, shop: &Shop, status: OrderStatus) -> Order {
    order_on(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)], Terms { status, ..Terms::default() }).await
}

/// Whether a mutation has no user errors.
pub(super) async fn is_done(caller: &Caller<'_>, mutation: &str, variables: Value) -> bool {
    let data = caller.data(mutation, variables).await;
    data.as_object().and_then(|fields| fields.values().next()).expect("a payload")["userErrors"] == json!([])
}

#[test]
fn an_order_says_whether_the_viewer_can_cancel_it_as_the_mutation_does() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        restock(souk, &shop).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        let mut allowed = Vec::new();
        for status in STATUSES {
            for (who, caller, with_token) in
                [("buyer", souk.as_user(&shop.bob), false), ("staff", souk.as_user(&clerk), false), ("guest", souk.guest(), true)]
            {
                let order = placed(souk, &shop, status).await;
                let token = with_token.then(|| order.token.clone());
                let found = caller.data(CAN, json!({ "id": order.id.to_string(), "token": token })).await["order"].clone();
                // The store's own mutation is not the buyer's; staff who manage orders have both.
                let can = found["viewerCanCancel"] == true;
                let input = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
                assert_eq!(can, is_done(&caller, CANCEL, input).await, "{status} {who}");
                if who != "staff" {
                    assert_eq!(found["storeOrders"][0]["viewerCanCancel"], false, "{status} {who}");
                }
                if can {
                    allowed.push(format!("{who} {status}"));
                }
            }
        }
        allowed.sort();
        let expected = [
            "buyer CONFIRMED",
            "buyer PENDING",
            "guest CONFIRMED",
            "guest PENDING",
            "staff CONFIRMED",
            "staff PENDING",
            "staff PROCESSING",
        ];
        assert_eq!(allowed, expected);
        souk.leaves_work("mails of the cancelled orders");
    });
}

#[test]
fn a_store_order_says_whether_the_viewer_can_cancel_it_as_the_mutation_does() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        restock(souk, &shop).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        let mona = make::customer(souk, "mona").await;
        crate::store::member::join(souk, &shop.vera, shop.store, &mona, "FULFILLER").await;
        for status in STATUSES {
            for person in [&shop.vera, &clerk, &mona] {
                let order = placed(souk, &shop, status).await;
                let (caller, id) = (souk.as_user(person), json!({ "id": order.parts[0].id.to_string() }));
                let can = caller.data(CAN_PART, id.clone()).await["node"]["viewerCanCancel"] == true;
                assert_eq!(can, is_done(&caller, CALL_OFF, id).await, "{status} {}", person.email);
                assert_eq!(can, matches!(status, OrderStatus::Confirmed | OrderStatus::Processing), "{status}");
            }
        }
        // Something of it is sent: the rest is cancelled by its lines.
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 2)]).await;
        let vera = souk.as_user(&shop.vera);
        let line = json!([{ "lineId": order.parts[0].lines[0].to_string(), "quantity": 1 }]);
        vera.run(FULFILL, json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": line } })).await;
        let id = json!({ "id": order.parts[0].id.to_string() });
        assert_eq!(vera.data(CAN_PART, id.clone()).await["node"]["viewerCanCancel"], false);
        assert!(!is_done(&vera, CALL_OFF, id).await);
        let found = souk.as_user(&clerk).data(CAN, json!({ "id": order.id.to_string() })).await;
        assert_eq!(found["order"]["viewerCanCancel"], false);
        assert!(!is_done(&souk.as_user(&clerk), CANCEL, json!({ "input": { "orderId": order.id.to_string() } })).await);
        souk.leaves_work("mails of the cancelled orders");
    });
}

#[test]
fn lists_of_orders_that_can_be_cancelled_take_no_more_statements() {
    const MINE: &str = operation!("account", "MeWithCancellableOrders");
    each(async |souk| {
        let shop = Shop::open(souk).await;
        for _ in 0..5 {
            order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        }
        let bob = souk.as_user(&shop.bob);
        let (answer, many) = souk.statements(&bob, MINE, json!({ "first": 5 })).await;
        assert_eq!(answer["data"]["me"]["orders"]["nodes"], json!(vec![json!({ "viewerCanCancel": true }); 5]));
        let (_, one) = souk.statements(&bob, MINE, json!({ "first": 1 })).await;
        assert_eq!(many, one);
    });
}
