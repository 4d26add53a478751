//! Disputes: what they post, who bears them, who learns of them, and what can be refunded meanwhile.

use crate::app::{Souk, each};
use crate::ledger::{WorkedSale, earnings, entries};
use crate::make;
use crate::payment::payment_row;
use crate::payment::stripe::{buy, each_stripe, findings};
use entity::money::Minor;
use entity::value::{DisputeBearer, DisputeFunds, DisputeStatus, FindingKind, LedgerTransactionKind, PaymentStatus, StoreRole};
use entity::{dispute, event};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::provider::payment::{ProviderCapture, ProviderDispute, ProviderFunds, ProviderPayment, ProviderState};
use souk_domain::settlement::settle;

const SEEN: &str = operation!("dispute", "OrderDisputes");
const OF_STORE: &str = operation!("dispute", "StoreOrderDisputes");
const BALANCE: &str = operation!("ledger", "StoreBalance");
const SETTINGS: &str = operation!("ledger", "MoneySettingsUpdate");
const NODE: &str = operation!("node", "NodeWithId");
const REFUND: &str = operation!("refund", "OrderRefund");

/// The provider reports a paid sale with a dispute, whose fee is 15.00 once money moved.
async fn report(souk: &Souk, sale: &WorkedSale, amount: i64, status: DisputeStatus, funds: ProviderFunds) {
    let report = ProviderPayment::from_provider("charge".into(), ProviderState::Captured, souk.app.config.currency);
    let report = report.with_capture(ProviderCapture { reference: "a".into(), amount: Minor(10735), fee: Some(Minor(341)) });
    let report = report.with_dispute(ProviderDispute {
        reference: "du_1".into(),
        amount: Minor(amount),
        status,
        reason: "fraudulent".into(),
        respond_by: None,
        funds,
        fee: (funds != ProviderFunds::Untouched).then_some(Minor(1500)),
    });
    settle(&souk.app, sale.payment, report).await.expect("settled");
}

/// The money of the whole sale is withdrawn.
async fn opened(souk: &Souk) -> WorkedSale {
    let sale = WorkedSale::paid(souk).await;
    report(souk, &sale, 10735, DisputeStatus::Open, ProviderFunds::Withdrawn).await;
    sale
}

async fn row(souk: &Souk) -> dispute::Model {
    let rows = dispute::Entity::find().all(souk.app.db.read()).await.expect("disputes");
    assert_eq!(rows.len(), 1);
    rows[0].clone()
}

async fn held(souk: &Souk, sale: &WorkedSale, at: usize) -> String {
    let (owner, store) = &sale.stores[at];
    let balances = souk.as_user(owner).data(BALANCE, json!({ "storeId": store.to_string() })).await;
    balances["storeBalance"][0]["held"]["amount"].as_str().expect("an amount").to_owned()
}

async fn sums(souk: &Souk, sale: &WorkedSale) -> [i64; 2] {
    let sum = async |at: usize| earnings(souk, sale.stores[at].1).await.iter().sum::<i64>();
    [sum(0).await, sum(1).await]
}

fn refund(sale: &WorkedSale, at: usize, selection: Value, key: &str) -> Value {
    let input = json!({ "selection": selection, "reason": "GOODWILL", "isRestocked": false, "idempotencyKey": key });
    json!({ "storeOrderId": sale.store_orders[at].to_string(), "input": input })
}

#[test]
fn withdrawn_money_holds_what_the_stores_earned_with_it() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        // An inquiry moves no money.
        report(souk, &sale, 10735, DisputeStatus::Warning, ProviderFunds::Untouched).await;
        assert_eq!((row(souk).await.status, row(souk).await.funds), (DisputeStatus::Warning, DisputeFunds::Untouched));
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeOpened).await, [""; 0]);
        for _ in 0..2 {
            report(souk, &sale, 10735, DisputeStatus::Open, ProviderFunds::Withdrawn).await;
            assert_eq!(
                entries(souk, LedgerTransactionKind::DisputeOpened).await,
                [
                    "DISPUTES -> PROVIDER:SANDBOX 107.35",
                    "STORE_PAYABLE:A -> STORE_HELD:A 85.97",
                    "STORE_PAYABLE:B -> STORE_HELD:B 20.08",
                ]
            );
            assert_eq!(
                entries(souk, LedgerTransactionKind::Fee).await,
                ["PROVIDER_FEES -> PROVIDER:SANDBOX 15.00", "PROVIDER_FEES -> PROVIDER:SANDBOX 3.41"]
            );
        }
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -8597]);
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008, -2008]);
        assert_eq!((held(souk, &sale, 0).await, held(souk, &sale, 1).await), ("85.97".into(), "20.08".into()));
        let dispute = row(souk).await;
        assert_eq!((dispute.bearer, dispute.funds), (DisputeBearer::Stores, DisputeFunds::Held));
        // An older report changes nothing.
        report(souk, &sale, 10735, DisputeStatus::Warning, ProviderFunds::Untouched).await;
        assert_eq!(row(souk).await, dispute);
        assert_eq!(findings(souk).await, [(FindingKind::Disputed, 10735)]);
        souk.work().await;
    });
}

#[test]
fn stores_bear_a_lost_dispute_and_the_marketplace_returns_its_commission() {
    each(async |souk| {
        let sale = opened(souk).await;
        for _ in 0..2 {
            report(souk, &sale, 10735, DisputeStatus::Lost, ProviderFunds::Withdrawn).await;
            assert_eq!(
                entries(souk, LedgerTransactionKind::DisputeLost).await,
                [
                    "COMMISSION -> DISPUTES 2.00",
                    "COMMISSION -> DISPUTES 8.00",
                    "COMMISSION_TAX -> DISPUTES 0.26",
                    "COMMISSION_TAX -> DISPUTES 1.04",
                    "DISPUTES -> PROMOTIONS 2.00",
                    "DISPUTES -> PROMOTIONS 8.00",
                    "STORE_HELD:A -> DISPUTES 85.97",
                    "STORE_HELD:B -> DISPUTES 20.08",
                ]
            );
        }
        assert_eq!((sums(souk, &sale).await, held(souk, &sale, 0).await), ([0, 0], "0.00".into()));
        let seen = souk.as_user(&sale.stores[0].0).data(OF_STORE, json!({ "id": sale.store_orders[0].to_string() })).await;
        assert_eq!(seen["storeOrder"]["earning"]["amount"], "0.00");

        // It is won after all.
        report(souk, &sale, 10735, DisputeStatus::Won, ProviderFunds::Reinstated).await;
        assert_eq!(
            entries(souk, LedgerTransactionKind::DisputeLostUndone).await,
            [
                "DISPUTES -> COMMISSION 2.00",
                "DISPUTES -> COMMISSION 8.00",
                "DISPUTES -> COMMISSION_TAX 0.26",
                "DISPUTES -> COMMISSION_TAX 1.04",
                "DISPUTES -> STORE_HELD:A 85.97",
                "DISPUTES -> STORE_HELD:B 20.08",
                "PROMOTIONS -> DISPUTES 2.00",
                "PROMOTIONS -> DISPUTES 8.00",
            ]
        );
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeWon).await, WON);
        assert_eq!(sums(souk, &sale).await, [8597, 2008]);
        // What its provider reported before contradicts that, and changes nothing.
        report(souk, &sale, 10735, DisputeStatus::Lost, ProviderFunds::Withdrawn).await;
        assert_eq!((row(souk).await.status, row(souk).await.funds), (DisputeStatus::Won, DisputeFunds::Returned));
        assert!(findings(souk).await.contains(&(FindingKind::DisputeDiffers, 10735)));
        assert_eq!(sums(souk, &sale).await, [8597, 2008]);
        souk.work().await;
    });
}

const WON: [&str; 3] =
    ["PROVIDER:SANDBOX -> DISPUTES 107.35", "STORE_HELD:A -> STORE_PAYABLE:A 85.97", "STORE_HELD:B -> STORE_PAYABLE:B 20.08"];

#[test]
fn a_won_dispute_releases_what_was_held() {
    each(async |souk| {
        let sale = opened(souk).await;
        report(souk, &sale, 10735, DisputeStatus::UnderReview, ProviderFunds::Withdrawn).await;
        for _ in 0..2 {
            report(souk, &sale, 10735, DisputeStatus::Won, ProviderFunds::Reinstated).await;
            assert_eq!(entries(souk, LedgerTransactionKind::DisputeWon).await, WON);
        }
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeLostUndone).await, [""; 0]);
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -8597, 8597]);
        assert_eq!(held(souk, &sale, 0).await, "0.00");

        souk.work().await;
    });
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        report(souk, &sale, 10735, DisputeStatus::Won, ProviderFunds::Reinstated).await;
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeWon).await, WON);
        assert_eq!((row(souk).await.funds, sums(souk, &sale).await), (DisputeFunds::Returned, [8597, 2008]));
        souk.work().await;
    });
}

#[test]
fn the_marketplace_bears_a_lost_dispute_if_the_setting_says_so() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let bears = |who: &str| json!({ "input": { "disputeBearer": who } });
        let settings = admin.run(SETTINGS, bears("MARKETPLACE")).await["settings"].clone();
        assert_eq!(settings["disputeBearer"], "MARKETPLACE");
        let sale = opened(souk).await;
        // It is that of the time when the dispute was recorded.
        admin.run(SETTINGS, bears("STORES")).await;
        report(souk, &sale, 10735, DisputeStatus::Lost, ProviderFunds::Withdrawn).await;
        assert_eq!(
            entries(souk, LedgerTransactionKind::DisputeLost).await,
            ["LOSSES -> DISPUTES 107.35", "STORE_HELD:A -> STORE_PAYABLE:A 85.97", "STORE_HELD:B -> STORE_PAYABLE:B 20.08"]
        );
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -8597, 8597]);
        // The buyer has the money: it is not refunded, too.
        let refused = admin.refused(REFUND, refund(&sale, 0, json!({ "amount": "1.00" }), "a")).await;
        assert_eq!(refused, ["selection PAYMENT_DISPUTED"]);
        report(souk, &sale, 10735, DisputeStatus::Won, ProviderFunds::Reinstated).await;
        assert_eq!(
            entries(souk, LedgerTransactionKind::DisputeLostUndone).await,
            ["DISPUTES -> LOSSES 107.35", "STORE_PAYABLE:A -> STORE_HELD:A 85.97", "STORE_PAYABLE:B -> STORE_HELD:B 20.08"]
        );
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeWon).await, WON);
        assert_eq!(sums(souk, &sale).await, [8597, 2008]);
        souk.work().await;
    });
}

#[test]
fn disputed_money_is_not_refunded() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        // 50.00 × 87.01 / 107.35 = 40.53 of A, and 9.47 of B.
        report(souk, &sale, 5000, DisputeStatus::Open, ProviderFunds::Withdrawn).await;
        for (selection, expected) in [
            (json!({ "amount": "46.49" }), "selection PAYMENT_DISPUTED"),
            (json!({ "amount": "87.02" }), "selection.amount REFUND_EXCEEDS_PAID"),
        ] {
            assert_eq!(admin.refused(REFUND, refund(&sale, 0, selection, "x")).await, [expected]);
        }
        let row = sale.store_order(souk, 0).await;
        assert_eq!((row.disputed_total, row.lost_total), (Minor(4053), Minor::ZERO));
        admin.run(REFUND, refund(&sale, 0, json!({ "amount": "10.00" }), "a")).await;
        souk.work().await;
        report(souk, &sale, 5000, DisputeStatus::Lost, ProviderFunds::Withdrawn).await;
        // The rest of both, so that nothing is left.
        let rest = admin.run(REFUND, refund(&sale, 0, json!({}), "b")).await;
        assert_eq!(rest["refund"]["amount"]["amount"], "36.48");
        admin.run(REFUND, refund(&sale, 1, json!({}), "c")).await;
        assert_eq!(admin.refused(REFUND, refund(&sale, 0, json!({}), "d")).await, ["selection PAYMENT_DISPUTED"]);
        souk.work().await;
        assert_eq!(sums(souk, &sale).await, [0, 0]);
        let row = sale.store_order(souk, 0).await;
        assert_eq!((row.posted_commission_total, row.posted_commission_tax_total), (Minor::ZERO, Minor::ZERO));
    });
}

#[test]
fn what_no_store_order_covers_is_a_loss() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let admin = make::admin(souk).await;
        let one = refund(&sale, 0, json!({ "amount": "40.68" }), "a");
        souk.as_user(&admin).run(REFUND, one).await;
        souk.work().await;
        // A chargeback on top of a refund.
        report(souk, &sale, 10735, DisputeStatus::Open, ProviderFunds::Withdrawn).await;
        assert!(findings(souk).await.contains(&(FindingKind::DisputeDiffers, 6667)));
        report(souk, &sale, 10735, DisputeStatus::Lost, ProviderFunds::Withdrawn).await;
        let lost = entries(souk, LedgerTransactionKind::DisputeLost).await;
        assert!(lost.contains(&"LOSSES -> DISPUTES 40.68".to_owned()), "{lost:#?}");
        assert_eq!(sums(souk, &sale).await, [0, 0]);
        souk.work().await;
    });
}

#[test]
fn stores_and_staff_see_a_dispute_and_the_buyer_does_not() {
    each(async |souk| {
        let sale = opened(souk).await;
        let [(vera, store), (carl, _)] = &sale.stores;
        let (staff, fulfiller, other) =
            (make::admin(souk).await, make::customer(souk, "fay").await, make::vendor(souk, "otto").await);
        make::member(souk, *store, &fulfiller, StoreRole::Fulfiller).await;
        make::store(souk, &other, "Other").await;
        let id = row(souk).await.id.to_string();
        for (user, sees) in [(vera, true), (carl, true), (&staff, true), (&fulfiller, false), (&other, false)] {
            let node = souk.as_user(user).data(NODE, json!({ "id": id })).await["node"].clone();
            assert_eq!(!node.is_null(), sees, "{node}");
        }
        assert!(souk.guest().data(NODE, json!({ "id": id })).await["node"].is_null());
        let seen = souk.as_user(&staff).data(SEEN, json!({ "id": sale.order.to_string() })).await["order"].clone();
        let dispute = &seen["payments"][0]["disputes"][0];
        assert_eq!(
            (&dispute["status"], &dispute["funds"], &dispute["bearer"]),
            (&json!("OPEN"), &json!("HELD"), &json!("STORES"))
        );
        assert_eq!((&dispute["amount"]["amount"], &dispute["reason"]), (&json!("107.35"), &json!("fraudulent")));
        assert_eq!(seen["payments"][0]["refundableAmount"]["amount"], "0.00");
        let of_store = souk.as_user(vera).data(OF_STORE, json!({ "id": sale.store_orders[0].to_string() })).await;
        let own = &of_store["storeOrder"]["disputes"][0];
        // Its share alone: the whole would tell what the buyer paid to the other store.
        assert_eq!((&own["id"], &own["amount"]["amount"]), (&json!(id), &json!("87.01")));
        let of_fulfiller = souk.as_user(&fulfiller).data(OF_STORE, json!({ "id": sale.store_orders[0].to_string() })).await;
        assert_eq!(of_fulfiller["storeOrder"]["disputes"], json!([]));

        // The buyer, by the token of the order.
        let token = souk.app.keys.capability(Capability::Order, sale.order);
        let of_buyer = souk.guest().data(SEEN, json!({ "id": sale.order.to_string(), "token": token })).await["order"].clone();
        assert_eq!(of_buyer["payments"][0]["disputes"], json!([]));
        assert_eq!(of_buyer["storeOrders"][0]["disputes"], json!([]));
        assert!(!of_buyer.to_string().contains("DISPUTE_"), "{of_buyer}");

        // Each store is told of its share.
        let events = event::Entity::find().all(souk.app.db.read()).await.expect("events");
        let told: Vec<_> = events.iter().filter(|event| event.kind.as_deref() == Some("DISPUTE_OPENED")).collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|event| event.order_id.is_none() && event.user_id.is_none()));
        let of_vera = told.iter().find(|event| event.store_id == Some(store.0)).expect("an event");
        assert!(of_vera.message.as_deref().is_some_and(|message| message.starts_with("87.01 USD are disputed")), "{of_vera:?}");
        let node = json!({ "id": of_vera.id.to_string() });
        for (user, sees) in [(vera, true), (carl, false), (&other, false)] {
            let found = souk.as_user(user).data(NODE, node.clone()).await["node"].clone();
            assert_eq!(!found.is_null(), sees, "{found}");
        }
        souk.work().await;
    });
}

#[test]
fn many_reports_at_once_post_a_dispute_once() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let before = souk.app.db.deadlocks();
        let reports = (0..6).map(|n| {
            let status = if n % 2 == 0 { DisputeStatus::Open } else { DisputeStatus::Lost };
            report(souk, &sale, 10735, status, ProviderFunds::Withdrawn)
        });
        futures::future::join_all(reports).await;
        assert_eq!(souk.app.db.deadlocks(), before);
        assert_eq!(row(souk).await.funds, DisputeFunds::Lost);
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeOpened).await.len(), 3);
        assert_eq!(sums(souk, &sale).await, [0, 0]);
        souk.work().await;
    });
}

#[test]
fn events_tell_of_disputes_at_stripe() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_card").await;
        let dispute = stripe.dispute(&json!(payment_row(souk, &payload).await.provider_reference));
        for (id, kind) in [("evt_1", "charge.dispute.created"), ("evt_2", "charge.dispute.funds_withdrawn")] {
            assert_eq!(stripe.send(souk, id, kind, dispute.clone()).await, 200);
            souk.work().await;
        }
        let known = row(souk).await;
        assert_eq!((known.status, known.funds, known.fee), (DisputeStatus::Open, DisputeFunds::Held, Some(Minor(1500))));
        assert_eq!(known.respond_by.map(|at| at.timestamp()), Some(1_900_000_000));
        let payment = payment_row(souk, &payload).await;
        assert_eq!((payment.status, payment.disputed_amount), (PaymentStatus::Captured, Minor(1500)));
        // The status alone moves no money.
        let won = stripe.dispute_becomes("won", false);
        assert_eq!(stripe.send(souk, "evt_3", "charge.dispute.closed", won).await, 200);
        souk.work().await;
        assert_eq!((row(souk).await.status, row(souk).await.funds), (DisputeStatus::Won, DisputeFunds::Held));
        let won = stripe.dispute_becomes("won", true);
        assert_eq!(stripe.send(souk, "evt_4", "charge.dispute.funds_reinstated", won).await, 200);
        souk.work().await;
        assert_eq!(
            (row(souk).await.funds, payment_row(souk, &payload).await.disputed_amount),
            (DisputeFunds::Returned, Minor::ZERO)
        );
        assert_eq!(entries(souk, LedgerTransactionKind::DisputeWon).await[0], "PROVIDER:STRIPE -> DISPUTES 15.00");
    });
}
