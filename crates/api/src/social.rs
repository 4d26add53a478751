//! Posts on social networks.

use crate::context::ContextExt;
use crate::enums::{SocialNetwork, SocialPostStatus};
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::product::Product;
use crate::scalar::Url;
use crate::store::Store;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{ProductId, SocialPostId, StoreId};
use entity::social_post::Model;
use souk_core::error::Error;
use souk_domain::social;
use std::collections::HashMap;

/// A post on a social network about a store or a product.
pub struct SocialPost(Model);

/// A post on a social network about a store or a product.
#[Object]
impl SocialPost {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Where it is posted.
    async fn network(&self) -> SocialNetwork {
        self.0.network.into()
    }

    /// What came of it.
    async fn status(&self) -> SocialPostStatus {
        self.0.status.into()
    }

    /// The network's name for it; absent where the network gave none.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// URL of the post; null if the network gave none.
    async fn url(&self) -> Option<Url> {
        self.0.url.as_deref().map(Into::into)
    }

    /// Why it was given up. For those who manage the store; others do not see posts that are not out.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it went out.
    async fn posted_at(&self) -> Option<DateTime<Utc>> {
        self.0.posted_at
    }
}

/// One post.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PostKey(SocialPostId);
/// The posts about one store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PostsOfStore(StoreId);
/// The posts about one product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PostsOfProduct(ProductId);

impl Loader<PostKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[PostKey]) -> Result<HashMap<PostKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = social::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (PostKey(row.id), row)).collect())
    }
}

impl SocialPost {
    /// One about a store or a product that the viewer may see.
    pub async fn load_visible(ctx: &Context<'_>, id: SocialPostId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(PostKey(id)).await? else { return Ok(None) };
        let seen = match row.product_id {
            Some(product) => Product::load_visible(ctx, product).await?.is_some(),
            None => Store::load_visible(ctx, row.store_id).await?.is_some(),
        };
        Ok(seen.then_some(Self(row)))
    }
}

impl Loader<PostsOfStore> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[PostsOfStore]) -> Result<HashMap<PostsOfStore, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = social::of_stores(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (PostsOfStore(id), rows)).collect())
    }
}

impl Loader<PostsOfProduct> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[PostsOfProduct]) -> Result<HashMap<PostsOfProduct, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = social::of_products(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (PostsOfProduct(id), rows)).collect())
    }
}

/// The posts about a store that the viewer may see.
pub async fn of_store(ctx: &Context<'_>, id: StoreId) -> Result<Vec<SocialPost>> {
    let rows = ctx.load_one(PostsOfStore(id)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(SocialPost).collect())
}

/// The posts about a product that the viewer may see.
pub async fn of_product(ctx: &Context<'_>, id: ProductId) -> Result<Vec<SocialPost>> {
    let rows = ctx.load_one(PostsOfProduct(id)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(SocialPost).collect())
}
