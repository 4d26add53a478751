//! Statements as CSV: what they contain, and who can download them.

use super::WorkedSale;
use crate::app::{Souk, each};
use crate::make;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::StoreId;
use entity::money::Minor;
use entity::value::{LedgerTransactionKind, PaymentProvider, StoreRole};
use reqwest::StatusCode;
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;
use souk_core::transact;
use souk_domain::ledger::{self, Account, NewTransaction, Posting};
use std::time::Duration;

const STATEMENT: &str = operation!("ledger", "StoreStatementCsv");
const REFUND: &str = operation!("refund", "StoreOrderRefund");

/// Everything until a minute from now.
fn everything(souk: &Souk, store: StoreId) -> Value {
    let before = souk.app.clock.now() + Duration::from_secs(60);
    json!({ "storeId": store.to_string(), "from": "2020-01-01T00:00:00Z", "before": before.to_rfc3339() })
}

async fn statement(souk: &Souk, user: &make::User, store: StoreId) -> Value {
    souk.as_user(user).data(STATEMENT, everything(souk, store)).await["storeStatement"].clone()
}

/// The header and the rows of a file.
async fn download(url: &str) -> Vec<Vec<String>> {
    let response = reqwest::get(url).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{url}");
    let header = |name: &str| response.headers()[name].to_str().expect("a text").to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(header("cache-control"), "private, no-store");
    let disposition = header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"statement-2020-01-01-2"), "{disposition}");
    let text = response.text().await.expect("text");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "lines end with CRLF");
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

async fn status(url: &str) -> StatusCode {
    reqwest::get(url).await.expect("an answer").status()
}

#[test]
fn a_csv_file_is_the_statement_to_the_cent() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let (vera, store) = &sale.stores[0];
        souk.app.clock.advance(Duration::from_secs(1));
        let input =
            json!({ "selection": { "amount": "10.01" }, "reason": "RETURNED", "isRestocked": false, "idempotencyKey": "a" });
        let refund = json!({ "id": sale.store_orders[0].to_string(), "input": input });
        souk.as_user(vera).run(REFUND, refund).await;
        souk.work().await;
        let statement = statement(souk, vera, *store).await;
        let rows = download(statement["csvUrl"].as_str().expect("a URL")).await;
        let columns = ["created_at", "kind", "order_number", "amount", "currency", "balance", "available_at", "id"];
        assert_eq!(rows[0], columns);
        let earnings = statement["earnings"]["nodes"].as_array().expect("earnings");
        assert_eq!((earnings.len(), rows.len()), (2, 3));
        let currency = souk.app.config.currency;
        let mut balance = currency.parse(statement["openingBalance"]["amount"].as_str().expect("an amount")).expect("an amount");
        // The file begins with the oldest earning, the list with the newest.
        for (row, earning) in rows[1..].iter().zip(earnings.iter().rev()) {
            let amount = earning["amount"]["amount"].as_str().expect("an amount");
            balance = balance.plus(currency.parse(amount).expect("an amount")).expect("a sum");
            assert_eq!(row[1], earning["kind"].as_str().expect("a kind"));
            assert_eq!(row[2], earning["storeOrder"]["number"].as_str().expect("a number"));
            assert_eq!((row[3].as_str(), row[4].as_str()), (amount, currency.to_string().as_str()));
            assert_eq!(row[5], currency.format(balance));
            for (cell, time) in [(&row[0], &earning["createdAt"]), (&row[6], &earning["availableAt"])] {
                let read = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("a time");
                match time.as_str() {
                    Some(time) => assert_eq!(read(cell), read(time)),
                    None => assert_eq!(cell, ""),
                }
            }
            assert_eq!(row[7], earning["id"].as_str().expect("an ID"));
        }
        assert_eq!(rows[1][3..6], ["85.97", currency.to_string().as_str(), "85.97"]);
        assert_eq!(rows[2][5], statement["closingBalance"]["amount"].as_str().expect("an amount"));
    });
}

#[test]
fn a_csv_file_has_all_rows_of_a_long_statement_once() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "A").await;
        let empty = statement(souk, &vera, store).await;
        assert_eq!(download(empty["csvUrl"].as_str().expect("a URL")).await.len(), 1, "there is only a header");
        // More than are read at once, at the same time, so that only their IDs tell them apart.
        let (app, at) = (&souk.app, souk.app.clock.now());
        let sales: Vec<_> = (1..=1203)
            .map(|amount| NewTransaction {
                kind: LedgerTransactionKind::Capture,
                source_id: app.clock.new_uuid(),
                order_id: None,
                currency: app.config.currency,
                postings: vec![Posting::new(
                    Account::Provider(PaymentProvider::Sandbox),
                    Account::StorePayable(store),
                    Minor(amount),
                )],
                earners: Vec::new(),
                at,
            })
            .collect();
        transact!(app.db, tx, { ledger::post(tx, app, sales.clone()).await }).expect("posted");
        let statement = statement(souk, &vera, store).await;
        let rows = download(statement["csvUrl"].as_str().expect("a URL")).await;
        let cents = |text: &str| app.config.currency.parse(text).expect("an amount").0;
        let mut amounts: Vec<_> = rows[1..].iter().map(|row| cents(&row[3])).collect();
        amounts.sort_unstable();
        assert!(amounts.iter().copied().eq(1..=1203), "{amounts:?}");
        assert_eq!(cents(&rows[1203][5]), 1203 * 1204 / 2);
        assert_eq!(rows[1203][5], statement["closingBalance"]["amount"].as_str().expect("an amount"));
    });
}

#[test]
fn a_url_opens_the_statement_that_its_user_sees_for_ten_minutes() {
    each(async |souk| {
        let sale = WorkedSale::paid(souk).await;
        let [(vera, store), (carl, other)] = &sale.stores;
        let mia = make::customer(souk, "mia").await;
        make::member(souk, *store, &mia, StoreRole::Manager).await;
        let variables = everything(souk, *store);
        assert_eq!(souk.as_user(carl).error_code(STATEMENT, variables.clone()).await, "NOT_FOUND");
        assert_eq!(souk.as_user(&mia).error_code(STATEMENT, variables.clone()).await, "FORBIDDEN");
        assert_eq!(souk.guest().error_code(STATEMENT, variables).await, "UNAUTHENTICATED");

        let url = statement(souk, vera, *store).await["csvUrl"].as_str().expect("a URL").to_owned();
        let (path, token) = url.rsplit_once('/').expect("a path");
        assert_eq!(path, format!("{}/statements", souk.url));
        let claims = URL_SAFE_NO_PAD.decode(token).expect("Base64");
        let mut forged = claims.clone();
        let (own, foreign) = (store.0.to_string().into_bytes(), other.0.to_string().into_bytes());
        let at = claims.windows(own.len()).position(|part| part == own).expect("the store is in the token");
        forged[at..at + foreign.len()].copy_from_slice(&foreign);
        let mut broken = claims;
        *broken.last_mut().expect("a byte") ^= 1;
        let of_order = souk.app.keys.capability(Capability::Order, sale.order);
        for token in [URL_SAFE_NO_PAD.encode(forged), URL_SAFE_NO_PAD.encode(broken), of_order, "x".into()] {
            assert_eq!(status(&format!("{path}/{token}")).await, StatusCode::NOT_FOUND, "{token}");
        }

        souk.app.clock.advance(Duration::from_secs(590));
        assert_eq!(download(&url).await.len(), 2);
        let head = souk.http.head(&url).send().await.expect("an answer");
        assert_eq!(
            (head.status(), &head.headers()["content-type"]),
            (StatusCode::OK, &"text/csv; charset=utf-8; header=present".parse().expect("a value"))
        );
        souk.app.clock.advance(Duration::from_secs(10));
        let expired = reqwest::get(&url).await.expect("an answer");
        assert_eq!(expired.status(), StatusCode::NOT_FOUND);
        let body: Value = expired.json().await.expect("JSON");
        assert_eq!(body["errors"][0]["extensions"]["code"], "NOT_FOUND");
        souk.work().await;
    });
}
