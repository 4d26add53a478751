//! Webhooks of payment providers, after their signature was verified.

use entity::id::PaymentId;
use std::fmt;

/// Maximum length of the identifiers and kinds of events, in characters.
pub const MAX_EVENT_TEXT: usize = 255;

/// An event that a payment provider sent. Only providers make it, after they verified the signature; its content is never applied:
/// it says which payment to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookNotice {
    /// The provider's identifier of the event.
    pub event_id: String,
    /// The provider's account that the event belongs to; `None` for the marketplace's own.
    pub account: Option<String>,
    /// The provider's name of the kind, such as `payment_intent.succeeded`.
    pub kind: String,
    /// The payment that the event is about; `None` if nothing follows from its kind.
    pub about: Option<WebhookSubject>,
}

/// The payment that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSubject {
    /// The provider's identifier of the payment.
    pub reference: String,
    /// ID of the payment, if the event contains it.
    pub payment_id: Option<PaymentId>,
}

/// Why a webhook is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvalidWebhook {
    /// The provider sends no webhooks, or is not configured.
    Provider,
    /// No signature, or none that matches the body.
    Signature,
    /// The signature is too old.
    TooOld,
    /// The signature is from the future.
    InFuture,
    /// The body is not an event.
    Body,
    /// The body is too large.
    TooLarge,
    /// The event belongs to another account.
    Account,
    /// An event of the test mode in live mode, or the other way round.
    Mode,
}

impl InvalidWebhook {
    /// Name of the reason in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Signature => "signature",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::Body => "body",
            Self::TooLarge => "too_large",
            Self::Account => "account",
            Self::Mode => "mode",
        }
    }
}

impl fmt::Display for InvalidWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for InvalidWebhook {}
