//! Store orders.

use crate::domain::store_order;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::StoreOrderId;
use entity::store_order::Model;
use std::collections::HashMap;

/// One store's part of an order.
pub struct StoreOrder(pub Model);

impl From<Model> for StoreOrder {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// One store's part of an order.
#[Object]
impl StoreOrder {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreOrderKey(pub StoreOrderId);

impl Loader<StoreOrderKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[StoreOrderKey]) -> Result<HashMap<StoreOrderKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store_order::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (StoreOrderKey(row.id), row)).collect())
    }
}

impl StoreOrder {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: StoreOrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("StoreOrder is gone").into())
    }

    /// As [`StoreOrder::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: StoreOrderId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(StoreOrderKey(id)).await?.map(Self))
    }
}
