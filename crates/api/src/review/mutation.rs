//! Mutations of reviews: writing, replying and moderating.

use super::Review;
use crate::access::{AuthRole, Needs, auth};
use crate::context::ContextExt;
use crate::enums::{Permission, ReviewStatus};
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::payload;
use crate::product::Product;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::value::Permission as Stored;
use souk_domain::review::{self, NewReview, ReviewPatch};

/// New review of a product.
#[derive(InputObject)]
struct ReviewCreateInput {
    /// ID of the product.
    product_id: ID,
    /// Number of stars, 1 to 5.
    rating: i32,
    /// Title as plain text, 1 to 150 characters.
    title: String,
    /// Text of the review, plain text of at most 5,000 characters; empty if left out.
    body: Option<String>,
}

/// Changes to a review. Fields that are left out keep their value.
#[derive(InputObject)]
struct ReviewUpdateInput {
    /// Number of stars, 1 to 5.
    rating: Option<i32>,
    /// Title as plain text, 1 to 150 characters.
    title: Option<String>,
    /// Text of the review, plain text of at most 5,000 characters.
    body: Option<String>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

/// Reply of a store to a review.
#[derive(InputObject)]
struct ReviewReplyInput {
    /// ID of a published review of one of the store's products.
    review_id: ID,
    /// Text of the reply, plain text of at most 5,000 characters. It replaces an earlier reply; an empty text, `null` or leaving
    /// it out removes the reply.
    body: Option<String>,
}

/// Moderation of a review.
#[derive(InputObject)]
struct ReviewStatusUpdateInput {
    /// New status of the review.
    status: ReviewStatus,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payload! {
    /// Result of `reviewCreate`.
    ReviewCreatePayload {
        /// The new review; null if there are errors.
        review: Review
    }
}

payload! {
    /// Result of `reviewUpdate`.
    ReviewUpdatePayload {
        /// The changed review; null if there are errors.
        review: Review
    }
}

payload! {
    /// Result of `reviewReply`.
    ReviewReplyPayload {
        /// The review with its reply; null if there are errors.
        review: Review
    }
}

payload! {
    /// Result of `reviewStatusUpdate`.
    ReviewStatusUpdatePayload {
        /// The review with its new status; null if there are errors.
        review: Review
    }
}

/// Result of `reviewDelete`.
#[derive(SimpleObject)]
struct ReviewDeletePayload {
    /// ID of the deleted review; null if there are errors.
    deleted_id: Option<ID>,
    /// Reviewed product with its new rating; null if you cannot see it because it is no longer for sale, and if there are errors.
    product: Option<Product>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of reviews.
#[derive(Default)]
pub struct ReviewMutation;

#[Object]
impl ReviewMutation {
    /// Reviews a product, if the marketplace's policy allows it: by default only who received it. One review of a person and
    /// product, and none of one's own store.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn review_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new review.")] input: ReviewCreateInput,
    ) -> Result<ReviewCreatePayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = async {
            let new = NewReview {
                product_id: id::input("productId", &input.product_id)?,
                rating: input.rating,
                title: input.title,
                body: input.body,
            };
            review::create(ctx.app()?, &customer, new).await
        };
        ReviewCreatePayload::from_result(result.await.map_err(missing("productId")))
    }

    /// Changes one's own review. Where reviews are moderated, it waits again.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn review_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review.")] id: ID,
        #[graphql(desc = "What is to change.")] input: ReviewUpdateInput,
    ) -> Result<ReviewUpdatePayload> {
        let customer = ctx.viewer()?.customer()?;
        let result = async {
            let patch = ReviewPatch {
                rating: input.rating,
                title: input.title,
                body: input.body,
                expected_version: input.expected_version,
            };
            review::update(ctx.app()?, &customer, id::input("id", &id)?, patch).await
        };
        ReviewUpdatePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Removes one's own review; moderators can remove any.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn review_delete(&self, ctx: &Context<'_>, #[graphql(desc = "The review.")] id: ID) -> Result<ReviewDeletePayload> {
        let result = async { review::delete(ctx.app()?, ctx.viewer()?, id::input("id", &id)?).await };
        let (deleted, user_errors) = split(result.await.map_err(missing("id")))?;
        let Some(deleted) = deleted else { return Ok(ReviewDeletePayload { deleted_id: None, product: None, user_errors }) };
        let product = Product::load_visible(ctx, deleted.product_id).await?;
        Ok(ReviewDeletePayload { deleted_id: Some(id::output(deleted.id)), product, user_errors })
    }

    /// Answers a review of one's own store's product.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn review_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: ReviewReplyInput,
    ) -> Result<ReviewReplyPayload> {
        let result = async {
            let id = id::input("reviewId", &input.review_id)?;
            review::reply(ctx.app()?, ctx.viewer()?, id, input.body.as_deref()).await
        };
        ReviewReplyPayload::from_result(result.await.map_err(missing("reviewId")))
    }

    /// Shows or hides a review.
    #[graphql(
        guard = "Needs::Staff(Stored::Moderate)",
        directive = auth::apply(AuthRole::Staff, Some(Permission::Moderate))
    )]
    async fn review_status_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review.")] id: ID,
        #[graphql(desc = "The judgement.")] input: ReviewStatusUpdateInput,
    ) -> Result<ReviewStatusUpdatePayload> {
        let staff = ctx.viewer()?.staff(Stored::Moderate)?;
        let result = async {
            let id = id::input("id", &id)?;
            review::set_status(ctx.app()?, &staff, id, input.status.into(), input.expected_version).await
        };
        ReviewStatusUpdatePayload::from_result(result.await.map_err(missing("id")))
    }
}
