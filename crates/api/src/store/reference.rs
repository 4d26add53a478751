//! What other objects need to know of a store.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::Loaders;
use async_graphql::Context;
use async_graphql::dataloader::Loader;
use entity::id::StoreId;
use souk_core::error::{Error, Fault};
use souk_domain::store;
use std::collections::HashMap;

/// Loads the name of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct NameKey(StoreId);
/// Loads whether the viewer manages a store, see [`is_managed`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ManagedKey(StoreId);

impl Loader<NameKey> for Loaders {
    type Value = String;
    type Error = Error;

    async fn load(&self, keys: &[NameKey]) -> Result<HashMap<NameKey, String>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::names(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|(id, name)| (NameKey(id), name)).collect())
    }
}

impl Loader<ManagedKey> for Loaders {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[ManagedKey]) -> Result<HashMap<ManagedKey, ()>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let managed = souk_core::auth::managed(&self.app, &self.viewer, &ids).await?;
        Ok(managed.into_iter().map(|id| (ManagedKey(id), ())).collect())
    }
}

/// Whether the viewer owns a store, is a member of it, or is staff with `ManageProducts`. For guests the database is not queried.
pub async fn is_managed(ctx: &Context<'_>, id: StoreId) -> Result<bool> {
    if ctx.viewer()?.user_id().is_none() {
        return Ok(false);
    }
    Ok(ctx.load_one(ManagedKey(id)).await?.is_some())
}

/// Name of a store in any status, for its buyers.
pub async fn name(ctx: &Context<'_>, id: StoreId) -> Result<String> {
    let name = ctx.load_one(NameKey(id)).await?;
    name.ok_or_else(|| Fault::internal("the referenced store does not exist").into())
}
