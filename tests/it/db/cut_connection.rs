//! Database connections that the server closes, for example at a restart.

use crate::app::{Souk, each_of};
use crate::make::{self, Make};
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Database, EntityTrait, PaginatorTrait, Statement};
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Ends all connections of a test's database but its own; answers with their number.
async fn cut(souk: &Souk) -> usize {
    let db = Database::connect(souk.app.config.database_url.expose_secret().to_owned()).await.expect("the database");
    let backend = db.get_database_backend();
    let mut count = 0;
    if souk.database == "postgres" {
        let sql = "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        count += db.query_all_raw(Statement::from_string(backend, sql)).await.expect("connections are ended").len();
    } else {
        let sql = "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()";
        for row in db.query_all_raw(Statement::from_string(backend, sql)).await.expect("connections") {
            let id: i64 = row.try_get("", "id").expect("an ID");
            // One that has ended by itself in the meantime is no error.
            count += usize::from(db.execute_unprepared(&format!("KILL {id}")).await.is_ok());
        }
    }
    db.close().await.expect("closing");
    count
}

#[test]
fn readers_do_not_notice_that_connections_are_cut() {
    each_of(&["postgres", "mysql"], async |souk| {
        let (vera, store) = make::shop(souk, "Tea House").await;
        for _ in 0..5 {
            make::product(souk, store, Make::default()).await;
        }
        // Connections that wait in the pool: each is found out when it is used.
        let query = "{ me { email } products(first: 5) { totalCount nodes { name store { name } } } }";
        let ask = async || souk.as_user(&vera).answer(query, json!({})).await;
        join_all((0..20).map(|_| ask())).await;
        assert!(cut(souk).await >= 2);
        for answer in join_all((0..20).map(|_| ask())).await {
            assert_eq!(answer["errors"], json!(null), "{answer:#}");
        }
        // Connections in use.
        let (is_over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
        let readers = join_all((0..12).map(async |_| {
            while !is_over.load(Ordering::Relaxed) {
                let answer = ask().await;
                asked.fetch_add(1, Ordering::Relaxed);
                assert_eq!(answer["errors"], json!(null), "{answer:#}");
            }
        }));
        let cutting = async {
            for round in 1..=10 {
                cut(souk).await;
                // Some are answered between two cuts.
                while asked.load(Ordering::Relaxed) < round * 20 {
                    tokio::task::yield_now().await;
                }
            }
            is_over.store(true, Ordering::Relaxed);
        };
        tokio::join!(readers, cutting);
    });
}

#[test]
fn a_change_that_was_not_committed_begins_again() {
    each_of(&["postgres", "mysql"], async |souk| {
        let vera = make::vendor(souk, "vera").await;
        for n in 0..5 {
            cut(souk).await;
            let input = json!({ "input": { "name": format!("Store {n}") } });
            let create = operation!("store", "StoreCreateReturningId");
            souk.as_user(&vera).run(create, input).await;
        }
        let stores = entity::store::Entity::find().count(souk.app.db.read()).await.expect("a count");
        assert_eq!(stores, 5, "each was created once");
        souk.leaves_work("what follows from a store is none of this test");
    });
}
