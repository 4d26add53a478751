//! Mutations of reviews: writing, replying and moderating.

use super::Review;
use crate::context::ContextExt;
use crate::decode;
use crate::enums::ReviewStatus;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::payloads;
use crate::product::Product;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::permissions::Moderate;
use souk_core::auth::{Customer, Staff};
use souk_domain::review::{self, NewReview, ReviewPatch};
use souk_macros::root_object;

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

payloads! {
    /// The new review; null if there are errors.
    ReviewCreatePayload { review: Review } of reviewCreate;
    /// The changed review; null if there are errors.
    ReviewUpdatePayload { review: Review } of reviewUpdate;
    /// The review with its reply; null if there are errors.
    ReviewReplyPayload { review: Review } of reviewReply;
    /// The review with its new status; null if there are errors.
    ReviewStatusUpdatePayload { review: Review } of reviewStatusUpdate;
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

#[root_object]
impl ReviewMutation {
    /// Adds your review of a product, if the marketplace's policy allows it: by default, only buyers who received the product can
    /// review it. You can review a product once, and not the products of your own store.
    async fn review_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new review.")] input: ReviewCreateInput,
    ) -> Result<ReviewCreatePayload> {
        let result = decode::by_id("productId", &input.product_id, async |id| {
            let new = NewReview { product_id: id, rating: input.rating, title: input.title, body: input.body };
            review::create(ctx.app()?, &customer, new).await
        });
        ReviewCreatePayload::from_result(result.await)
    }

    /// Updates your review. If reviews are moderated, it waits for moderation again.
    async fn review_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the review.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ReviewUpdateInput,
    ) -> Result<ReviewUpdatePayload> {
        let result = decode::by_id("id", &id, async |id| {
            let patch = ReviewPatch {
                rating: input.rating,
                title: input.title,
                body: input.body,
                expected_version: input.expected_version,
            };
            review::update(ctx.app()?, &customer, id, patch).await
        });
        ReviewUpdatePayload::from_result(result.await)
    }

    /// Deletes your review; moderators can delete any.
    async fn review_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the review.")] id: ID,
    ) -> Result<ReviewDeletePayload> {
        let result = decode::by_id("id", &id, async |id| review::delete(ctx.app()?, &customer, id).await);
        let (deleted, user_errors) = split(result.await)?;
        let Some(deleted) = deleted else { return Ok(ReviewDeletePayload { deleted_id: None, product: None, user_errors }) };
        let product = Product::load_visible(ctx, deleted.product_id).await?;
        Ok(ReviewDeletePayload { deleted_id: Some(id::output(deleted.id)), product, user_errors })
    }

    /// Replies to a review of a product of your store.
    async fn review_reply(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Review and text of the reply.")] input: ReviewReplyInput,
    ) -> Result<ReviewReplyPayload> {
        let result = decode::by_id("reviewId", &input.review_id, async |id| {
            review::reply(ctx.app()?, &customer, id, input.body.as_deref()).await
        });
        ReviewReplyPayload::from_result(result.await)
    }

    /// Publishes or rejects a review.
    async fn review_status_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<Moderate>,
        #[graphql(desc = "ID of the review.")] id: ID,
        #[graphql(desc = "New status of the review.")] input: ReviewStatusUpdateInput,
    ) -> Result<ReviewStatusUpdatePayload> {
        let result = decode::by_id("id", &id, async |id| {
            review::set_status(ctx.app()?, &staff, id, input.status.into(), input.expected_version).await
        });
        ReviewStatusUpdatePayload::from_result(result.await)
    }
}
