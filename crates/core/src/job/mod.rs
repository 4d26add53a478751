//! Work that follows a change: written down in the transaction of the change, done afterwards, at least once.
//!
//! A worker takes a job by a lease (`claimed_until`) and holds no transaction while it works; a worker that dies loses the lease,
//! and another takes the job. So a job may run twice, and must bear it.

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

/// A small struct of IDs that says what is to be done; everything else is read again when it runs.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Names the type in the table; never changed, as old rows carry it.
    const KIND: &'static str;

    /// How often it is tried before it is given up.
    const ATTEMPTS: i32 = 12;

    /// How long one try may take, and how long a worker's lease is.
    const LEASE: Duration = Duration::from_secs(60);

    /// Does the work.
    fn run(&self, app: &App, system: &System, attempt: i32) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Called once when the last try failed, to note it where people look.
    fn on_failure(&self, _app: &App, _system: &System, _reason: &str) -> impl Future<Output = Result<(), JobError>> + Send {
        async { Ok(()) }
    }
}

/// Why a try failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It may work later. With the time the other side asked for, if it did.
    Later {
        /// For the log and the list of failed jobs.
        reason: String,
        /// Not before this has passed.
        after: Option<Duration>,
    },
    /// It will never work.
    Never {
        /// For the log and the list of failed jobs.
        reason: String,
    },
}

impl JobError {
    /// It may work later.
    pub fn later(reason: impl Into<String>) -> Self {
        Self::Later { reason: reason.into(), after: None }
    }

    /// It will never work.
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
