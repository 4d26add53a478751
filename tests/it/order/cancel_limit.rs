//! Until which status orders can be cancelled, by the settings.

use crate::app::{Souk, each};
use crate::make;
use crate::make::order::Order;
use crate::order::viewer_can::{CAN, CAN_PART, is_done, placed, restock};
use crate::order::{CALL_OFF, CANCEL, Shop, problem};
use entity::value::{OrderStatus, Permission, Role};
use serde_json::{Value, json};

const LINES: &str = operation!("order", "OrderLinesCancel");
const STORE_LINES: &str = operation!("store_order", "StoreOrderLinesCancel");

const EARLY: [OrderStatus; 4] = [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped];

async fn set(souk: &Souk, owner: &make::User, customer: &str, store: &str) {
    const UPDATE: &str = operation!("setting", "SettingsUpdateOfCancellation");
    let limits = json!({ "customerCancellationLimit": customer, "storeCancellationLimit": store });
    let changed = souk.as_user(owner).run(UPDATE, json!({ "input": limits.clone() })).await;
    assert_eq!(changed["settings"], limits);
}

fn line(order: &Order, name: &str, id: String) -> Value {
    json!({ "input": { (name): id, "lines": [{ "lineId": order.parts[0].lines[0].to_string(), "quantity": 1 }] } })
}

#[test]
fn buyers_stores_and_staff_cancel_until_the_status_of_the_settings() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        restock(souk, &shop).await;
        let owner = make::owner(souk).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        for (limit, allowed) in [("PENDING", &EARLY[..1]), ("CONFIRMED", &EARLY[..2]), ("PROCESSING", &EARLY[..3])] {
            set(souk, &owner, limit, limit).await;
            for status in EARLY {
                let case = format!("{limit} {status}");
                let (bob, vera, clerk) = (souk.as_user(&shop.bob), souk.as_user(&shop.vera), souk.as_user(&clerk));
                let order = placed(souk, &shop, status).await;
                let id = json!({ "id": order.id.to_string() });
                assert_eq!(bob.data(CAN, id).await["order"]["viewerCanCancel"], allowed.contains(&status), "{case}");
                let done = is_done(&bob, CANCEL, json!({ "input": { "orderId": order.id.to_string() } })).await;
                assert_eq!(done, allowed.contains(&status), "{case}");
                let guest = json!({ "input": { "orderId": order.id.to_string(), "orderToken": order.token } });
                let order = if done { placed(souk, &shop, status).await } else { order };
                if !done {
                    assert!(!is_done(&souk.guest(), CANCEL, guest).await, "{case}");
                }
                // Lines of an order that waits for its payment can't be cancelled by anyone.
                let by_line = allowed.contains(&status) && status != OrderStatus::Pending;
                assert_eq!(is_done(&bob, LINES, line(&order, "orderId", order.id.to_string())).await, by_line, "{case}");

                let order = placed(souk, &shop, status).await;
                let part = json!({ "id": order.parts[0].id.to_string() });
                let found = vera.data(CAN_PART, part.clone()).await;
                assert_eq!(found["node"]["viewerCanCancel"], by_line, "{case}");
                assert_eq!(is_done(&vera, CALL_OFF, part).await, by_line, "{case}");
                let order = placed(souk, &shop, status).await;
                let input = line(&order, "storeOrderId", order.parts[0].id.to_string());
                assert_eq!(is_done(&vera, STORE_LINES, input).await, by_line, "{case}");

                // Staff are not limited.
                let order = placed(souk, &shop, status).await;
                let (part, shipped) = (json!({ "id": order.parts[0].id.to_string() }), status == OrderStatus::Shipped);
                let can = !shipped && status != OrderStatus::Pending;
                assert_eq!(clerk.data(CAN_PART, part.clone()).await["node"]["viewerCanCancel"], can, "{case}");
                assert_eq!(is_done(&clerk, CALL_OFF, part).await, can, "{case}");
                let order = placed(souk, &shop, status).await;
                let id = json!({ "input": { "orderId": order.id.to_string() } });
                assert_eq!(is_done(&clerk, CANCEL, id).await, !shipped, "{case}");
            }
        }
        souk.leaves_work("mails of the cancelled orders");
    });
}

#[test]
fn a_refusal_names_the_statuses_in_which_cancelling_is_allowed() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        restock(souk, &shop).await;
        let owner = make::owner(souk).await;
        set(souk, &owner, "PENDING", "CONFIRMED").await;
        let (bob, vera) = (souk.as_user(&shop.bob), souk.as_user(&shop.vera));
        let order = placed(souk, &shop, OrderStatus::Confirmed).await;
        let found = problem(&bob, CANCEL, json!({ "input": { "orderId": order.id.to_string() } })).await;
        let expected = "The order can't become CANCELLED, as a store order is CONFIRMED; its buyer can cancel it while every store \
                        order is PENDING.";
        assert_eq!((&found["code"], &found["message"]), (&json!("INVALID_STATE"), &json!(expected)));
        let found = problem(&bob, LINES, line(&order, "orderId", order.id.to_string())).await;
        assert_eq!(found["message"], "The store order is CONFIRMED; its buyer can't cancel lines.");

        let order = placed(souk, &shop, OrderStatus::Processing).await;
        let found = problem(&vera, CALL_OFF, json!({ "id": order.parts[0].id.to_string() })).await;
        let expected = "The store order is PROCESSING and can't become CANCELLED; its store can cancel it while it is CONFIRMED.";
        assert_eq!((&found["message"], &found["allowedStatuses"]), (&json!(expected), &json!(["SHIPPED"])));
        let found = problem(&vera, STORE_LINES, line(&order, "storeOrderId", order.parts[0].id.to_string())).await;
        assert_eq!(found["message"], "The store order is PROCESSING; its store can cancel lines while it is CONFIRMED.");
    });
}
