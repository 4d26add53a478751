//! Stores.

use crate::domain::store;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::StoreId;
use entity::store::Model;
use std::collections::HashMap;

/// A vendor's shop.
pub struct Store(pub Model);

impl From<Model> for Store {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// A vendor's shop.
#[Object]
impl Store {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreKey(pub StoreId);

impl Loader<StoreKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[StoreKey]) -> Result<HashMap<StoreKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (StoreKey(row.id), row)).collect())
    }
}

impl Store {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: StoreId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("Store is gone").into())
    }

    /// As [`Store::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: StoreId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(StoreKey(id)).await?.map(Self))
    }
}
