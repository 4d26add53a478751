//! Savepoints: a part of a transaction that is undone alone.

use super::{Tx, ended};
use crate::error::{Error, Result};
use sea_orm::ConnectionTrait;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

impl Tx {
    /// Runs a part of the transaction. If it is refused, everything that it wrote, announced and enqueued is undone, and the transaction
    /// goes on. A fault leaves the transaction as it is: the caller must return it, so that the transaction is rolled back, and retried if
    /// the database ended it. Locks that the part took may be kept until the transaction ends.
    pub async fn part<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        // On MariaDB a savepoint ends an earlier one of the same name.
        let name = format!("part_{}", self.parts.fetch_add(1, Ordering::Relaxed));
        self.command(format!("SAVEPOINT {name}")).await?;
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mark = self.changes().mark();
        match work.await {
            Ok(value) => {
                self.command(format!("RELEASE SAVEPOINT {name}")).await?;
                Ok(value)
            }
            Err(Error::Refused(refusal)) => {
                self.command(format!("ROLLBACK TO SAVEPOINT {name}")).await?;
                self.command(format!("RELEASE SAVEPOINT {name}")).await?;
                *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = jobs;
                self.changes().reset(mark);
                Err(Error::Refused(refusal))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Sends a command that writes no table, so that the change log needs not know of it.
    async fn command(&self, sql: String) -> Result<()> {
        self.run(|open| async move {
            open.as_ref().ok_or_else(ended)?.transaction.execute_unprepared(&sql).await?;
            Ok(())
        })
        .await?;
        Ok(())
    }
}
