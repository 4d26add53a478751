//! The job queue, for the owner of the marketplace.

use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::{connection, payloads};
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::JobId;
use entity::job::Model;
use souk_core::app::App;
use souk_core::auth::{Owner, Viewer};
use souk_core::error::Result as DomainResult;
use souk_domain::job;
use souk_macros::root_object;

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

loaders! {
    /// Loads a job.
    JobKey(JobId) => row Model, by by_ids;
}

async fn by_ids(app: &App, viewer: &Viewer, ids: &[JobId]) -> DomainResult<Vec<Model>> {
    match viewer.owner() {
        Ok(owner) => job::by_ids(app, &owner, ids).await,
        Err(_) => Ok(Vec::new()),
    }
}

impl Job {
    /// Loads a job for the owner of the marketplace; `None` for all others.
    pub async fn load_visible(ctx: &Context<'_>, id: JobId) -> Result<Option<Self>> {
        Ok(ctx.load_one(JobKey(id)).await?.map(Self))
    }
}

connection!(JobConnection, JobEdge, Job, "jobs");

payloads! {
    /// The job, which is queued again; null if the operation failed.
    JobRetryPayload { job: Job } of jobRetry;
}

/// Queries for jobs.
#[derive(Default)]
pub struct JobQuery;

#[root_object]
impl JobQuery {
    /// Background jobs with one status, newest first.
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "Status of the jobs to list.", default_with = "JobStatus::Failed")] status: JobStatus,
        #[page] page: page::Arguments,
    ) -> Result<JobConnection> {
        let status = status.into();
        let page = page.of("jobs", &status)?;
        let found = job::list(ctx.app()?, &owner, status, &page.request).await?;
        let counter = Counter::new(ctx, owner, move |app, owner| Box::pin(job::count(app, owner, status, COUNT_CAP)))?;
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
