//! Rejections.

use async_graphql::ServerError;
use http::StatusCode;
use std::time::Duration;

/// The time after which a client with too many queued operations may retry.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The reason of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The budget of the client is exhausted.
    Budget,
    /// The client has too many queued operations, or does not read its responses.
    Client,
    /// Too many operations are queued in total, or the operation waited too long.
    Server,
}

/// The rejection of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason of the rejection.
    pub reason: Reason,
    /// The time after which the client may retry.
    pub retry_after: Duration,
}

impl Refused {
    /// The status code over HTTP.
    pub fn status(&self) -> StatusCode {
        match self.reason {
            Reason::Budget | Reason::Client => StatusCode::TOO_MANY_REQUESTS,
            Reason::Server => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `retryAfter` in whole seconds, at least 1.
    pub fn seconds(&self) -> u64 {
        let whole = self.retry_after.as_secs();
        (whole + u64::from(self.retry_after.subsec_nanos() > 0)).max(1)
    }

    /// The rejection as a top-level error.
    pub fn error(&self) -> ServerError {
        let seconds = self.seconds();
        let message = match self.reason {
            Reason::Budget => format!("Your requests exceed your cost budget; try again in {seconds} seconds."),
            Reason::Client => format!("Too many of your requests are in progress; try again in {seconds} seconds."),
            Reason::Server => format!("The server is busy; try again in {seconds} seconds."),
        };
        let mut error = ServerError::new(message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", "RATE_LIMITED");
        extensions.set("retryAfter", seconds);
        error
    }
}
