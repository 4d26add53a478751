//! Balances and statements: amounts, and who sees them.

use super::WorkedSale;
use crate::app::{Souk, each};
use crate::make;
use entity::value::{Permission, Role, StoreRole};
use serde_json::{Value, json};
use std::time::Duration;

pub const BALANCE: &str = operation!("ledger", "StoreBalance");
const STATEMENT: &str = operation!("ledger", "StoreStatement");
const TRANSACTIONS: &str = operation!("ledger", "LedgerTransactions");
const MONEY: &str = operation!("ledger", "StoreOrderMoney");
pub const RECONCILIATION: &str = operation!("ledger", "MoneyReconciliation");
pub const RESOLVE: &str = operation!("ledger", "ReconciliationFindingResolve");

const PROCESS: &str = operation!("store_order", "StoreOrderProcess");
const FULFILL: &str = operation!("store_order", "StoreOrderFulfill");
const DELIVER: &str = operation!("store_order", "StoreOrderDeliver");

/// Payable, available and pending amount.
async fn balance(souk: &Souk, user: &make::User, store: impl ToString) -> Value {
    let data = souk.as_user(user).data(BALANCE, json!({ "storeId": store.to_string() })).await;
    let balance = &data["storeBalance"][0];
    json!([balance["payable"]["amount"], balance["available"]["amount"], balance["pending"]["amount"]])
}

#[test]
fn a_store_is_paid_some_days_after_the_delivery() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let (vera, store) = &sale.stores[0];
        assert_eq!(balance(souk, vera, store).await, json!(["85.97", "0.00", "85.97"]));
        let id = json!({ "id": sale.store_orders[0].to_string() });
        souk.as_user(vera).run(PROCESS, id.clone()).await;
        souk.as_user(vera).run(FULFILL, json!({ "input": { "storeOrderId": id["id"] } })).await;
        souk.as_user(vera).run(DELIVER, id.clone()).await;
        assert_eq!(balance(souk, vera, store).await, json!(["85.97", "0.00", "85.97"]));
        souk.pass(Duration::from_secs(7 * 86_400 - 60)).await;
        // The session is over.
        let session = make::session(souk, vera.id).await;
        let (token, _) = souk.app.access_tokens.issue(vera.id, Role::Vendor, session, souk.app.clock.now()).expect("a token");
        let vera = make::User { token, ..vera.clone() };
        assert_eq!(balance(souk, &vera, store).await, json!(["85.97", "0.00", "85.97"]));
        souk.pass(Duration::from_secs(60)).await;
        assert_eq!(balance(souk, &vera, store).await, json!(["85.97", "85.97", "0.00"]));
        // The sums of a day change nothing.
        souk.worker.tidy().await;
        souk.work().await;
        assert_eq!(balance(souk, &vera, store).await, json!(["85.97", "85.97", "0.00"]));
    });
}

#[test]
fn a_statement_has_the_earnings_of_its_period() {
    each(async |souk| {
        let before = souk.app.clock.now();
        souk.app.clock.advance(Duration::from_secs(1));
        let sale = WorkedSale::paid(souk).await;
        souk.app.clock.advance(Duration::from_secs(1));
        let after = souk.app.clock.now();
        let (vera, store) = &sale.stores[0];
        let of = async |from: sea_orm::prelude::DateTimeUtc, before: sea_orm::prelude::DateTimeUtc| {
            let variables = json!({ "storeId": store.to_string(), "from": from.to_rfc3339(), "before": before.to_rfc3339() });
            souk.as_user(vera).data(STATEMENT, variables).await["storeStatement"].clone()
        };
        let statement = of(before, after).await;
        assert_eq!(statement["openingBalance"]["amount"], "0.00");
        assert_eq!(statement["closingBalance"]["amount"], "85.97");
        assert_eq!(statement["earnings"]["totalCount"], 1);
        let earning = &statement["earnings"]["nodes"][0];
        assert_eq!((&earning["kind"], &earning["amount"]["amount"]), (&json!("SALE"), &json!("85.97")));
        assert_eq!(earning["storeOrder"]["id"], sale.store_orders[0].to_string());
        let later = of(after, after + Duration::from_secs(60)).await;
        assert_eq!((&later["openingBalance"]["amount"], &later["earnings"]["totalCount"]), (&json!("85.97"), &json!(0)));
        let variables = json!({ "storeId": store.to_string(), "from": after.to_rfc3339(), "before": after.to_rfc3339() });
        assert_eq!(souk.as_user(vera).error_code(STATEMENT, variables).await, "BAD_USER_INPUT");
        souk.work().await;
    });
}

#[test]
fn only_the_owner_of_a_store_and_the_finance_staff_see_its_money() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let [(vera, store), (carl, _)] = &sale.stores;
        let mia = make::customer(souk, "mia").await;
        make::member(souk, *store, &mia, StoreRole::Manager).await;
        let fred = make::staff(souk, "fred", Role::Staff, &[Permission::ManageFinance]).await;
        let olga = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let of_store = json!({ "storeId": store.to_string() });
        for user in [vera, &fred] {
            assert_eq!(balance(souk, user, store).await, json!(["85.97", "0.00", "85.97"]));
        }
        for (user, code) in [(carl, "NOT_FOUND"), (&olga, "NOT_FOUND"), (&mia, "FORBIDDEN")] {
            assert_eq!(souk.as_user(user).error_code(BALANCE, of_store.clone()).await, code);
        }
        assert_eq!(souk.guest().error_code(BALANCE, of_store).await, "UNAUTHENTICATED");
        let id = json!({ "id": sale.store_orders[0].to_string() });
        let money = souk.as_user(vera).data(MONEY, id.clone()).await["storeOrder"].clone();
        assert_eq!(money["commissionTotal"]["amount"], "8.00");
        assert_eq!(money["commissionTaxTotal"]["amount"], "1.04");
        assert_eq!((&money["earning"]["amount"], &money["isPaid"]), (&json!("85.97"), &json!(true)));
        for user in [&mia, &olga] {
            let money = souk.as_user(user).data(MONEY, id.clone()).await["storeOrder"].clone();
            assert_eq!(
                (&money["commissionTotal"], &money["earning"], &money["isPaid"]),
                (&Value::Null, &Value::Null, &json!(true))
            );
        }
        let all = souk.as_user(&fred).data(TRANSACTIONS, json!({})).await["ledgerTransactions"].clone();
        assert_eq!(all["totalCount"], 2);
        let filter = json!({ "filter": { "kind": ["FEE"], "orderId": sale.order.to_string() } });
        let fees = souk.as_user(&fred).data(TRANSACTIONS, filter).await["ledgerTransactions"].clone();
        let entry = &fees["nodes"][0]["entries"][0];
        assert_eq!(entry["debit"]["code"], "PROVIDER_FEES");
        assert_eq!((&entry["credit"]["code"], &entry["amount"]["amount"]), (&json!("PROVIDER:SANDBOX"), &json!("3.41")));
        assert_eq!(souk.as_user(vera).error_code(TRANSACTIONS, json!({})).await, "FORBIDDEN");
        souk.work().await;
    });
}
