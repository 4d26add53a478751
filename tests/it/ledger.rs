//! The ledger: what captures post, what stores earn, and what can't be written.

mod access;
mod commission;
mod csv;
mod demo;
mod late_fee;
mod rows;
mod terms;

use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::id::{LedgerAccountId, OrderId, PaymentId, StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::{CollectedBy, LedgerTransactionKind, OrderStatus, PaymentProvider, PaymentStatus};
use entity::{
    earning, ledger_account, ledger_entry, ledger_transaction, order, order_line, payment, product, product_variant, store,
    store_order,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use souk::fixture;
use souk_core::provider::payment::{ProviderCapture, ProviderPayment, ProviderState};
use souk_domain::settlement::settle;
use std::collections::HashMap;

/// An order over 107.35 of two stores, as in the design: prices without tax, 13 % tax, a discount of 10 % that the marketplace bears,
/// 10 % commission with 13 % tax on it.
pub struct WorkedSale {
    pub order: OrderId,
    pub payment: PaymentId,
    pub stores: [(make::User, StoreId); 2],
    pub store_orders: [StoreOrderId; 2],
}

struct Priced {
    quantity: i32,
    unit: i64,
    discount: i64,
    tax: i64,
    commission: (i64, i64),
    shipping: (i64, i64),
}

const A: Priced = Priced { quantity: 2, unit: 4000, discount: 800, tax: 936, commission: (800, 104), shipping: (500, 65) };
const B: Priced = Priced { quantity: 1, unit: 2000, discount: 200, tax: 234, commission: (200, 26), shipping: (0, 0) };

impl WorkedSale {
    /// The order, whose payment is requested.
    pub async fn place(souk: &Souk, provider: PaymentProvider) -> Self {
        let (vera, carl) = (make::vendor(souk, "vera").await, make::vendor(souk, "carl").await);
        let stores = [(make::store(souk, &vera, "A").await, vera), (make::store(souk, &carl, "B").await, carl)];
        let app = &souk.app;
        let mut row = fixture::order(app.clock.new_id(), app.config.currency, app.clock.now());
        let manual = provider == PaymentProvider::Manual;
        row.status = if manual { OrderStatus::Confirmed } else { OrderStatus::Pending };
        let (mut store_orders, mut lines) = (Vec::new(), Vec::new());
        for ((store, _), priced) in stores.iter().zip([A, B]) {
            let product = make::product(souk, *store, Make { price: priced.unit, stock: 10, ..Make::default() }).await;
            let (store_order, line) = parts(souk, &row, *store, product, &priced).await;
            store_orders.push(store_order);
            lines.push(line);
        }
        let sum = |of: fn(&store_order::Model) -> Minor| Minor(store_orders.iter().map(|row| of(row).0).sum());
        (row.items_total, row.discount_total) = (sum(|row| row.items_total), sum(|row| row.discount_total));
        (row.shipping_total, row.tax_total) = (sum(|row| row.shipping_total), sum(|row| row.tax_total));
        row.total = sum(|row| row.total);
        assert_eq!(row.total, Minor(10735));
        let mut payment = fixture::payment(app.clock.new_id(), &row, provider);
        if manual {
            (payment.status, payment.authorized_amount) = (PaymentStatus::Authorized, row.total);
        }
        let ids = (row.id, payment.id, [store_orders[0].id, store_orders[1].id]);
        make::insert(souk, [row]).await;
        make::insert(souk, store_orders).await;
        make::insert(souk, lines).await;
        make::insert(souk, [payment]).await;
        let stores = stores.map(|(store, owner)| (owner, store));
        Self { order: ids.0, payment: ids.1, stores, store_orders: ids.2 }
    }

    /// The order, paid with a fee of the provider of 3.41.
    pub async fn paid(souk: &Souk) -> Self {
        let sale = Self::place(souk, PaymentProvider::Sandbox).await;
        sale.capture(souk, &[("a", 10735, Some(341))]).await;
        sale
    }

    /// The provider reports these captures.
    pub async fn capture(&self, souk: &Souk, captures: &[(&str, i64, Option<i64>)]) -> payment::Model {
        let report = ProviderPayment::from_provider("charge".into(), ProviderState::Captured, souk.app.config.currency);
        let report = captures.iter().fold(report, |report, (reference, amount, fee)| {
            report.with_capture(ProviderCapture { reference: (*reference).into(), amount: Minor(*amount), fee: fee.map(Minor) })
        });
        let captured = captures.iter().map(|(_, amount, _)| amount).sum();
        crate::payment::captured_at_sandbox(souk, self.payment, Minor(captured)).await;
        settle(&souk.app, self.payment, report).await.expect("settled")
    }

    /// The store order of a store.
    pub async fn store_order(&self, souk: &Souk, at: usize) -> store_order::Model {
        let query = store_order::Entity::find_by_id(self.store_orders[at]);
        query.one(souk.app.db.read()).await.expect("a query").expect("a store order")
    }
}

async fn parts(
    souk: &Souk,
    order: &order::Model,
    store: StoreId,
    item: make::Product,
    priced: &Priced,
) -> (store_order::Model, order_line::Model) {
    let db = souk.app.db.read();
    let product = product::Entity::find_by_id(item.id).one(db).await.expect("a query").expect("a product");
    let variant = product_variant::Entity::find_by_id(item.variant).one(db).await.expect("a query").expect("a variant");
    let items = priced.unit * i64::from(priced.quantity);
    let tax = priced.tax + priced.shipping.1;
    let store_order = store_order::Model {
        items_total: Minor(items),
        discount_total: Minor(priced.discount),
        shipping_total: Minor(priced.shipping.0),
        tax_total: Minor(tax),
        shipping_tax_total: Minor(priced.shipping.1),
        total: Minor(items - priced.discount + priced.shipping.0 + tax),
        ..fixture::store_order(souk.app.clock.new_id(), order, store)
    };
    let line = order_line::Model {
        discount_total: Minor(priced.discount),
        marketplace_discount_total: Minor(priced.discount),
        tax_total: Minor(priced.tax),
        tax_basis_points: 1300,
        commission_basis_points: 1000,
        commission_total: Minor(priced.commission.0),
        commission_tax_total: Minor(priced.commission.1),
        ..fixture::order_line(souk.app.clock.new_id(), &store_order, (&product, &variant), priced.quantity)
    };
    (store_order, line)
}

/// The entries of the transactions of a kind, such as `PROVIDER:SANDBOX -> STORE_PAYABLE:A 87.01`, sorted.
pub async fn entries(souk: &Souk, kind: LedgerTransactionKind) -> Vec<String> {
    let db = souk.app.db.read();
    let names: HashMap<StoreId, String> =
        store::Entity::find().all(db).await.expect("stores").into_iter().map(|row| (row.id, row.name)).collect();
    let accounts: HashMap<LedgerAccountId, String> = ledger_account::Entity::find()
        .all(db)
        .await
        .expect("accounts")
        .into_iter()
        .map(|row| {
            let code = row.store_id.map_or(row.code, |store| format!("{}:{}", row.kind, names[&store]));
            (row.id, code)
        })
        .collect();
    let of_kind = ledger_transaction::Entity::find().filter(ledger_transaction::Column::Kind.eq(kind));
    let mut entries = Vec::new();
    for transaction in of_kind.all(db).await.expect("transactions") {
        let rows = ledger_entry::Entity::find().filter(ledger_entry::Column::TransactionId.eq(transaction.id));
        for row in rows.all(db).await.expect("entries") {
            let amount = row.currency.format(row.amount);
            entries.push(format!("{} -> {} {amount}", accounts[&row.debit_account_id], accounts[&row.credit_account_id]));
        }
    }
    entries.sort();
    entries
}

/// The earnings of a store, oldest first.
pub async fn earnings(souk: &Souk, store: StoreId) -> Vec<i64> {
    let rows = earning::Entity::find().filter(earning::Column::StoreId.eq(store)).order_by_asc(earning::Column::Id);
    rows.all(souk.app.db.read()).await.expect("earnings").iter().map(|row| row.amount.0).collect()
}

#[test]
fn a_sale_is_posted_to_the_cent() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        assert_eq!(
            entries(souk, LedgerTransactionKind::Capture).await,
            [
                "PROMOTIONS -> STORE_PAYABLE:A 8.00",
                "PROMOTIONS -> STORE_PAYABLE:B 2.00",
                "PROVIDER:SANDBOX -> STORE_PAYABLE:A 87.01",
                "PROVIDER:SANDBOX -> STORE_PAYABLE:B 20.34",
                "STORE_PAYABLE:A -> COMMISSION 8.00",
                "STORE_PAYABLE:A -> COMMISSION_TAX 1.04",
                "STORE_PAYABLE:B -> COMMISSION 2.00",
                "STORE_PAYABLE:B -> COMMISSION_TAX 0.26",
            ]
        );
        assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, ["PROVIDER_FEES -> PROVIDER:SANDBOX 3.41"]);
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597]);
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008]);
        // The same report again posts nothing.
        sale.capture(souk, &[("a", 10735, Some(341))]).await;
        assert_eq!(entries(souk, LedgerTransactionKind::Capture).await.len(), 8);
        souk.work().await;
    });
}

#[test]
fn tax_that_the_marketplace_remits_is_not_the_stores() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        let remitted = order::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(sale.order),
            tax_remitted: sea_orm::ActiveValue::Set(true),
            ..Default::default()
        };
        order::Entity::update(remitted).exec(souk.app.db.raw()).await.expect("an update");
        sale.capture(souk, &[("a", 10735, None)]).await;
        let entries = entries(souk, LedgerTransactionKind::Capture).await;
        assert!(entries.contains(&"STORE_PAYABLE:A -> SALES_TAX 10.01".to_owned()), "{entries:#?}");
        assert!(entries.contains(&"STORE_PAYABLE:B -> SALES_TAX 2.34".to_owned()), "{entries:#?}");
        assert_eq!(earnings(souk, sale.stores[0].1).await, [7596]);
        souk.work().await;
    });
}

#[test]
fn captures_in_parts_recognise_the_commission_exactly() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        // The order awaits the rest, as its payment is authorized.
        let authorized = ProviderPayment::from_provider("charge".into(), ProviderState::Authorized, souk.app.config.currency);
        settle(&souk.app, sale.payment, authorized.with_authorization(Minor(10735), None)).await.expect("settled");
        for captures in [&[("a", 1)][..], &[("a", 1), ("b", 5000)], &[("a", 1), ("b", 5000), ("c", 5734)]] {
            let captures: Vec<_> = captures.iter().map(|(reference, amount)| (*reference, *amount, None)).collect();
            sale.capture(souk, &captures).await;
        }
        for (at, commission, tax, discount) in [(0, 800, 104, 800), (1, 200, 26, 200)] {
            let row = sale.store_order(souk, at).await;
            assert_eq!(row.paid_total, row.total);
            assert_eq!((row.posted_commission_total, row.posted_commission_tax_total), (Minor(commission), Minor(tax)));
            assert_eq!(row.posted_marketplace_discount_total, Minor(discount));
        }
        assert_eq!(earnings(souk, sale.stores[0].1).await.iter().sum::<i64>(), 8597);
        assert_eq!(earnings(souk, sale.stores[1].1).await.iter().sum::<i64>(), 2008);
        souk.work().await;
    });
}

#[test]
fn money_that_no_store_order_needs_is_owed_to_the_buyer() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        sale.capture(souk, &[("a", 10800, None)]).await;
        let entries_of_capture = entries(souk, LedgerTransactionKind::Capture).await;
        assert!(entries_of_capture.contains(&"PROVIDER:SANDBOX -> BUYER_OWED 0.65".to_owned()), "{entries_of_capture:#?}");
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597]);
        souk.work().await;
    });
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        // Too little: the order fails.
        sale.capture(souk, &[("a", 10000, Some(300))]).await;
        assert_eq!(entries(souk, LedgerTransactionKind::Capture).await, [""; 0]);
        let unallocated = entries(souk, LedgerTransactionKind::CaptureUnallocated).await;
        assert_eq!(unallocated, ["PROVIDER:SANDBOX -> BUYER_OWED 100.00"]);
        assert_eq!(entries(souk, LedgerTransactionKind::Fee).await, ["PROVIDER_FEES -> PROVIDER:SANDBOX 3.00"]);
        // The rest comes too late.
        sale.capture(souk, &[("a", 10000, Some(300)), ("b", 735, None)]).await;
        let unallocated = entries(souk, LedgerTransactionKind::CaptureUnallocated).await;
        assert_eq!(unallocated, ["PROVIDER:SANDBOX -> BUYER_OWED 100.00", "PROVIDER:SANDBOX -> BUYER_OWED 7.35"]);
        assert_eq!(earnings(souk, sale.stores[0].1).await, [0_i64; 0]);
        souk.work().await;
    });
}

const STORE_ORDER_MARK_PAID: &str = operation!("store_order", "StoreOrderMarkPaid");
const ORDER_MARK_PAID: &str = operation!("order", "OrderMarkPaid");

#[test]
fn cash_is_collected_by_store_order() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Manual).await;
        let vera = souk.as_user(&sale.stores[0].0);
        // The store keeps the cash and owes the commission.
        let paid = vera.run(STORE_ORDER_MARK_PAID, json!({ "id": sale.store_orders[0].to_string() })).await;
        assert_eq!(paid["storeOrder"]["isPaid"], true);
        assert_eq!(
            entries(souk, LedgerTransactionKind::Capture).await,
            [
                "PROMOTIONS -> STORE_PAYABLE:A 8.00",
                "STORE_CASH:A -> STORE_PAYABLE:A 87.01",
                "STORE_PAYABLE:A -> COMMISSION 8.00",
                "STORE_PAYABLE:A -> COMMISSION_TAX 1.04",
                "STORE_PAYABLE:A -> STORE_CASH:A 87.01",
            ]
        );
        assert_eq!(earnings(souk, sale.stores[0].1).await, [800 - 800 - 104]);
        // The marketplace collects the rest.
        let staff = make::admin(souk).await;
        souk.as_user(&staff).run(ORDER_MARK_PAID, json!({ "id": sale.order.to_string() })).await;
        let all = entries(souk, LedgerTransactionKind::Capture).await;
        assert!(all.contains(&"PROVIDER:MANUAL -> STORE_PAYABLE:B 20.34".to_owned()), "{all:#?}");
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008]);
        let payment =
            payment::Entity::find_by_id(sale.payment).one(souk.app.db.read()).await.expect("a query").expect("a payment");
        assert_eq!((payment.status, payment.captured_amount), (PaymentStatus::Captured, Minor(10735)));
        let captures = entity::capture::Entity::find().all(souk.app.db.read()).await.expect("captures");
        let collected: HashMap<_, _> = captures.iter().map(|row| (row.store_order_id, row.collected_by)).collect();
        assert_eq!(collected[&Some(sale.store_orders[0])], Some(CollectedBy::Store));
        assert_eq!(collected[&Some(sale.store_orders[1])], Some(CollectedBy::Marketplace));
        souk.work().await;
    });
}
