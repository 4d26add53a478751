//! The types of jobs that this program knows.

use crate::app::App;
use crate::auth::System;
use crate::job::{Job, JobError};
use entity::job;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

type Run = for<'a> fn(&'a App, &'a job::Model) -> BoxFuture<'a, Result<(), JobError>>;
type OnFailure = for<'a> fn(&'a App, &'a job::Model, &'a str) -> BoxFuture<'a, Result<(), JobError>>;

/// How to run one type of job.
pub(super) struct Handler {
    run: Run,
    on_failure: OnFailure,
    pub(super) attempts: i32,
    lease: Duration,
}

/// Housekeeping that runs at intervals; returns how many rows it removed.
type PeriodicTask = for<'a> fn(&'a App, &'a System) -> BoxFuture<'a, crate::error::Result<u64>>;

/// The types of jobs that this program knows, and the periodic tasks.
#[derive(Default)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    periodic_tasks: Vec<(&'static str, PeriodicTask)>,
}

impl Registry {
    /// Adds a type.
    pub fn with<J: Job>(mut self) -> Self {
        fn read<J: Job>(row: &job::Model) -> Result<J, JobError> {
            serde_json::from_value(row.payload.clone())
                .map_err(|error| JobError::never(format!("the payload can't be read: {error}")))
        }
        let handler = Handler {
            run: |app, row| Box::pin(async move { read::<J>(row)?.run(app, &System::for_job(), row.attempts).await }),
            on_failure: |app, row, reason| {
                Box::pin(async move { read::<J>(row)?.on_failure(app, &System::for_job(), reason).await })
            },
            attempts: J::ATTEMPTS,
            lease: J::LEASE,
        };
        self.handlers.insert(J::KIND, handler);
        self
    }

    /// Adds a task; it may run in several processes at once.
    pub fn with_periodic_task(mut self, name: &'static str, task: PeriodicTask) -> Self {
        self.periodic_tasks.push((name, task));
        self
    }

    /// Runs every task once. One that fails delays no other; it runs again next time.
    pub(super) async fn run_periodic_tasks(&self, app: &App) {
        for (name, task) in &self.periodic_tasks {
            match task(app, &System::for_job()).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(task = name, removed, "a periodic task ran"),
                Err(error) => tracing::error!(task = name, ?error, "a periodic task failed; trying again later"),
            }
        }
    }

    pub(super) fn handler(&self, kind: &str) -> Option<&Handler> {
        self.handlers.get(kind)
    }

    pub(super) fn longest_lease(&self) -> Duration {
        self.handlers.values().map(|handler| handler.lease).max().unwrap_or(Duration::from_secs(60))
    }
}

impl Handler {
    /// Runs a job, for as long as an attempt may take.
    pub(super) async fn run(&self, app: &App, row: &job::Model) -> Result<(), JobError> {
        self.guard((self.run)(app, row)).await
    }

    /// Calls the job's handler of failure.
    pub(super) async fn on_failure(&self, app: &App, row: &job::Model, reason: &str) -> Result<(), JobError> {
        self.guard((self.on_failure)(app, row, reason)).await
    }

    /// A job that panics has failed, and so has one that takes longer than its lease: another worker can claim it then.
    async fn guard(&self, work: BoxFuture<'_, Result<(), JobError>>) -> Result<(), JobError> {
        match tokio::time::timeout(self.lease, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => {
                let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                Err(JobError::later(format!("it panicked: {}", text.unwrap_or("?"))))
            }
            Err(_) => Err(JobError::later(format!("it took longer than {} s", self.lease.as_secs()))),
        }
    }
}
