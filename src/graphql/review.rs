//! Reviews.

use crate::domain::review;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::ReviewId;
use entity::review::Model;
use std::collections::HashMap;

/// What a person says of a product.
pub struct Review(pub Model);

impl From<Model> for Review {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// What a person says of a product.
#[Object]
impl Review {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReviewKey(pub ReviewId);

impl Loader<ReviewKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[ReviewKey]) -> Result<HashMap<ReviewKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = review::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (ReviewKey(row.id), row)).collect())
    }
}

impl Review {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: ReviewId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("Review is gone").into())
    }

    /// As [`Review::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: ReviewId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(ReviewKey(id)).await?.map(Self))
    }
}
