//! What can go wrong: a [`Fault`] is for a program to handle, a [`Refusal`] for a person to mend.

mod reference;

pub use reference::is_missing;

use entity::money::AmountOverflow;
use entity::value::OrderStatus;
use sea_orm::{DbErr, RuntimeErr};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What every operation answers with when it cannot do its work.
#[derive(Clone, Debug)]
pub enum Error {
    /// A top-level error of the answer.
    Fault(Fault),
    /// `userErrors` of the payload.
    Refused(Refusal),
}

impl Error {
    /// With its problems as those of an input that stands at a path of another, such as `images.2.source`.
    pub fn below(self, path: &str) -> Self {
        match self {
            Self::Refused(Refusal(problems)) => {
                Self::Refused(Refusal(problems.into_iter().map(|problem| problem.below(path)).collect()))
            }
            fault => fault,
        }
    }
}

/// The result of an operation of the marketplace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a program handles. Safe to show: the inside of an internal error is for the log alone.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nobody is signed in, and the operation needs somebody.
    Unauthenticated,
    /// The signed-in user may not do this.
    Forbidden {
        /// What is needed, such as `STAFF with MANAGE_ORDERS`: it follows "requires".
        needs: String,
    },
    /// It does not exist, or not for the viewer.
    NotFound,
    /// An argument is of the wrong form.
    BadUserInput {
        /// The argument.
        argument: &'static str,
        /// What is allowed, and what was found.
        message: String,
    },
    /// Too often.
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too much is being done already.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// The key was used with another input.
    IdempotencyKeyReused,
    /// Something the viewer can do nothing about. Logged once, at the boundary.
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// The signed-in user lacks what follows "requires".
    pub fn forbidden(needs: impl Into<String>) -> Self {
        Self::Forbidden { needs: needs.into() }
    }

    /// An internal error with a sentence of its own.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(Arc::new(Inside(message.into())))
    }
}

#[derive(Debug)]
struct Inside(String);

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Inside {}

/// The kinds of problem a person can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Nothing was given where something is needed.
    Required,
    /// Not of the form that is asked for.
    Invalid,
    /// An identifier that is malformed or of another type.
    InvalidId,
    /// Longer than allowed.
    TooLong,
    /// Shorter than allowed.
    TooShort,
    /// Below or above what is allowed.
    OutOfRange,
    /// Somebody else has it already.
    Taken,
    /// It does not exist, or not for the viewer.
    NotFound,
    /// Somebody changed it in the meantime.
    Stale,
    /// Fewer are left than were asked for.
    InsufficientStock,
    /// It can't be bought (any more).
    Unavailable,
    /// Not possible in the state it is in.
    InvalidState,
    /// The email or the password is wrong.
    InvalidCredentials,
    /// The token is unknown, used or expired.
    InvalidToken,
    /// The password is too easy to guess.
    WeakPassword,
    /// Something must be filled in before.
    Incomplete,
    /// The provider refused the payment.
    PaymentFailed,
    /// An earlier payment for the same order is not decided yet.
    PaymentPending,
    /// The file is not what is allowed.
    InvalidFile,
    /// The file is larger than allowed.
    FileTooLarge,
    /// There are as many as there may be.
    LimitReached,
    /// It is still in use elsewhere.
    InUse,
    /// The policy of the marketplace does not allow it.
    NotAllowed,
}

/// What a program needs to mend a problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Pieces left.
    StockAvailable(i32),
    /// The statuses that can follow.
    AllowedStatuses(Vec<OrderStatus>),
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The path in the input, in GraphQL's names; empty where it is about the whole.
    pub field: Vec<String>,
    /// Its kind.
    pub code: Code,
    /// What was wrong, what is allowed, and the value found where it is safe to show.
    pub message: String,
    /// More, where a program can use it.
    pub detail: Option<Detail>,
}

impl Problem {
    /// A problem with the field at a path such as `lines.0.quantity`; an empty path is the whole input.
    pub fn new(path: &str, code: Code, message: impl Into<String>) -> Self {
        let field = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self { field, code, message: message.into(), detail: None }
    }

    /// Of an input that stands at a path of another, such as `images.2.source`.
    pub fn below(mut self, path: &str) -> Self {
        self.field.splice(0..0, path.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        self
    }

    /// With what a program needs to mend it.
    pub fn with(mut self, detail: Detail) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// Everything that is wrong with an input, at once. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<Problem>);

/// A refusal for a single reason, as an error to return.
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

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match reference::problem(&error) {
            Some(problem) => problem.into(),
            None => Self::Fault(error.into()),
        }
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        if is_unstorable_text(&error) {
            let message = "a text holds the character U+0000, which is nowhere allowed".into();
            return Self::BadUserInput { argument: "input", message };
        }
        // Deleted between being read and being changed.
        if matches!(error, DbErr::RecordNotUpdated) {
            return Self::NotFound;
        }
        Self::Internal(Arc::new(error))
    }
}

/// Whether PostgreSQL refused a text for its characters (`character_not_in_repertoire`, `untranslatable_character`). What is to be
/// stored is checked before; what is only looked for is not.
fn is_unstorable_text(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(driver)) | DbErr::Query(RuntimeErr::SqlxError(driver))) = error else { return false };
    let code = driver.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "22021" | "22P05"))
}

impl From<AmountOverflow> for Error {
    fn from(error: AmountOverflow) -> Self {
        Self::Refused(Refusal(vec![Problem::new("", Code::OutOfRange, error.to_string())]))
    }
}

/// An error from elsewhere, as an internal fault.
pub fn internal<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::Fault(Fault::Internal(Arc::new(error)))
}
