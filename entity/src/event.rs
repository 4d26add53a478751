//! Table `events`.

use crate::prelude::*;

/// A fact that happened to a subject, such as an order. The events of a subject, by their sequence, are its history; all events, by
/// their position, are the log that live streams read.
///
/// The version before 0019 wrote orders only, by the columns at the end; until it runs nowhere they are written beside the general
/// ones, and a row that it wrote has no subject: read it by [`Model::subject`].
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Position in the log, given after the commit by the sequencer.
    pub position: Option<i64>,
    /// What happened, such as `ORDER_PLACED`. Text, as a version that does not know a kind must be able to read the row.
    pub kind: Option<String>,
    /// Type of the subject, such as [`ORDER`].
    pub subject_type: Option<String>,
    /// ID of the subject.
    pub subject_id: Option<Uuid>,
    /// Number of the event among those of its subject, from 1; also the order of their positions.
    pub sequence: Option<i32>,
    /// The order that the event concerns, whatever its subject is.
    pub order_id: Option<OrderId>,
    /// The store order that the event concerns.
    pub store_order_id: Option<Uuid>,
    /// The store that the event concerns.
    pub store_id: Option<Uuid>,
    /// The user whom the event concerns; of an order its buyer.
    pub user_id: Option<Uuid>,
    /// A sentence for people.
    pub message: Option<String>,
    /// The user who caused it; null for guests and for the system.
    pub actor_user_id: Option<Uuid>,
    pub actor_kind: ActorKind,
    /// What else is to be known; its form depends on the kind.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub payload: Option<Json>,
    pub created_at: DateTimeUtc,
    /// As `sequence`, for orders. Replaced by it.
    pub order_sequence: Option<i32>,
    /// As `kind`, for orders. Replaced by it.
    pub event_type: Option<EventType>,
    /// Status of the order after the event. Replaced by the payload.
    pub order_status: Option<OrderStatus>,
    /// Status of the store order after the event. Replaced by the payload.
    pub store_order_status: Option<OrderStatus>,
}

/// Type of the subject of an order's events.
pub const ORDER: &str = "ORDER";
/// Type of the subject of a dispute's events, which are for the stores of its order alone.
pub const DISPUTE: &str = "DISPUTE";

impl Model {
    /// Type, ID and sequence of the subject, also of a row that an older version wrote.
    pub fn subject(&self) -> Option<(&str, Uuid, i32)> {
        match (&self.subject_type, self.subject_id, self.sequence) {
            (Some(kind), Some(id), Some(sequence)) => Some((kind, id, sequence)),
            _ => Some((ORDER, self.order_id?.0, self.order_sequence?)),
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}
