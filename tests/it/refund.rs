//! Refunds: what they return and post, who may request them, and that no money is returned twice.

mod at_provider;
mod cancel;
mod random;

use crate::app::{Souk, each};
use crate::ledger::{WorkedSale, earnings, entries};
use crate::make;
use entity::id::StoreId;
use entity::money::Minor;
use entity::value::{
    LedgerTransactionKind, OrderStatus, PaymentProvider, PaymentStatus, Permission, RefundStatus, Role, StoreRole,
};
use entity::{order, order_line, payment, refund, sandbox_charge, sandbox_refund};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use std::time::Duration;

const BY_STORE: &str = operation!("refund", "StoreOrderRefund");
const BY_STORE_ALONE: &str = operation!("refund", "StoreOrderRefundAlone");
const BY_STAFF: &str = operation!("refund", "OrderRefund");
const MARK_PAID: &str = operation!("refund", "RefundMarkPaid");
const RETRY: &str = operation!("refund", "RefundRetry");
const PREVIEW: &str = operation!("refund", "RefundPreview");
const SEEN: &str = operation!("refund", "OrderRefunds");
const PAID_TO_STORE: &str = operation!("store_order", "StoreOrderMarkPaid");
const CANCEL: &str = operation!("order", "OrderCancel");

fn input(selection: Value, key: &str) -> Value {
    json!({ "selection": selection, "reason": "RETURNED", "isRestocked": false, "idempotencyKey": key })
}

impl WorkedSale {
    async fn lines(&self, souk: &Souk, at: usize) -> Vec<order_line::Model> {
        let query = order_line::Entity::find().filter(order_line::Column::StoreOrderId.eq(self.store_orders[at]));
        query.order_by_asc(order_line::Column::Id).all(souk.app.db.read()).await.expect("lines")
    }

    async fn units(&self, souk: &Souk, at: usize, quantity: i32, shipping: bool) -> Value {
        let line = self.lines(souk, at).await[0].id.to_string();
        json!({ "lines": [{ "lineId": line, "quantity": quantity }], "isShippingRefunded": shipping })
    }

    fn of_store(&self, at: usize, selection: Value, key: &str) -> Value {
        json!({ "id": self.store_orders[at].to_string(), "input": input(selection, key) })
    }

    fn of_staff(&self, at: usize, selection: Value, key: &str) -> Value {
        json!({ "storeOrderId": self.store_orders[at].to_string(), "input": input(selection, key) })
    }

    async fn payment_row(&self, souk: &Souk) -> payment::Model {
        payment::Entity::find_by_id(self.payment).one(souk.app.db.read()).await.expect("a query").expect("a payment")
    }

    async fn seen(&self, souk: &Souk) -> Value {
        let token = souk.app.keys.capability(Capability::Order, self.order);
        let variables = json!({ "id": self.order.to_string(), "token": token });
        souk.guest().data(SEEN, variables).await["order"].clone()
    }
}

async fn balance(souk: &Souk, store: StoreId) -> i64 {
    earnings(souk, store).await.iter().sum()
}

#[test]
fn a_refund_of_some_items_is_posted_to_the_cent() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let vera = souk.as_user(&sale.stores[0].0);
        let one = sale.units(souk, 0, 1, false).await;
        let id = sale.store_orders[0].to_string();
        let preview = vera.data(PREVIEW, json!({ "storeOrderId": id, "selection": one })).await["refundPreview"].clone();
        assert_eq!((&preview["amount"]["amount"], &preview["refundableAmount"]["amount"]), (&json!("40.68"), &json!("87.01")));
        let refund = vera.run(BY_STORE, sale.of_store(0, one.clone(), "a")).await["refund"].clone();
        assert_eq!((&refund["status"], &refund["amount"]["amount"]), (&json!("PENDING"), &json!("40.68")));
        assert_eq!((&refund["lines"][0]["quantity"], &refund["lines"][0]["amount"]["amount"]), (&json!(1), &json!("40.68")));
        assert_eq!(
            entries(souk, LedgerTransactionKind::Refund).await,
            [
                "COMMISSION -> STORE_PAYABLE:A 4.00",
                "COMMISSION_TAX -> STORE_PAYABLE:A 0.52",
                "STORE_PAYABLE:A -> BUYER_OWED 40.68",
                "STORE_PAYABLE:A -> PROMOTIONS 4.00",
            ]
        );
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -4016]);
        // The same request again is the same refund; the provider is called once.
        let again = vera.run(BY_STORE, sale.of_store(0, one, "a")).await["refund"].clone();
        assert_eq!(again["id"], refund["id"]);
        souk.work().await;
        assert_eq!(entries(souk, LedgerTransactionKind::RefundSettled).await, ["BUYER_OWED -> PROVIDER:SANDBOX 40.68"]);
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::PartiallyRefunded, Minor(4068)));
        assert_eq!(payment.refund_pending_amount, Minor::ZERO);
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["refunds"][0]["status"], &seen["refundDue"]["amount"]), (&json!("SUCCEEDED"), &json!("0.00")));
        assert_eq!(seen["payments"][0]["refundableAmount"]["amount"], "66.67");
    });
}

/// Most SQL statements of a refund, by staff and by a store, whose balance is asked. Those of the job are only printed: they are counted with
/// what runs in the background meanwhile.
const STATEMENTS: u64 = 25;

#[test]
fn a_refund_takes_few_statements() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let units = sale.units(souk, 0, 1, true).await;
        let (vera, admin) = (souk.as_user(&sale.stores[0].0), souk.as_user(&admin));
        // The first refund of a store opens its accounts.
        vera.run(BY_STORE, sale.of_store(0, json!({ "amount": "0.01" }), "first")).await;
        souk.work().await;
        let by_store = souk.statements(&vera, BY_STORE_ALONE, sale.of_store(0, units, "a")).await;
        let before = souk.app.db.statements();
        souk.work().await;
        let job = souk.app.db.statements() - before;
        let by_staff = souk.statements(&admin, BY_STAFF, sale.of_staff(1, json!({}), "b")).await;
        let counts = [by_staff.1, by_store.1];
        eprintln!("Refund by staff, by the store: {counts:?} statements; its job: {job}, on {}", souk.database);
        for (answer, name) in [(&by_store.0, "storeOrderRefund"), (&by_staff.0, "orderRefund")] {
            assert_eq!(answer["data"][name]["userErrors"], json!([]), "{answer:#}");
        }
        assert!(counts.iter().all(|count| *count <= STATEMENTS), "{counts:?}");
        souk.work().await;
    });
}

#[test]
fn refunds_of_everything_reverse_everything_exactly() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for (at, selections) in [
            (0, vec![json!({ "amount": "0.01" }), sale.units(souk, 0, 1, true).await, json!({ "amount": "3.33" }), json!({})]),
            (1, vec![json!({ "amount": "7.00" }), json!({})]),
        ] {
            for (n, selection) in selections.into_iter().enumerate() {
                admin.run(BY_STAFF, sale.of_staff(at, selection, &format!("{at}-{n}"))).await;
            }
            assert_eq!(balance(souk, sale.stores[at].1).await, 0);
            let row = sale.store_order(souk, at).await;
            assert_eq!((row.refunded_total, row.posted_commission_total), (row.paid_total, Minor::ZERO));
            assert_eq!((row.posted_commission_tax_total, row.posted_marketplace_discount_total), (Minor::ZERO, Minor::ZERO));
            let line = &sale.lines(souk, at).await[0];
            assert_eq!((line.reversed_commission_total, line.reversed_tax_total), (line.commission_total, line.tax_total));
            let more = admin.refused(BY_STAFF, sale.of_staff(at, json!({}), "more")).await;
            assert_eq!(more, ["selection REFUND_EXCEEDS_PAID"]);
        }
        souk.work().await;
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::Refunded, Minor(10735)));
    });
}

#[test]
fn many_refunds_at_once_return_no_more_than_was_paid() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let before = souk.app.db.deadlocks();
        let calls = (0..16).map(|n| {
            let variables = sale.of_staff(0, json!({ "amount": "20.00" }), &format!("k{n}"));
            let caller = souk.as_user(&admin);
            async move { caller.data(BY_STAFF, variables).await["orderRefund"].clone() }
        });
        let answers = futures::future::join_all(calls).await;
        let made = answers.iter().filter(|answer| !answer["refund"].is_null()).count();
        assert_eq!(made, 4, "{answers:#?}");
        assert!(
            answers
                .iter()
                .filter(|answer| answer["refund"].is_null())
                .all(|answer| { answer["userErrors"][0]["code"] == "REFUND_EXCEEDS_PAID" })
        );
        assert_eq!(souk.app.db.deadlocks(), before);
        souk.work().await;
        let rows = refund::Entity::find().all(souk.app.db.read()).await.expect("refunds");
        assert!(rows.iter().all(|row| row.status == RefundStatus::Succeeded));
        assert_eq!(sale.payment_row(souk).await.refunded_amount, Minor(8000));
    });
}

#[test]
fn cancelling_what_was_paid_refunds_it() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        souk.guest().run(CANCEL, json!({ "input": { "orderId": sale.order.to_string(), "orderToken": token } })).await;
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["status"], &seen["refundDue"]["amount"]), (&json!("CANCELLED"), &json!("107.35")));
        for (_, store) in &sale.stores {
            assert_eq!(balance(souk, *store).await, 0);
        }
        souk.work().await;
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["refundDue"]["amount"], &seen["payments"][0]["status"]), (&json!("0.00"), &json!("REFUNDED")));
        let reasons: Vec<_> = seen["refunds"].as_array().expect("refunds").iter().map(|refund| &refund["reason"]).collect();
        assert_eq!(reasons, ["CANCELLED", "CANCELLED"]);
    });
}

#[test]
fn money_that_no_store_order_needs_returns_by_itself() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        sale.capture(souk, &[("a", 10000, None)]).await;
        let order = order::Entity::find_by_id(sale.order).one(souk.app.db.read()).await.expect("a query").expect("an order");
        assert_eq!((order.status, order.refund_due), (OrderStatus::Failed, Minor(10000)));
        souk.work().await;
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["refunds"][0]["reason"], &seen["refunds"][0]["status"]), (&json!("UNDERPAID"), &json!("SUCCEEDED")));
        assert_eq!(seen["refundDue"]["amount"], "0.00");
        assert_eq!(entries(souk, LedgerTransactionKind::RefundSettled).await, ["BUYER_OWED -> PROVIDER:SANDBOX 100.00"]);
        assert_eq!(sale.payment_row(souk).await.status, PaymentStatus::Refunded);
    });
}

#[test]
fn the_money_of_a_manual_payment_is_returned_by_a_person() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Manual).await;
        let vera = souk.as_user(&sale.stores[0].0);
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        vera.run(PAID_TO_STORE, json!({ "id": sale.store_orders[0].to_string() })).await;
        assert_eq!(balance(souk, sale.stores[0].1).await, -104);
        // The store has no balance; the marketplace decides.
        let all = json!({});
        assert_eq!(vera.refused(BY_STORE, sale.of_store(0, all.clone(), "a")).await, ["selection REFUND_EXCEEDS_BALANCE"]);
        let refund = admin.run(BY_STAFF, sale.of_staff(0, all, "b")).await["refund"].clone();
        assert_eq!((&refund["status"], &refund["amount"]["amount"]), (&json!("AWAITING_PERSON"), &json!("87.01")));
        let paid = admin.run(MARK_PAID, json!({ "id": refund["id"] })).await;
        assert_eq!(paid["refund"]["status"], "SUCCEEDED");
        assert_eq!(admin.refused(MARK_PAID, json!({ "id": refund["id"] })).await, ["id INVALID_STATE"]);
        // It kept the cash, and returned it out of its own hand.
        assert_eq!(entries(souk, LedgerTransactionKind::RefundSettled).await, ["BUYER_OWED -> STORE_PAYABLE:A 87.01"]);
        assert_eq!(balance(souk, sale.stores[0].1).await, 0);
        souk.work().await;
    });
}

#[test]
fn only_the_store_itself_and_the_staff_refund() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let [(vera, store), (carl, _)] = &sale.stores;
        let (mia, fulfiller) = (make::customer(souk, "mia").await, make::customer(souk, "fay").await);
        make::member(souk, *store, &mia, StoreRole::Manager).await;
        make::member(souk, *store, &fulfiller, StoreRole::Fulfiller).await;
        let moderator = make::staff(souk, "mo", Role::Staff, &[Permission::Moderate]).await;
        let one = json!({ "amount": "1.00" });
        for (n, (user, expected)) in
            [(carl, "NOT_FOUND"), (&fulfiller, "FORBIDDEN"), (&moderator, "NOT_FOUND")].into_iter().enumerate()
        {
            let answer = souk.as_user(user).answer(BY_STORE, sale.of_store(0, one.clone(), &format!("x{n}"))).await;
            let error = &answer["errors"][0]["extensions"]["code"];
            let problem = &answer["data"]["storeOrderRefund"]["userErrors"][0]["code"];
            assert!(*error == expected || *problem == expected, "{answer:#}");
        }
        assert_eq!(souk.as_user(carl).error_code(BY_STAFF, sale.of_staff(0, one.clone(), "y")).await, "FORBIDDEN");
        souk.as_user(&mia).run(BY_STORE, sale.of_store(0, one.clone(), "a")).await;
        let vera = souk.as_user(vera);
        for (selection, expected) in [
            (json!({ "amount": "0" }), "selection REFUND_EXCEEDS_PAID"),
            (json!({ "amount": "-1" }), "selection REFUND_EXCEEDS_PAID"),
            (json!({ "amount": "1000" }), "selection.amount REFUND_EXCEEDS_PAID"),
            (json!({ "amount": "1", "lines": [] }), "selection.amount INVALID"),
            (sale.units(souk, 0, 3, false).await, "selection.lines.0.quantity OUT_OF_RANGE"),
            (sale.units(souk, 1, 1, false).await, "selection.lines.0.lineId NOT_FOUND"),
        ] {
            assert_eq!(vera.refused(BY_STORE, sale.of_store(0, selection.clone(), "z")).await, [expected], "{selection}");
        }
        let mut system = sale.of_store(0, one.clone(), "s");
        system["input"]["reason"] = json!("LATE_PAYMENT");
        assert_eq!(vera.refused(BY_STORE, system).await, ["reason INVALID"]);
        let other = sale.of_store(0, json!({ "amount": "2.00" }), "a");
        let answer = vera.answer(BY_STORE, other).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(refund::Entity::find().all(souk.app.db.read()).await.expect("refunds").len(), 1);
        souk.work().await;
    });
}

/// The refunds of a payment have an outcome at the sandbox, as its token selects it.
async fn refunds_end(souk: &Souk, sale: &WorkedSale, token: &str) {
    let row = sandbox_charge::ActiveModel {
        payment_id: sea_orm::ActiveValue::Unchanged(sale.payment),
        token: sea_orm::ActiveValue::Set(Some(token.to_owned())),
        ..Default::default()
    };
    sandbox_charge::Entity::update(row).exec(souk.app.db.raw()).await.expect("an update");
}

#[test]
fn a_refund_that_fails_is_taken_back_and_one_for_cancelled_items_stays_owed() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        refunds_end(souk, &sale, "tok_refund_fails").await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let one = sale.units(souk, 0, 1, false).await;
        admin.run(BY_STAFF, sale.of_staff(0, one.clone(), "a")).await;
        assert_eq!(balance(souk, sale.stores[0].1).await, 8597 - 4016);
        souk.work().await;
        let seen = sale.seen(souk).await;
        assert_eq!((&seen["refunds"][0]["status"], &seen["refundDue"]["amount"]), (&json!("FAILED"), &json!("0.00")));
        assert_eq!(seen["refunds"][0]["failureReason"], "the bank refused the refund");
        assert_eq!(
            entries(souk, LedgerTransactionKind::RefundFailed).await,
            [
                "BUYER_OWED -> STORE_PAYABLE:A 40.68",
                "PROMOTIONS -> STORE_PAYABLE:A 4.00",
                "STORE_PAYABLE:A -> COMMISSION 4.00",
                "STORE_PAYABLE:A -> COMMISSION_TAX 0.52",
            ]
        );
        assert_eq!(balance(souk, sale.stores[0].1).await, 8597);
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refundable()), (PaymentStatus::Captured, Minor(10735)));
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        souk.guest().run(CANCEL, json!({ "input": { "orderId": sale.order.to_string(), "orderToken": token } })).await;
        souk.work().await;
        assert_eq!(balance(souk, sale.stores[0].1).await, 0);
        let findings = entity::reconciliation_finding::Entity::find().all(souk.app.db.read()).await.expect("findings");
        assert_eq!(findings.len(), 3, "{findings:#?}");
    });
}

#[test]
fn a_failed_refund_of_what_is_still_owed_is_repeated_once() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        refunds_end(souk, &sale, "tok_refund_fails").await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let of_store = admin.run(BY_STAFF, sale.of_staff(0, sale.units(souk, 0, 1, false).await, "a")).await["refund"].clone();
        assert_eq!(admin.refused(RETRY, json!({ "id": of_store["id"] })).await, ["id INVALID_STATE"], "it has not failed yet");
        souk.work().await;
        // It was taken back: the money is the store's again.
        assert_eq!(admin.refused(RETRY, json!({ "id": of_store["id"] })).await, ["id INVALID_STATE"]);
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        souk.guest().run(CANCEL, json!({ "input": { "orderId": sale.order.to_string(), "orderToken": token } })).await;
        souk.work().await;
        let failed: Vec<_> = refund::Entity::find()
            .filter(refund::Column::Reason.eq(entity::value::RefundReason::Cancelled))
            .all(souk.app.db.read())
            .await
            .expect("refunds");
        assert_eq!(failed.iter().map(|row| row.status).collect::<Vec<_>>(), [RefundStatus::Failed; 2]);
        // The repetition fails, too, and is repeated.
        let id = failed[0].id.to_string();
        let again = admin.run(RETRY, json!({ "id": id })).await["refund"].clone();
        assert_eq!((&again["status"], &again["reason"]), (&json!("PENDING"), &json!("CANCELLED")));
        let calls = (0..8).map(async |_| admin.run(RETRY, json!({ "id": id })).await["refund"]["id"].clone());
        assert_eq!(futures::future::join_all(calls).await, vec![again["id"].clone(); 8]);
        souk.work().await;
        refunds_end(souk, &sale, "tok_success").await;
        // The sandbox counts them as paid with this token.
        sandbox_refund::Entity::delete_many().exec(souk.app.db.raw()).await.expect("a deletion");
        for id in [again["id"].clone(), json!(failed[1].id.to_string())] {
            admin.run(RETRY, json!({ "id": id })).await;
        }
        souk.work().await;
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::Refunded, Minor(10735)));
        assert_eq!(sale.seen(souk).await["refundDue"]["amount"], "0.00");
        assert_eq!(balance(souk, sale.stores[0].1).await, 0);
        let vera = souk.as_user(&sale.stores[0].0);
        assert_eq!(vera.error_code(RETRY, json!({ "id": id })).await, "FORBIDDEN");
    });
}

#[test]
fn a_refund_that_the_bank_has_not_decided_is_looked_up_until_it_is() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        refunds_end(souk, &sale, "tok_refund_pending").await;
        let admin = make::admin(souk).await;
        souk.as_user(&admin).run(BY_STAFF, sale.of_staff(1, json!({}), "a")).await;
        souk.work().await;
        assert_eq!(sale.seen(souk).await["refunds"][0]["status"], "PENDING");
        assert_eq!(sale.payment_row(souk).await.refund_pending_amount, Minor(2034));
        souk.pass(Duration::from_secs(120)).await;
        assert_eq!(sale.seen(souk).await["refunds"][0]["status"], "SUCCEEDED");
    });
}

#[test]
fn refunding_and_cancelling_at_once_return_what_was_paid_once() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let before = souk.app.db.deadlocks();
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        let call = async |n: usize| {
            if n == 7 {
                let variables = json!({ "input": { "orderId": sale.order.to_string(), "orderToken": token } });
                drop(souk.guest().data(CANCEL, variables).await);
            } else {
                let variables = sale.of_staff(n % 2, json!({ "amount": "3.00" }), &format!("k{n}"));
                drop(souk.as_user(&admin).data(BY_STAFF, variables).await);
            }
        };
        futures::future::join_all((0..16).map(call)).await;
        souk.work().await;
        assert_eq!(souk.app.db.deadlocks(), before);
        let payment = sale.payment_row(souk).await;
        assert_eq!((payment.status, payment.refunded_amount), (PaymentStatus::Refunded, Minor(10735)));
        for (_, store) in &sale.stores {
            assert_eq!(balance(souk, *store).await, 0);
        }
    });
}
