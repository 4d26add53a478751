//! Durability of committed transactions.

use crate::app::{Souk, each_of, each_with};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use souk_core::db::Connection;

async fn pragma(connection: &Connection, name: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = connection.query_one_raw(statement).await.expect("a pragma").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

#[test]
fn sqlite_waits_for_the_disk_at_each_commit_unless_the_key_says_otherwise() {
    for (value, synchronous) in [("full", 2), ("normal", 1)] {
        each_with(&[("SOUK_SQLITE_SYNCHRONOUS", value)], async |souk: &Souk| {
            if souk.database == "sqlite" {
                assert_eq!(pragma(souk.app.db.raw(), "synchronous").await, synchronous);
            }
        });
    }
}

#[test]
fn the_write_ahead_log_is_cut_back_after_a_burst() {
    each_of(&["sqlite"], async |souk: &Souk| {
        assert_eq!(pragma(souk.app.db.raw(), "journal_size_limit").await, 64 * 1024 * 1024);
    });
}
