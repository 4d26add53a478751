//! What is said to a payment provider, and what it responds.

use entity::id::PaymentId;
use entity::money::Money;
use sea_orm::prelude::DateTimeUtc;
use std::fmt;

/// A payment as it is sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// ID of the payment; also the idempotency key.
    pub id: PaymentId,
    pub money: Money,
    /// Payment token that the client obtained from the provider.
    pub token: Option<String>,
    /// Time at which the payment was created in Souk.
    pub created_at: DateTimeUtc,
    /// Current time.
    pub now: DateTimeUtc,
}

/// A provider's response about a payment. The same response can arrive several times, from a call, a lookup or a webhook.
///
/// A payment is settled only with such a response, and only providers make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    reference: String,
    outcome: Outcome,
}

impl Answer {
    /// For providers, and for tests in place of a provider.
    pub fn from_provider(reference: String, outcome: Outcome) -> Self {
        Self { reference, outcome }
    }

    /// The provider's identifier of the payment.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// State of the payment at the provider.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// The state of a payment at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not decided yet.
    Pending,
    /// The buyer must confirm the payment.
    RequiresAction {
        /// Page on which the buyer confirms it, if there is one.
        redirect_url: Option<String>,
        /// Secret with which the provider's client library continues, if it needs one.
        client_secret: Option<String>,
    },
    /// Promised but not received yet.
    Authorized,
    /// The money was received.
    Captured,
    /// Declined.
    Failed {
        /// A clause without a capital letter and full stop that may be shown to the buyer.
        reason: String,
    },
    /// Cancelled; the payment can no longer succeed.
    Cancelled,
}

/// The provider did not respond. It is not known whether the request had an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}
