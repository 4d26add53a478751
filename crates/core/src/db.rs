//! The database: one way to read, one way to write.
//!
//! SQLite has a single write connection and a pool of readers, because deferred transactions on a shared pool fail with
//! "database is locked" whatever the timeout. On PostgreSQL and MariaDB both are the same pool.

mod change;
mod connection;
mod cut;
mod finish;
mod form;
mod in_padded;
mod lock;
mod reach;
mod savepoint;
mod subject;
mod time;
mod written;

pub use connection::Connection;
pub use form::{Form, form};
pub use in_padded::InPadded;
pub use lock::{keep, keep_all, lock_for_change, lock_in_order};
pub use reach::reach;
pub use subject::{REFERENCES, Reference, Subject, SubjectKind, watched_tables};
pub use time::{EARLIEST, LATEST};

use change::Changes;
use connection::{LONGEST_WAIT, OpenTransaction};
use cut::is_cut;
use finish::finish;
use time::portable;

use crate::clock::Clock;
use crate::config::SqliteSynchronous;
use crate::error::{Error, Fault, Result};
use entity::{change as change_row, job};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, ExecResult,
    IsolationLevel, QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedMutexGuard};

/// Attempts of a transaction that fails by a deadlock, a serialisation failure or a cut connection.
const ATTEMPTS: u32 = 10;

/// Wakes those who wait for commits. Wake-ups are hints: one can be lost, so pollers also check on a timer.
#[derive(Clone, Default)]
pub struct Wakeups {
    /// A job was enqueued.
    pub jobs: Arc<Notify>,
    /// An event was appended to the log.
    pub events: Arc<Notify>,
    /// A change was appended to the log.
    pub changes: Arc<Notify>,
}

/// Rows of the change log in one statement.
const CHANGES_AT_ONCE: usize = 500;
/// Unannounced writes that are kept for tests.
const MOST_UNANNOUNCED: usize = 20;

/// The connections to one database.
#[derive(Clone)]
pub struct Db {
    read: Connection,
    write: Connection,
    wakeups: Wakeups,
    clock: Clock,
    instance: Arc<str>,
    statements: Arc<AtomicU64>,
    deadlocks: Arc<AtomicU64>,
    retries: Arc<AtomicU64>,
    unannounced: Arc<Mutex<Vec<String>>>,
}

impl Db {
    /// Connects; `url` begins with `sqlite://`, `postgres://` or `mysql://`.
    pub async fn connect(url: &str, pool_size: u32, synchronous: SqliteSynchronous) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let open = async |connections: u32| {
            let mut pool = Database::connect(options(url, connections, synchronous)).await?;
            count(&mut pool, &statements);
            Ok::<_, DbErr>(Connection::new(pool, connections))
        };
        let sqlite = url.starts_with("sqlite:");
        let write = open(if sqlite { 1 } else { pool_size }).await?;
        let read = if sqlite { open(pool_size.min(sqlite_readers())).await? } else { write.clone() };
        let read = read.only_reads();
        let wakeups = Wakeups::default();
        let (deadlocks, retries, unannounced) = (Arc::default(), Arc::default(), Arc::default());
        let clock = Clock::system();
        let instance = clock.new_uuid().simple().to_string().into();
        Ok(Self { read, write, wakeups, clock, instance, statements, deadlocks, retries, unannounced })
    }

    /// The same connections; rows of the change log get the time of this clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// For queries outside a transaction. Never for writes.
    pub fn read(&self) -> &Connection {
        &self.read
    }

    /// For single statements that write outside a transaction. The change log does not know of them: neither domain nor API use this.
    pub fn raw(&self) -> &Connection {
        &self.write
    }

    /// For migrations, which manage their own transactions.
    pub fn migrating(&self) -> &DatabaseConnection {
        self.write.pool()
    }

    /// Kind of database.
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Wakes those who wait for commits.
    pub fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }

    /// A name that no other instance has, to tell the wake-ups of this instance from theirs.
    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    /// How many statements were sent since the start, without `BEGIN` and `COMMIT`.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Writes that were committed without [`Tx::changed`] of their subject, the first ones since the start. Tests fail if there are
    /// any; a server logs each as an error.
    pub fn unannounced(&self) -> Vec<String> {
        self.unannounced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many transactions the database ended since the start because they waited for each other in a cycle, or too long. If
    /// all locks are taken in the order of `docs/LOCKS.md` there are none.
    pub fn deadlocks(&self) -> u64 {
        self.deadlocks.load(Ordering::Relaxed)
    }

    /// How many transactions were retried since the start: those that the database ended, that took the number of another event, or
    /// whose connection was cut.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Begins a transaction that will change something, at READ COMMITTED on PostgreSQL and MariaDB whatever the server's default is;
    /// on SQLite transactions are serial. Use [`transact!`](crate::transact), which also commits and tries again.
    pub async fn begin(&self) -> Result<Tx> {
        let options = match self.backend() {
            DbBackend::Sqlite => {
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
            }
            // MariaDB's default, repeatable read, takes gap locks and reads old snapshots after waiting for a lock. It is told before
            // each transaction.
            DbBackend::MySql => TransactionOptions {
                isolation_level: Some(IsolationLevel::ReadCommitted),
                access_mode: Some(AccessMode::ReadWrite),
                ..Default::default()
            },
            // PostgreSQL is told once for each connection, in `options`: for each transaction it would be one more round trip.
            _ => TransactionOptions::default(),
        };
        let open = self.write.begin(options).await?;
        Ok(Tx {
            backend: self.backend(),
            inner: Arc::new(tokio::sync::Mutex::new(Some(open))),
            jobs: Mutex::default(),
            jobs_due: AtomicBool::new(false),
            events: AtomicBool::new(false),
            changes: Mutex::default(),
            parts: AtomicU32::new(0),
        })
    }

    /// Ends a transaction: commits if it succeeded, rolls back if it failed, and returns whether to try again.
    pub async fn end<T>(&self, tx: Tx, result: Result<T>, attempt: u32) -> Attempt<T> {
        let result = match result {
            Ok(value) => tx.write_collected(self).await.map(|changed| (value, changed)),
            Err(error) => Err(error),
        };
        // A connection that was cut before the commit has written nothing; of one that is cut at the commit this is unknown.
        let is_unwritten = result.is_err();
        let open = tx.inner.lock().await.take();
        let error = match (result, open) {
            (Ok((value, changes)), Some(open)) => {
                let (jobs, events) = (tx.jobs_due.into_inner(), tx.events.into_inner());
                let wakeups = self.wakeups.clone();
                let commit = async move {
                    let done = open.transaction.commit().await;
                    if done.is_ok() && jobs {
                        wakeups.jobs.notify_waiters();
                    }
                    if done.is_ok() && events {
                        wakeups.events.notify_waiters();
                    }
                    if done.is_ok() && changes {
                        wakeups.changes.notify_waiters();
                    }
                    done
                };
                match finish(commit).await {
                    Ok(()) => return Attempt::Done(Ok(value)),
                    Err(error) => error.into(),
                }
            }
            (Ok(_), None) => ended().into(),
            (Err(error), open) => {
                if let Some(open) = open
                    && let Err(failure) = finish(async move { open.transaction.rollback().await }).await
                {
                    tracing::debug!(error = %failure, "a rollback failed; the connection is dropped");
                }
                error
            }
        };
        if is_deadlock(&error) {
            self.deadlocks.fetch_add(1, Ordering::Relaxed);
        }
        let is_cut = is_unwritten && inner(&error).is_some_and(is_cut);
        if attempt < ATTEMPTS && (is_cut || is_transient(&error)) {
            self.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
            return Attempt::Again;
        }
        Attempt::Done(Err(error))
    }
}

/// Outcome of an attempt to commit a transaction.
pub enum Attempt<T> {
    /// It was committed, or failed for good.
    Done(Result<T>),
    /// It was rolled back by the database, or its connection was cut; nothing was written. Try again.
    Again,
}

/// Runs a block in a transaction: `transact!(db, tx, { ... Ok(value) })`.
///
/// The block is an `async` block that answers with [`Result`](crate::error::Result), which the macro evaluates to; it may run
/// several times (deadlocks), so it must not consume what it captures, nor have effects outside the database.
#[macro_export]
macro_rules! transact {
    ($db:expr, $tx:ident, $body:block) => {{
        let mut attempt = 0;
        loop {
            attempt += 1;
            let owned = match $db.begin().await {
                Ok(owned) => owned,
                Err(error) => break Err(error),
            };
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

/// An open transaction. If it is dropped it is rolled back when its last statement has finished.
pub struct Tx {
    backend: DbBackend,
    /// Absent after its end.
    inner: Arc<tokio::sync::Mutex<Option<OpenTransaction>>>,
    jobs: Mutex<Vec<job::ActiveModel>>,
    jobs_due: AtomicBool,
    events: AtomicBool,
    changes: Mutex<Changes>,
    /// How many parts were begun.
    parts: AtomicU32,
}

impl Tx {
    /// Announces that a subject changed, so that what is kept of it in memory, such as the search index, is read again. Written with
    /// the commit, by one statement together with all others, however often it is called.
    ///
    /// Call it wherever a row of a watched table is written; [`Db::unannounced`] tells if it was forgotten.
    pub fn changed(&self, subject: Subject) {
        self.changes().announce(subject);
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was announced; returns whether there was anything.
    async fn write_changes(&self, db: &Db) -> Result<bool> {
        let (missing, rows) = {
            let mut changes = self.changes();
            let missing = changes.complete();
            (missing, changes.rows(&db.clock))
        };
        for missing in missing {
            tracing::error!(write = missing.text, "a write was not announced to the change log");
            let mut unannounced = db.unannounced.lock().unwrap_or_else(PoisonError::into_inner);
            if unannounced.len() < MOST_UNANNOUNCED {
                unannounced.push(missing.text);
            }
        }
        for batch in rows.chunks(CHANGES_AT_ONCE) {
            change_row::Entity::insert_many(batch.to_vec()).exec_without_returning(self).await?;
        }
        Ok(!rows.is_empty())
    }

    /// Enqueues a job with the commit, by one statement together with all others, and wakes the workers after it.
    pub fn add_job(&self, row: job::ActiveModel) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Withdraws jobs that were added and are not written yet.
    pub fn remove_jobs(&self, which: impl Fn(&job::ActiveModel) -> bool) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !which(row));
    }

    /// Wakes the job workers after the commit.
    pub fn wake_job_workers(&self) {
        self.jobs_due.store(true, Ordering::Relaxed);
    }

    /// Writes the changes and jobs of the transaction, as the last thing before its commit; returns whether there were changes.
    async fn write_collected(&self, db: &Db) -> Result<bool> {
        let changed = self.write_changes(db).await?;
        self.write_jobs().await?;
        Ok(changed)
    }

    async fn write_jobs(&self) -> Result<()> {
        let rows = std::mem::take(&mut *self.jobs.lock().unwrap_or_else(PoisonError::into_inner));
        if !rows.is_empty() {
            job::Entity::insert_many(rows).exec_without_returning(self).await?;
            self.wake_job_workers();
        }
        Ok(())
    }

    /// Wakes the readers of the event log after the commit.
    pub fn wake_event_readers(&self) {
        self.events.store(true, Ordering::Relaxed);
    }

    /// Sends one statement, after those before it. What was not sent yet is not sent if its caller is dropped.
    async fn run<T, F>(&self, statement: impl FnOnce(OwnedMutexGuard<Option<OpenTransaction>>) -> F) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DbErr>> + Send + 'static,
    {
        let open = Arc::clone(&self.inner).lock_owned().await;
        finish(statement(open)).await
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.changes().note(&stmt);
        self.run(|open| async move { open.as_ref().ok_or_else(ended)?.transaction.execute_raw(portable(stmt)).await }).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.changes().note(&Statement::from_string(self.backend, sql));
        let sql = sql.to_owned();
        self.run(|open| async move { open.as_ref().ok_or_else(ended)?.transaction.execute_unprepared(&sql).await }).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.changes().note(&stmt);
        self.run(|open| async move { open.as_ref().ok_or_else(ended)?.transaction.query_one_raw(portable(stmt)).await }).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.changes().note(&stmt);
        self.run(|open| async move { open.as_ref().ok_or_else(ended)?.transaction.query_all_raw(portable(stmt)).await }).await
    }
}

/// Each reader is a thread with a page cache of its own: more than two for each core only slow each other down.
fn sqlite_readers() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    u32::try_from(2 * cores).unwrap_or(u32::MAX)
}

/// Size to which the write-ahead log is cut after a checkpoint, in bytes.
const LARGEST_IDLE_LOG: &str = "67108864";

fn options(url: &str, connections: u32, synchronous: SqliteSynchronous) -> ConnectOptions {
    let synchronous = match synchronous {
        SqliteSynchronous::Full => sqlx::sqlite::SqliteSynchronous::Full,
        SqliteSynchronous::Normal => sqlx::sqlite::SqliteSynchronous::Normal,
    };
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(LONGEST_WAIT)
        .test_before_acquire(false)
        .sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .pragma("cache_size", "-16000")
            .pragma("journal_size_limit", LARGEST_IDLE_LOG)
            .pragma("temp_store", "MEMORY")
    });
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                let level = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";
                sqlx::Executor::execute(connection, level).await.map(drop)
            })
        })
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

/// Runs a future and returns how many statements its own task sent.
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
    // MariaDB and SQLite have it in their message only: "for key 'users_email'", "UNIQUE constraint failed: users.email".
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

/// Whether the error says that a row with these values exists. `index` is the name of the unique index, `table` and `columns` are
/// what it covers (SQLite names those instead).
pub fn is_taken(error: &DbErr, index: &str, table: &str, columns: &[&str]) -> bool {
    violated_constraint(error).is_some_and(|found| found == index || found == format!("{table}({})", columns.join(",")))
}

fn driver_error(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => error.as_database_error(),
        _ => None,
    }
}

/// Whether the same transaction can succeed if it is retried.
fn is_transient(error: &Error) -> bool {
    // Two appended to one subject at once; the second takes the next sequence when it is retried.
    let is_next_number = |error: &DbErr| {
        is_taken(error, "events_subject", "events", &["subject_type", "subject_id", "sequence"])
            || is_taken(error, "events_order_sequence", "events", &["order_id", "order_sequence"])
    };
    is_deadlock(error) || inner(error).is_some_and(is_next_number)
}

/// Deadlocks and serialisation failures: the database rolled everything back, and a retry can succeed.
fn is_deadlock(error: &Error) -> bool {
    let Some(driver) = inner(error).and_then(driver_error) else { return false };
    // PostgreSQL: serialization_failure, deadlock_detected. MariaDB: 1213 deadlock (40001), 1020 record has changed, 1205 lock wait.
    // SQLite: 5 busy, 6 locked, 517 busy snapshot.
    let code = driver.code().unwrap_or_default();
    let mysql = driver.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|e| e.number());
    matches!(code.as_ref(), "40001" | "40P01" | "5" | "6" | "517") || matches!(mysql, Some(1213 | 1020 | 1205))
}

fn inner(error: &Error) -> Option<&DbErr> {
    let Error::Fault(Fault::Internal(inside)) = error else { return None };
    inside.downcast_ref::<DbErr>()
}
