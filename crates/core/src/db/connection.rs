//! A pool of connections: statements outside transactions, and the beginning of transactions.

use super::cut::is_cut;
use super::finish::finish;
use super::time::portable;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement, TransactionOptions, TransactionTrait,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The longest wait for a connection.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A pool of connections. Statements that were sent are finished even if their caller is dropped.
///
/// A permit is taken for each connection before the pool is asked: waiting for it ends with its caller, so what goes on without
/// one never holds more than the pool's connections.
#[derive(Clone)]
pub struct Connection {
    pool: Arc<DatabaseConnection>,
    permits: Arc<Semaphore>,
    connections: u32,
    /// Whether queries only read, so that one whose connection was cut can be sent again.
    only_reads: bool,
}

/// A transaction and the right to its connection.
pub(super) struct OpenTransaction {
    pub(super) transaction: DatabaseTransaction,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Wraps a pool of at most this many connections.
    pub(super) fn new(pool: DatabaseConnection, connections: u32) -> Self {
        let permits = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self { pool: Arc::new(pool), permits: Arc::new(Semaphore::new(permits)), connections, only_reads: false }
    }

    /// The same connections for queries that only read.
    pub(super) fn only_reads(&self) -> Self {
        Self { only_reads: true, ..self.clone() }
    }

    /// The pool itself, for migrations: without [`portable`] and [`finish`].
    pub(super) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Closes all connections.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.pool.close_by_ref().await
    }

    pub(super) async fn begin(&self, options: TransactionOptions) -> Result<OpenTransaction, DbErr> {
        // Nothing has been done yet, so it can begin on another connection.
        let mut attempts = Attempts::of(self.connections);
        loop {
            let permit = self.permit().await?;
            let pool = Arc::clone(&self.pool);
            let begun = finish(async move {
                let transaction = pool.begin_with_options(options).await?;
                Ok(OpenTransaction { transaction, _permit: permit })
            });
            let result = begun.await;
            if !attempts.again(&result) {
                return result;
            }
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, DbErr> {
        match tokio::time::timeout(LONGEST_WAIT, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    async fn run<T, F>(&self, statement: impl FnOnce(Arc<DatabaseConnection>) -> F) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DbErr>> + Send + 'static,
    {
        let permit = self.permit().await?;
        let statement = statement(Arc::clone(&self.pool));
        finish(async move {
            let result = statement.await;
            drop(permit);
            result
        })
        .await
    }
}

impl Connection {
    async fn query<T, F>(
        &self,
        statement: Statement,
        send: impl Fn(Arc<DatabaseConnection>, Statement) -> F + Sync,
    ) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, DbErr>> + Send + 'static,
    {
        let statement = portable(statement);
        // SQLite has no network that could break.
        if !self.only_reads || self.get_database_backend() == DbBackend::Sqlite {
            return self.run(|pool| send(pool, statement)).await;
        }
        let mut attempts = Attempts::of(self.connections);
        loop {
            let result = self.run(|pool| send(pool, statement.clone())).await;
            if !attempts.again(&result) {
                return result;
            }
        }
    }
}

/// How often a statement is sent again if connections were cut: as often as there are connections, because after a restart of the
/// server all of them are, and each is noticed when it is used.
struct Attempts {
    left: u32,
}

impl Attempts {
    fn of(connections: u32) -> Self {
        Self { left: connections }
    }

    /// Whether to try again after this result.
    fn again<T>(&mut self, result: &Result<T, DbErr>) -> bool {
        match result {
            Err(error) if self.left > 0 && is_cut(error) => {
                tracing::warn!(%error, "a connection to the database was cut; trying again");
                self.left -= 1;
                true
            }
            _ => false,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.run(|pool| async move { pool.execute_raw(portable(stmt)).await }).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = sql.to_owned();
        self.run(|pool| async move { pool.execute_unprepared(&sql).await }).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.query(stmt, |pool, stmt| async move { pool.query_one_raw(stmt).await }).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(stmt, |pool, stmt| async move { pool.query_all_raw(stmt).await }).await
    }
}
