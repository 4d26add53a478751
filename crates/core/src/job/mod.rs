//! Jobs: enqueued in the transaction of their cause, run after its commit, at least once.
//!
//! A worker claims a job by a lease (`claimed_until`) and holds no transaction while it runs it; if the worker dies the lease expires,
//! and another claims the job. So a job may run twice, and must be idempotent.

mod claim;
pub mod queue;
mod registry;
pub mod worker;

pub use queue::{Enqueue, enqueue, withdraw};
pub use registry::Registry;
pub use worker::Worker;

use crate::app::App;
use crate::auth::System;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;

/// A small struct of IDs; everything else is read again when the job runs.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name of the type in the table. Never changed, as old rows have it.
    const KIND: &'static str;

    /// Attempts before the job has failed.
    const ATTEMPTS: i32 = 12;

    /// How long one attempt may take, and how long a worker's lease is.
    const LEASE: Duration = Duration::from_secs(60);

    /// Runs the job.
    fn run(&self, app: &App, system: &System, attempt: i32) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Called once when the last attempt failed, to show the failure where users look.
    fn on_failure(&self, _app: &App, _system: &System, _reason: &str) -> impl Future<Output = Result<(), JobError>> + Send {
        async { Ok(()) }
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It may succeed later; with the time after which a provider asked to retry, if it did.
    Later {
        /// For the log and the list of failed jobs.
        reason: String,
        /// The shortest time until the next attempt.
        after: Option<Duration>,
    },
    /// It will never succeed.
    Never {
        /// For the log and the list of failed jobs.
        reason: String,
    },
}

impl JobError {
    /// It may succeed later.
    pub fn later(reason: impl Into<String>) -> Self {
        Self::Later { reason: reason.into(), after: None }
    }

    /// It will never succeed.
    pub fn never(reason: impl Into<String>) -> Self {
        Self::Never { reason: reason.into() }
    }
}

impl From<crate::error::Error> for JobError {
    fn from(error: crate::error::Error) -> Self {
        use crate::error::{Error, Fault};
        match error {
            Error::Fault(Fault::Internal(inside)) => Self::later(inside.to_string()),
            other => Self::later(format!("{other:?}")),
        }
    }
}

impl From<sea_orm::DbErr> for JobError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::later(error.to_string())
    }
}
