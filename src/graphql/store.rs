//! Stores.

use crate::domain::store;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use crate::graphql::page;
use crate::graphql::review::{self, ReviewConnection, ReviewSort};
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

    /// What people say of its products: published reviews.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "those of a connection")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, from 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, from 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Their order; the newest first when left out.")] sort_by: Option<ReviewSort>,
    ) -> Result<ReviewConnection> {
        review::of_store(ctx, &self.0, sort_by, page::request(first, after, last, before)?).await
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
