//! Gives the rows of a log their positions, after the commit of their cause.
//!
//! Why no position can appear below one that was read:
//!
//! 1. Positions are given in a transaction that first locks the log's row of `event_heads`, and holds the lock until its commit. So
//!    these transactions run one after the other, in whatever process: each begins to read when the one before has committed.
//! 2. Each gives the numbers that follow the head it found, without a gap, and raises the head in the same commit. So the k-th
//!    commit makes visible, all at once, numbers that are larger than all those of the commits before it.
//! 3. Every reader's snapshot holds some first commits of that row and none of the later ones. So what a reader sees are the
//!    positions 1 to n for some n, and whatever appears later is larger than n.
//!
//! It does not matter in which order the causes commit: a row of a transaction that is still open has no position, is not visible
//! here, and gets a later one when it is.
//!
//! Nothing in this depends on the table, so all logs share this code, and each has a head of its own: they never wait for each other.

use crate::db::{Db, InPadded};
use crate::error::{Fault, Result};
use crate::transact;
use entity::event_head;
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::notify::notify;

/// Rows that get a position in one transaction.
pub(super) const BATCH: u64 = 500;

/// A table whose rows get positions.
pub(super) trait Log: Send + Sync + 'static {
    /// The table.
    type Entity: EntityTrait;
    /// Its name in wake-ups.
    const NAME: &'static str;
    /// Its row of `event_heads`.
    const HEAD: i32;
    /// Its primary key, a UUID.
    const ID: <Self::Entity as EntityTrait>::Column;
    /// The column of the position: null until it is given, unique.
    const POSITION: <Self::Entity as EntityTrait>::Column;

    /// IDs of committed rows without a position, in the order in which they get theirs: about [`BATCH`] of them, fewer only if
    /// there are no more.
    fn waiting(tx: &crate::db::Tx) -> impl Future<Output = Result<Vec<Uuid>>> + Send;
}

/// Gives a position to all rows of a log that were committed and have none; returns how many.
pub(super) async fn sequence_log<L: Log>(db: &Db) -> Result<u64> {
    let mut total = 0;
    loop {
        let done = batch::<L>(db).await?;
        total += done;
        if done < BATCH {
            return Ok(total);
        }
    }
}

/// The position of the newest row that has one; 0 if there is none.
pub(super) async fn head<L: Log>(db: &Db) -> Result<i64> {
    let row = event_head::Entity::find_by_id(L::HEAD).one(db.read()).await?;
    Ok(row.ok_or_else(no_head)?.position)
}

async fn batch<L: Log>(db: &Db) -> Result<u64> {
    // Cheap if there is nothing to do, and on SQLite without the one write connection.
    if L::Entity::find().filter(L::POSITION.is_null()).one(db.read()).await?.is_none() {
        return Ok(0);
    }
    let done: Result<u64> = async {
        transact!(db, tx, {
            let head = event_head::Entity::find_by_id(L::HEAD).lock_exclusive().one(tx).await?.ok_or_else(no_head)?;
            let rows = L::waiting(tx).await?;
            if rows.is_empty() {
                return Ok(0);
            }
            let mut position = head.position;
            let mut places = CaseStatement::new();
            for id in &rows {
                position += 1;
                places = places.case(L::ID.eq(*id), Expr::value(position));
            }
            L::Entity::update_many()
                .col_expr(L::POSITION, places.finally(Expr::col(L::POSITION)).into())
                .filter(L::ID.in_padded(&rows))
                .exec(tx)
                .await?;
            event_head::Entity::update_many()
                .col_expr(event_head::Column::Position, Expr::value(position))
                .filter(event_head::Column::Id.eq(L::HEAD))
                .exec(tx)
                .await?;
            Ok(rows.len() as u64)
        })
    }
    .await;
    let done = done?;
    if done > 0 {
        notify(db, L::NAME);
    }
    Ok(done)
}

fn no_head() -> crate::error::Error {
    Fault::internal("event_heads has no row for a log: the migration was not finished").into()
}
