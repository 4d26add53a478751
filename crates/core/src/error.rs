//! Errors of operations: a [`Fault`] is handled by a program, a [`Refusal`] is corrected by a person.

mod code;
mod database;
mod reference;

pub use code::Code;
pub use reference::is_missing;

use entity::money::AmountOverflow;
use entity::value::OrderStatus;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Error of an operation.
#[derive(Clone, Debug)]
pub enum Error {
    /// Becomes a top-level error of the response.
    Fault(Fault),
    /// Becomes the `userErrors` of the payload.
    Refused(Refusal),
}

impl Error {
    /// Prefixes the paths of all problems with `path`, the path of the input within another one, such as `images.2.source`.
    pub fn below(self, path: &str) -> Self {
        match self {
            Self::Refused(Refusal(problems)) => {
                Self::Refused(Refusal(problems.into_iter().map(|problem| problem.below(path)).collect()))
            }
            fault => fault,
        }
    }
}

/// Result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error for programs. Safe to show to clients: the details of an internal error are only logged.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The caller is not signed in, and the operation requires it.
    Unauthenticated,
    /// The signed-in user lacks a right.
    Forbidden {
        /// The requirement, such as `STAFF with MANAGE_ORDERS`; it follows the word "requires".
        needs: String,
    },
    /// The object does not exist, or the caller may not see it.
    NotFound,
    /// An argument is invalid.
    BadUserInput {
        /// Name of the argument.
        argument: &'static str,
        /// What is allowed, and the value it got.
        message: String,
    },
    /// Too many attempts.
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The server is overloaded.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The idempotency key was used with another input.
    IdempotencyKeyReused,
    /// A failure that the caller can do nothing about. Logged once, by the API.
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// The signed-in user lacks the right that `needs` names; see [`Fault::Forbidden`].
    pub fn forbidden(needs: impl Into<String>) -> Self {
        Self::Forbidden { needs: needs.into() }
    }

    /// An internal error with a message for the log.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(Arc::new(InternalMessage(message.into())))
    }
}

#[derive(Debug)]
struct InternalMessage(String);

impl fmt::Display for InternalMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InternalMessage {}

/// Data with which a program can correct a problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Items in stock.
    StockAvailable(i32),
    /// The statuses that can follow.
    AllowedStatuses(Vec<OrderStatus>),
}

/// One problem of an input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Path in the input, in GraphQL's names; empty if the problem concerns the whole input.
    pub field: Vec<String>,
    pub code: Code,
    /// What is wrong, what is allowed, and the value that was given if it is safe to show.
    pub message: String,
    pub detail: Option<Detail>,
}

impl Problem {
    /// A problem of the field at a path such as `lines.0.quantity`; an empty path is the whole input.
    pub fn new(path: &str, code: Code, message: impl Into<String>) -> Self {
        let field = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self { field, code, message: message.into(), detail: None }
    }

    /// Prefixes the path with `path`, the path of the input within another one, such as `images.2.source`.
    pub fn below(mut self, path: &str) -> Self {
        self.field.splice(0..0, path.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        self
    }

    pub fn with(mut self, detail: Detail) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// All problems of an input. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<Problem>);

/// A refusal with a single problem, as an error to return.
pub fn refuse<T>(path: &str, code: Code, message: impl Into<String>) -> Result<T> {
    Err(Problem::new(path, code, message).into())
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(Refusal(vec![problem]))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<AmountOverflow> for Error {
    fn from(error: AmountOverflow) -> Self {
        Self::Refused(Refusal(vec![Problem::new("", Code::OutOfRange, error.to_string())]))
    }
}

/// An external error, as an internal fault.
pub fn internal<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::Fault(Fault::Internal(Arc::new(error)))
}
