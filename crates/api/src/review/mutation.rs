//! Writing, answering and judging reviews.

use super::Review;
use crate::context::ContextExt;
use crate::decode;
use crate::enums::ReviewStatus;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::payload;
use crate::product::Product;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::permissions::Moderate;
use souk_core::auth::{Customer, Staff};
use souk_domain::review::{self, NewReview, ReviewPatch};
use souk_macros::root_object;

/// A new review.
#[derive(InputObject)]
struct ReviewCreateInput {
    /// The product.
    product_id: ID,
    /// 1 to 5 stars.
    rating: i32,
    /// 1 to 150 characters of plain text.
    title: String,
    /// Plain text of at most 5,000 characters; empty when left out.
    body: Option<String>,
}

/// What is to change in a review; what is left out stays.
#[derive(InputObject)]
struct ReviewUpdateInput {
    /// 1 to 5 stars.
    rating: Option<i32>,
    /// 1 to 150 characters of plain text.
    title: Option<String>,
    /// Plain text of at most 5,000 characters.
    body: Option<String>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

/// A store's answer.
#[derive(InputObject)]
struct ReviewReplyInput {
    /// The review of one of the store's products.
    review_id: ID,
    /// Plain text of at most 5,000 characters. Replaces an earlier answer; left out, `null` or empty it takes that away.
    body: Option<String>,
}

/// A moderator's judgement.
#[derive(InputObject)]
struct ReviewStatusUpdateInput {
    /// Whether others are to see it.
    status: ReviewStatus,
    /// The version the judgement is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

payload! {
    /// What came of writing a review.
    ReviewCreatePayload {
        /// The new review.
        review: Review
    }
}

payload! {
    /// What came of changing a review.
    ReviewUpdatePayload {
        /// The changed review.
        review: Review
    }
}

payload! {
    /// What came of answering a review.
    ReviewReplyPayload {
        /// The review with its answer.
        review: Review
    }
}

payload! {
    /// What came of judging a review.
    ReviewStatusUpdatePayload {
        /// The judged review.
        review: Review
    }
}

/// What came of removing a review.
#[derive(SimpleObject)]
struct ReviewDeletePayload {
    /// The ID of what was removed.
    deleted_id: Option<ID>,
    /// The reviewed product, with its rating as it is now; null if it is not public any more.
    product: Option<Product>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Writing, answering and judging reviews.
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
