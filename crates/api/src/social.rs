//! Posts on social networks about stores and products.

use crate::context::ContextExt;
use crate::enums::{SocialNetwork, SocialPostStatus};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::product::Product;
use crate::scalar::Url;
use crate::store::Store;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{ProductId, SocialPostId, StoreId};
use entity::social_post::Model;
use souk_domain::social;

/// Post on a social network about a store or a product.
pub struct SocialPost(Model);

/// Post on a social network about a store or a product.
#[Object]
impl SocialPost {
    /// ID of the post.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Social network of the post.
    async fn network(&self) -> SocialNetwork {
        self.0.network.into()
    }

    /// Current status of the post.
    async fn status(&self) -> SocialPostStatus {
        self.0.status.into()
    }

    /// ID of the post at the network; null until it is published, and if the network returned none.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// URL of the post; null until it is published, and if the network returned none.
    async fn url(&self) -> Option<Url> {
        self.0.url.as_deref().map(Into::into)
    }

    /// Reason of the failure; null unless the status is `FAILED`. Only the store's owner and members, and staff with
    /// `MANAGE_PRODUCTS`, see failed posts.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// Time of publication; null until then.
    async fn posted_at(&self) -> Option<DateTime<Utc>> {
        self.0.posted_at
    }
}

loaders! {
    /// Loads a post, if it is published or the viewer manages its store.
    PostKey(SocialPostId) => row Model, by social::by_ids;
    /// Loads the posts about a store.
    PostsOfStore(StoreId) => value Vec<Model>, by social::of_stores;
    /// Loads the posts about a product.
    PostsOfProduct(ProductId) => value Vec<Model>, by social::of_products;
}

impl SocialPost {
    /// Loads a post, if the viewer may see it and the store or product that it is about.
    pub async fn load_visible(ctx: &Context<'_>, id: SocialPostId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(PostKey(id)).await? else { return Ok(None) };
        let is_visible = match row.product_id {
            Some(product) => Product::load_visible(ctx, product).await?.is_some(),
            None => Store::load_visible(ctx, row.store_id).await?.is_some(),
        };
        Ok(is_visible.then_some(Self(row)))
    }
}

/// Posts about a store, as far as the viewer may see them.
pub async fn of_store(ctx: &Context<'_>, id: StoreId) -> Result<Vec<SocialPost>> {
    let rows = ctx.load_one(PostsOfStore(id)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(SocialPost).collect())
}

/// Posts about a product, as far as the viewer may see them.
pub async fn of_product(ctx: &Context<'_>, id: ProductId) -> Result<Vec<SocialPost>> {
    let rows = ctx.load_one(PostsOfProduct(id)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(SocialPost).collect())
}
