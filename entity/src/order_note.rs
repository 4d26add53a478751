//! Table `order_notes`.

use crate::prelude::*;

/// A note that a store or staff wrote on an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderNoteId,
    pub order_id: OrderId,
    /// The store order that it is about; absent for the whole order.
    pub store_order_id: Option<StoreOrderId>,
    /// The author; absent after their account was closed.
    pub created_by_id: Option<UserId>,
    /// Whether the author wrote for the store or for the marketplace.
    pub author_kind: ActorKind,
    pub visibility: NoteVisibility,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
