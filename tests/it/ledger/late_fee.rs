//! Fees of captures that are known later, or change.

use super::{WorkedSale, earnings, entries};
use crate::app::each;
use crate::payment::payment_row;
use crate::payment::stripe::{buy, each_stripe, findings};
use entity::money::Minor;
use entity::value::{FindingKind, LedgerTransactionKind, PaymentProvider};
use entity::{capture, order, reconciliation_finding};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

#[test]
fn a_fee_that_is_known_later_is_posted_once() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        sale.capture(souk, &[("a", 10735, None)]).await;
        assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, [""; 0]);
        for _ in 0..2 {
            sale.capture(souk, &[("a", 10735, Some(341))]).await;
            assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, ["PROVIDER_FEES -> PROVIDER:SANDBOX 3.41"]);
        }
        let row = capture::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a capture");
        assert_eq!(row.fee, Some(Minor(341)));
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597], "the marketplace bears it");
        // A report without the fee changes nothing, and another fee is only a finding.
        sale.capture(souk, &[("a", 10735, None)]).await;
        assert_eq!(findings(souk).await, []);
        sale.capture(souk, &[("a", 10735, Some(350))]).await;
        let finding = reconciliation_finding::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a finding");
        assert_eq!((finding.kind, finding.expected, finding.found), (FindingKind::FeeDiffers, Minor(341), Minor(350)));
        assert_eq!((finding.subject_type.as_str(), finding.subject_id), ("CAPTURE", row.id.0));
        assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, ["PROVIDER_FEES -> PROVIDER:SANDBOX 3.41"]);
        souk.work().await;
    });
}

#[test]
fn stores_bear_a_fee_that_is_known_later_if_it_is_passed_on() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        let passed = order::Entity::update_many().col_expr(order::Column::FeePassedOn, Expr::value(true));
        passed.filter(order::Column::Id.eq(sale.order)).exec(souk.app.db.raw()).await.expect("an update");
        // The second capture is above what is due: it bears its part of the fee, which stays with the marketplace.
        sale.capture(souk, &[("a", 10735, None)]).await;
        sale.capture(souk, &[("a", 10735, Some(341)), ("b", 100, None)]).await;
        sale.capture(souk, &[("a", 10735, Some(341)), ("b", 100, Some(3))]).await;
        assert_eq!(
            entries(souk, LedgerTransactionKind::Fee).await,
            [
                "PROVIDER_FEES -> PROVIDER:SANDBOX 0.03",
                "PROVIDER_FEES -> PROVIDER:SANDBOX 3.41",
                "STORE_PAYABLE:A -> PROVIDER_FEES 2.76",
                "STORE_PAYABLE:B -> PROVIDER_FEES 0.65",
            ]
        );
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -276]);
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008, -65]);
        let rows = (sale.store_order(souk, 0).await.posted_fee_total, sale.store_order(souk, 1).await.posted_fee_total);
        assert_eq!(rows, (Minor(276), Minor(65)));
        souk.work().await;
    });
}

#[test]
fn an_event_tells_when_the_fee_is_known_at_stripe() {
    each_stripe(&[], async |souk, stripe, tea| {
        let payload = buy(souk, tea, "pm_slow_fee").await;
        stripe.know_fee(&json!(payment_row(souk, &payload).await.provider_reference));
        for id in ["evt_1", "evt_2"] {
            assert_eq!(stripe.send(souk, id, "charge.updated", stripe.intent()["latest_charge"].clone()).await, 200);
            souk.work().await;
        }
        assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, ["PROVIDER_FEES -> PROVIDER:STRIPE 0.73"]);
        assert_eq!(findings(souk).await, []);
    });
}
