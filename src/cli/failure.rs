//! Why a command failed.

use souk_core::app::StartError;
use souk_core::config::ConfigError;

/// The reason why a command failed, as a sentence for the operator.
pub(super) enum Failure {
    /// Invalid arguments, configuration or state: exit code 2.
    Usage(String),
    /// Any other failure: exit code 1.
    Failed(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(format!("Database error: {error}."))
    }
}

impl From<souk_core::error::Error> for Failure {
    fn from(error: souk_core::error::Error) -> Self {
        use souk_core::error::{Error, Fault, Refusal};
        match error {
            Error::Refused(Refusal(problems)) => {
                Self::Usage(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))
            }
            Error::Fault(Fault::Internal(source)) => Self::Failed(source.to_string()),
            Error::Fault(fault) => Self::Failed(format!("{fault:?}")),
        }
    }
}

/// Result of a command.
pub(super) type Outcome<T = ()> = Result<T, Failure>;
