//! The timeline of an order.

use crate::account::Person;
use crate::context::ContextExt;
use crate::enums::{ActorKind, OrderEventType, OrderStatus};
use crate::error::Result;
use crate::id;
use crate::loader::{Loaders, loaders};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{EventId, OrderId, StoreOrderId, UserId};
use entity::value::Permission;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use souk_core::live::{self, Cursor, Update};
use souk_domain::order::timeline::{self, Entry as Model};
use souk_domain::store_order;
use std::collections::HashMap;

/// An event of an order or a store order.
pub struct OrderEvent {
    row: Model,
}

impl From<Model> for OrderEvent {
    fn from(row: Model) -> Self {
        Self { row }
    }
}

impl OrderEvent {
    /// The event of an update.
    pub fn of_update(update: &Update) -> Result<Self> {
        Ok(Model::try_from(entity::event::Model::clone(&update.event))?.into())
    }
}

/// Event in the timeline of an order or of one of its store orders.
#[Object]
impl OrderEvent {
    /// ID of the event.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Kind of the event.
    #[graphql(name = "type")]
    async fn event_type(&self) -> OrderEventType {
        self.row.event_type.into()
    }

    /// Sentence for the timeline.
    async fn message(&self) -> &str {
        &self.row.message
    }

    /// Role in which the actor caused the event, such as buyer or store.
    async fn actor_kind(&self) -> ActorKind {
        self.row.actor_kind.into()
    }

    /// User who caused the event. Visible to that user, to staff with `MANAGE_ORDERS` and, for events of a store order, to store
    /// members with the order role. Null for all other callers, and for events caused by guests or by the server.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.row.actor_user_id.map(UserId) {
            Some(user) if self.names_actor_to(ctx, user).await? => Person::load_optional(ctx, user).await,
            _ => Ok(None),
        }
    }

    /// Status of the order after the event.
    async fn order_status(&self) -> OrderStatus {
        self.row.order_status.into()
    }

    /// ID of the store order that the event concerns; null if it concerns the whole order.
    async fn store_order_id(&self) -> Option<ID> {
        self.row.store_order_id.map(|id| id::output(StoreOrderId(id)))
    }

    /// Status of the store order after the event; null if the event concerns the whole order.
    async fn store_order_status(&self) -> Option<OrderStatus> {
        self.row.store_order_status.map(OrderStatus::from)
    }

    /// Cursor of the event: a subscription with this value as `after` delivers the events that come after it.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        let place = match self.row.position {
            Some(position) => Some(Cursor(position)),
            None => ctx.load_one(PlaceOf(self.row.id)).await?,
        };
        Ok(place.ok_or_else(|| Fault::internal("a committed event has no position in the event log"))?.encode())
    }

    /// Time of the event.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }
}

loaders! {
    /// Loads the position of an event in the event log.
    PlaceOf(EventId) => value Cursor, by places;
    /// Loads whether the viewer may manage a store order, as a member of the store or as staff.
    pub ManagedStoreOrder(StoreOrderId) => flag, by store_order::managed;
    /// Loads an event.
    EventKey(EventId) => row Model, by timeline::visible;
    /// Loads the events of an order and its store orders.
    OfOrder(OrderId) => value Vec<Model>, by timeline::of_orders;
}

async fn places(app: &App, _viewer: &Viewer, ids: &[EventId]) -> Result<HashMap<EventId, Cursor>, Error> {
    live::places(&app.db, ids).await
}

/// Loads the events of a store order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfStoreOrder(OrderId, StoreOrderId);

impl Loader<OfStoreOrder> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfStoreOrder]) -> Result<HashMap<OfStoreOrder, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let mut found = timeline::of_parts(&self.app, &self.viewer, &ids).await?;
        Ok(keys.iter().filter_map(|key| Some((*key, found.remove(&key.1)?))).collect())
    }
}

impl OrderEvent {
    /// Loads an event of an order that the viewer may see, or of a store order that the viewer manages.
    pub async fn load_visible(ctx: &Context<'_>, id: EventId) -> Result<Option<Self>> {
        Ok(ctx.load_one(EventKey(id)).await?.map(Self::from))
    }

    /// Names of store members and staff are internal, and the buyer's name is personal data: only the actor, staff who manage
    /// orders and managers of the store order see who caused an event.
    async fn names_actor_to(&self, ctx: &Context<'_>, actor: UserId) -> Result<bool> {
        let viewer = ctx.viewer()?;
        let Some(me) = viewer.user_id() else { return Ok(false) };
        if me == actor || viewer.may(Permission::ManageOrders) {
            return Ok(true);
        }
        match self.row.store_order_id {
            Some(store_order) => Ok(ctx.load_one(ManagedStoreOrder(StoreOrderId(store_order))).await?.is_some()),
            None => Ok(false),
        }
    }

    pub(super) async fn rows_of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfOrder(id)).await?.unwrap_or_default())
    }

    pub(super) async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_order(ctx, id).await?.into_iter().map(Self::from).collect())
    }

    pub(super) async fn rows_of_store_order(ctx: &Context<'_>, order: OrderId, store_order: StoreOrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfStoreOrder(order, store_order)).await?.unwrap_or_default())
    }

    /// The events of a store order, without those of the rest of its order.
    pub async fn of_store_order(ctx: &Context<'_>, order: OrderId, store_order: StoreOrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_store_order(ctx, order, store_order).await?.into_iter().map(Self::from).collect())
    }
}
