//! Gives events their positions, after the commit of their cause.
//!
//! Why no position can appear behind one that was read:
//!
//! 1. Positions are given in a transaction that first locks the one row of `event_heads`, and holds the lock until its commit. So
//!    these transactions run one after the other, in whatever process: each begins to read when the one before has committed.
//! 2. Each gives the numbers that follow the head it found, without a gap, and raises the head in the same commit. So the k-th
//!    commit makes visible, all at once, numbers that are larger than all those of the commits before it.
//! 3. Every reader's snapshot holds some first commits of that row and none of the later ones. So what a reader sees are the
//!    positions 1 to n for some n, and whatever appears later is larger than n.
//!
//! It does not matter in which order the causes commit: an event of a transaction that is still open has no position, is not
//! visible here, and gets a later one when it is.
//!
//! Events of one order keep the order of their causes: `order_sequence` m+1 was written when m had been committed, or in the same
//! transaction, so whoever sees m+1 sees m, and within a batch they are placed by that number. Across orders events are placed by
//! their ID, which is the time by the clock of the instance that wrote them; where those clocks differ, so do the places.

use crate::db::{Db, InPadded};
use crate::error::{Fault, Result};
use crate::live::cursor::Cursor;
use crate::transact;
use entity::event::{self, Column};
use entity::event_head;
use entity::id::{EventId, OrderId};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Events that get a position in one transaction.
const BATCH: u64 = 500;

/// The one row of `event_heads`.
const HEAD: i32 = 1;

type Waiting = (EventId, OrderId, i32);

/// Gives a position to everything that was committed and has none; says to how many.
pub async fn sequence(db: &Db) -> Result<u64> {
    let mut total = 0;
    loop {
        let done = batch(db).await?;
        total += done;
        if done < BATCH {
            return Ok(total);
        }
    }
}

/// The place that the log has reached: everything up to it is visible to whatever is read after this call, and whatever is committed
/// later gets a later place. What was committed before this call has a place then, so that it does not come again after this one.
pub async fn now(db: &Db) -> Result<Cursor> {
    sequence(db).await?;
    head(db).await.map(Cursor)
}

/// The position of the newest event that has one.
pub(super) async fn head(db: &Db) -> Result<i64> {
    let row = event_head::Entity::find_by_id(HEAD).one(db.read()).await?;
    Ok(row.ok_or_else(no_head)?.position)
}

/// The places of events that were committed, also of those that had none when they were read.
pub async fn places(db: &Db, events: &[EventId]) -> Result<HashMap<EventId, Cursor>> {
    sequence(db).await?;
    let query = event::Entity::find().select_only().columns([Column::Id, Column::Position]).filter(Column::Id.in_padded(events));
    let rows: Vec<(EventId, Option<i64>)> = query.into_tuple().all(db.read()).await?;
    Ok(rows.into_iter().filter_map(|(id, place)| Some((id, Cursor(place?)))).collect())
}

async fn batch(db: &Db) -> Result<u64> {
    // Cheap where there is nothing to do, and on SQLite without the one write connection.
    if event::Entity::find().filter(Column::Position.is_null()).one(db.read()).await?.is_none() {
        return Ok(0);
    }
    transact!(db, tx, {
        let head = event_head::Entity::find_by_id(HEAD).lock_exclusive().one(tx).await?.ok_or_else(no_head)?;
        let waiting = || {
            let columns = [Column::Id, Column::OrderId, Column::OrderSequence];
            event::Entity::find().select_only().columns(columns).filter(Column::Position.is_null()).order_by_asc(Column::Id)
        };
        let mut rows: Vec<Waiting> = waiting().limit(BATCH).into_tuple().all(tx).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        if rows.len() as u64 == BATCH {
            // An earlier event of the same order could have been left outside, by the clock of another instance.
            let orders: Vec<OrderId> = rows.iter().map(|(_, order, _)| *order).collect();
            rows = waiting().filter(Column::OrderId.is_in(orders)).into_tuple().all(tx).await?;
        }
        let rows = in_order(rows);
        let mut position = head.position;
        let mut places = CaseStatement::new();
        for id in &rows {
            position += 1;
            places = places.case(Column::Id.eq(*id), Expr::value(position));
        }
        event::Entity::update_many()
            .col_expr(Column::Position, places.finally(Expr::col(Column::Position)).into())
            .filter(Column::Id.is_in(rows.iter().copied()))
            .exec(tx)
            .await?;
        event_head::Entity::update_many()
            .col_expr(event_head::Column::Position, Expr::value(position))
            .filter(event_head::Column::Id.eq(HEAD))
            .exec(tx)
            .await?;
        Ok(rows.len() as u64)
    })
}

/// By ID, but the events of each order among themselves by their number.
fn in_order(rows: Vec<Waiting>) -> Vec<EventId> {
    let mut of_order: HashMap<OrderId, Vec<(i32, EventId)>> = HashMap::new();
    for (id, order, sequence) in &rows {
        of_order.entry(*order).or_default().push((*sequence, *id));
    }
    for events in of_order.values_mut() {
        // The last is taken first, below.
        events.sort_unstable_by(|a, b| b.cmp(a));
    }
    rows.iter().filter_map(|(_, order, _)| of_order.get_mut(order)?.pop()).map(|(_, id)| id).collect()
}

fn no_head() -> crate::error::Error {
    Fault::internal("event_heads has no row: the migration was not finished").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn events_of_one_order_keep_their_order_whatever_the_clocks_said() {
        let event = |n| EventId(Uuid::from_u128(n));
        let order = |n| OrderId(Uuid::from_u128(n));
        let rows = vec![(event(1), order(1), 3), (event(2), order(2), 1), (event(3), order(1), 1), (event(4), order(1), 2)];
        assert_eq!(in_order(rows), [event(3), event(2), event(4), event(1)]);
    }
}
