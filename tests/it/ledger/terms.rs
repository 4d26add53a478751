//! Terms that the settings decide: commission on shipping, and fees of providers that stores bear.

use super::{WorkedSale, earnings, entries};
use crate::app::{Souk, each};
use crate::checkout::{begin, store};
use crate::make::{self, Make};
use crate::payment::complete;
use entity::id::{StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::{LedgerTransactionKind, PaymentProvider, Permission, Role};
use entity::{order, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

const SETTINGS: &str = operation!("ledger", "MoneySettingsUpdate");
const REFUND: &str = operation!("refund", "OrderRefund");
const COMMISSION: &str = operation!("ledger", "StoreOrderCommission");

async fn set(souk: &Souk, input: Value) {
    let fred = make::staff(souk, "fred", Role::Staff, &[Permission::ManageFinance]).await;
    souk.as_user(&fred).run(SETTINGS, json!({ "input": input })).await;
}

/// Sells an item for 20.00 and the shipping for 5.00; returns the store order.
async fn sell(souk: &Souk, seller: StoreId, key: &str) -> StoreOrderId {
    let tea = make::product(souk, seller, Make { price: 2000, stock: 5, ..Make::default() }).await;
    let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
    let payload = complete(souk, &ids, "tok_success", key).await;
    assert_eq!(payload["userErrors"], json!([]));
    let rows = store_order::Entity::find().all(souk.app.db.read()).await.expect("store orders");
    rows.iter().map(|row| row.id).max().expect("a store order")
}

async fn row(souk: &Souk, id: StoreOrderId) -> store_order::Model {
    store_order::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("a store order")
}

#[test]
fn shipping_owes_commission_if_the_settings_say_so() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        let seller = make::store(souk, &vera, "Teas").await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        set(souk, json!({ "commissionBasisPoints": 1000, "commissionTaxBasisPoints": 1300 })).await;
        sell(souk, seller, "without").await;
        assert_eq!(earnings(souk, seller).await, [2500 - 200 - 26]);
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        admin.run(SETTINGS, json!({ "input": { "isCommissionOnShipping": true } })).await;
        let sold = sell(souk, seller, "with").await;
        assert_eq!(earnings(souk, seller).await.last(), Some(&(2500 - 250 - 33)));
        let amounts = async || {
            let seen = souk.as_user(&vera).data(COMMISSION, json!({ "id": sold.to_string() })).await["storeOrder"].clone();
            ["commissionTotal", "commissionTaxTotal", "earning"].map(|name| seen[name]["amount"].as_str().map(str::to_owned))
        };
        let texts = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned()));
        assert_eq!(amounts().await, texts(["2.50", "0.33", "22.17"]));

        // A refund of the shipping alone takes back its commission.
        let refund = |selection: Value, key: &str| {
            let input = json!({ "selection": selection, "reason": "RETURNED", "isRestocked": false, "idempotencyKey": key });
            json!({ "storeOrderId": sold.to_string(), "input": input })
        };
        let with_amount = json!({ "isShippingRefunded": true, "amount": "5.00" });
        assert_eq!(admin.refused(REFUND, refund(with_amount, "both")).await, ["selection.amount INVALID"]);
        admin.run(REFUND, refund(json!({ "isShippingRefunded": true }), "shipping")).await;
        assert_eq!(amounts().await, texts(["2.00", "0.26", "17.74"]));
        admin.run(REFUND, refund(json!({}), "rest")).await;
        assert_eq!(amounts().await, texts(["0.00", "0.00", "0.00"]));
        let row = row(souk, sold).await;
        assert_eq!((row.posted_commission_total, row.posted_commission_tax_total), (Minor::ZERO, Minor::ZERO));
        souk.work().await;
    });
}

#[test]
fn commission_on_shipping_has_the_rate_of_the_store() {
    each(async |souk| {
        let seller = store(souk, "Teas").await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        set(souk, json!({ "commissionBasisPoints": 1000, "isCommissionOnShipping": true })).await;
        let admin = make::admin(souk).await;
        let own = json!({ "id": seller.to_string(), "input": { "basisPoints": 2000 } });
        souk.as_user(&admin).run(operation!("ledger", "StoreCommissionUpdate"), own).await;
        let sold = sell(souk, seller, "a").await;
        let row = row(souk, sold).await;
        assert_eq!((row.shipping_commission_total, row.posted_commission_total), (Minor(100), Minor(500)));
        souk.work().await;
    });
}

#[test]
fn stores_bear_the_fee_of_the_provider_if_the_settings_say_so() {
    each(async |souk| {
        let sale = WorkedSale::place(souk, PaymentProvider::Sandbox).await;
        let passed = order::Entity::update_many().col_expr(order::Column::FeePassedOn, Expr::value(true));
        passed.filter(order::Column::Id.eq(sale.order)).exec(souk.app.db.raw()).await.expect("an update");
        sale.capture(souk, &[("a", 10735, Some(341))]).await;
        // 341 × 87.01 / 107.35 = 276.39, 341 × 20.34 / 107.35 = 64.61: the largest remainder gets the last cent.
        assert_eq!(
            entries(souk, LedgerTransactionKind::Fee).await,
            [
                "PROVIDER_FEES -> PROVIDER:SANDBOX 3.41",
                "STORE_PAYABLE:A -> PROVIDER_FEES 2.76",
                "STORE_PAYABLE:B -> PROVIDER_FEES 0.65",
            ]
        );
        assert_eq!(earnings(souk, sale.stores[0].1).await, [8597, -276]);
        assert_eq!(earnings(souk, sale.stores[1].1).await, [2008, -65]);
        let seen = souk.as_user(&sale.stores[0].0).data(COMMISSION, json!({ "id": sale.store_orders[0].to_string() })).await;
        assert_eq!(seen["storeOrder"]["providerFeeTotal"]["amount"], "2.76");
        assert_eq!(seen["storeOrder"]["earning"]["amount"], "83.21");
        souk.work().await;
    });
}

#[test]
fn the_settings_are_frozen_on_orders_that_are_placed() {
    each(async |souk| {
        let seller = store(souk, "Teas").await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        sell(souk, seller, "before").await;
        set(souk, json!({ "isProviderFeePassedOn": true })).await;
        sell(souk, seller, "after").await;
        let mut orders = order::Entity::find().all(souk.app.db.read()).await.expect("orders");
        orders.sort_by_key(|row| row.id);
        assert_eq!(orders.iter().map(|row| row.fee_passed_on).collect::<Vec<_>>(), [false, true]);
        souk.work().await;
    });
}
