//! What other objects need to know of a store.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::loaders;
use async_graphql::Context;
use entity::id::StoreId;
use souk_core::error::Fault;
use souk_domain::store;

loaders! {
    /// Loads the name of a store.
    NameKey(StoreId) => value String, by store::names;
    /// Loads whether the viewer manages a store, see [`is_managed`].
    ManagedKey(StoreId) => flag, by souk_core::auth::managed;
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
