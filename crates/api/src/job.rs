//! The job queue, for the owner of the marketplace.

use crate::context::ContextExt;
use crate::cost;
use crate::decode;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::{connection, payload};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::JobId;
use entity::job::Model;
use souk_core::auth::Owner;
use souk_core::error::Error;
use souk_domain::job;
use souk_macros::root_object;
use std::collections::HashMap;
use std::sync::Arc;

/// Status of a background job.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::JobStatus")]
pub enum JobStatus {
    /// The job is waiting or running.
    Queued,
    /// The job succeeded. It is deleted after seven days.
    Done,
    /// The job failed and is not retried automatically. It is kept until `jobRetry`.
    Failed,
}

/// A background job.
pub struct Job(Model);

impl From<Model> for Job {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Background job that a change started, such as sending an email, publishing a post or updating statistics.
#[Object]
impl Job {
    /// ID of the job.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Kind of work, such as `mail.send`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Current status of the job.
    async fn status(&self) -> JobStatus {
        self.0.status.into()
    }

    /// Number of attempts that were started.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Error of the last failed attempt; null if no attempt failed.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// Earliest time of the next attempt.
    async fn run_at(&self) -> DateTime<Utc> {
        self.0.run_at
    }

    /// Time of creation.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Time at which the job succeeded or finally failed; null while it is queued.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// Loads a job.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct JobKey(JobId);

impl Loader<JobKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[JobKey]) -> Result<HashMap<JobKey, Model>, Error> {
        let Ok(owner) = self.viewer.owner() else { return Ok(HashMap::new()) };
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = job::by_ids(&self.app, &owner, &ids).await?;
        Ok(rows.into_iter().map(|row| (JobKey(row.id), row)).collect())
    }
}

impl Job {
    /// Loads a job for the owner of the marketplace; `None` for all others.
    pub async fn load_visible(ctx: &Context<'_>, id: JobId) -> Result<Option<Self>> {
        Ok(ctx.load_one(JobKey(id)).await?.map(Self))
    }
}

connection!(JobConnection, JobEdge, Job, "jobs");

payload!(
    /// Result of `jobRetry`.
    JobRetryPayload {
        /// The job, which is queued again; null if the operation failed.
        job: Job
    }
);

/// Queries for jobs.
#[derive(Default)]
pub struct JobQuery;

#[root_object]
impl JobQuery {
    /// Background jobs with one status, newest first.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "Status of the jobs to list.", default_with = "JobStatus::Failed")] status: JobStatus,
        #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
    ) -> Result<JobConnection> {
        let (app, status) = (Arc::clone(ctx.app()?), status.into());
        let page = page::arguments(first, after, last, before).of("jobs", &status)?;
        let found = job::list(&app, &owner, status, &page.request).await?;
        let counter = Counter::new(move || {
            let (app, owner) = (Arc::clone(&app), owner.clone());
            Box::pin(async move { job::count(&app, &owner, status, COUNT_CAP).await })
        });
        Ok(JobConnection::new(found, page.scope, counter))
    }
}

/// Mutations of jobs.
#[derive(Default)]
pub struct JobMutation;

#[root_object]
impl JobMutation {
    /// Runs a failed job again, with all of its attempts.
    async fn job_retry(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "ID of a failed job.")] id: ID,
    ) -> Result<JobRetryPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| job::retry(app, &owner, id).await).await;
        JobRetryPayload::from_result(result)
    }
}
