//! Creating, changing and deleting the caller's reviews.

use super::policy::{self, first_status};
use super::summary::{self, Delta};
use crate::{account, setting};
use entity::id::{ProductId, ReviewId, StoreId};
use entity::review::{self, Column, Entity, Model};
use entity::value::{Permission, ReviewStatus};
use sea_orm::ActiveValue::Unchanged;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::check::{Check, check_version};
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Code, Error, Fault, Problem, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// A review to be created.
#[derive(Clone, Debug)]
pub struct NewReview {
    pub product_id: ProductId,
    /// 1 to 5 stars.
    pub rating: i32,
    /// 1 to 150 characters.
    pub title: String,
    /// Plain text.
    pub body: Option<String>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ReviewPatch {
    /// 1 to 5 stars.
    pub rating: Option<i32>,
    /// 1 to 150 characters.
    pub title: Option<String>,
    /// Plain text; an empty text removes it.
    pub body: Option<String>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Creates a review, if the policy allows it; at most one per user and product.
pub async fn create(app: &App, customer: &Customer, new: NewReview) -> Result<Model> {
    let mut check = Check::new();
    let rating = check.integer("rating", new.rating, 1..=5);
    let title = check.line("title", &new.title, 1..=length::REVIEW_TITLE);
    let body = check.text("body", new.body.as_deref().unwrap_or_default(), 0..=length::REVIEW_BODY);
    check.finish()?;
    let settings = setting::load(app.db.read()).await?;
    let allowed = policy::check(app, customer, &settings, new.product_id).await?;
    let now = app.clock.now();
    let row = Model {
        id: app.clock.new_id(),
        product_id: new.product_id,
        store_id: allowed.product.store_id,
        user_id: customer.user_id(),
        rating,
        title,
        body,
        verified_purchase: allowed.verified,
        status: allowed.status,
        reply_body: None,
        reply_user_id: None,
        replied_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    transact!(app.db, tx, {
        account::lock_user(tx, customer.user_id()).await?;
        // Before the insert: its foreign keys take shared locks on their rows, and two transactions with shared locks can't both
        // change them.
        if !summary::lock_subject(tx, row.store_id, row.product_id).await? {
            return refuse("productId", Code::NotFound, "The product does not exist.");
        }
        summary::apply(tx, row.product_id, row.store_id, &Delta::between(None, Some(&row))).await?;
        Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await.map_err(already_reviewed)?;
        Ok(row.clone())
    })
}

fn already_reviewed(error: DbErr) -> Error {
    if is_taken(&error, "reviews_once", "reviews", &["product_id", "user_id"]) {
        return Problem::new("productId", Code::Taken, "You have already reviewed this product; change that review.").into();
    }
    error.into()
}

/// Changes a review of the caller. If reviews are moderated, it becomes PENDING again.
pub async fn update(app: &App, customer: &Customer, id: ReviewId, patch: ReviewPatch) -> Result<Model> {
    let mut check = Check::new();
    let rating = patch.rating.map(|rating| check.integer("rating", rating, 1..=5));
    let title = patch.title.as_ref().map(|title| check.line("title", title, 1..=length::REVIEW_TITLE));
    let body = patch.body.as_ref().map(|body| check.text("body", body, 0..=length::REVIEW_BODY));
    check.finish()?;
    let settings = setting::load(app.db.read()).await?;
    transact!(app.db, tx, {
        customer.lock(tx).await?;
        let before = lock_review(tx, id, |row| row.user_id == customer.user_id()).await?;
        check_version(patch.expected_version, before.version)?;
        let mut after = before.clone();
        after.rating = rating.unwrap_or(before.rating);
        if let Some(title) = &title {
            after.title.clone_from(title);
        }
        if let Some(body) = &body {
            after.body.clone_from(body);
        }
        if first_status(&settings) == ReviewStatus::Pending {
            after.status = ReviewStatus::Pending;
        }
        after.updated_at = app.clock.now();
        save(tx, &before, after).await
    })
}

/// Deletes a review of the caller; moderators can delete any. Returns the deleted review.
pub async fn delete(app: &App, customer: &Customer, id: ReviewId) -> Result<Model> {
    let moderator = customer.may(Permission::Moderate);
    transact!(app.db, tx, {
        let before = lock_review(tx, id, |row| moderator || row.user_id == customer.user_id()).await?;
        Entity::delete_by_id(id).exec(tx).await?;
        summary::apply(tx, before.product_id, before.store_id, &Delta::between(Some(&before), None)).await?;
        Ok(before)
    })
}

/// Locks a review for a change, after its store and product, whose summaries depend on it.
pub(super) async fn lock_review(tx: &Tx, id: ReviewId, may: impl Fn(&Model) -> bool) -> Result<Model> {
    let query = Entity::find_by_id(id).select_only().column(Column::StoreId).column(Column::ProductId);
    let (store, product): (StoreId, ProductId) = query.into_tuple().one(tx).await?.ok_or(Fault::NotFound)?;
    if !summary::lock_subject(tx, store, product).await? {
        return Err(Fault::NotFound.into());
    }
    let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    Ok(row.filter(may).ok_or(Fault::NotFound)?)
}

/// Writes a changed review, which must be locked, and updates the summaries.
pub(super) async fn save(tx: &Tx, before: &Model, mut after: Model) -> Result<Model> {
    after.version = before.version + 1;
    let active = review::ActiveModel { id: Unchanged(after.id), ..after.clone().into_active_model().reset_all() };
    Entity::update(active).exec_without_returning(tx).await?;
    summary::apply(tx, after.product_id, after.store_id, &Delta::between(Some(before), Some(&after))).await?;
    Ok(after)
}
