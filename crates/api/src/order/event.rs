//! The timeline.

use crate::account::Person;
use crate::context::ContextExt;
use crate::enums::{ActorKind, OrderEventType, OrderStatus};
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::order::Order;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{EventId, OrderId, StoreOrderId, UserId};
use entity::value::Permission;
use souk_core::error::{Error, Fault};
use souk_core::live::{self, Cursor, Update};
use souk_domain::order::timeline::{self, Entry as Model};
use souk_domain::store_order;
use std::collections::HashMap;

/// Something that happened to an order, or to a store's part of it.
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

/// Something that happened to an order, or to a store's part of it.
#[Object]
impl OrderEvent {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Its kind.
    #[graphql(name = "type")]
    async fn event_type(&self) -> OrderEventType {
        self.row.event_type.into()
    }

    /// A sentence for the timeline.
    async fn message(&self) -> &str {
        &self.row.message
    }

    /// What whoever did it is to the order.
    async fn actor_kind(&self) -> ActorKind {
        self.row.actor_kind.into()
    }

    /// The user who did it. Shown to that user, to staff with MANAGE_ORDERS and, in the events of a store order, to those who do
    /// the store's orders. Null for everybody else, and for events caused by guests and by the server.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.row.actor_user_id.map(UserId) {
            Some(user) if self.names_actor_to(ctx, user).await? => Person::load_optional(ctx, user).await,
            _ => Ok(None),
        }
    }

    /// The status of the order after it.
    async fn order_status(&self) -> OrderStatus {
        self.row.order_status.into()
    }

    /// The ID of the store's part that it happened to; absent where it concerns the whole order.
    async fn store_order_id(&self) -> Option<ID> {
        self.row.store_order_id.map(|part| id::output(StoreOrderId(part)))
    }

    /// The status of that part after it.
    async fn store_order_status(&self) -> Option<OrderStatus> {
        self.row.store_order_status.map(OrderStatus::from)
    }

    /// Cursor of the event: a subscription with this value as `after` delivers the events that come after it.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        let place = match self.row.position {
            Some(position) => Some(Cursor(position)),
            None => ctx.load_one(PlaceOf(self.row.id)).await?,
        };
        Ok(place.ok_or_else(|| Fault::internal("an event that was committed has no place"))?.encode())
    }

    /// When it happened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }
}

/// The place of an event in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PlaceOf(EventId);
/// Whether the viewer works on a store's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkedOn(pub StoreOrderId);
/// One event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct EventKey(EventId);
/// The timeline of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfOrder(OrderId);
/// The timeline of one store's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPart(OrderId, StoreOrderId);

impl Loader<PlaceOf> for Loaders {
    type Value = Cursor;
    type Error = Error;

    async fn load(&self, keys: &[PlaceOf]) -> Result<HashMap<PlaceOf, Cursor>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = live::places(&self.app.db, &ids).await?;
        Ok(found.into_iter().map(|(id, place)| (PlaceOf(id), place)).collect())
    }
}

impl Loader<WorkedOn> for Loaders {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[WorkedOn]) -> Result<HashMap<WorkedOn, ()>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = store_order::worked_on(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|id| (WorkedOn(id), ())).collect())
    }
}

impl Loader<EventKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[EventKey]) -> Result<HashMap<EventKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = timeline::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (EventKey(row.id), row)).collect())
    }
}

impl Loader<OfOrder> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfOrder]) -> Result<HashMap<OfOrder, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = timeline::of_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfOrder(id), rows)).collect())
    }
}

impl Loader<OfPart> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfPart]) -> Result<HashMap<OfPart, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let mut found = timeline::of_parts(&self.app, &self.viewer, &ids).await?;
        Ok(keys.iter().filter_map(|key| Some((*key, found.remove(&key.1)?))).collect())
    }
}

impl OrderEvent {
    /// One of an order that the viewer may see, or of a store order that they work on.
    pub async fn load_visible(ctx: &Context<'_>, id: EventId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(EventKey(id)).await? else { return Ok(None) };
        let works_on = match row.store_order_id {
            Some(part) => ctx.load_one(WorkedOn(StoreOrderId(part))).await?.is_some(),
            None => false,
        };
        let seen = works_on || Order::load_visible(ctx, row.order_id).await?.is_some();
        Ok(seen.then(|| row.into()))
    }

    /// Who stores and staff are inside is for them to know, and who the buyer is for the buyer, too.
    async fn names_actor_to(&self, ctx: &Context<'_>, actor: UserId) -> Result<bool> {
        let viewer = ctx.viewer()?;
        let Some(me) = viewer.user_id() else { return Ok(false) };
        if me == actor || viewer.may(Permission::ManageOrders) {
            return Ok(true);
        }
        match self.row.store_order_id {
            Some(part) => Ok(ctx.load_one(WorkedOn(StoreOrderId(part))).await?.is_some()),
            None => Ok(false),
        }
    }

    pub(super) async fn rows_of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfOrder(id)).await?.unwrap_or_default())
    }

    pub(super) async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_order(ctx, id).await?.into_iter().map(Self::from).collect())
    }

    pub(super) async fn rows_of_part(ctx: &Context<'_>, order: OrderId, part: StoreOrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfPart(order, part)).await?.unwrap_or_default())
    }

    /// The timeline of a store's part, and nothing of the rest of its order.
    pub async fn of_part(ctx: &Context<'_>, order: OrderId, part: StoreOrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_part(ctx, order, part).await?.into_iter().map(Self::from).collect())
    }
}
