//! Orders.

use crate::domain::order;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::OrderId;
use entity::order::Model;
use std::collections::HashMap;

/// What was bought, in all its stores.
pub struct Order(pub Model);

impl From<Model> for Order {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// What was bought, in all its stores.
#[Object]
impl Order {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderKey(pub OrderId);

impl Loader<OrderKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[OrderKey]) -> Result<HashMap<OrderKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = order::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (OrderKey(row.id), row)).collect())
    }
}

impl Order {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: OrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("Order is gone").into())
    }

    /// As [`Order::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(OrderKey(id)).await?.map(Self))
    }
}
