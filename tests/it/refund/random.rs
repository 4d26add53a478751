//! Random carts, captures, cancellations and refunds, in currencies with 0, 2 and 3 decimals: everything agrees to the last minor unit, and
//! refunding everything reverses everything exactly.

use super::{BY_STAFF, balance, input};
use crate::app::{Souk, each_with};
use crate::make::{self, Make};
use entity::id::{OrderId, PaymentId, StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::OrderStatus;
use entity::value::PaymentProvider;
use entity::{order_line, payment, product, product_variant, store_order};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use souk::fixture;
use souk_core::provider::payment::{ProviderCapture, ProviderPayment, ProviderState};
use souk_domain::commission::Commission;
use souk_domain::ledger::violations;
use souk_domain::setting::MoneySettings;
use souk_domain::settlement::settle;
use souk_domain::totals::{Line, StoreOrder, TaxTerms, price};

const CANCEL_LINES: &str = operation!("order", "OrderLinesCancel");

struct Placed {
    order: OrderId,
    payment: PaymentId,
    total: Minor,
    store_orders: Vec<(StoreOrderId, StoreId)>,
}

/// An order of one to four stores whose payment is authorized.
async fn place(souk: &Souk, random: &mut StdRng, stores: &[(StoreId, make::Product)]) -> Placed {
    let (app, db) = (&souk.app, souk.app.db.read());
    let tax = TaxTerms { basis_points: random.random_range(0..2500), included: random.random() };
    let count = random.random_range(1..=stores.len());
    let carts: Vec<StoreOrder> = (0..count)
        .map(|_| {
            let lines = (0..random.random_range(1..=4)).map(|_| {
                let (unit_price, quantity) = (Minor(random.random_range(0..5_000)), random.random_range(1..=7));
                let discount = Minor(random.random_range(0..=unit_price.0 * i64::from(quantity)) / 3);
                Line { unit_price, quantity, discount }
            });
            StoreOrder { lines: lines.collect(), shipping: Minor(random.random_range(0..900)) }
        })
        .collect();
    let priced = price(&carts, tax).expect("it fits");
    let mut row = fixture::order(app.clock.new_id(), app.config.currency, app.clock.now());
    (row.tax_included, row.tax_remitted, row.total) = (tax.included, random.random(), priced.totals.total);
    let terms = MoneySettings { commission_tax_basis_points: 1_300, ..MoneySettings::default() };
    let (mut store_orders, mut lines) = (Vec::new(), Vec::new());
    for ((cart, priced), (store, item)) in carts.iter().zip(&priced.store_orders).zip(stores) {
        let product = product::Entity::find_by_id(item.id).one(db).await.expect("a query").expect("a product");
        let variant = product_variant::Entity::find_by_id(item.variant).one(db).await.expect("a query").expect("a variant");
        let of_lines = priced.lines.iter().map(|line| line.tax.0).sum::<i64>();
        let store_order = store_order::Model {
            items_total: priced.totals.items,
            discount_total: priced.totals.discount,
            shipping_total: priced.totals.shipping,
            tax_total: priced.totals.tax,
            shipping_tax_total: Minor(priced.totals.tax.0 - of_lines),
            total: priced.totals.total,
            ..fixture::store_order(app.clock.new_id(), &row, *store)
        };
        for (line, priced) in cart.lines.iter().zip(&priced.lines) {
            let borne = Minor(random.random_range(0..=priced.discount.0));
            let net = priced.total.0 - priced.discount.0 - if tax.included { priced.tax.0 } else { 0 };
            let rate = random.random_range(0..5_000);
            let commission = Commission::of(Minor(net + borne.0), rate, &terms).expect("it fits");
            lines.push(order_line::Model {
                unit_price: line.unit_price,
                line_total: priced.total,
                discount_total: priced.discount,
                marketplace_discount_total: borne,
                tax_total: priced.tax,
                commission_basis_points: rate,
                commission_total: commission.total,
                commission_tax_total: commission.tax,
                ..fixture::order_line(app.clock.new_id(), &store_order, (&product, &variant), line.quantity)
            });
        }
        store_orders.push(store_order);
    }
    let payment = fixture::payment(app.clock.new_id(), &row, PaymentProvider::Sandbox);
    let placed = Placed {
        order: row.id,
        payment: payment.id,
        total: row.total,
        store_orders: store_orders.iter().map(|row| (row.id, row.store_id)).collect(),
    };
    make::insert(souk, [row]).await;
    make::insert(souk, store_orders).await;
    make::insert(souk, lines).await;
    make::insert(souk, [payment]).await;
    let authorized = ProviderPayment::from_provider(placed.payment.to_string(), ProviderState::Authorized, app.config.currency);
    settle(app, placed.payment, authorized.with_authorization(placed.total, None)).await.expect("settled");
    placed
}

/// Captures what is due in up to three parts.
async fn capture(souk: &Souk, random: &mut StdRng, placed: &Placed) {
    let payment = payment::Entity::find_by_id(placed.payment).one(souk.app.db.read()).await.expect("a query").expect("a payment");
    let due = payment.amount_due();
    let mut ends: Vec<i64> = (0..random.random_range(0..3)).map(|_| random.random_range(0..=due.0)).collect();
    ends.push(due.0);
    ends.sort_unstable();
    let mut report =
        ProviderPayment::from_provider(placed.payment.to_string(), ProviderState::Captured, souk.app.config.currency);
    let mut before = 0;
    for (n, end) in ends.into_iter().enumerate() {
        let (reference, amount) = (format!("capture {n}"), Minor(end - before));
        before = end;
        report = report.with_capture(ProviderCapture { reference, amount, fee: Some(Minor(random.random_range(0..20))) });
        if amount > Minor::ZERO || due == Minor::ZERO {
            settle(&souk.app, placed.payment, report.clone()).await.expect("settled");
        }
    }
    crate::payment::captured_at_sandbox(souk, placed.payment, due).await;
}

async fn cancel_some(souk: &Souk, random: &mut StdRng, placed: &Placed, admin: &make::User) {
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(placed.order));
    let lines = lines.all(souk.app.db.read()).await.expect("lines");
    let chosen = &lines[random.random_range(0..lines.len())];
    let left = chosen.quantity - chosen.cancelled_quantity - chosen.refunded_quantity;
    if left < 1 {
        return;
    }
    let line = json!({ "lineId": chosen.id.to_string(), "quantity": random.random_range(1..=left) });
    let variables = json!({ "input": { "orderId": placed.order.to_string(), "lines": [line] } });
    souk.as_user(admin).data(CANCEL_LINES, variables).await;
}

async fn refund_some(souk: &Souk, random: &mut StdRng, placed: &Placed, admin: &make::User, key: &str) {
    let (store_order, _) = placed.store_orders[random.random_range(0..placed.store_orders.len())];
    let row = store_order::Entity::find_by_id(store_order).one(souk.app.db.read()).await.expect("a query").expect("a row");
    let left = row.paid_total.0 - row.refunded_total.0;
    if left < 1 {
        return;
    }
    let selection = if random.random() {
        json!({ "amount": souk.app.config.currency.format(Minor(random.random_range(1..=left))) })
    } else {
        let lines = order_line::Entity::find().filter(order_line::Column::StoreOrderId.eq(store_order));
        let lines = lines.all(souk.app.db.read()).await.expect("lines");
        let line = &lines[random.random_range(0..lines.len())];
        json!({ "lines": [{ "lineId": line.id.to_string(), "quantity": 1 }], "isShippingRefunded": random.random::<bool>() })
    };
    // Some of these are refused, such as a unit that was refunded already.
    let variables = json!({ "storeOrderId": store_order.to_string(), "input": input(selection, key) });
    souk.as_user(admin).data(BY_STAFF, variables).await;
}

fn random_orders(currency: &str, seeds: std::ops::Range<u64>) {
    each_with(&[("SOUK_CURRENCY", currency)], async |souk| {
        let admin = make::admin(souk).await;
        let mut stores = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let owner = make::vendor(souk, name).await;
            let store = make::store(souk, &owner, name).await;
            stores.push((store, make::product(souk, store, Make { stock: 1_000, ..Make::default() }).await));
        }
        for seed in seeds.clone() {
            let random = &mut StdRng::seed_from_u64(seed);
            let placed = place(souk, random, &stores).await;
            if random.random() {
                cancel_some(souk, random, &placed, &admin).await;
            }
            capture(souk, random, &placed).await;
            for n in 0..random.random_range(0..5) {
                match random.random_range(0..3) {
                    0 => cancel_some(souk, random, &placed, &admin).await,
                    _ => refund_some(souk, random, &placed, &admin, &format!("{seed}-{n}")).await,
                }
                assert_eq!(violations(souk.app.db.read()).await.expect("asked"), [], "{currency}, seed {seed}");
            }
            for (store_order, _) in &placed.store_orders {
                let variables =
                    json!({ "storeOrderId": store_order.to_string(), "input": input(json!({}), &format!("{seed}-all")) });
                souk.as_user(&admin).data(BY_STAFF, variables).await;
                let row = store_order::Entity::find_by_id(*store_order).one(souk.app.db.read()).await.expect("a query");
                let row = row.expect("a row");
                assert_eq!(row.paid_total, row.refunded_total, "{currency}, seed {seed}: {row:#?}");
                let posted = [
                    row.posted_commission_total,
                    row.posted_commission_tax_total,
                    row.posted_marketplace_discount_total,
                    row.posted_tax_total,
                ];
                let free = row.status == OrderStatus::Cancelled || row.paid_total > Minor::ZERO;
                assert!(!free || posted == [Minor::ZERO; 4], "{currency}, seed {seed}: {row:#?}");
            }
            for (_, store) in &placed.store_orders {
                assert_eq!(balance(souk, *store).await, 0, "{currency}, seed {seed}");
            }
        }
        souk.work().await;
        souk.leaves_work("mails about many orders");
    });
}

#[test]
fn random_orders_agree_to_the_last_minor_unit() {
    for (currency, seeds) in [("USD", 0..8), ("JPY", 8..14), ("KWD", 14..20)] {
        random_orders(currency, seeds);
    }
}
