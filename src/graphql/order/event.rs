//! The timeline.

use crate::domain::order::timeline;
use crate::error::Error;
use crate::graphql::account::Person;
use crate::graphql::context::ContextExt;
use crate::graphql::enums::{ActorKind, EventType, OrderStatus};
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::event::Model;
use entity::id::{OrderId, StoreOrderId, UserId};
use std::collections::HashMap;

/// Something that happened to an order, or to a store's part of it.
pub struct OrderEvent(pub Model);

impl From<Model> for OrderEvent {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Something that happened to an order, or to a store's part of it.
#[Object]
impl OrderEvent {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Its kind.
    #[graphql(name = "type")]
    async fn event_type(&self) -> EventType {
        self.0.event_type.into()
    }

    /// A sentence for the timeline.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// What whoever did it is to the order.
    async fn actor_kind(&self) -> ActorKind {
        self.0.actor_kind.into()
    }

    /// Who did it; absent for guests and for Souk itself.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.0.actor_user_id {
            Some(user) => Person::load_optional(ctx, UserId(user)).await,
            None => Ok(None),
        }
    }

    /// The status of the order after it.
    async fn order_status(&self) -> OrderStatus {
        self.0.order_status.into()
    }

    /// The ID of the store's part that it happened to; absent where it concerns the whole order.
    async fn store_order_id(&self) -> Option<ID> {
        self.0.store_order_id.map(|part| id::output(StoreOrderId(part)))
    }

    /// The status of that part after it.
    async fn store_order_status(&self) -> Option<OrderStatus> {
        self.0.store_order_status.map(OrderStatus::from)
    }

    /// When it happened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The timeline of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfOrder(OrderId);
/// The timeline of one store's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPart(OrderId, StoreOrderId);

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
    pub(super) async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }

    /// The timeline of a store's part, and nothing of the rest of its order.
    pub async fn of_part(ctx: &Context<'_>, order: OrderId, part: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfPart(order, part)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
