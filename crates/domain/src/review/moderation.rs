//! Replies of stores, and moderation by staff.

use super::write::{lock_review, save};
use crate::account;
use entity::id::ReviewId;
use entity::review::Model;
use entity::value::{ActorKind, ReviewStatus, Role};
use souk_core::app::App;
use souk_core::auth::permissions::Moderate;
use souk_core::auth::{Customer, Staff, StoreTask};
use souk_core::check::{Check, check_version};
use souk_core::error::{Fault, Result};
use souk_core::length;
use souk_core::transact;

/// Replies to a published review for the store; replaces an earlier reply, or removes it if the text is empty.
pub async fn reply(app: &App, customer: &Customer, id: ReviewId, body: Option<&str>) -> Result<Model> {
    let mut check = Check::new();
    let body = check.text("body", body.unwrap_or_default(), 0..=length::REVIEW_BODY);
    check.finish()?;
    transact!(app.db, tx, {
        // Before the review: the foreign key of the reply locks the author's row, too.
        account::lock_user(tx, customer.user_id()).await?;
        let before = lock_review(tx, id, |row| row.status == ReviewStatus::Published).await?;
        let staff = customer.store_staff_on(tx, before.store_id, StoreTask::Reviews).await?;
        // Staff moderate reviews; they don't reply for a store.
        if staff.kind() == ActorKind::Staff && staff.role() == Role::Staff {
            return Err(Fault::forbidden("the role OWNER or MANAGER in the store").into());
        }
        let mut after = before.clone();
        let written = !body.is_empty();
        after.reply_body = written.then(|| body.clone());
        after.reply_user_id = written.then(|| customer.user_id());
        after.replied_at = written.then(|| app.clock.now());
        save(tx, &before, after).await
    })
}

/// Publishes or hides a review.
pub async fn set_status(
    app: &App,
    _staff: &Staff<Moderate>,
    id: ReviewId,
    status: ReviewStatus,
    expected_version: Option<i32>,
) -> Result<Model> {
    transact!(app.db, tx, {
        let before = lock_review(tx, id, |_| true).await?;
        check_version(expected_version, before.version)?;
        save(tx, &before, Model { status, ..before.clone() }).await
    })
}
