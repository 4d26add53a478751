//! Writing events.

use crate::clock::Clock;
use crate::db::Tx;
use crate::error::Result;
use entity::event::{self, Column};
use entity::id::{OrderId, StoreId, StoreOrderId, UserId};
use entity::value::{ActorKind, EventType, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// What happened.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// To which order.
    pub order_id: OrderId,
    /// To which store's part of it, and whose that is; absent where it concerns the whole.
    pub part: Option<(StoreOrderId, StoreId, OrderStatus)>,
    /// The buyer; absent for a guest.
    pub buyer: Option<UserId>,
    /// Its kind.
    pub event_type: EventType,
    /// A sentence for the timeline.
    pub message: String,
    /// Who did it.
    pub actor: (ActorKind, Option<UserId>),
    /// The status of the order after it.
    pub order_status: OrderStatus,
}

/// Writes events in the transaction of their cause; they become visible to streams after the commit.
///
/// Each is numbered among those of its order. Two transactions that append to one order at once can't both commit the same
/// number (`events_order_sequence`): the second is begun again by [`transact!`](crate::transact), and counts on from the first.
/// Holding the lock on the order, as a change of it does anyway, spares that.
pub async fn append(tx: &Tx, clock: &Clock, events: Vec<NewEvent>) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let last = last_sequences(tx, events.iter().map(|new| new.order_id).collect()).await?;
    write(tx, clock, events, last).await
}

/// As [`append`], for orders that are made in this transaction: they have no events yet.
pub async fn append_first(tx: &Tx, clock: &Clock, events: Vec<NewEvent>) -> Result<()> {
    write(tx, clock, events, HashMap::new()).await
}

async fn write(tx: &Tx, clock: &Clock, events: Vec<NewEvent>, mut last: HashMap<OrderId, i32>) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let now = clock.now();
    let rows: Vec<_> = events
        .into_iter()
        .map(|new| {
            let sequence = last.entry(new.order_id).or_insert(0);
            *sequence += 1;
            event::ActiveModel {
                id: Set(clock.new_id()),
                position: Set(None),
                order_id: Set(new.order_id),
                order_sequence: Set(*sequence),
                store_order_id: Set(new.part.map(|(id, _, _)| id.0)),
                store_id: Set(new.part.map(|(_, id, _)| id.0)),
                user_id: Set(new.buyer.map(|id| id.0)),
                event_type: Set(new.event_type),
                message: Set(new.message),
                actor_user_id: Set(new.actor.1.map(|id| id.0)),
                actor_kind: Set(new.actor.0),
                order_status: Set(new.order_status),
                store_order_status: Set(new.part.map(|(_, _, status)| status)),
                created_at: Set(now),
            }
        })
        .collect();
    event::Entity::insert_many(rows).exec_without_returning(tx).await?;
    tx.wake_event_readers();
    Ok(())
}

/// The last number given out in each order that has events.
async fn last_sequences(tx: &Tx, mut orders: Vec<OrderId>) -> Result<HashMap<OrderId, i32>> {
    orders.sort_unstable();
    orders.dedup();
    let found: Vec<(OrderId, i32)> = event::Entity::find()
        .select_only()
        .column(Column::OrderId)
        .column_as(Column::OrderSequence.max(), "last")
        .filter(Column::OrderId.is_in(orders))
        .group_by(Column::OrderId)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().collect())
}
