//! The timeline of an order and of its store orders: the events whose subject is the order.

use crate::scope;
use entity::event::{Column, DISPUTE, Entity, Model, ORDER};
use entity::id::{EventId, OrderId, StoreOrderId};
use entity::store_order;
use entity::value::{ActorKind, EventType, OrderStatus};
use sea_orm::prelude::{DateTimeUtc, Uuid};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::{Error, Fault, Result, internal};
use souk_core::group::grouped;
use souk_core::live::OrderStatuses;
use std::collections::HashMap;

/// An event of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// ID of the event.
    pub id: EventId,
    /// Position in the event log; absent until the sequencer gave it one.
    pub position: Option<i64>,
    /// The order.
    pub order_id: OrderId,
    /// Number among the events of the order, from 1.
    pub sequence: i32,
    /// The store order that the event concerns; absent if it concerns the whole order.
    pub store_order_id: Option<Uuid>,
    /// What happened.
    pub event_type: EventType,
    /// A sentence for people.
    pub message: String,
    /// The user who caused it; absent for guests and for the system.
    pub actor_user_id: Option<Uuid>,
    /// Who caused it.
    pub actor_kind: ActorKind,
    /// Status of the order after the event.
    pub order_status: OrderStatus,
    /// Status of the store order after the event.
    pub store_order_status: Option<OrderStatus>,
    /// When it happened.
    pub created_at: DateTimeUtc,
}

impl TryFrom<Model> for Entry {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let wrong = || Error::from(Fault::internal(format!("the event {} is not one of an order", row.id)));
        let subject = row.subject().map(|(kind, id, sequence)| ((kind == ORDER).then_some(OrderId(id)), sequence));
        let (subject, sequence) = subject.ok_or_else(wrong)?;
        let kind = row.kind.as_deref().and_then(|kind| kind.parse().ok());
        let statuses: OrderStatuses = match (row.payload, row.order_status) {
            (Some(payload), _) => serde_json::from_value(payload).map_err(internal)?,
            // Written by a version before migration 0019.
            (None, Some(order_status)) => {
                OrderStatuses { order_status, store_order_status: row.store_order_status, order_id: None }
            }
            (None, None) => return Err(Fault::internal(format!("the event {} has no status", row.id)).into()),
        };
        let order_id = subject.or(statuses.order_id).ok_or_else(wrong)?;
        let event_type = kind.or(row.event_type);
        let id = row.id;
        Ok(Self {
            id,
            position: row.position,
            order_id,
            sequence,
            store_order_id: row.store_order_id,
            event_type: event_type.ok_or_else(|| Fault::internal(format!("the event {id} is of an unknown kind")))?,
            message: row.message.unwrap_or_default(),
            actor_user_id: row.actor_user_id,
            actor_kind: row.actor_kind,
            order_status: statuses.order_status,
            store_order_status: statuses.store_order_status,
            created_at: row.created_at,
        })
    }
}

/// Events whose subject is an order or a dispute. A version before migration 0019 writes no subject, and orders only.
fn of_an_order() -> Condition {
    Condition::any().add(Column::SubjectType.eq(ORDER)).add(Column::SubjectType.eq(DISPUTE)).add(Column::SubjectType.is_null())
}

fn sorted(rows: Vec<Model>) -> Result<Vec<Entry>> {
    let mut entries = rows.into_iter().map(Entry::try_from).collect::<Result<Vec<_>>>()?;
    entries.sort_unstable_by_key(|entry| (entry.order_id, entry.sequence));
    Ok(entries)
}

/// Events by ID that the viewer may see: those of orders that they may see, and those of store orders that they process.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[EventId]) -> Result<Vec<Entry>> {
    let processed = of_stores_with_task(viewer, StoreTask::Orders, store_order::Column::StoreId);
    let (Some(seen), Some(processed)) = (super::of_visible(viewer, Column::OrderId), processed) else { return Ok(Vec::new()) };
    let processed = scope::rows_of(Column::StoreOrderId, store_order::Entity, store_order::Column::Id, processed);
    let visible = Condition::any().add(seen).add(processed);
    sorted(Entity::find().filter(Column::Id.in_padded(ids)).filter(of_an_order()).filter(visible).all(app.db.read()).await?)
}

/// Timelines by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Entry>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(orders)).filter(of_an_order());
    Ok(grouped(sorted(query.all(app.db.read()).await?)?, |entry| entry.order_id))
}

/// Timelines by store order, oldest first, without the events of the whole order. Events are found by the orders, which are therefore
/// given too. The caller must have checked access to the store orders.
pub async fn of_parts(
    app: &App,
    _viewer: &Viewer,
    parts: &[(OrderId, StoreOrderId)],
) -> Result<HashMap<StoreOrderId, Vec<Entry>>> {
    let orders: Vec<_> = parts.iter().map(|(order, _)| *order).collect();
    let store_orders: Vec<_> = parts.iter().map(|(_, part)| part.0).collect();
    let query = Entity::find()
        .filter(Column::OrderId.in_padded(&orders))
        .filter(Column::StoreOrderId.in_padded(&store_orders))
        .filter(of_an_order());
    let by_store_order = grouped(sorted(query.all(app.db.read()).await?)?, |entry| entry.store_order_id);
    Ok(by_store_order.into_iter().filter_map(|(part, entries)| Some((StoreOrderId(part?), entries))).collect())
}
