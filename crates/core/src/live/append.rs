//! Writing events.

use crate::clock::Clock;
use crate::db::{InPadded, Tx};
use crate::error::{Result, internal};
use entity::event::{self, Column, ORDER};
use entity::id::{OrderId, StoreId, StoreOrderId, UserId};
use entity::value::{ActorKind, EventType, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// An event to be appended.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happened, such as `ORDER_PLACED`; at most 48 characters.
    pub kind: &'static str,
    /// Type and ID of the subject, whose history the event belongs to.
    pub subject: (&'static str, Uuid),
    /// The order that the event concerns.
    pub order_id: Option<OrderId>,
    /// The store that the event concerns.
    pub store_id: Option<StoreId>,
    /// The user whom the event concerns.
    pub user_id: Option<UserId>,
    /// A sentence for people; at most 500 characters.
    pub message: Option<String>,
    /// Who caused it.
    pub actor: (ActorKind, Option<UserId>),
    /// What else is to be known; its form depends on the kind.
    pub payload: Option<serde_json::Value>,
    /// The columns of the version before migration 0019; for orders only.
    of_order: Option<OfOrder>,
}

#[derive(Clone, Copy, Debug)]
struct OfOrder {
    store_order_id: Option<StoreOrderId>,
    event_type: EventType,
    statuses: OrderStatuses,
}

/// The payload of an event of an order: statuses after the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStatuses {
    /// Of the order.
    pub order_status: OrderStatus,
    /// Of the store order that the event concerns; null if it concerns the whole order.
    #[serde(default)]
    pub store_order_status: Option<OrderStatus>,
    /// The order, if it is not the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
}

/// An event of an order, to be appended.
#[derive(Clone, Debug)]
pub struct NewOrderEvent {
    /// The order.
    pub order_id: OrderId,
    /// The store order that the event concerns, its store, and its status after the event; absent if it concerns the whole order.
    pub part: Option<(StoreOrderId, StoreId, OrderStatus)>,
    /// The buyer; absent for a guest.
    pub buyer: Option<UserId>,
    /// What happened.
    pub event_type: EventType,
    /// A sentence for the timeline.
    pub message: String,
    /// Who caused it.
    pub actor: (ActorKind, Option<UserId>),
    /// The status of the order after the event.
    pub order_status: OrderStatus,
}

impl NewEvent {
    /// An event of a subject that is not an order; what it concerns is set by the caller.
    pub fn new(kind: &'static str, subject: (&'static str, Uuid), actor: (ActorKind, Option<UserId>)) -> Self {
        Self { kind, subject, order_id: None, store_id: None, user_id: None, message: None, actor, payload: None, of_order: None }
    }
}

impl From<NewOrderEvent> for NewEvent {
    fn from(new: NewOrderEvent) -> Self {
        let store_order_status = new.part.map(|(_, _, status)| status);
        let statuses = OrderStatuses { order_status: new.order_status, store_order_status, order_id: None };
        let store_order_id = new.part.map(|(id, _, _)| id);
        Self {
            order_id: Some(new.order_id),
            store_id: new.part.map(|(_, id, _)| id),
            user_id: new.buyer,
            message: Some(new.message),
            of_order: Some(OfOrder { store_order_id, event_type: new.event_type, statuses }),
            ..Self::new(new.event_type.as_str(), (ORDER, new.order_id.0), new.actor)
        }
    }
}

impl NewEvent {
    /// The same event for the store alone, in the history of another subject: neither the order's timeline nor its buyer have it.
    #[must_use]
    pub fn for_store_alone(self, subject: (&'static str, Uuid)) -> Self {
        let of_order =
            self.of_order.map(|order| OfOrder { statuses: OrderStatuses { order_id: self.order_id, ..order.statuses }, ..order });
        Self { subject, order_id: None, user_id: None, of_order, ..self }
    }
}

/// Writes events in the transaction of their cause; they become visible to streams after the commit.
///
/// Each is numbered among those of its subject. Two transactions that append to one subject at once can't both commit the same
/// number (`events_subject`): the second is rolled back and retried by [`transact!`](crate::transact), and counts on from the
/// first. A lock on the subject, which a change of it takes anyway, avoids that.
pub async fn append<E: Into<NewEvent>>(tx: &Tx, clock: &Clock, events: Vec<E>) -> Result<()> {
    let events: Vec<NewEvent> = events.into_iter().map(Into::into).collect();
    if events.is_empty() {
        return Ok(());
    }
    let last = last_sequences(tx, &events).await?;
    write(tx, clock, events, last).await
}

/// As [`append`], for subjects that are made in this transaction: they have no events yet.
pub async fn append_first<E: Into<NewEvent>>(tx: &Tx, clock: &Clock, events: Vec<E>) -> Result<()> {
    write(tx, clock, events.into_iter().map(Into::into).collect(), HashMap::new()).await
}

async fn write(tx: &Tx, clock: &Clock, events: Vec<NewEvent>, mut last: HashMap<Uuid, i32>) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let now = clock.now();
    let mut rows = Vec::with_capacity(events.len());
    for new in events {
        let sequence = last.entry(new.subject.1).or_insert(0);
        *sequence += 1;
        let statuses = new.of_order.map(|order| serde_json::to_value(order.statuses)).transpose().map_err(internal)?;
        rows.push(event::ActiveModel {
            id: Set(clock.new_id()),
            position: Set(None),
            kind: Set(Some(new.kind.to_owned())),
            subject_type: Set(Some(new.subject.0.to_owned())),
            subject_id: Set(Some(new.subject.1)),
            sequence: Set(Some(*sequence)),
            order_id: Set(new.order_id),
            store_order_id: Set(new.of_order.and_then(|order| order.store_order_id).map(|id| id.0)),
            store_id: Set(new.store_id.map(|id| id.0)),
            user_id: Set(new.user_id.map(|id| id.0)),
            message: Set(new.message),
            actor_user_id: Set(new.actor.1.map(|id| id.0)),
            actor_kind: Set(new.actor.0),
            payload: Set(new.payload.or(statuses)),
            created_at: Set(now),
            order_sequence: Set(new.order_id.map(|_| *sequence)),
            event_type: Set(new.of_order.map(|order| order.event_type)),
            order_status: Set(new.of_order.map(|order| order.statuses.order_status)),
            store_order_status: Set(new.of_order.and_then(|order| order.statuses.store_order_status)),
        });
    }
    event::Entity::insert_many(rows).exec_without_returning(tx).await?;
    tx.wake_event_readers();
    Ok(())
}

/// The last sequence of each subject that has events.
async fn last_sequences(tx: &Tx, events: &[NewEvent]) -> Result<HashMap<Uuid, i32>> {
    let ids = |of_orders: bool| {
        let mut ids: Vec<Uuid> =
            events.iter().filter(|new| new.order_id.is_some() == of_orders).map(|new| new.subject.1).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let mut last = HashMap::new();
    // Orders by the columns that the version before writes, too.
    for (of_orders, id, sequence) in
        [(true, Column::OrderId, Column::OrderSequence), (false, Column::SubjectId, Column::Sequence)]
    {
        let ids = ids(of_orders);
        if ids.is_empty() {
            continue;
        }
        let query = event::Entity::find().select_only().column(id).column_as(sequence.max(), "last");
        let query = query.filter(id.in_padded(&ids)).filter(sequence.is_not_null()).group_by(id);
        let found: Vec<(Uuid, i32)> = query.into_tuple().all(tx).await?;
        last.extend(found);
    }
    Ok(last)
}
