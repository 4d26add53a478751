//! Reviews of products.

pub mod list;
pub mod mutation;

pub use list::{ReviewConnection, ReviewEdge, ReviewSort, of_product, of_store, of_viewer};
pub use mutation::ReviewMutation;

use crate::account::Person;
use crate::context::ContextExt;
use crate::enums::ReviewStatus;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::page;
use crate::product::Product;
use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{ProductId, ReviewId};
use entity::review::Model;
use souk_core::auth::Staff;
use souk_core::auth::permissions::Moderate;
use souk_domain::review;
use souk_macros::{object, root_object};

/// Review of a product by a user.
pub struct Review(pub Model);

impl From<Model> for Review {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Reply of the store to a review.
#[derive(SimpleObject)]
pub struct ReviewReply {
    /// Text of the reply, plain text of at most 5,000 characters.
    pub body: String,
    /// Time of the reply; a replacement has a new time.
    pub created_at: DateTime<Utc>,
}

/// Review of a product by a user. A user can write one review per product.
#[object]
impl Review {
    /// ID of the review.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Number of stars, 1 to 5.
    async fn rating(&self) -> i32 {
        self.0.rating
    }

    /// Title as plain text, 1 to 150 characters.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Text of the review, plain text of at most 5,000 characters; can be empty.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Whether the author had bought and received the product before writing the review. Purchases as a member of the store do
    /// not count.
    async fn is_verified_purchase(&self) -> bool {
        self.0.verified_purchase
    }

    /// Same as `isVerifiedPurchase`.
    #[graphql(deprecation = "Use `isVerifiedPurchase`.")]
    async fn verified_purchase(&self) -> bool {
        self.0.verified_purchase
    }

    /// Current status of the review.
    async fn status(&self) -> ReviewStatus {
        self.0.status.into()
    }

    row_fields! {
        self.0:
        version,
        created_at,
        /// Time of the author's last change.
        updated_at,
    }

    /// Reply of the store; null if there is none.
    async fn reply(&self) -> Option<ReviewReply> {
        let (body, created_at) = self.0.reply_body.clone().zip(self.0.replied_at)?;
        Some(ReviewReply { body, created_at })
    }

    /// Author of the review.
    async fn author(&self, ctx: &Context<'_>) -> Result<Person> {
        Person::load(ctx, self.0.user_id).await
    }

    /// Reviewed product; null if you cannot see it because it is no longer for sale.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load_visible(ctx, self.0.product_id).await
    }
}

loaders! {
    /// Loads a review, if the viewer may see it.
    VisibleReview(ReviewId) => row Model, by review::visible;
    /// Loads whether the viewer can review a product.
    CanReviewKey(ProductId) => flag, by review::reviewable;
}

/// Whether the viewer can review a product now. For guests the database is not queried.
pub async fn can_review(ctx: &Context<'_>, id: ProductId) -> Result<bool> {
    Ok(ctx.viewer()?.user_id().is_some() && ctx.load_one(CanReviewKey(id)).await?.is_some())
}

impl Review {
    /// Loads a review in a batch with others, if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: ReviewId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleReview(id)).await?.map(Self))
    }
}

/// Queries of reviews.
#[derive(Default)]
pub struct ReviewQuery;

#[root_object]
impl ReviewQuery {
    /// All reviews of the marketplace, newest first, for moderation.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<Moderate>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Status of the reviews to list; all if null.")] status: Option<ReviewStatus>,
    ) -> Result<ReviewConnection> {
        list::of_marketplace(ctx, staff, status.map(Into::into), page).await
    }
}
