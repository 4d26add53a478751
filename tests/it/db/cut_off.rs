//! Requests that are aborted because the client disconnects or the time limit is reached. Afterwards the database connections must be usable.

use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::setting;
use futures::future::join_all;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use secrecy::ExposeSecret;
use serde_json::json;
use souk_core::db::Subject;
use souk_core::error::Result;
use souk_core::transact;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// As many as the tests' pools have.
const CONNECTIONS: usize = 8;
/// Nothing here takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Drops a future that is not ready after it was polled so often.
pub async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Writes two rows in one transaction.
async fn write_pair(souk: &Souk, name: &str) -> Result<()> {
    let row = |half: &str| setting::ActiveModel {
        name: Set(format!("{half}-{name}")),
        value: Set(json!(name)),
        updated_at: Set(souk.app.clock.now()),
    };
    transact!(souk.app.db, tx, {
        tx.changed(Subject::Settings);
        setting::Entity::insert(row("left")).exec_without_returning(tx).await?;
        setting::Entity::find().filter(setting::Column::Name.starts_with("left-")).count(tx).await?;
        setting::Entity::insert(row("right")).exec_without_returning(tx).await?;
        Ok(())
    })
}

async fn rows(souk: &Souk, half: &str) -> u64 {
    let query = setting::Entity::find().filter(setting::Column::Name.starts_with(format!("{half}-")));
    query.count(souk.app.db.read()).await.expect("a count")
}

/// How many of the pool's connections are inside a transaction while nobody uses them, as the server sees it.
async fn inside_a_transaction(souk: &Souk) -> i64 {
    let url = souk.app.config.database_url.expose_secret();
    let number = async |connection: &sea_orm::DatabaseConnection, sql: &str| {
        let statement = sea_orm::Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.expect("a query").expect("a row");
        row.try_get_by_index::<i64>(0).expect("a number")
    };
    match souk.database {
        "postgres" => {
            let other = Database::connect(url).await.expect("PostgreSQL");
            let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
            let found = number(&other, sql).await;
            other.close().await.expect("closing");
            found
        }
        "mysql" => {
            // A transaction that did nothing yet is known to its own connection alone.
            let pool = souk.app.db.migrating().get_mysql_connection_pool();
            let mut all = join_all((0..CONNECTIONS).map(|_| pool.acquire())).await;
            let mut found = 0;
            for connection in all.iter_mut().map(|connection| connection.as_mut().expect("a connection")) {
                let query = sqlx::query_scalar::<_, i64>("SELECT CAST(@@in_transaction AS SIGNED)");
                found += query.fetch_one(&mut **connection).await.expect("a number");
            }
            found
        }
        _ => {
            let mut options = sea_orm::ConnectOptions::new(url);
            options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::from_secs(5)));
            let other = Database::connect(options).await.expect("SQLite");
            let immediate = Some(SqliteTransactionMode::Immediate);
            let options = TransactionOptions { sqlite_transaction_mode: immediate, ..TransactionOptions::default() };
            let begun = other.begin_with_options(options).await;
            let found = i64::from(begun.is_err());
            drop(begun);
            other.close().await.expect("closing");
            found
        }
    }
}

/// Checks that no connection is left inside a transaction. The next `BEGIN` would heal it, so this comes first; the next statement
/// without one would be lost.
async fn assert_outside_transactions(souk: &Souk) {
    let began = Instant::now();
    let mut found = inside_a_transaction(souk).await;
    while found > 0 && began.elapsed() < PATIENCE {
        tokio::task::yield_now().await;
        found = inside_a_transaction(souk).await;
    }
    assert_eq!(found, 0, "connections are inside a transaction");
}

/// Checks that all connections can be used, and that transactions were written as a whole or not at all.
async fn assert_unharmed(souk: &Souk) {
    assert_outside_transactions(souk).await;
    let pairs = join_all((0..3 * CONNECTIONS).map(|number| {
        let name = format!("after-{number}");
        async move { tokio::time::timeout(PATIENCE, write_pair(souk, &name)).await.expect("a connection").expect("a commit") }
    }));
    pairs.await;
    for number in 0..3 * CONNECTIONS {
        let written = setting::Entity::find().filter(setting::Column::Name.eq(format!("right-after-{number}")));
        assert_eq!(written.count(souk.app.db.read()).await.expect("a count"), 1);
    }
    assert_eq!(rows(souk, "left").await, rows(souk, "right").await);
}

#[test]
fn a_transaction_that_is_dropped_anywhere_leaves_its_connection_unharmed() {
    each(async |souk| {
        for round in 0..60 {
            let cut = (0..2 * CONNECTIONS).map(|task| {
                let name = format!("{round}-{task}");
                async move { cut_after(round, write_pair(souk, &name)).await.is_some() }
            });
            join_all(cut).await;
            assert_outside_transactions(souk).await;
        }
        assert_unharmed(souk).await;
    });
}

#[test]
fn a_query_that_is_dropped_anywhere_leaves_its_connection_unharmed() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        for _ in 0..30 {
            make::product(souk, store, Make::default()).await;
        }
        for round in 0..40 {
            let cut = (0..2 * CONNECTIONS).map(|task| async move {
                // Each statement is another one, so that it is prepared as well.
                let query = entity::product::Entity::find().filter(entity::product::Column::Name.ne(format!("{round}{task}")));
                let query = sea_orm::QuerySelect::limit(query, u64::try_from(100 + 16 * round + task).expect("a number"));
                cut_after(round, query.all(souk.app.db.read())).await;
            });
            join_all(cut).await;
        }
        assert_unharmed(souk).await;
    });
}

#[test]
fn clients_that_hang_up_during_a_mutation_do_no_harm() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make::default()).await;
        let query = operation!("cart", "CartLinesAddReturningId");
        let input = json!({ "lines": [{ "variantId": product.variant.to_string(), "quantity": 1 }] });
        let body = json!({ "query": query, "variables": { "input": input } }).to_string();
        let address = souk.url.strip_prefix("http://").expect("an address").to_owned();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        for round in 0..12 {
            let clients = (0..24).map(|client| {
                let (address, request) = (address.clone(), request.clone());
                async move {
                    let mut stream = TcpStream::connect(address).await.expect("a connection");
                    stream.write_all(request.as_bytes()).await.expect("a request");
                    // Disconnects after the server ran the given number of times.
                    for _ in 0..(round * 24 + client) {
                        tokio::task::yield_now().await;
                    }
                }
            });
            join_all(clients).await;
            assert_outside_transactions(souk).await;
        }
        souk.guest().run(query, json!({ "input": input })).await;
        assert_unharmed(souk).await;
    });
}
