//! Reviews.

pub mod list;
pub mod mutation;

pub use list::{ReviewConnection, ReviewEdge, ReviewSort, of_product, of_store, of_viewer};
pub use mutation::ReviewMutation;

use crate::account::Person;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::ReviewStatus;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::page;
use crate::product::Product;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{ProductId, ReviewId};
use entity::review::Model;
use souk_core::auth::Staff;
use souk_core::auth::permissions::Moderate;
use souk_core::error::Error;
use souk_domain::review;
use souk_macros::root_object;
use std::collections::HashMap;

/// What a person says of a product.
pub struct Review(pub Model);

impl From<Model> for Review {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// The store's answer to a review.
#[derive(SimpleObject)]
pub struct ReviewReply {
    /// Plain text.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// What a person says of a product. There is one of a person and product.
#[Object]
impl Review {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// 1 to 5 stars.
    async fn rating(&self) -> i32 {
        self.0.rating
    }

    /// 1 to 150 characters of plain text.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Plain text of at most 5,000 characters; can be empty.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Whether the author had bought and received the product when they wrote it.
    async fn is_verified_purchase(&self) -> bool {
        self.0.verified_purchase
    }

    /// As `isVerifiedPurchase`.
    #[graphql(deprecation = "Use `isVerifiedPurchase`.")]
    async fn verified_purchase(&self) -> bool {
        self.0.verified_purchase
    }

    /// Whether others see it.
    async fn status(&self) -> ReviewStatus {
        self.0.status.into()
    }

    /// Raised by one at every change; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its author last changed it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The store's answer, if there is one.
    async fn reply(&self) -> Option<ReviewReply> {
        let (body, created_at) = self.0.reply_body.clone().zip(self.0.replied_at)?;
        Some(ReviewReply { body, created_at })
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Person> {
        Person::load(ctx, self.0.user_id).await
    }

    /// The reviewed product; null if it is not public any more.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load_visible(ctx, self.0.product_id).await
    }
}

/// A review, if the viewer may see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct VisibleReview(pub ReviewId);

impl Loader<VisibleReview> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[VisibleReview]) -> Result<HashMap<VisibleReview, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = review::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleReview(row.id), row)).collect())
    }
}

/// Whether the viewer could review a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Reviewable(ProductId);

impl Loader<Reviewable> for Loaders {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[Reviewable]) -> Result<HashMap<Reviewable, ()>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = review::reviewable(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|id| (Reviewable(id), ())).collect())
    }
}

/// Whether the viewer could review a product now. Takes no statement for guests.
pub async fn can_review(ctx: &Context<'_>, id: ProductId) -> Result<bool> {
    Ok(ctx.viewer()?.user_id().is_some() && ctx.load_one(Reviewable(id)).await?.is_some())
}

impl Review {
    /// If the viewer may see it; read together with the others that this request asks for.
    pub async fn load_visible(ctx: &Context<'_>, id: ReviewId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleReview(id)).await?.map(Self))
    }
}

/// Reading reviews.
#[derive(Default)]
pub struct ReviewQuery;

#[root_object]
impl ReviewQuery {
    /// All reviews of the marketplace, newest first, for moderation.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "those of a connection")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<Moderate>,
        #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Status of the reviews to list; all if null.")] status: Option<ReviewStatus>,
    ) -> Result<ReviewConnection> {
        list::of_marketplace(ctx, staff, status.map(Into::into), page::arguments(first, after, last, before)).await
    }
}
