//! Variants.

use crate::domain::variant;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::ProductVariantId;
use entity::product_variant::Model;
use std::collections::HashMap;

/// What is bought: one SKU with its price and stock.
pub struct ProductVariant(pub Model);

impl From<Model> for ProductVariant {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// What is bought: one SKU with its price and stock.
#[Object]
impl ProductVariant {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProductVariantKey(pub ProductVariantId);

impl Loader<ProductVariantKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[ProductVariantKey]) -> Result<HashMap<ProductVariantKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = variant::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (ProductVariantKey(row.id), row)).collect())
    }
}

impl ProductVariant {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: ProductVariantId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("ProductVariant is gone").into())
    }

    /// As [`ProductVariant::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: ProductVariantId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(ProductVariantKey(id)).await?.map(Self))
    }
}
