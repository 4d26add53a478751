//! What is sent to a payment provider, and what it reports.

use crate::text::truncate;
use entity::id::PaymentId;
use entity::money::{AmountOverflow, CurrencyCode, Minor, Money};
use sea_orm::prelude::DateTimeUtc;
use std::fmt;

/// Maximum length of a provider's identifier, in characters; a longer one is truncated.
const MAX_REFERENCE: usize = 255;

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

/// A payment as its provider reports it. The same report can arrive several times, from a call, a lookup or a webhook.
///
/// A payment is settled only with such a report, and only providers make it. Its amounts are the provider's: what was requested is
/// never taken for what was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPayment {
    reference: String,
    state: ProviderState,
    currency: CurrencyCode,
    authorized: Minor,
    captures: Vec<ProviderCapture>,
    expires_at: Option<DateTimeUtc>,
}

impl ProviderPayment {
    /// A payment without any money yet. For providers, and for tests in place of a provider.
    pub fn from_provider(reference: String, state: ProviderState, currency: CurrencyCode) -> Self {
        let reference = truncate(&reference, MAX_REFERENCE).to_owned();
        Self { reference, state, currency, authorized: Minor::ZERO, captures: Vec::new(), expires_at: None }
    }

    /// Adds the amount that is authorized and not captured yet, and the time at which the authorization lapses.
    pub fn with_authorization(mut self, amount: Minor, expires_at: Option<DateTimeUtc>) -> Self {
        (self.authorized, self.expires_at) = (amount, expires_at);
        self
    }

    /// Adds a capture. One with a reference that was added before takes its place, so that no money is counted twice.
    pub fn with_capture(mut self, capture: ProviderCapture) -> Self {
        let reference = truncate(&capture.reference, MAX_REFERENCE).to_owned();
        self.captures.retain(|added| added.reference != reference);
        self.captures.push(ProviderCapture { reference, ..capture });
        self
    }

    /// The provider's identifier of the payment.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// State of the payment at the provider.
    pub fn state(&self) -> &ProviderState {
        &self.state
    }

    /// Currency of all amounts.
    pub fn currency(&self) -> CurrencyCode {
        self.currency
    }

    /// Amount that is authorized and not captured yet.
    pub fn authorized(&self) -> Minor {
        self.authorized
    }

    /// All captures until now, each with its own reference.
    pub fn captures(&self) -> &[ProviderCapture] {
        &self.captures
    }

    /// Sum of the captures.
    pub fn captured(&self) -> Result<Minor, AmountOverflow> {
        Minor::sum(self.captures.iter().map(|capture| capture.amount))
    }

    /// Time at which an authorization lapses; `None` if it is not known.
    pub fn expires_at(&self) -> Option<DateTimeUtc> {
        self.expires_at
    }
}

/// Money that a provider received from the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCapture {
    /// The provider's identifier of the capture, unique within the payment.
    pub reference: String,
    pub amount: Minor,
    /// Fee of the provider; `None` if it is not known yet.
    pub fee: Option<Minor>,
}

/// The state of a payment at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderState {
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
    /// Money was received; how much is in the captures.
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
