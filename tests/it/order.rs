//! Orders: status transitions and the timeline.

pub mod access;
pub mod cancel;
pub mod cancel_limit;
pub mod cancel_lines;
pub mod claim;
pub mod list;
pub mod names;
pub mod notes;
pub mod race;
pub mod viewer_can;

use crate::app::{Caller, Souk, each};
use crate::journey_file::operation;
use crate::make::order::{self as placed, Order, Terms, order, order_on};
use crate::make::{self, Make, Product, User};
use entity::id::StoreId;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, Permission, ProductKind, Role};
use entity::{order_line, payment, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::auth::System;
use souk_core::transact;
use souk_domain::order::lifecycle;
use souk_domain::order::status::{StoreOrderState, allowed};
use std::time::Duration;

pub const CANCEL: &str = operation!("order", "OrderCancel");
pub const PROCESS: &str = operation!("store_order", "StoreOrderProcess");
pub const DELIVER: &str = operation!("store_order", "StoreOrderDeliver");
pub const COMPLETE: &str = operation!("store_order", "StoreOrderComplete");
pub const CALL_OFF: &str = operation!("store_order", "StoreOrderCancel");
pub const FULFILL: &str = operation!("store_order", "StoreOrderFulfill");
const TIMELINE: &str = operation!("order", "OrderWithActors");

/// A vendor with a store and ten pieces of one product, and a buyer.
pub struct Shop {
    pub vera: User,
    pub store: StoreId,
    pub tea: Product,
    pub bob: User,
}

impl Shop {
    pub async fn open(souk: &Souk) -> Self {
        let (vera, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make::default()).await;
        Self { vera, store, tea, bob: make::customer(souk, "bob").await }
    }

    /// With an order of the product by the buyer.
    pub async fn with_order(souk: &Souk, quantity: i32) -> (Self, Order) {
        let shop = Self::open(souk).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, quantity)]).await;
        (shop, order)
    }
}

fn id(order: &Order) -> Value {
    json!({ "id": order.parts[0].id.to_string() })
}

fn cancel(order: &Order) -> Value {
    json!({ "input": { "orderId": order.id.to_string(), "reason": "Changed my mind" } })
}

/// As the guest's token shows it: works also when the sessions have run out.
async fn timeline(souk: &Souk, order: &Order) -> Value {
    let variables = json!({ "id": order.id.to_string(), "token": order.token });
    souk.guest().data(TIMELINE, variables).await["order"].clone()
}

fn types(order: &Value) -> Vec<&str> {
    order["events"].as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect()
}

async fn set_status(souk: &Souk, order: &Order, status: OrderStatus) {
    let update = store_order::Entity::update_many().col_expr(store_order::Column::Status, Expr::value(status.as_str()));
    update.filter(store_order::Column::Id.eq(order.parts[0].id)).exec(souk.app.db.raw()).await.expect("an update");
}

async fn problem(caller: &Caller<'_>, mutation: &str, variables: Value) -> Value {
    let data = caller.data(mutation, variables).await;
    let payload = data.as_object().and_then(|fields| fields.values().next()).expect("a payload").clone();
    payload["userErrors"][0].clone()
}

#[test]
fn an_order_lives_from_its_confirmation_to_its_completion() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 2).await;
        let (vera, bob) = (souk.as_user(&shop.vera), souk.as_user(&shop.bob));
        assert_eq!(vera.run(&operation("StoreOrderProcess"), id(&order)).await["storeOrder"]["status"], "PROCESSING");
        let parcel = json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "courier": "DHL", "trackingNumber": "T1", "trackingUrl": "https://dhl.example/T1" } });
        let sent = vera.run(&operation("StoreOrderFulfill"), parcel).await;
        assert_eq!(sent["storeOrder"]["status"], "SHIPPED");
        assert_eq!(sent["fulfillment"]["lines"], json!([{ "quantity": 2 }]));
        assert_eq!(vera.run(&operation("StoreOrderDeliver"), id(&order)).await["storeOrder"]["status"], "DELIVERED");
        let page = bob.data(&operation("OrderPage"), json!({ "id": order.id.to_string() })).await["order"].clone();
        assert_eq!((&page["status"], &page["number"]), (&json!("DELIVERED"), &json!(order.number)));
        assert_eq!(
            page["storeOrders"][0]["fulfillments"],
            json!([{ "courier": "DHL", "trackingNumber": "T1", "trackingUrl": "https://dhl.example/T1" }])
        );
        vera.run(COMPLETE, id(&order)).await;
        let whole = timeline(souk, &order).await;
        assert_eq!(
            types(&whole),
            [
                "STORE_ORDER_PROCESSING",
                "FULFILLMENT_CREATED",
                "STORE_ORDER_SHIPPED",
                "STORE_ORDER_DELIVERED",
                "STORE_ORDER_COMPLETED"
            ]
        );
        let first = &whole["events"][0];
        assert_eq!(
            (&first["actorKind"], &first["actor"]["displayName"], &first["orderStatus"], &first["storeOrderStatus"]),
            (&json!("STORE"), &Value::Null, &json!("PROCESSING"), &json!("PROCESSING"))
        );
        assert_eq!(whole["events"][1]["message"], "2 items were shipped with DHL, tracking number T1.");
        assert_eq!(whole["status"], "COMPLETED");
        assert_eq!(souk.work().await, 3, "a mail each: preparing, on its way, delivered");
    });
}

#[test]
fn what_was_delivered_completes_itself_after_two_weeks() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let order = order(souk, None, &[(shop.store, shop.tea, 1)]).await;
        let vera = souk.as_user(&shop.vera);
        vera.run(FULFILL, json!({ "input": { "storeOrderId": order.parts[0].id.to_string() } })).await;
        vera.run(DELIVER, id(&order)).await;
        souk.pass(Duration::from_secs(13 * 86_400)).await;
        assert_eq!(timeline(souk, &order).await["status"], "DELIVERED");
        souk.pass(Duration::from_secs(86_401)).await;
        let whole = timeline(souk, &order).await;
        assert_eq!(whole["status"], "COMPLETED");
        assert_eq!(whole["events"].as_array().and_then(|events| events.last()).expect("events")["actorKind"], "SYSTEM");
    });
}

#[test]
fn parcels_are_sent_one_by_one_and_never_more_than_was_ordered() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let digital = Make { name: "Prompt", kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let prompt = make::product(souk, shop.store, digital).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 5), (shop.store, prompt, 1)]).await;
        let vera = souk.as_user(&shop.vera);
        let (tea, file) = (order.parts[0].lines[0].to_string(), order.parts[0].lines[1].to_string());
        let send = |line: &str, quantity: i64| json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": [{ "lineId": line, "quantity": quantity }] } });
        let sent = vera.run(FULFILL, send(&tea, 2)).await;
        assert_eq!(sent["storeOrder"]["status"], "PROCESSING");
        assert_eq!(sent["fulfillment"]["lines"], json!([{ "quantity": 2, "line": { "id": tea, "fulfilledQuantity": 2 } }]));
        assert_eq!(vera.refused(FULFILL, send(&tea, 4)).await, ["lines.0.quantity OUT_OF_RANGE"]);
        assert_eq!(vera.refused(FULFILL, send(&tea, 0)).await, ["lines.0.quantity OUT_OF_RANGE"]);
        assert_eq!(vera.refused(FULFILL, send(&tea, 2_147_483_647)).await, ["lines.0.quantity OUT_OF_RANGE"]);
        assert_eq!(vera.refused(FULFILL, send(&file, 1)).await, ["lines.0.lineId INVALID"]);
        // Shipped items cannot be cancelled by any user.
        let found = problem(&vera, CALL_OFF, id(&order)).await;
        assert_eq!((&found["code"], &found["allowedStatuses"]), (&json!("INVALID_STATE"), &json!(["SHIPPED"])));
        vera.run(FULFILL, send(&tea, 1)).await;
        let all = json!({ "input": { "storeOrderId": order.parts[0].id.to_string() } });
        let rest = vera.run(FULFILL, all.clone()).await;
        assert_eq!(rest["storeOrder"]["status"], "SHIPPED");
        assert_eq!(rest["fulfillment"]["lines"][0]["quantity"], 2);
        assert_eq!(vera.refused(FULFILL, all).await, ["storeOrderId INVALID_STATE"]);
        let found = timeline(souk, &order).await;
        assert_eq!(types(&found), ["FULFILLMENT_CREATED", "FULFILLMENT_CREATED", "FULFILLMENT_CREATED", "STORE_ORDER_SHIPPED"]);
        souk.work().await;
    });
}

#[test]
fn what_is_wrong_with_a_parcel_is_told_all_at_once() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 5).await;
        let foreign = crate::make::order::order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let vera = souk.as_user(&shop.vera);
        let part = order.parts[0].id.to_string();
        let line = order.parts[0].lines[0].to_string();
        let with = |rest: Value| {
            let mut input = json!({ "storeOrderId": part });
            input.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            json!({ "input": input })
        };
        let lines = json!({ "courier": "x".repeat(101), "trackingUrl": "javascript:alert(1)", "lines": [{ "lineId": line, "quantity": -1 }, { "lineId": line, "quantity": 1 }] });
        assert_eq!(
            vera.refused(FULFILL, with(lines)).await,
            ["courier TOO_LONG", "trackingUrl INVALID", "lines.0.quantity OUT_OF_RANGE", "lines.1.lineId INVALID"]
        );
        assert_eq!(vera.refused(FULFILL, with(json!({ "lines": [] }))).await, ["lines REQUIRED"]);
        let malformed = json!({ "lines": [{ "lineId": "x", "quantity": 1 }, { "lineId": part, "quantity": 1 }] });
        assert_eq!(vera.refused(FULFILL, with(malformed)).await, ["lines.0.lineId INVALID_ID", "lines.1.lineId INVALID_ID"]);
        let other = json!({ "lines": [{ "lineId": foreign.parts[0].lines[0].to_string(), "quantity": 1 }] });
        assert_eq!(vera.refused(FULFILL, with(other)).await, ["lines.0.lineId NOT_FOUND"]);
        let unknown = json!({ "input": { "storeOrderId": order.id.to_string() } });
        assert_eq!(vera.refused(FULFILL, unknown).await, ["storeOrderId INVALID_ID"]);
        assert_eq!(timeline(souk, &order).await["events"], json!([]), "nothing was written");
    });
}

#[test]
fn a_parcel_with_a_key_is_sent_once() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 5).await;
        let vera = souk.as_user(&shop.vera);
        let send = |quantity: i32| {
            let lines = json!([{ "lineId": order.parts[0].lines[0].to_string(), "quantity": quantity }]);
            json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": lines, "idempotencyKey": "one" } })
        };
        let answers = futures::future::join_all((0..10).map(|_| vera.run(FULFILL, send(2)))).await;
        let first = &answers[0]["fulfillment"]["id"];
        assert!(answers.iter().all(|answer| &answer["fulfillment"]["id"] == first), "{answers:#?}");
        assert_eq!(vera.error_code(FULFILL, send(3)).await, "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(types(&timeline(souk, &order).await), ["FULFILLMENT_CREATED"]);
        souk.work().await;
    });
}

#[test]
fn every_move_that_is_not_allowed_says_what_is() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 1).await;
        let vera = souk.as_user(&shop.vera);
        let fulfil = json!({ "input": { "storeOrderId": order.parts[0].id.to_string() } });
        let moves = [
            (PROCESS, id(&order), OrderStatus::Processing),
            (FULFILL, fulfil, OrderStatus::Shipped),
            (DELIVER, id(&order), OrderStatus::Delivered),
            (COMPLETE, id(&order), OrderStatus::Completed),
            (CALL_OFF, id(&order), OrderStatus::Cancelled),
        ];
        let mut refusals = 0;
        for status in OrderStatus::ALL {
            set_status(souk, &order, *status).await;
            let allowed = allowed(StoreOrderState { status: *status, ships: true, partly_shipped: false });
            let names: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
            for (mutation, variables, to) in &moves {
                // A store does not end what awaits its payment, though the buyer can.
                let waits = *status == OrderStatus::Pending && *to == OrderStatus::Cancelled;
                if allowed.contains(to) && !waits {
                    continue;
                }
                let found = problem(&vera, mutation, variables.clone()).await;
                assert_eq!(found["code"], "INVALID_STATE", "{status} to {to}");
                assert_eq!(found["allowedStatuses"], json!(names), "{status} to {to}");
                let message = found["message"].as_str().expect("a message");
                let says = if names.is_empty() { "its status is final" } else { names[names.len() - 1] };
                assert!(waits || message.contains(says), "{message}");
                refusals += 1;
            }
        }
        assert_eq!(refusals, 45 - 7, "five moves from nine statuses, of which seven are allowed");
    });
}

#[test]
fn what_is_digital_arrives_without_being_shipped() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let digital = Make { name: "Prompt", kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let prompt = make::product(souk, shop.store, digital).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, prompt, 3)]).await;
        let vera = souk.as_user(&shop.vera);
        let fulfil = json!({ "input": { "storeOrderId": order.parts[0].id.to_string() } });
        let found = problem(&vera, FULFILL, fulfil).await;
        assert_eq!(found["allowedStatuses"], json!(["PROCESSING", "DELIVERED", "CANCELLED"]));
        assert_eq!(vera.run(DELIVER, id(&order)).await["storeOrder"]["status"], "DELIVERED");
        souk.work().await;
    });
}

#[test]
fn a_buyer_calls_off_what_no_store_has_begun() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let other = make::store(souk, &shop.vera, "Cups").await;
        let cup = make::product(souk, other, Make { name: "Cup", ..Make::default() }).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 3), (other, cup, 10)]).await;
        assert_eq!((placed::stock(souk, shop.tea).await, placed::stock(souk, cup).await), ((7, 3), (0, 10)));
        let bob = souk.as_user(&shop.bob);
        let long = json!({ "input": { "orderId": order.id.to_string(), "reason": "x".repeat(301) } });
        assert_eq!(bob.refused(CANCEL, long).await, ["reason TOO_LONG"]);
        let done = bob.run(&operation("OrderCancel"), cancel(&order)).await;
        assert_eq!(done["order"]["status"], "CANCELLED");
        assert_eq!((placed::stock(souk, shop.tea).await, placed::stock(souk, cup).await), ((10, 0), (10, 0)));
        let whole = timeline(souk, &order).await;
        assert_eq!(types(&whole), ["ORDER_CANCELLED", "STORE_ORDER_CANCELLED", "STORE_ORDER_CANCELLED"]);
        let event = &whole["events"][0];
        assert_eq!(event["message"], "The order was cancelled. Reason: Changed my mind");
        assert_eq!((&event["actorKind"], &event["actor"]["displayName"]), (&json!("CUSTOMER"), &Value::Null));
        assert_eq!(whole["payments"][0]["status"], "CANCELLED");
        let again = problem(&bob, CANCEL, cancel(&order)).await;
        assert_eq!((&again["code"], &again["allowedStatuses"]), (&json!("INVALID_STATE"), &json!([])));
        souk.work().await;
    });
}

#[test]
fn a_buyer_does_not_call_off_what_a_store_has_begun_but_the_staff_does() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 3).await;
        souk.as_user(&shop.vera).run(PROCESS, id(&order)).await;
        let found = problem(&souk.as_user(&shop.bob), CANCEL, cancel(&order)).await;
        assert_eq!(
            found["message"],
            "The order can't become CANCELLED, as a store order is PROCESSING; its buyer can cancel \
                    it while every store order is PENDING or CONFIRMED."
        );
        assert_eq!(found["allowedStatuses"], json!(["SHIPPED"]));
        let products = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        assert_eq!(souk.as_user(&products).refused(CANCEL, cancel(&order)).await, ["orderId NOT_FOUND"]);
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        souk.as_user(&staff).run(CANCEL, cancel(&order)).await;
        assert_eq!(timeline(souk, &order).await["events"][1]["actorKind"], "STAFF");
        assert_eq!(placed::stock(souk, shop.tea).await, (10, 0));
        souk.work().await;
    });
}

#[test]
fn money_that_was_received_is_owed_back_and_what_was_only_promised_is_called_off() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let on = |payment| Terms { provider: PaymentProvider::Sandbox, payment, ..Terms::default() };
        let parts = [(shop.store, shop.tea, 2)];
        let paid = order_on(souk, Some(&shop.bob), &parts, on(PaymentStatus::Captured)).await;
        let bob = souk.as_user(&shop.bob);
        bob.run(CANCEL, cancel(&paid)).await;
        let whole = timeline(souk, &paid).await;
        assert_eq!((&whole["status"], &whole["isPaid"]), (&json!("CANCELLED"), &json!(true)));
        assert_eq!(whole["payments"][0]["status"], "CAPTURED");
        assert_eq!(
            whole["events"][0]["message"],
            "The order was cancelled. 20.00 USD were received already and are due for a refund. Reason: Changed my mind"
        );
        let waiting = Terms {
            status: OrderStatus::Pending,
            provider: PaymentProvider::Sandbox,
            payment: PaymentStatus::RequiresAction,
            token: Some("tok_requires_action"),
        };
        let promised = order_on(souk, Some(&shop.bob), &parts, waiting).await;
        bob.run(CANCEL, cancel(&promised)).await;
        // The provider is asked after the commit, within the request: it alone can say that the money will not come.
        assert_eq!(timeline(souk, &promised).await["payments"][0]["status"], "CANCELLED");
        souk.work().await;
        let whole = timeline(souk, &promised).await;
        assert_eq!(whole["payments"][0]["status"], "CANCELLED");
        assert_eq!(types(&whole), ["ORDER_CANCELLED", "STORE_ORDER_CANCELLED", "PAYMENT_FAILED"]);
        assert_eq!(placed::stock(souk, shop.tea).await, (10, 0), "given back once");
    });
}

#[test]
fn a_store_calls_off_its_own_part_alone() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let other = make::store(souk, &carl, "Cups").await;
        let cup = make::product(souk, other, Make { name: "Cup", price: 500, ..Make::default() }).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 3), (other, cup, 1)]).await;
        souk.as_user(&carl).run(PROCESS, json!({ "id": order.parts[1].id.to_string() })).await;
        souk.as_user(&shop.vera).run(CALL_OFF, id(&order)).await;
        let whole = timeline(souk, &order).await;
        assert_eq!(whole["status"], "PROCESSING", "cancelled store orders no longer count");
        assert_eq!(whole["events"][1]["message"], "The store order was cancelled. Reason: Sold out");
        assert_eq!(whole["payments"][0]["amountDue"]["amount"], "5.00", "what is paid on delivery is what is left");
        assert_eq!((placed::stock(souk, shop.tea).await, placed::stock(souk, cup).await), ((10, 0), (9, 1)));
        souk.as_user(&carl).run(CALL_OFF, json!({ "id": order.parts[1].id.to_string() })).await;
        let whole = timeline(souk, &order).await;
        assert_eq!(whole["status"], "CANCELLED");
        assert!(types(&whole).contains(&"ORDER_CANCELLED"));
        assert_eq!(whole["payments"][0]["status"], "CANCELLED");
        souk.work().await;
    });
}

async fn settle(souk: &Souk, order: &Order, paid: Option<bool>) {
    let (app, system) = (&souk.app, System::for_command_line());
    let done: souk_core::error::Result<()> = async {
        transact!(app.db, tx, {
            match paid {
                Some(paid) => lifecycle::confirm(tx, app, &system, order.id, paid).await,
                None => lifecycle::fail(tx, app, &system, order.id, "The card was declined.").await,
            }
        })
    }
    .await;
    done.expect("settled");
}

#[test]
fn the_payment_confirms_an_order_once_or_ends_it_once() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let waiting = Terms {
            status: OrderStatus::Pending,
            provider: PaymentProvider::Sandbox,
            payment: PaymentStatus::Pending,
            token: None,
        };
        let parts = [(shop.store, shop.tea, 2)];
        let good = order_on(souk, Some(&shop.bob), &parts, waiting).await;
        for _ in 0..2 {
            settle(souk, &good, Some(true)).await;
        }
        settle(souk, &good, None).await;
        let whole = timeline(souk, &good).await;
        assert_eq!((&whole["status"], &whole["isPaid"]), (&json!("CONFIRMED"), &json!(true)));
        assert_eq!(types(&whole), ["ORDER_CONFIRMED", "STORE_ORDER_CONFIRMED"]);
        assert_eq!(souk.work().await, 2, "the confirmation, and the mail to the store");
        let bad = order_on(souk, Some(&shop.bob), &parts, waiting).await;
        assert_eq!(placed::stock(souk, shop.tea).await, (6, 4));
        for _ in 0..2 {
            settle(souk, &bad, None).await;
        }
        settle(souk, &bad, Some(true)).await;
        let whole = timeline(souk, &bad).await;
        assert_eq!((&whole["status"], &whole["isPaid"]), (&json!("FAILED"), &json!(false)));
        assert_eq!(types(&whole), ["ORDER_FAILED", "STORE_ORDER_FAILED"]);
        assert_eq!(placed::stock(souk, shop.tea).await, (8, 2), "given back once");
        souk.work().await;
    });
}

#[test]
fn nothing_is_written_by_a_refused_move() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 2).await;
        let vera = souk.as_user(&shop.vera);
        assert_eq!(vera.refused(DELIVER, id(&order)).await, ["id INVALID_STATE"]);
        assert_eq!(vera.refused(COMPLETE, id(&order)).await, ["id INVALID_STATE"]);
        let db = souk.app.db.read();
        let part = store_order::Entity::find_by_id(order.parts[0].id).one(db).await.expect("a query").expect("a part");
        let line = order_line::Entity::find_by_id(order.parts[0].lines[0]).one(db).await.expect("a query").expect("a line");
        let payment = payment::Entity::find_by_id(order.payment).one(db).await.expect("a query").expect("a payment");
        assert_eq!((part.version, line.fulfilled_quantity, payment.version), (1, 0, 1));
        assert_eq!(timeline(souk, &order).await["events"], json!([]));
    });
}

const PAID: &str = operation!("order", "OrderMarkPaid");
const PART_PAID: &str = operation!("store_order", "StoreOrderMarkPaid");

#[test]
fn money_that_people_received_is_noted_once() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let other = make::store(souk, &carl, "Cups").await;
        let cup = make::product(souk, other, Make { name: "Cup", ..Make::default() }).await;
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let (vera, carl, staff) = (souk.as_user(&shop.vera), souk.as_user(&carl), souk.as_user(&staff));
        let alone = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 2)]).await;
        assert_eq!(carl.refused(PART_PAID, id(&alone)).await, ["id NOT_FOUND"]);
        assert_eq!(vera.run(PART_PAID, id(&alone)).await["storeOrder"]["isPaid"], true);
        assert_eq!(vera.refused(PART_PAID, id(&alone)).await, ["id INVALID_STATE"]);
        let whole = timeline(souk, &alone).await;
        assert_eq!((&whole["payments"][0]["status"], &whole["isPaid"]), (&json!("CAPTURED"), &json!(true)));
        assert_eq!(whole["events"][0]["message"], "20.00 USD were received.");
        let shared = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1), (other, cup, 1)]).await;
        assert_eq!(vera.run(PART_PAID, id(&shared)).await["storeOrder"]["isPaid"], true);
        assert_eq!(vera.refused(PART_PAID, id(&shared)).await, ["id INVALID_STATE"]);
        let whole = timeline(souk, &shared).await;
        assert_eq!((&whole["payments"][0]["status"], &whole["isPaid"]), (&json!("PARTIALLY_CAPTURED"), &json!(false)));
        let whole_id = json!({ "id": shared.id.to_string() });
        assert_eq!(vera.error_code(PAID, whole_id.clone()).await, "FORBIDDEN");
        let calls = (0..10).map(|_| staff.data(PAID, whole_id.clone()));
        let answers = futures::future::join_all(calls).await;
        let paid = answers.iter().filter(|answer| answer["orderMarkPaid"]["order"]["isPaid"] == true).count();
        assert_eq!(paid, 1, "{answers:?}");
        assert_eq!(types(&timeline(souk, &shared).await), ["PAYMENT_CAPTURED", "PAYMENT_CAPTURED"]);
        let on = Terms { provider: PaymentProvider::Sandbox, ..Terms::default() };
        let by_card = order_on(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)], on).await;
        assert_eq!(staff.refused(PAID, json!({ "id": by_card.id.to_string() })).await, ["id INVALID_STATE"]);
        souk.as_user(&shop.bob).run(CANCEL, cancel(&alone)).await;
        assert_eq!(staff.refused(PAID, json!({ "id": alone.id.to_string() })).await, ["id INVALID_STATE"]);
        souk.work().await;
    });
}
