//! Why a call to a payment provider has no report.

use entity::value::ProviderErrorKind;
use std::fmt;
use std::time::Duration;

/// Why a call to a payment provider has no report. The texts are for staff and the log, and contain no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// The call certainly had no effect; the same call can be repeated.
    Retryable {
        /// The shortest time until the next attempt, if the provider asks for one.
        after: Option<Duration>,
        why: String,
    },
    /// The buyer's payment method was declined. The payment is not final: until it is cancelled, it can be paid by another one.
    Declined {
        /// The provider's code.
        code: String,
        /// A clause without a capital letter and full stop that may be shown to the buyer.
        message: String,
    },
    /// The provider refused the call, such as for invalid credentials or an unsupported currency. Repeating it is pointless.
    Refused { why: String },
    /// The call was sent, but there is no readable response, so that it can have had its effect: look it up.
    Unknown { why: String },
}

impl ProviderError {
    /// Kind of the error as it is stored.
    pub fn kind(&self) -> ProviderErrorKind {
        match self {
            Self::Retryable { .. } => ProviderErrorKind::Retryable,
            Self::Declined { .. } => ProviderErrorKind::Declined,
            Self::Refused { .. } => ProviderErrorKind::Refused,
            Self::Unknown { .. } => ProviderErrorKind::Unknown,
        }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retryable { why, .. } | Self::Refused { why } | Self::Unknown { why } => f.write_str(why),
            Self::Declined { code, message } => write!(f, "{message} ({code})"),
        }
    }
}

impl std::error::Error for ProviderError {}
