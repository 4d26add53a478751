//! `changes` as a log: what is to be read again.

use super::sequencer::{BATCH, Log, head, sequence_log};
use crate::app::App;
use crate::auth::System;
use crate::db::{Db, Subject, Tx};
use crate::error::Result;
use crate::transact;
use entity::change::{ChangeTags, Column, Entity, Model};
use entity::event_head;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::time::Duration;
use uuid::Uuid;

/// How long changes are kept. A process that was stopped for longer reads everything again.
const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// Rows that one statement deletes.
const PRUNED_AT_ONCE: u64 = 1_000;

/// The log of changes.
pub(super) struct ChangeLog;

impl Log for ChangeLog {
    type Entity = Entity;
    const NAME: &'static str = "changes";
    const HEAD: i32 = event_head::CHANGES;
    const ID: Column = Column::Id;
    const POSITION: Column = Column::Position;

    async fn waiting(tx: &Tx) -> Result<Vec<Uuid>> {
        let query = Entity::find().select_only().column(Column::Id).filter(Column::Position.is_null());
        Ok(query.order_by_asc(Column::Id).limit(BATCH).into_tuple().all(tx).await?)
    }
}

/// Gives a position to all changes that were committed and have none; returns how many.
pub async fn sequence_changes(db: &Db) -> Result<u64> {
    sequence_log::<ChangeLog>(db).await
}

/// One change of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Position in the log, from 1 without gaps.
    pub position: i64,
    /// What is to be read again; absent if only a later version knows the kind.
    pub subject: Option<Subject>,
    /// What the transaction wrote; in the first change of each transaction only.
    pub tags: Option<ChangeTags>,
}

impl From<Model> for Change {
    fn from(row: Model) -> Self {
        let subject = Subject::stored(&row.subject_kind, row.subject_id);
        Self { position: row.position.unwrap_or_default(), subject, tags: row.tags }
    }
}

/// The position that the change log has reached. What is read after this call holds every change up to it.
pub async fn change_head(db: &Db) -> Result<i64> {
    head::<ChangeLog>(db).await
}

/// Changes after a position, at most `limit` of them.
pub(super) async fn changes_after(db: &Db, position: i64, limit: u64) -> Result<Vec<Change>> {
    let query = Entity::find().filter(Column::Position.gt(position)).order_by_asc(Column::Position).limit(limit);
    Ok(query.all(db.read()).await?.into_iter().map(Change::from).collect())
}

/// Deletes changes that are older than a week, but never the newest: by it a reader that is behind finds out that it missed some.
/// Returns how many were deleted.
pub async fn prune_changes(app: &App, _system: &System) -> Result<u64> {
    let db = app.db.read();
    let since = app.clock.now() - KEPT;
    let head = change_head(&app.db).await?;
    let young = Entity::find().select_only().column(Column::Position).filter(Column::Position.is_not_null());
    let young = young.filter(Column::CreatedAt.gte(since)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Position);
    let first: Option<i64> = young.limit(1).into_tuple().one(db).await?;
    let keep_from = first.unwrap_or(head).min(head);
    let mut total = 0;
    loop {
        let old = Entity::find().select_only().column(Column::Position).filter(Column::Position.lt(keep_from));
        let old: Vec<i64> = old.order_by_asc(Column::Position).limit(PRUNED_AT_ONCE).into_tuple().all(db).await?;
        let Some(last) = old.last() else { return Ok(total) };
        let deleted: Result<u64> = async {
            transact!(app.db, tx, { Ok(Entity::delete_many().filter(Column::Position.lte(*last)).exec(tx).await?.rows_affected) })
        }
        .await;
        total += deleted?;
    }
}
