//! Notes on orders.

use crate::account::Person;
use crate::context::ContextExt;
use crate::decode::Input;
use crate::enums::{ActorKind, OrderNoteVisibility};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::order::event::ManagedStoreOrder;
use crate::payloads;
use async_graphql::{Context, ID, InputObject};
use entity::id::{OrderId, OrderNoteId, StoreOrderId, UserId};
use entity::order_note::Model;
use entity::value::Permission;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Customer, Staff};
use souk_domain::order_note::{self, NewNote};
use souk_macros::{object, root_object};

/// A note on an order.
pub struct OrderNote(Model);

impl From<Model> for OrderNote {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Note of a store or of staff on an order or a store order.
#[object]
impl OrderNote {
    /// ID of the note.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Text of the note, plain text that can have several lines.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Who can see the note.
    async fn visibility(&self) -> OrderNoteVisibility {
        self.0.visibility.into()
    }

    /// ID of the store order that the note is about; null if it is about the whole order.
    async fn store_order_id(&self) -> Option<ID> {
        self.0.store_order_id.map(id::output)
    }

    /// Whether the store or staff of the marketplace wrote the note: STORE or STAFF.
    async fn author_kind(&self) -> ActorKind {
        self.0.author_kind.into()
    }

    /// Author of the note. Visible to the author, to staff with `MANAGE_ORDERS` and, for notes on a store order, to store members with
    /// the order role. Null for all other callers, and after the author closed their account.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.0.created_by_id {
            Some(author) if self.names_author_to(ctx, author).await? => Person::load_optional(ctx, author).await,
            _ => Ok(None),
        }
    }

    row_fields!(self.0: created_at);
}

loaders! {
    /// Loads a note if the viewer may see it.
    OrderNoteKey(OrderNoteId) => row Model, by order_note::visible;
    /// Loads the notes on an order and its store orders that the viewer may read.
    OfOrderKey(OrderId) => value Vec<Model>, by order_note::of_orders;
    /// Loads the notes on a store order that the viewer may read.
    OfStoreOrderKey(StoreOrderId) => value Vec<Model>, by order_note::of_store_orders;
}

impl OrderNote {
    /// Loads a note if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: OrderNoteId) -> Result<Option<Self>> {
        Ok(ctx.load_one(OrderNoteKey(id)).await?.map(Self))
    }

    /// The notes on an order that the viewer may read, oldest first.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfOrderKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// The notes on a store order that the viewer may read, oldest first.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfStoreOrderKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// Names of store members and staff are internal, as in the timeline.
    async fn names_author_to(&self, ctx: &Context<'_>, author: UserId) -> Result<bool> {
        let viewer = ctx.viewer()?;
        let Some(me) = viewer.user_id() else { return Ok(false) };
        if me == author || viewer.may(Permission::ManageOrders) {
            return Ok(true);
        }
        match self.0.store_order_id {
            Some(store_order) => Ok(ctx.load_one(ManagedStoreOrder(store_order)).await?.is_some()),
            None => Ok(false),
        }
    }
}

/// Input of `storeOrderNoteCreate` and `orderNoteCreate`.
#[derive(InputObject)]
struct OrderNoteInput {
    /// Text of the note, plain text, 1 to 2,000 characters.
    text: String,
    /// Who can see the note.
    visibility: OrderNoteVisibility,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the first result.
    idempotency_key: Option<String>,
}

impl From<OrderNoteInput> for NewNote {
    fn from(input: OrderNoteInput) -> Self {
        Self { visibility: input.visibility.into(), text: input.text, idempotency_key: input.idempotency_key }
    }
}

payloads! {
    /// New note; null if the operation failed.
    StoreOrderNoteCreatePayload { note: OrderNote } of storeOrderNoteCreate;
    /// New note; null if the operation failed.
    OrderNoteCreatePayload { note: OrderNote } of orderNoteCreate;
}

/// Mutations of notes on orders.
#[derive(Default)]
pub struct OrderNoteMutation;

#[root_object]
impl OrderNoteMutation {
    /// Adds a note to a store order, at most 100 to each, by a store member with the order role or by staff with `MANAGE_ORDERS`. For
    /// all other callers, the store order does not exist. The buyer is notified of a note with the visibility CUSTOMER by email and by
    /// the event NOTE_ADDED. Notes cannot be changed.
    async fn store_order_note_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
        #[graphql(desc = "Text and visibility of the note.")] input: OrderNoteInput,
    ) -> Result<StoreOrderNoteCreatePayload> {
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let create = Box::pin(order_note::create_for_store_order(ctx.app()?, &customer, id, input.into()));
        StoreOrderNoteCreatePayload::from_result(decoded.run(create).await)
    }

    /// Adds a note to a whole order, at most 100 to each. A note with the visibility INTERNAL can be seen by staff with `MANAGE_ORDERS`
    /// only. The buyer is notified of a note with the visibility CUSTOMER by email and by the event NOTE_ADDED. Notes cannot be changed.
    async fn order_note_create(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "ID of the order.")] id: ID,
        #[graphql(desc = "Text and visibility of the note.")] input: OrderNoteInput,
    ) -> Result<OrderNoteCreatePayload> {
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let create = Box::pin(order_note::create_for_order(ctx.app()?, &staff, id, input.into()));
        OrderNoteCreatePayload::from_result(decoded.run(create).await)
    }
}
