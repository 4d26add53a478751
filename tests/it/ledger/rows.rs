//! What the database refuses: changed or deleted rows, postings without an amount, to one account, or in another currency.

use super::WorkedSale;
use crate::app::{Souk, each};
use entity::money::{CurrencyCode, Minor};
use entity::value::LedgerTransactionKind;
use entity::{ledger_account, ledger_balance, ledger_entry, ledger_transaction};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::auth::System;
use souk_domain::ledger::violations;

async fn refused(souk: &Souk, entry: ledger_entry::Model) {
    let insert = ledger_entry::Entity::insert(entry.clone().into_active_model().reset_all());
    assert!(insert.exec_without_returning(souk.app.db.raw()).await.is_err(), "{entry:?} was written");
}

#[test]
fn rows_of_the_ledger_are_only_added_and_always_balanced() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let db = souk.app.db.raw();
        for account in ledger_account::Entity::find().all(db).await.expect("accounts") {
            let until = souk.app.clock.now();
            let row = ledger_balance::Model { account_id: account.id, until, debit_total: Minor(1), credit_total: Minor(1) };
            let insert = ledger_balance::Entity::insert(row.into_active_model().reset_all());
            insert.exec_without_returning(db).await.expect("a balance");
        }
        for table in ["ledger_entries", "ledger_transactions", "ledger_balances"] {
            let column = if table == "ledger_entries" { "amount" } else { "created_at" };
            let column = if table == "ledger_balances" { "debit_total" } else { column };
            for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
                let error = db.execute_unprepared(&sql).await.expect_err(&sql).to_string();
                assert!(error.contains(&format!("rows of {table} cannot be changed or deleted")), "{sql}: {error}");
            }
        }
        let of_sale = ledger_entry::Entity::find().all(db).await.expect("entries");
        let entry = ledger_entry::Model { id: souk.app.clock.new_id(), ..of_sale[0].clone() };
        refused(souk, ledger_entry::Model { amount: Minor(0), ..entry.clone() }).await;
        refused(souk, ledger_entry::Model { amount: Minor(-1), ..entry.clone() }).await;
        refused(souk, ledger_entry::Model { credit_account_id: entry.debit_account_id, ..entry.clone() }).await;
        let euro: CurrencyCode = "EUR".parse().expect("a currency");
        refused(souk, ledger_entry::Model { currency: euro, ..entry.clone() }).await;
        let other =
            ledger_account::Entity::find_by_id(entry.debit_account_id).one(db).await.expect("a query").expect("an account");
        let other = ledger_account::Model { id: souk.app.clock.new_id(), currency: euro, ..other };
        let insert = ledger_account::Entity::insert(other.clone().into_active_model().reset_all());
        insert.exec_without_returning(db).await.expect("an account in another currency");
        refused(souk, ledger_entry::Model { debit_account_id: other.id, ..entry.clone() }).await;
        refused(souk, ledger_entry::Model { debit_account_id: souk.app.clock.new_id(), ..entry.clone() }).await;
        // The same cause twice.
        let capture = ledger_transaction::Entity::find()
            .filter(ledger_transaction::Column::Kind.eq(LedgerTransactionKind::Capture))
            .filter(ledger_transaction::Column::OrderId.eq(sale.order));
        let capture = capture.one(db).await.expect("a query").expect("a transaction");
        let again = ledger_transaction::Model { id: souk.app.clock.new_id(), ..capture };
        let insert = ledger_transaction::Entity::insert(again.into_active_model().reset_all());
        assert!(insert.exec_without_returning(db).await.is_err(), "the same cause was posted twice");
        assert_eq!(ledger_entry::Entity::find().all(db).await.expect("entries"), of_sale);
        souk.work().await;
    });
}

#[test]
fn a_contradiction_is_found() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        assert_eq!(violations(souk.app.db.read()).await.expect("asked"), []);
        for (sql, count) in [
            ("UPDATE payments SET captured_amount = captured_amount + 1", 1),
            ("UPDATE captures SET amount = amount + 1", 1),
            ("UPDATE earnings SET amount = amount + 1", 3),
            ("UPDATE store_orders SET posted_commission_total = posted_commission_total + 1", 4),
        ] {
            souk.app.db.raw().execute_unprepared(sql).await.expect("an update");
            assert_eq!(violations(souk.app.db.read()).await.expect("asked").len(), count, "{sql}");
        }
        let count = souk_domain::ledger::record_violations(&souk.app, &System::for_command_line()).await.expect("recorded");
        assert_eq!(count, 4);
        let owner = crate::make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let open = owner.data(super::access::RECONCILIATION, serde_json::json!({ "isOpen": true })).await;
        assert_eq!(open["moneyReconciliation"]["totalCount"], 4);
        let id = &open["moneyReconciliation"]["nodes"][0]["id"];
        let note = |text: &str| serde_json::json!({ "id": id, "input": { "note": text } });
        assert_eq!(owner.refused(super::access::RESOLVE, note("")).await, ["note REQUIRED"]);
        assert_eq!(owner.run(super::access::RESOLVE, note("A test.")).await["finding"]["note"], "A test.");
        assert_eq!(owner.refused(super::access::RESOLVE, note("A test.")).await, ["id INVALID_STATE"]);
        let open = owner.data(super::access::RECONCILIATION, serde_json::json!({ "isOpen": true })).await;
        assert_eq!(open["moneyReconciliation"]["totalCount"], 3);
        // Found again, it is open again.
        souk_domain::ledger::record_violations(&souk.app, &System::for_command_line()).await.expect("recorded");
        let open = owner.data(super::access::RECONCILIATION, serde_json::json!({ "isOpen": true })).await;
        assert_eq!(open["moneyReconciliation"]["totalCount"], 4);
        assert_eq!(sale.stores.len(), 2);
        souk.contradicts("the rows were changed to contradict each other");
        souk.work().await;
    });
}
