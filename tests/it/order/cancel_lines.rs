//! Cancelling lines of orders by quantity, and the notifications.

use crate::app::{Caller, Souk, each};
use crate::make::order::{Order, Terms, order, order_on, stock};
use crate::make::{self, Make};
use crate::order::{CALL_OFF, CANCEL, COMPLETE, DELIVER, FULFILL, PROCESS, Shop};
use crate::process::mails;
use entity::money::Minor;
use entity::order_line;
use entity::value::{PaymentProvider, PaymentStatus, Permission, ProductKind, Role};
use futures::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const STORE: &str = operation!("store_order", "StoreOrderLinesCancel");
const BUYER: &str = operation!("order", "OrderLinesCancel");
const SEEN: &str = operation!("order", "OrderWithCancelledLines");

fn line(order: &Order, at: usize) -> String {
    order.parts[0].lines[at].to_string()
}

fn by_store(order: &Order, lines: Value) -> Value {
    json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": lines, "reason": "Broken" } })
}

fn by_buyer(order: &Order, lines: Value) -> Value {
    json!({ "input": { "orderId": order.id.to_string(), "orderToken": order.token, "lines": lines } })
}

fn pieces(order: &Order, quantity: i64) -> Value {
    json!([{ "lineId": line(order, 0), "quantity": quantity }])
}

fn parcel(order: &Order, lines: Value) -> Value {
    json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": lines } })
}

async fn seen(souk: &Souk, order: &Order) -> Value {
    souk.guest().data(SEEN, json!({ "id": order.id.to_string(), "token": order.token })).await["order"].clone()
}

fn types(order: &Value) -> Vec<&str> {
    order["events"].as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect()
}

fn mails_to(souk: &Souk, address: &str, about: &str) -> usize {
    let all = mails(&souk.folder.path().join("mail"));
    all.iter().filter(|mail| mail.contains(&format!("To: {address}")) && mail.contains(about)).count()
}

#[test]
fn the_store_cancels_the_rest_of_a_part_sent_order_and_it_completes() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 5).await;
        let vera = souk.as_user(&shop.vera);
        vera.run(FULFILL, parcel(&order, pieces(&order, 2))).await;
        assert_eq!(stock(souk, shop.tea).await, (5, 5));
        let done = vera.run(STORE, by_store(&order, Value::Null)).await;
        assert_eq!(done["storeOrder"]["status"], "SHIPPED");
        assert_eq!(
            done["storeOrder"]["lines"][0],
            json!({ "quantity": 5, "fulfilledQuantity": 2, "cancelledQuantity": 3, "cancelledTotal": { "amount": "30.00" } })
        );
        assert_eq!(stock(souk, shop.tea).await, (8, 2), "the rest is given back");
        let whole = seen(souk, &order).await;
        assert_eq!((&whole["status"], &whole["payments"][0]["amountDue"]["amount"]), (&json!("SHIPPED"), &json!("20.00")));
        assert_eq!(types(&whole), ["FULFILLMENT_CREATED", "LINES_CANCELLED", "STORE_ORDER_SHIPPED"]);
        assert_eq!(whole["events"][1]["message"], "Cancelled: 3 x Tea. Reason: Broken");
        assert_eq!(vera.refused(STORE, by_store(&order, Value::Null)).await, ["storeOrderId INVALID_STATE"]);
        assert_eq!(vera.refused(FULFILL, parcel(&order, pieces(&order, 1))).await, ["storeOrderId INVALID_STATE"]);
        let id = json!({ "id": order.parts[0].id.to_string() });
        vera.run(DELIVER, id.clone()).await;
        vera.run(COMPLETE, id).await;
        assert_eq!(seen(souk, &order).await["status"], "COMPLETED");
        souk.work().await;
        assert_eq!(stock(souk, shop.tea).await, (8, 2), "given back once");
        assert_eq!(mails_to(souk, "bob@example.com", "3 x Tea"), 1, "the buyer is told what was cancelled");
        assert_eq!(mails_to(souk, "vera@example.com", "cancelled"), 0, "the store knows what it did");
    });
}

#[test]
fn a_buyer_cancels_lines_until_the_store_begins_and_the_store_is_told() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let order = order(souk, None, &[(shop.store, shop.tea, 5)]).await;
        let (guest, vera) = (souk.guest(), souk.as_user(&shop.vera));
        let some = guest.run(BUYER, by_buyer(&order, pieces(&order, 2))).await;
        assert_eq!((&some["order"]["status"], &some["order"]["lines"][0]["cancelledQuantity"]), (&json!("CONFIRMED"), &json!(2)));
        assert_eq!(stock(souk, shop.tea).await, (7, 3));
        souk.work().await;
        assert_eq!(mails_to(souk, "vera@example.com", "was partially cancelled"), 1);
        for (lines, refused) in [
            (pieces(&order, 4), "lines.0.quantity OUT_OF_RANGE"),
            (pieces(&order, 0), "lines.0.quantity OUT_OF_RANGE"),
            (pieces(&order, i64::from(i32::MIN)), "lines.0.quantity OUT_OF_RANGE"),
            (pieces(&order, i64::from(i32::MAX)), "lines.0.quantity OUT_OF_RANGE"),
            (json!([]), "lines REQUIRED"),
            (json!([{ "lineId": "x", "quantity": 1 }]), "lines.0.lineId INVALID_ID"),
            (
                json!([{ "lineId": line(&order, 0), "quantity": 1 }, { "lineId": line(&order, 0), "quantity": 1 }]),
                "lines.1.lineId INVALID",
            ),
        ] {
            assert_eq!(guest.refused(BUYER, by_buyer(&order, lines)).await, [refused]);
        }
        let eve = make::customer(souk, "eve").await;
        let mut foreign = by_buyer(&order, pieces(&order, 1));
        foreign["input"]["orderToken"] = Value::Null;
        assert_eq!(souk.as_user(&eve).refused(BUYER, foreign).await, ["orderId NOT_FOUND"]);
        assert_eq!(souk.as_user(&eve).refused(STORE, by_store(&order, pieces(&order, 1))).await, ["storeOrderId NOT_FOUND"]);
        vera.run(PROCESS, json!({ "id": order.parts[0].id.to_string() })).await;
        assert_eq!(guest.refused(BUYER, by_buyer(&order, pieces(&order, 1))).await, ["lines.0.lineId INVALID_STATE"]);
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let mut named = by_buyer(&order, pieces(&order, 1));
        named["input"]["orderToken"] = Value::Null;
        souk.as_user(&staff).run(BUYER, named).await;
        let last = vera.run(STORE, by_store(&order, pieces(&order, 2))).await;
        assert_eq!(last["storeOrder"]["status"], "CANCELLED", "nothing is left");
        assert_eq!(stock(souk, shop.tea).await, (10, 0));
        let whole = seen(souk, &order).await;
        assert_eq!((&whole["status"], &whole["payments"][0]["status"]), (&json!("CANCELLED"), &json!("CANCELLED")));
        souk.work().await;
    });
}

#[test]
fn a_store_is_told_when_a_buyer_cancels_all_of_an_order_it_knows_of() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let bob = souk.as_user(&shop.bob);
        let known = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        bob.run(CANCEL, json!({ "input": { "orderId": known.id.to_string() } })).await;
        souk.work().await;
        assert_eq!(mails_to(souk, "vera@example.com", &format!("Order {} was cancelled", known.number)), 1);
        let own = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        souk.as_user(&shop.vera).run(CALL_OFF, json!({ "id": own.parts[0].id.to_string() })).await;
        let waiting = Terms {
            status: entity::value::OrderStatus::Pending,
            provider: PaymentProvider::Sandbox,
            payment: PaymentStatus::RequiresAction,
            token: Some("tok_requires_action"),
        };
        let unknown = order_on(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)], waiting).await;
        assert_eq!(
            bob.refused(BUYER, by_buyer(&unknown, pieces(&unknown, 1))).await,
            ["lines.0.lineId INVALID_STATE"],
            "what awaits its payment is cancelled as a whole"
        );
        bob.run(CANCEL, json!({ "input": { "orderId": unknown.id.to_string() } })).await;
        souk.work().await;
        assert_eq!(
            mails_to(souk, "vera@example.com", "was cancelled"),
            1,
            "neither of what it did itself nor of what it never saw"
        );
        assert_eq!(stock(souk, shop.tea).await, (10, 0));
    });
}

#[test]
fn what_was_paid_for_cancelled_lines_is_owed_back_to_the_last_cent() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let file = Make { name: "Prompt", price: 333, kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let prompt = make::product(souk, shop.store, file).await;
        let paid = Terms { provider: PaymentProvider::Sandbox, payment: PaymentStatus::Captured, ..Terms::default() };
        let order = order_on(souk, Some(&shop.bob), &[(shop.store, shop.tea, 3), (shop.store, prompt, 2)], paid).await;
        // Shipping and tax that do not divide.
        store_order_total(souk, &order, 4100).await;
        let vera = souk.as_user(&shop.vera);
        for expected in ["10.33", "20.67"] {
            vera.run(STORE, by_store(&order, pieces(&order, 1))).await;
            assert_eq!(seen(souk, &order).await["refundDue"]["amount"], expected);
        }
        vera.run(STORE, by_store(&order, pieces(&order, 1))).await;
        let whole = seen(souk, &order).await;
        assert_eq!((&whole["status"], &whole["refundDue"]["amount"]), (&json!("CONFIRMED"), &json!("31.00")));
        assert_eq!(
            whole["storeOrders"][0]["allowedStatuses"],
            json!(["PROCESSING", "DELIVERED", "CANCELLED"]),
            "all digital now"
        );
        vera.run(CALL_OFF, json!({ "id": order.parts[0].id.to_string() })).await;
        let whole = seen(souk, &order).await;
        assert_eq!(
            (&whole["status"], &whole["refundDue"]["amount"]),
            (&json!("CANCELLED"), &json!("41.00")),
            "with the shipping"
        );
        assert_eq!(types(&whole).iter().filter(|found| **found == "REFUND_DUE").count(), 4);
        assert_eq!(stock(souk, shop.tea).await, (10, 0));
        souk.work().await;
    });
}

/// Sets the total of the store order, and a tax of 1.00 on its first line.
async fn store_order_total(souk: &Souk, order: &Order, total: i64) {
    use entity::{capture, payment, store_order};
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, QueryFilter};
    let db = souk.app.db.raw();
    store_order::Entity::update_many()
        .col_expr(store_order::Column::Total, Expr::value(Minor(total)))
        .col_expr(store_order::Column::PaidTotal, Expr::value(Minor(total)))
        .filter(store_order::Column::Id.eq(order.parts[0].id))
        .exec(db)
        .await
        .expect("an update");
    payment::Entity::update_many()
        .col_expr(payment::Column::Amount, Expr::value(Minor(total)))
        .col_expr(payment::Column::CapturedAmount, Expr::value(Minor(total)))
        .filter(payment::Column::Id.eq(order.payment))
        .exec(db)
        .await
        .expect("an update");
    capture::Entity::update_many()
        .col_expr(capture::Column::Amount, Expr::value(Minor(total)))
        .filter(capture::Column::PaymentId.eq(order.payment))
        .exec(db)
        .await
        .expect("an update");
    order_line::Entity::update_many()
        .col_expr(order_line::Column::TaxTotal, Expr::value(Minor(100)))
        .filter(order_line::Column::Id.eq(order.parts[0].lines[0]))
        .exec(db)
        .await
        .expect("an update");
}

#[test]
fn cancelling_with_a_key_is_done_once() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let order = order(souk, None, &[(shop.store, shop.tea, 6)]).await;
        let vera = souk.as_user(&shop.vera);
        let keyed = |mut input: Value, key: &str| {
            input["input"]["idempotencyKey"] = json!(key);
            input
        };
        let calls = (0..20).map(async |at: i32| match at % 2 {
            0 => vera.run(STORE, keyed(by_store(&order, pieces(&order, 2)), "one")).await,
            _ => souk.guest().run(BUYER, keyed(by_buyer(&order, pieces(&order, 1)), "one")).await,
        });
        join_all(calls).await;
        assert_eq!(stock(souk, shop.tea).await, (7, 3), "two by the store and one by the buyer");
        let other = keyed(by_store(&order, pieces(&order, 1)), "one");
        assert_eq!(vera.error_code(STORE, other).await, "IDEMPOTENCY_KEY_REUSED");
        souk.work().await;
    });
}

/// The code of the first user error, if there is one.
async fn code(caller: &Caller<'_>, mutation: &str, variables: Value) -> Option<String> {
    let data = caller.data(mutation, variables).await;
    let payload = data.as_object().and_then(|fields| fields.values().next()).expect("a payload").clone();
    payload["userErrors"][0]["code"].as_str().map(str::to_owned)
}

#[test]
fn parcels_and_cancellations_at_once_share_the_pieces_exactly() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let (guest, vera) = (souk.guest(), souk.as_user(&shop.vera));
        for _ in 0..3 {
            let before = stock(souk, shop.tea).await.0;
            let quantity = before;
            let order = order(souk, None, &[(shop.store, shop.tea, quantity)]).await;
            let calls = (0..30).map(async |at: i32| match at % 3 {
                0 => code(&vera, FULFILL, parcel(&order, pieces(&order, 1))).await,
                1 => code(&vera, STORE, by_store(&order, pieces(&order, 1))).await,
                _ => code(&guest, BUYER, by_buyer(&order, pieces(&order, 1))).await,
            });
            let codes = join_all(calls).await;
            let known = |code: &String| code == "INVALID_STATE" || code == "OUT_OF_RANGE";
            assert!(codes.iter().flatten().all(known), "{codes:?}");
            let done = codes.iter().filter(|code| code.is_none()).count();
            let row = order_line::Entity::find_by_id(order.parts[0].lines[0]).one(souk.app.db.read()).await;
            let row = row.expect("a query").expect("a line");
            assert_eq!(i32::try_from(done), Ok(row.fulfilled_quantity + row.cancelled_quantity));
            assert_eq!(row.fulfilled_quantity + row.cancelled_quantity, quantity, "{codes:?}");
            assert_eq!(row.cancelled_total, Minor(1000 * i64::from(row.cancelled_quantity)));
            assert_eq!(stock(souk, shop.tea).await.0, row.cancelled_quantity);
            let whole = seen(souk, &order).await;
            let expected = if row.fulfilled_quantity == 0 { "CANCELLED" } else { "SHIPPED" };
            assert_eq!(whole["status"], expected);
            souk.work().await;
            if stock(souk, shop.tea).await.0 == 0 {
                break;
            }
        }
    });
}
