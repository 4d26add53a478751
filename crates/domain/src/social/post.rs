//! The job that publishes posts.

use super::compose::compose;
use entity::id::SocialPostId;
use entity::social_post::{Column, Entity, Model};
use entity::value::SocialPostStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::{Error, Fault, Result};
use souk_core::job::{Job, JobError};
use souk_core::provider::social::{PostError, Posted};
use souk_core::text::truncate;
use souk_core::transact;
use std::time::Duration;

/// Publishes a post on one network, once.
///
/// A job can run twice, and a response can be lost, so each attempt is recorded before the network is called. X has no
/// idempotency keys, but refuses duplicate texts, and the text contains the URL of its subject: if X refuses it as a duplicate
/// after an earlier attempt, that attempt succeeded. A webhook recognises repetitions by the post's ID.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PostToNetwork {
    pub social_post_id: SocialPostId,
}

impl Job for PostToNetwork {
    const KIND: &'static str = "social.post";

    /// An image upload and a post, each with the HTTP client's timeout of 30 seconds.
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let found = Entity::find_by_id(self.social_post_id).one(app.db.read()).await.map_err(Error::from).map_err(retry_later)?;
        // Deleted with its store or product, or posted already.
        let Some(post) = found.filter(|post| post.status != SocialPostStatus::Posted) else { return Ok(()) };
        let Some(announcement) = compose(app, &post).await.map_err(retry_later)? else {
            return Err(JobError::never("The store or product was not shown any more when the post was due."));
        };
        self.record_attempt(app, &post).await.map_err(retry_later)?;
        match app.networks.post(post.network, &announcement).await {
            Ok(posted) => self.posted(app, posted).await.map_err(retry_later),
            Err(PostError::Duplicate { .. }) if post.attempts > 0 => {
                self.posted(app, Posted::default()).await.map_err(retry_later)
            }
            Err(PostError::Later { reason, after }) => Err(JobError::Later { reason, after }),
            Err(PostError::Duplicate { reason } | PostError::Never { reason }) => Err(JobError::Never { reason }),
        }
    }

    async fn on_failure(&self, app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        let update = self
            .unless_posted(app)
            .col_expr(Column::Status, Expr::value(SocialPostStatus::Failed.as_str()))
            .col_expr(Column::Error, Expr::value(truncate(reason, 1000)));
        save(app, update).await.map_err(retry_later)
    }
}

impl PostToNetwork {
    fn unless_posted(&self, app: &App) -> UpdateMany<Entity> {
        Entity::update_many()
            .col_expr(Column::UpdatedAt, Expr::value(app.clock.now()))
            .filter(Column::Id.eq(self.social_post_id))
            .filter(Column::Status.ne(SocialPostStatus::Posted))
    }

    /// Records an attempt.
    async fn record_attempt(&self, app: &App, post: &Model) -> Result<()> {
        let update = self
            .unless_posted(app)
            .col_expr(Column::Attempts, Expr::value(post.attempts.saturating_add(1)))
            .col_expr(Column::Status, Expr::value(SocialPostStatus::Pending.as_str()))
            .col_expr(Column::Error, Expr::value(Option::<String>::None));
        save(app, update).await
    }

    async fn posted(&self, app: &App, posted: Posted) -> Result<()> {
        let update = self
            .unless_posted(app)
            .col_expr(Column::Status, Expr::value(SocialPostStatus::Posted.as_str()))
            .col_expr(Column::ExternalId, Expr::value(posted.external_id))
            .col_expr(Column::Url, Expr::value(posted.url))
            .col_expr(Column::PostedAt, Expr::value(app.clock.now()));
        save(app, update).await
    }
}

async fn save(app: &App, update: UpdateMany<Entity>) -> Result<()> {
    transact!(app.db, tx, {
        update.clone().exec(tx).await?;
        Ok(())
    })
}

/// An internal failure: the vendor reads the reason, which must not contain internal details.
fn retry_later(error: Error) -> JobError {
    match &error {
        Error::Fault(Fault::Internal(inside)) => tracing::error!(error = %inside, "a post could not be prepared"),
        other => tracing::error!(error = ?other, "a post could not be prepared"),
    }
    JobError::later("The marketplace has an internal error.")
}
