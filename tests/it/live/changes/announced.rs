//! Which writes must announce a change, and that none goes unannounced.

use super::{log, subjects_after};
use crate::app::{Souk, each, each_of};
use crate::journey_file::operation;
use crate::make::{self, Make};
use entity::change::TableTags;
use entity::product;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use souk_core::config::SqliteSynchronous;
use souk_core::db::{Db, REFERENCES, Subject, SubjectKind, watched_tables};
use souk_core::error::Result;
use souk_core::transact;
use std::collections::BTreeSet;

#[test]
fn a_change_names_its_subject_and_what_was_written() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make::default()).await;
        make::shipping_method(souk, None, "Post", 500, None).await;
        let rename = "mutation($id: ID!) { productUpdate(id: $id, input: { name: \"Green tea\" }) { userErrors { code } } }";
        souk.as_user(&vera).run(rename, json!({ "id": tea.id.to_string() })).await;
        let rows = log(souk).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].subject_kind.as_str(), rows[0].subject_id), ("PRODUCT", tea.id.0));
        let tags = rows[0].tags.clone().expect("tags").0;
        let expected = ["name", "updated_at", "version"].map(str::to_owned).to_vec();
        assert_eq!(tags["products"], TableTags { rows: Some(vec![tea.id.0]), columns: Some(expected) });
        assert_eq!(tags.len(), 1);
        // A sale that leaves stock is announced by its job, not at the checkout.
        let counts = buy(souk, tea, 1).await;
        assert_eq!(log(souk).await.len(), 1);
        // As before the change log.
        assert_eq!(counts, STATEMENTS);
        souk.work().await;
        assert_eq!(subjects_after(souk, 1).await, [("PRODUCT".to_owned(), tea.id.0)]);
        // One that takes the last piece is announced at once, by one statement more.
        let left = crate::make::order::stock(souk, tea).await.0;
        let [cart, create, update, complete] = STATEMENTS;
        // Four more: two for the stock that is left, two to refresh the product at once and not later, less the job, and the change.
        assert_eq!(buy(souk, tea, left).await, [cart, create, update, complete + 4]);
        assert_eq!(subjects_after(souk, 2).await, [("PRODUCT".to_owned(), tea.id.0)]);
        souk.work().await;
    });
}

/// Statements of the four requests of a checkout.
const STATEMENTS: [u64; 4] = [4, 8, 6, 32];

/// Buys as a guest, by the operations of the journey; returns how many statements each took, without BEGIN and COMMIT.
async fn buy(souk: &Souk, item: make::Product, quantity: i32) -> Vec<u64> {
    let guest = souk.guest();
    let mut counts = Vec::new();
    let mut ask = async |name: &str, input: Value| {
        let (answer, count) = souk.statements(&guest, &operation(name), json!({ "input": input })).await;
        assert_eq!(answer["errors"], Value::Null, "{answer:#}");
        let payload = answer["data"].as_object().and_then(|data| data.values().next()).expect("a payload").clone();
        assert_eq!(payload["userErrors"], json!([]), "{answer:#}");
        counts.push(count);
        payload
    };
    let lines = json!([{ "variantId": item.variant.to_string(), "quantity": quantity }]);
    let token = ask("CartLinesAdd", json!({ "lines": lines })).await["cart"]["token"].clone();
    let address =
        json!({ "firstName": "Asha", "lastName": "Rai", "line1": "Durbar Marg 1", "city": "Kathmandu", "country": "NP" });
    let new = json!({ "cartToken": token, "email": "asha@example.com", "shippingAddress": address });
    let checkout = ask("CheckoutCreate", new).await["checkout"].clone();
    let store = &checkout["stores"][0];
    let chosen = json!([{ "storeId": store["store"]["id"], "shippingMethodId": store["shippingMethods"][0]["id"] }]);
    let (id, token) = (&checkout["id"], &checkout["token"]);
    ask("CheckoutUpdate", json!({ "checkoutId": id, "checkoutToken": token, "shippingMethods": chosen })).await;
    let key = souk.app.clock.new_uuid().to_string();
    let complete = json!({ "checkoutId": id, "checkoutToken": token, "paymentProvider": "MANUAL", "idempotencyKey": key });
    ask("CheckoutComplete", complete).await;
    counts
}

#[test]
fn a_write_that_nobody_announced_is_found() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make::default()).await;
        // Connections of its own: those of the instance must have no such write when the test ends.
        let db =
            Db::connect(souk.app.config.database_url.expose_secret(), 2, SqliteSynchronous::Normal).await.expect("the database");
        let rename = async |announced: Option<Subject>| {
            let done: Result<()> = async {
                transact!(db, tx, {
                    announced.iter().for_each(|subject| tx.changed(*subject));
                    let update = product::Entity::update_many().col_expr(product::Column::Name, Expr::value("Green tea"));
                    update.filter(product::Column::Id.eq(tea.id)).exec(tx).await?;
                    Ok(())
                })
            }
            .await;
            done.expect("a commit");
        };
        rename(Some(Subject::Product(tea.id))).await;
        rename(Some(Subject::All(SubjectKind::Product))).await;
        assert_eq!(db.unannounced(), [""; 0]);
        rename(None).await;
        let expected = format!(
            "products: name changed without Tx::changed of a PRODUCT subject; the statement names Product(ProductId({}))",
            tea.id.0
        );
        assert_eq!(db.unannounced(), [expected]);
        // In production nothing is missed for that: what the statement names is announced.
        assert_eq!(subjects_after(souk, 2).await, [("PRODUCT".to_owned(), tea.id.0)]);
        db.read().close().await.expect("closing");
        db.raw().close().await.expect("closing");
    });
}

#[test]
fn the_references_between_watched_tables_are_those_of_the_database() {
    each_of(&["sqlite"], async |souk| {
        let db = souk.app.db.read();
        let mut found = BTreeSet::new();
        for table in watched_tables() {
            let sql = format!("SELECT \"from\", \"table\", on_delete FROM pragma_foreign_key_list('{table}')");
            for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("keys") {
                let text = |column: &str| row.try_get::<String>("", column).expect("a text");
                let (column, to, on_delete) = (text("from"), text("table"), text("on_delete"));
                if on_delete != "RESTRICT" && watched_tables().any(|watched| watched == to) {
                    found.insert((table.to_owned(), column, to, on_delete == "CASCADE"));
                }
            }
        }
        let known = REFERENCES.iter().map(|one| (one.table.to_owned(), one.column.to_owned(), one.to.to_owned(), one.deletes));
        assert_eq!(known.collect::<BTreeSet<_>>(), found);
        let tables = "SELECT COUNT(*) AS n FROM pragma_table_list";
        assert!(db.query_one_raw(Statement::from_string(db.get_database_backend(), tables)).await.expect("tables").is_some());
        for table in watched_tables() {
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("the table exists");
        }
    });
}

#[test]
fn nothing_in_the_domain_writes_outside_a_transaction() {
    fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("crates/domain/src"), &mut all);
    files(&root.join("crates/api/src"), &mut all);
    let writes = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a text");
        text.contains("db.raw()") || text.contains("db.migrating()")
    };
    let found: Vec<_> = all.iter().filter(|path| writes(path)).map(|path| path.display().to_string()).collect();
    assert!(found.is_empty(), "use transact!, so that the change log knows of it: {found:?}");
}
