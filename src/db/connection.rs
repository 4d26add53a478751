//! A pool of connections: statements outside transactions, and the beginning of transactions.

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

/// A pool of connections. Statements that were sent are finished even if nobody waits for them any more.
///
/// A permit is taken for each connection before the pool is asked: waiting for it ends with its caller, so what goes on without
/// one never holds more than the pool's connections.
#[derive(Clone)]
pub struct Connection {
    pool: Arc<DatabaseConnection>,
    permits: Arc<Semaphore>,
}

/// A transaction and the right to its connection.
pub(super) struct OpenTransaction {
    pub(super) transaction: DatabaseTransaction,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Of a pool of at most so many connections.
    pub(super) fn new(pool: DatabaseConnection, connections: u32) -> Self {
        let permits = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self { pool: Arc::new(pool), permits: Arc::new(Semaphore::new(permits)) }
    }

    /// The pool itself, for migrations. Times and dropped callers are not looked after.
    pub(super) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Closes all connections.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.pool.close_by_ref().await
    }

    pub(super) async fn begin(&self, options: TransactionOptions) -> Result<OpenTransaction, DbErr> {
        let permit = self.permit().await?;
        let pool = Arc::clone(&self.pool);
        let begin = async move {
            let transaction = pool.begin_with_options(options).await?;
            Ok(OpenTransaction { transaction, _permit: permit })
        };
        finish(begin).await
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
        self.run(|pool| async move { pool.query_one_raw(portable(stmt)).await }).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(|pool| async move { pool.query_all_raw(portable(stmt)).await }).await
    }
}
