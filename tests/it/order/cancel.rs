//! Cancelling orders that await payment: void orders are not charged, and money that arrives nevertheless becomes a refund
//! due.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin, begin_with, input, order_row, shop, stock};
use crate::make;
use crate::order::CANCEL;
use crate::payment::method::{charges, check_books};
use crate::payment::{CART, CONFIRM, captured_at_sandbox, complete, payment_row, report};
use entity::value::{EventType, OrderStatus, PaymentStatus};
use entity::{cart, event, order, order_line, sandbox_charge};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::ProviderState;
use souk_domain::settlement::settle;
use std::time::Duration;

const CHECKOUT: &str = operation!("checkout", "CheckoutWithOrder");
const UPDATE: &str = operation!("checkout", "CheckoutUpdateReturningIdAndNote");
const ORDER: &str = operation!("order", "OrderWithPayments");

struct Placed {
    ids: (Value, Value),
    cart: String,
    payload: Value,
    token: String,
}

impl Placed {
    async fn by(souk: &Souk, tea: make::Product, method: &str) -> Self {
        let (cart, ids) = begin_with(souk, tea, 2).await;
        let payload = complete(souk, &ids, method, "one").await;
        let id = payload["order"]["id"].as_str().expect("an order").parse::<entity::id::OrderId>().expect("an ID");
        Self { ids, cart, payload, token: souk.app.keys.capability(Capability::Order, id) }
    }

    fn named(&self) -> Value {
        json!({ "input": { "orderId": self.payload["order"]["id"], "orderToken": self.token } })
    }

    async fn order(&self, souk: &Souk) -> Value {
        souk.guest().data(ORDER, json!({ "id": self.payload["order"]["id"], "token": self.token })).await["order"].clone()
    }

    async fn in_cart(&self, souk: &Souk) -> Value {
        souk.guest().data(CART, json!({ "token": self.cart })).await["cart"]["totalQuantity"].clone()
    }
}

fn types(order: &Value) -> Vec<&str> {
    order["events"].as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect()
}

#[test]
fn cancelling_an_order_that_waits_for_its_payment_reopens_checkout_and_cart() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        for method in ["tok_requires_action", "tok_late_success"] {
            let placed = Placed::by(souk, tea, method).await;
            assert_eq!(placed.in_cart(souk).await, 0);
            let locked = json!({ "input": { "checkoutId": placed.ids.0, "checkoutToken": placed.ids.1, "note": "x" } });
            assert_eq!(souk.guest().refused(UPDATE, locked.clone()).await, ["checkoutId INVALID_STATE"]);
            assert_eq!(souk.guest().run(CANCEL, placed.named()).await["order"]["status"], "CANCELLED");
            assert_eq!((placed.in_cart(souk).await, stock(souk, tea).await), (json!(2), (5, 0)));
            let checkout = json!({ "id": placed.ids.0, "token": placed.ids.1 });
            assert_eq!(souk.guest().data(CHECKOUT, checkout).await["checkout"]["order"], Value::Null);
            souk.guest().run(UPDATE, locked).await;
            let order = placed.order(souk).await;
            assert_eq!((&order["isPaid"], &order["payments"][0]["status"]), (&json!(false), &json!("CANCELLED")));
            let last = &order["events"].as_array().expect("events").last().expect("one")["message"];
            assert!(last.as_str().is_some_and(|text| text.ends_with("was cancelled: the order was cancelled.")), "{last}");
            // The page of the old payment is worth nothing, and says so.
            let late = souk.guest().data(CONFIRM, placed.named()).await["paymentConfirm"].clone();
            assert_eq!(
                (&late["payment"]["status"], &late["userErrors"][0]["code"]),
                (&json!("CANCELLED"), &json!("PAYMENT_FAILED"))
            );
            assert_eq!(late["userErrors"][0]["field"], json!(["orderId"]));
            assert_eq!(charges(souk).await, 0);
        }
        let placed = Placed::by(souk, tea, "tok_requires_action").await;
        souk.guest().run(CANCEL, placed.named()).await;
        let again = complete(souk, &placed.ids, "tok_success", "two").await;
        assert_eq!((&again["userErrors"], &again["payment"]["status"]), (&json!([]), &json!("CAPTURED")));
        assert_ne!(again["order"]["id"], placed.payload["order"]["id"]);
        let old = complete(souk, &placed.ids, "tok_requires_action", "one").await;
        assert_eq!(old["order"]["id"], placed.payload["order"]["id"]);
        let message = old["userErrors"][0]["message"].as_str().expect("a message");
        assert!(message.starts_with("The payment was cancelled (the order was cancelled) and nothing was charged"), "{message}");
        souk.pass(Duration::from_secs(7200)).await;
        assert_eq!(charges(souk).await, 1);
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn an_order_that_a_store_can_begin_keeps_its_checkout_when_it_is_cancelled() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let (cart, ids) = begin_with(souk, tea, 2).await;
        let payload = souk.guest().run(COMPLETE, input(&ids, None, "k")).await;
        let order = order_row(souk, &payload["order"]["id"]).await;
        let token = souk.app.keys.capability(Capability::Order, order.id);
        let named = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
        souk.guest().run(CANCEL, named).await;
        assert_eq!(souk.guest().data(CART, json!({ "token": cart })).await["cart"]["totalQuantity"], 0);
        let refused = souk.guest().data(COMPLETE, input(&ids, None, "other")).await["checkoutComplete"].clone();
        assert_eq!(refused["userErrors"][0]["code"], "INVALID_STATE");
        let message = refused["userErrors"][0]["message"].as_str().expect("a message");
        assert!(message.ends_with("which is CANCELLED."), "{message}");
        souk.work().await;
    });
}

#[test]
fn money_that_a_silent_provider_took_for_a_cancelled_order_is_owed_back() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let placed = Placed::by(souk, tea, "tok_unreachable").await;
        souk.guest().run(CANCEL, placed.named()).await;
        assert_eq!((placed.in_cart(souk).await, stock(souk, tea).await), (json!(0), (5, 0)));
        // As long as the provider is silent, the money may have been taken: nothing else is asked for, and nothing untrue is said.
        for (method, key) in [("tok_success", "two"), ("tok_unreachable", "three")] {
            let waits = complete(souk, &placed.ids, method, key).await;
            assert_eq!(waits["userErrors"][0]["code"], "PAYMENT_PENDING", "{waits:#}");
        }
        let confirm = souk.guest().data(CONFIRM, placed.named()).await["paymentConfirm"].clone();
        assert_eq!(
            (&confirm["payment"]["status"], &confirm["userErrors"][0]["code"]),
            (&json!("PENDING"), &json!("PAYMENT_PENDING"))
        );
        souk.pass(Duration::from_secs(31)).await;
        let order = placed.order(souk).await;
        assert_eq!(
            (&order["status"], &order["isPaid"], &order["payments"][0]["status"]),
            (&json!("CANCELLED"), &json!(true), &json!("REFUNDED"))
        );
        assert!(order["paidAt"].is_string());
        assert_eq!(types(&order).iter().filter(|found| **found == "REFUND_DUE").count(), 1, "{order:#}");
        let paid = complete(souk, &placed.ids, "tok_success", "four").await;
        assert_eq!(paid["userErrors"][0]["code"], "INVALID_STATE");
        assert!(paid["userErrors"][0]["message"].as_str().is_some_and(|text| text.contains("was refunded")), "{paid:#}");
        souk.pass(Duration::from_secs(7200)).await;
        assert_eq!(charges(souk).await, 1);
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn a_cancelled_order_whose_provider_was_never_asked_is_never_charged() {
    each(async |souk| {
        let tea = shop(souk, 1000, 5).await;
        let placed = Placed::by(souk, tea, "tok_unreachable").await;
        // As if the process had been killed before the provider got the request.
        sandbox_charge::Entity::delete_many().exec(souk.app.db.raw()).await.expect("a delete");
        souk.guest().run(CANCEL, placed.named()).await;
        souk.app.clock.advance(Duration::from_secs(31));
        // The job, the same request again, and the buyer who says that they paid: none of them asks for money.
        souk.guest().data(CONFIRM, placed.named()).await;
        complete(souk, &placed.ids, "tok_unreachable", "one").await;
        souk.work().await;
        let order = placed.order(souk).await;
        assert_eq!((&order["status"], &order["payments"][0]["status"]), (&json!("CANCELLED"), &json!("CANCELLED")));
        assert_eq!((placed.in_cart(souk).await, charges(souk).await), (json!(2), 0));
        assert_eq!(complete(souk, &placed.ids, "tok_success", "two").await["payment"]["status"], "CAPTURED");
        souk.work().await;
        check_books(souk, tea, 5).await;
    });
}

#[test]
fn late_money_marks_the_order_paid_and_owes_it_back_once_in_either_order() {
    each(async |souk| {
        let tea = shop(souk, 1000, 9).await;
        for cancel_first in [true, false] {
            let placed = Placed::by(souk, tea, "tok_requires_action").await;
            let payment = payment_row(souk, &placed.payload).await;
            if cancel_first {
                souk.guest().run(CANCEL, placed.named()).await;
            }
            for _ in 0..3 {
                settle(&souk.app, payment.id, report(&payment, ProviderState::Captured)).await.expect("settled");
            }
            captured_at_sandbox(souk, payment.id, payment.amount).await;
            if !cancel_first {
                souk.guest().run(CANCEL, placed.named()).await;
            }
            souk.work().await;
            let order = placed.order(souk).await;
            let found = (&order["status"], &order["isPaid"], &order["refundDue"]["amount"], &order["payments"][0]["status"]);
            assert_eq!(found, (&json!("CANCELLED"), &json!(true), &json!("0.00"), &json!("REFUNDED")));
            assert_eq!(types(&order).iter().filter(|found| **found == "REFUND_DUE").count(), 1, "{order:#}");
            assert!(order["events"].as_array().expect("events").iter().any(|event| {
                event["message"].as_str().is_some_and(|text| text == "25.00 USD were received and are due for a refund.")
            }));
        }
        assert_eq!(stock(souk, tea).await, (9, 0));
    });
}

/// After anything: void and captured is owed or returned, and the books agree with the provider.
async fn ends_well(souk: &Souk, placed: &Placed) {
    let order = placed.order(souk).await;
    let status = order["status"].as_str().expect("a status");
    let payment = order["payments"][0]["status"].as_str().expect("a status");
    let owed = order["refundDue"]["amount"] != "0.00";
    match (status, payment) {
        ("CANCELLED", "CANCELLED" | "FAILED") => assert_eq!((&order["isPaid"], owed), (&json!(false), false), "{order:#}"),
        ("CANCELLED", "CAPTURED" | "REFUNDED") => {
            assert_eq!((&order["isPaid"], owed), (&json!(true), payment == "CAPTURED"), "{order:#}");
            assert!(types(&order).contains(&"REFUND_DUE"), "{order:#}");
        }
        other => panic!("{other:?}: {order:#}"),
    }
}

#[test]
fn cancelling_while_the_buyer_confirms_ends_well() {
    each(async |souk| {
        let tea = shop(souk, 1000, 60).await;
        for round in 0..12 {
            let placed = Placed::by(souk, tea, "tok_requires_action").await;
            let call = async |at: usize| match (at + round) % 3 {
                0 => drop(souk.guest().data(CANCEL, placed.named()).await),
                1 => drop(souk.guest().data(CONFIRM, placed.named()).await),
                _ => drop(complete(souk, &placed.ids, "tok_requires_action", "one").await),
            };
            join_all((0..9).map(call)).await;
            ends_well(souk, &placed).await;
            check_books(souk, tea, 60).await;
        }
        souk.pass(Duration::from_secs(4 * 3600)).await;
        check_books(souk, tea, 60).await;
    });
}

#[test]
fn cancelling_while_the_order_is_being_completed_ends_well() {
    each(async |souk| {
        let tea = shop(souk, 1000, 60).await;
        for round in 0..10 {
            let (cart, ids) = begin_with(souk, tea, 2).await;
            let checkout = ids.0.as_str().expect("an ID").parse::<entity::id::CheckoutId>().expect("an ID");
            let method = ["tok_success", "tok_late_success", "tok_requires_action"][round % 3];
            let completing = complete(souk, &ids, method, "one");
            let cancelling = async {
                loop {
                    let query = order::Entity::find().filter(order::Column::CheckoutId.eq(checkout.0));
                    if let Some(order) = query.one(souk.app.db.read()).await.expect("a query") {
                        let token = souk.app.keys.capability(Capability::Order, order.id);
                        let named = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
                        return souk.guest().data(CANCEL, named).await;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let (payload, cancelled) = tokio::join!(completing, cancelling);
            assert_eq!(cancelled["orderCancel"]["order"]["status"], "CANCELLED");
            let id = payload["order"]["id"].as_str().expect("an order").parse::<entity::id::OrderId>().expect("an ID");
            let token = souk.app.keys.capability(Capability::Order, id);
            ends_well(souk, &Placed { ids, cart, payload, token }).await;
            check_books(souk, tea, 60).await;
        }
        souk.pass(Duration::from_secs(4 * 3600)).await;
        check_books(souk, tea, 60).await;
    });
}

#[test]
fn cancelling_while_the_job_asks_the_provider_ends_well() {
    each(async |souk| {
        let tea = shop(souk, 1000, 60).await;
        for method in ["tok_late_success", "tok_requires_action", "tok_unreachable", "tok_late_failure"] {
            for _ in 0..3 {
                let placed = Placed::by(souk, tea, method).await;
                souk.app.clock.advance(Duration::from_secs(61));
                let guest = souk.guest();
                let (_, cancelled) = tokio::join!(souk.work(), guest.data(CANCEL, placed.named()));
                souk.work().await;
                if cancelled["orderCancel"]["order"]["status"] == "CANCELLED" {
                    ends_well(souk, &placed).await;
                } else {
                    assert_eq!(placed.order(souk).await["status"], "FAILED");
                }
                check_books(souk, tea, 60).await;
            }
        }
    });
}

/// Two checkouts of one cart: one fails, and gives its lines back, while the other is completed.
#[test]
fn a_payment_fails_while_the_same_cart_is_ordered_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 200).await;
        for _ in 0..10 {
            let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
            let first = begin(&souk.guest(), &cart).await;
            let waiting = complete(souk, &first, "tok_requires_action", "one").await;
            let add =
                json!({ "input": { "cartToken": cart, "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } });
            let text = operation!("cart", "CartLinesAddReturningId");
            souk.guest().run(text, add).await;
            let second = begin(&souk.guest(), &cart).await;
            let payment = payment_row(souk, &waiting).await;
            let failed = report(&payment, ProviderState::Failed { reason: "no".into() });
            let app = &souk.app;
            let (settled, completed, again) = tokio::join!(
                settle(app, payment.id, failed.clone()),
                complete(souk, &second, "tok_success", "two"),
                settle(app, payment.id, failed.clone()),
            );
            assert_eq!(settled.expect("settled").status, PaymentStatus::Failed);
            again.expect("settled");
            assert_eq!(completed["payment"]["status"], "CAPTURED", "{completed:#}");
            assert_eq!(order_row(souk, &waiting["order"]["id"]).await.status, OrderStatus::Failed);
            // One piece from each: both in the order, or one of them back in the cart.
            let id = souk.app.keys.check::<entity::id::CartId>(Capability::Cart, &cart).expect("a cart");
            let in_cart = entity::cart_line::Entity::find().filter(entity::cart_line::Column::CartId.eq(id));
            let in_cart: i32 = in_cart.all(app.db.read()).await.expect("lines").iter().map(|line| line.quantity).sum();
            let order = order_row(souk, &completed["order"]["id"]).await;
            let ordered = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id));
            let ordered: i32 = ordered.all(app.db.read()).await.expect("lines").iter().map(|line| line.quantity).sum();
            assert_eq!(in_cart + ordered, 2);
            assert!(cart::Entity::find_by_id(id).one(app.db.read()).await.expect("a query").is_some());
        }
        souk.work().await;
        check_books(souk, tea, 200).await;
        let failures = event::Entity::find().filter(event::Column::EventType.eq(EventType::OrderFailed));
        assert_eq!(failures.count(souk.app.db.read()).await.expect("a count"), 10, "each failed once");
    });
}
