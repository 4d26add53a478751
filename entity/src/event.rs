//! Table `events`.

use crate::prelude::*;

/// An event of an order, for its timeline and for subscriptions.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Position in the log, assigned by the sequencer after the commit.
    pub position: Option<i64>,
    pub order_id: OrderId,
    /// Position among the events of the order, from 1; in the same order as `position`.
    pub order_sequence: i32,
    /// The store order that the event concerns; absent if it concerns the whole order.
    pub store_order_id: Option<Uuid>,
    /// The store of that store order.
    pub store_id: Option<Uuid>,
    /// The buyer.
    pub user_id: Option<Uuid>,
    pub event_type: EventType,
    /// A sentence for the timeline.
    pub message: String,
    /// The acting user; absent for guests and the system.
    pub actor_user_id: Option<Uuid>,
    pub actor_kind: ActorKind,
    /// Status of the order after the event.
    pub order_status: OrderStatus,
    /// Status of the store order after the event.
    pub store_order_status: Option<OrderStatus>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
