//! Transactional emails: enqueued in the transaction of their cause, rendered and sent by a job.

mod email;
mod kind;
mod sums;
mod template;

pub use kind::Mail;

use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, Registry, enqueue as enqueue_job};

/// Adds the job of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<SendMail>()
}

/// Enqueues a mail in the transaction of its cause.
pub async fn enqueue(tx: &Tx, app: &App, mail: Mail) -> Result<()> {
    enqueue_job(tx, &app.clock, &SendMail { mail }, Enqueue::default()).await
}

/// Renders a mail from current data, and sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendMail {
    pub mail: Mail,
}

impl Job for SendMail {
    const KIND: &'static str = "mail.send";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        // Nothing to send if the subject was deleted or the link has expired.
        let Some(email) = email::compose(app, self.mail).await? else { return Ok(()) };
        app.mailer
            .send(&email)
            .await
            .map_err(|error| if error.permanent { JobError::never(error.message) } else { JobError::later(error.message) })
    }
}
