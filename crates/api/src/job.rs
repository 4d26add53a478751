//! The queue, for the owner.

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

/// Where a job stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::value::JobStatus")]
pub enum JobStatus {
    /// Waits for its time, or is being done.
    Queued,
    /// Done; kept for seven days.
    Done,
    /// Given up; kept until it is run again.
    Failed,
}

/// Work that follows a change: a mail, a post, figures.
pub struct Job(Model);

impl From<Model> for Job {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Work that follows a change: a mail, a post, figures.
#[Object]
impl Job {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// What is done, such as `mail.send`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it stands.
    async fn status(&self) -> JobStatus {
        self.0.status.into()
    }

    /// How often it was begun.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Why the last try failed.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// It is not begun before then.
    async fn run_at(&self) -> DateTime<Utc> {
        self.0.run_at
    }

    /// When it was written down.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was done or given up.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// One job.
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
    /// Any, for the owner of the marketplace.
    pub async fn load_visible(ctx: &Context<'_>, id: JobId) -> Result<Option<Self>> {
        Ok(ctx.load_one(JobKey(id)).await?.map(Self))
    }
}

connection!(JobConnection, JobEdge, Job, "jobs");

payload!(
    /// What came of running a job again.
    JobRetryPayload {
        /// The job, which waits again.
        job: Job
    }
);

/// Reading the queue.
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

/// Changing the queue.
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
