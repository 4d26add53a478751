//! Products.

use crate::domain::product;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::ProductId;
use entity::product::Model;
use std::collections::HashMap;

/// Something a store sells.
pub struct Product(pub Model);

impl From<Model> for Product {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Something a store sells.
#[Object]
impl Product {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProductKey(pub ProductId);

impl Loader<ProductKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[ProductKey]) -> Result<HashMap<ProductKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = product::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (ProductKey(row.id), row)).collect())
    }
}

impl Product {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: ProductId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("Product is gone").into())
    }

    /// As [`Product::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: ProductId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(ProductKey(id)).await?.map(Self))
    }
}
