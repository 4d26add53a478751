//! Carts.

use crate::domain::cart;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::cart::Model;
use entity::id::CartId;
use std::collections::HashMap;

/// What somebody means to buy.
pub struct Cart(pub Model);

impl From<Model> for Cart {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// What somebody means to buy.
#[Object]
impl Cart {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CartKey(pub CartId);

impl Loader<CartKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[CartKey]) -> Result<HashMap<CartKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = cart::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (CartKey(row.id), row)).collect())
    }
}

impl Cart {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: CartId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("Cart is gone").into())
    }

    /// As [`Cart::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: CartId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(CartKey(id)).await?.map(Self))
    }
}
