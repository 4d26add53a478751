//! Transactions that the database ends because they wait for each other: they are retried, and counted for monitoring.

use crate::app::{Souk, each};
use crate::make;
use entity::buyer_lock::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::error::Result;
use souk_core::transact;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Barrier;

async fn counter(souk: &Souk, name: &str) -> u64 {
    let text = souk.http.get(format!("{}/metrics", souk.url)).send().await.expect("an answer").text().await.expect("a text");
    let found = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

/// Changes two rows; the first time, when the other transaction has changed its first row, too.
async fn change(souk: &Souk, rows: [&str; 2], both_began: &Barrier) -> Result<()> {
    let is_first = AtomicBool::new(true);
    transact!(souk.app.db, tx, {
        for (n, row) in rows.iter().enumerate() {
            let update = Entity::update_many().col_expr(Column::UsedAt, Expr::value(souk.app.clock.now()));
            update.filter(Column::Name.eq(*row)).exec(tx).await?;
            if n == 0 && is_first.swap(false, Ordering::Relaxed) {
                both_began.wait().await;
            }
        }
        Ok(())
    })
}

#[test]
fn a_deadlock_is_retried_and_counted() {
    each(async |souk| {
        assert_eq!(counter(souk, "souk_database_retries_total").await, 0);
        assert_eq!(counter(souk, "souk_database_deadlocks_total").await, 0);
        if souk.database == "sqlite" {
            // One writer at a time, so that no transactions wait for each other.
            return;
        }
        let used_at = souk.app.clock.now();
        make::insert(souk, ["a", "b"].map(|name| Model { name: name.into(), used_at })).await;
        let both_began = Barrier::new(2);
        let (first, second) = tokio::join!(change(souk, ["a", "b"], &both_began), change(souk, ["b", "a"], &both_began));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        assert_eq!((souk.app.db.deadlocks(), souk.app.db.retries()), (1, 1));
        assert_eq!(counter(souk, "souk_database_retries_total").await, 1);
        assert_eq!(counter(souk, "souk_database_deadlocks_total").await, 1);
    });
}
