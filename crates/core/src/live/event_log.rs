//! `events` as a log.
//!
//! Events of one subject keep the order of their causes: sequence m+1 was written when m had been committed, or in the same
//! transaction, so a reader that sees m+1 sees m, and within a batch they are placed by that number. Across subjects events are placed by
//! their ID, which is the time by the clock of the instance that wrote them; if those clocks differ, so does the order.

use super::sequencer::{BATCH, Log, head, sequence_log};
use crate::db::{Db, InPadded, Tx};
use crate::error::Result;
use crate::live::cursor::Cursor;
use entity::event::{Column, Entity};
use entity::event_head;
use entity::id::{EventId, OrderId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use std::collections::HashMap;
use uuid::Uuid;

/// The log of events.
pub(super) struct EventLog;

/// ID, subject and sequence; an older version writes the order and its sequence in place of the latter two.
type Row = (Uuid, Option<Uuid>, Option<i32>, Option<OrderId>, Option<i32>);
/// ID, subject, sequence.
type Waiting = (Uuid, Uuid, i32);

impl Log for EventLog {
    type Entity = Entity;
    const NAME: &'static str = "events";
    const HEAD: i32 = event_head::EVENTS;
    const ID: Column = Column::Id;
    const POSITION: Column = Column::Position;

    async fn waiting(tx: &Tx) -> Result<Vec<Uuid>> {
        let mut rows = read(tx, waiting().limit(BATCH)).await?;
        if rows.len() as u64 == BATCH {
            // An earlier event of the same subject could have been left out, by the clock of another instance.
            let subjects: Vec<Uuid> = rows.iter().map(|(_, subject, _)| *subject).collect();
            let by_order = Column::OrderId.in_padded(&subjects);
            let same = Condition::any().add(Column::SubjectId.in_padded(&subjects)).add(by_order);
            rows = read(tx, waiting().filter(same)).await?;
        }
        Ok(in_order(rows))
    }
}

fn waiting() -> Select<Entity> {
    let columns = [Column::Id, Column::SubjectId, Column::Sequence, Column::OrderId, Column::OrderSequence];
    Entity::find().select_only().columns(columns).filter(Column::Position.is_null()).order_by_asc(Column::Id)
}

async fn read(tx: &Tx, query: Select<Entity>) -> Result<Vec<Waiting>> {
    let rows: Vec<Row> = query.into_tuple().all(tx).await?;
    let waiting = |(id, subject, sequence, order, order_sequence): Row| {
        let subject = subject.or(order.map(|order| order.0)).unwrap_or(id);
        (id, subject, sequence.or(order_sequence).unwrap_or(0))
    };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Gives a position to all events that were committed and have none; returns how many.
pub async fn sequence(db: &Db) -> Result<u64> {
    sequence_log::<EventLog>(db).await
}

/// The position that the event log has reached: everything up to it is visible to whatever is read after this call, and whatever is
/// committed later gets a later position. What was committed before this call has a position then, so that it does not come again
/// after this one.
pub async fn now(db: &Db) -> Result<Cursor> {
    sequence(db).await?;
    head::<EventLog>(db).await.map(Cursor)
}

/// The positions of committed events, also of those that had none when they were read.
pub async fn places(db: &Db, events: &[EventId]) -> Result<HashMap<EventId, Cursor>> {
    sequence(db).await?;
    let query = Entity::find().select_only().columns([Column::Id, Column::Position]).filter(Column::Id.in_padded(events));
    let rows: Vec<(EventId, Option<i64>)> = query.into_tuple().all(db.read()).await?;
    Ok(rows.into_iter().filter_map(|(id, position)| Some((id, Cursor(position?)))).collect())
}

/// By ID, but the events of each subject among themselves by their sequence.
fn in_order(rows: Vec<Waiting>) -> Vec<Uuid> {
    let mut of_subject: HashMap<Uuid, Vec<(i32, Uuid)>> = HashMap::new();
    for (id, subject, sequence) in &rows {
        of_subject.entry(*subject).or_default().push((*sequence, *id));
    }
    for events in of_subject.values_mut() {
        // The last is taken first, below.
        events.sort_unstable_by(|a, b| b.cmp(a));
    }
    rows.iter().filter_map(|(_, subject, _)| of_subject.get_mut(subject)?.pop()).map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_subject_keep_their_order_even_if_clocks_differ() {
        let id = Uuid::from_u128;
        let rows = vec![(id(1), id(91), 3), (id(2), id(92), 1), (id(3), id(91), 1), (id(4), id(91), 2)];
        assert_eq!(in_order(rows), [id(3), id(2), id(4), id(1)]);
    }
}
