//! The database: one way to read, one way to change.
//!
//! SQLite has a single write connection and a pool of readers, because deferred transactions on a shared pool fail with
//! "database is locked" whatever the timeout. On PostgreSQL and MariaDB both are the same pool.

mod among;

pub use among::Among;

use crate::error::{Error, Fault, Result};
use entity::job;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, ExecResult, IsolationLevel, QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How often a transaction is begun again after a deadlock or a serialisation failure.
const ATTEMPTS: u32 = 10;

/// Rings when something was committed that somebody may be waiting for. A ring can be lost; whoever waits also looks at intervals.
#[derive(Clone, Default)]
pub struct Bells {
    /// A job was enqueued.
    pub jobs: Arc<Notify>,
    /// An event was appended to the log.
    pub events: Arc<Notify>,
}

/// The connections to one database.
#[derive(Clone)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    bells: Bells,
    statements: Arc<AtomicU64>,
}

impl Db {
    /// Connects; `url` begins with `sqlite://`, `postgres://` or `mysql://`.
    pub async fn connect(url: &str, pool_size: u32) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let sqlite = url.starts_with("sqlite:");
        let mut write = Database::connect(options(url, if sqlite { 1 } else { pool_size })).await?;
        count(&mut write, &statements);
        let read = if sqlite {
            let mut read = Database::connect(options(url, pool_size.min(sqlite_readers()))).await?;
            count(&mut read, &statements);
            read
        } else {
            write.clone()
        };
        Ok(Self { read, write, bells: Bells::default(), statements })
    }

    /// For queries outside a transaction. Never for changes.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For migrations and other work that manages its own transactions.
    pub fn raw(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Who is told about commits.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// How many statements were sent since the start, without `BEGIN` and `COMMIT`.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Begins a transaction that will change something. Use [`transact!`](crate::transact), which also commits and tries again.
    pub async fn begin(&self) -> Result<Tx> {
        let options = match self.backend() {
            DbBackend::Sqlite => {
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
            }
            // MariaDB's default, repeatable read, takes gap locks and reads old snapshots after waiting for a lock.
            DbBackend::MySql => TransactionOptions {
                isolation_level: Some(IsolationLevel::ReadCommitted),
                access_mode: Some(AccessMode::ReadWrite),
                ..Default::default()
            },
            _ => TransactionOptions::default(),
        };
        let inner = self.write.begin_with_options(options).await?;
        Ok(Tx { inner, jobs: Mutex::default(), jobs_due: AtomicBool::new(false), events: AtomicBool::new(false) })
    }

    /// Ends a transaction: commits what succeeded, rolls back what did not, and says whether to try again.
    pub async fn end<T>(&self, tx: Tx, result: Result<T>, attempt: u32) -> Attempt<T> {
        let result = match result {
            Ok(value) => tx.write_jobs().await.map(|()| value),
            Err(error) => Err(error),
        };
        let error = match result {
            Ok(value) => {
                let (jobs, events) = (tx.jobs_due.into_inner(), tx.events.into_inner());
                match tx.inner.commit().await {
                    Ok(()) => {
                        if jobs {
                            self.bells.jobs.notify_waiters();
                        }
                        if events {
                            self.bells.events.notify_waiters();
                        }
                        return Attempt::Done(Ok(value));
                    }
                    Err(error) => error.into(),
                }
            }
            Err(error) => {
                if let Err(failure) = tx.inner.rollback().await {
                    tracing::debug!(error = %failure, "a rollback failed; the connection is dropped");
                }
                error
            }
        };
        if attempt < ATTEMPTS && is_transient(&error) {
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
            return Attempt::Again;
        }
        Attempt::Done(Err(error))
    }
}

/// What came of a transaction.
pub enum Attempt<T> {
    /// It is over.
    Done(Result<T>),
    /// The database gave it up to let another pass; nothing was written.
    Again,
}

/// Runs a block in a transaction: `transact!(db, tx, { ... Ok(value) })`.
///
/// The block is an `async` block that answers with [`Result`](crate::error::Result); it may run several times (deadlocks), so
/// it must not consume what it captures, nor do anything outside the database.
#[macro_export]
macro_rules! transact {
    ($db:expr, $tx:ident, $body:block) => {{
        let mut attempt = 0;
        loop {
            attempt += 1;
            let owned = $db.begin().await?;
            let result = {
                let $tx = &owned;
                // Boxed: it would lie whole within the future of every caller, and overflow their stack in debug builds.
                Box::pin(async { $body }).await
            };
            match $db.end(owned, result, attempt).await {
                $crate::db::Attempt::Done(result) => break result,
                $crate::db::Attempt::Again => {}
            }
        }
    }};
}

/// A transaction that is under way.
pub struct Tx {
    inner: DatabaseTransaction,
    jobs: Mutex<Vec<job::ActiveModel>>,
    jobs_due: AtomicBool,
    events: AtomicBool,
}

impl Tx {
    /// Writes a job down with the commit, by one statement together with all others; after it, rings for the workers.
    pub fn add_job(&self, row: job::ActiveModel) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Takes those jobs back that are not written yet.
    pub fn remove_jobs(&self, which: impl Fn(&job::ActiveModel) -> bool) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !which(row));
    }

    /// Rings for the job workers after the commit.
    pub fn ring_jobs(&self) {
        self.jobs_due.store(true, Ordering::Relaxed);
    }

    async fn write_jobs(&self) -> Result<()> {
        let rows = std::mem::take(&mut *self.jobs.lock().unwrap_or_else(PoisonError::into_inner));
        if !rows.is_empty() {
            job::Entity::insert_many(rows).exec_without_returning(self).await?;
            self.ring_jobs();
        }
        Ok(())
    }

    /// Rings for the event log after the commit.
    pub fn ring_events(&self) {
        self.events.store(true, Ordering::Relaxed);
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(stmt).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(stmt).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(stmt).await
    }
}

/// Each reader is a thread that computes, with a cache of pages of its own: more than twice as many as cores only get in each
/// other's way.
fn sqlite_readers() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    u32::try_from(2 * cores).unwrap_or(u32::MAX)
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "MEMORY")
    });
    options
}

fn count(connection: &mut DatabaseConnection, statements: &Arc<AtomicU64>) {
    let statements = Arc::clone(statements);
    connection.set_metric_callback(move |_| {
        statements.fetch_add(1, Ordering::Relaxed);
        let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
    });
}

tokio::task_local! {
    static STATEMENTS: std::cell::Cell<u64>;
}

/// Runs something and says how many statements its own task sent.
pub async fn counting<T>(work: impl Future<Output = T>) -> (T, u64) {
    STATEMENTS
        .scope(std::cell::Cell::new(0), async {
            let value = work.await;
            (value, STATEMENTS.with(std::cell::Cell::get))
        })
        .await
}

/// The database's own name for a violated constraint or index, if the error is about one.
pub fn violated_constraint(error: &DbErr) -> Option<String> {
    let driver = driver_error(error)?;
    if let Some(name) = driver.constraint() {
        return Some(name.to_owned());
    }
    // MariaDB and SQLite say it in their sentence alone: "for key 'users_email'", "UNIQUE constraint failed: users.email".
    let message = driver.message();
    if let Some((_, rest)) = message.split_once("for key '") {
        return rest.split('\'').next().map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
    }
    let columns = message.split_once("UNIQUE constraint failed: ")?.1;
    let mut table = "";
    let names: Vec<_> = columns
        .split(',')
        .filter_map(|column| {
            let (found, name) = column.trim().split_once('.')?;
            table = found;
            Some(name.trim())
        })
        .collect();
    Some(format!("{table}({})", names.join(",")))
}

/// Whether the error says that a row with these values is there already. `index` is the name of the unique index, and
/// `table` with `columns` are what it stands on (SQLite names those instead).
pub fn is_taken(error: &DbErr, index: &str, table: &str, columns: &[&str]) -> bool {
    violated_constraint(error).is_some_and(|found| found == index || found == format!("{table}({})", columns.join(",")))
}

fn driver_error(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => error.as_database_error(),
        _ => None,
    }
}

/// Deadlocks and serialisation failures: the database undid everything, and the same again will do.
fn is_transient(error: &Error) -> bool {
    let Error::Fault(Fault::Internal(inside)) = error else { return false };
    let Some(error) = inside.downcast_ref::<DbErr>() else { return false };
    // Two appended to one order at once; the second takes the next number when it begins again.
    if is_taken(error, "events_order_sequence", "events", &["order_id", "order_sequence"]) {
        return true;
    }
    let Some(driver) = driver_error(error) else { return false };
    // PostgreSQL: serialization_failure, deadlock_detected. MariaDB: 1213 deadlock (40001), 1020 record has changed, 1205 lock wait.
    // SQLite: 5 busy, 6 locked, 517 busy snapshot.
    let code = driver.code().unwrap_or_default();
    let mysql = driver.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|e| e.number());
    matches!(code.as_ref(), "40001" | "40P01" | "5" | "6" | "517") || matches!(mysql, Some(1213 | 1020 | 1205))
}
