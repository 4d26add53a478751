//! `events`.

use crate::prelude::*;

/// Something that happened to an order: its timeline, and what live streams are fed from.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Its place in the log, given after the commit by the sequencer.
    pub position: Option<i64>,
    pub order_id: OrderId,
    /// Its place among the events of its order, from 1; also the order of their positions.
    pub order_sequence: i32,
    /// Where it concerns one store's part.
    pub store_order_id: Option<Uuid>,
    /// The store of that part.
    pub store_id: Option<Uuid>,
    /// The buyer.
    pub user_id: Option<Uuid>,
    pub event_type: EventType,
    /// A sentence for the timeline.
    pub message: String,
    /// Who did it; absent for guests and for the system.
    pub actor_user_id: Option<Uuid>,
    pub actor_kind: ActorKind,
    /// The status of the order after it.
    pub order_status: OrderStatus,
    /// The status of the store's part after it.
    pub store_order_status: Option<OrderStatus>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
