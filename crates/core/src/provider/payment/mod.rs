//! Payment providers behind one interface.
//!
//! Every call carries the payment's ID, which a provider takes as its idempotency key: the same call twice moves money once. No
//! call is made inside a transaction.

mod sandbox;

pub use sandbox::{DEFAULT_TOKEN, LATE, TOKENS, UNREACHABLE};

use self::sandbox::Sandbox;
use crate::db::Db;
use entity::id::PaymentId;
use entity::money::{CurrencyCode, Minor};
use entity::value::PaymentProvider;
use sea_orm::prelude::DateTimeUtc;
use std::fmt;

/// What a provider is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The payment; also the idempotency key.
    pub id: PaymentId,
    /// How much.
    pub amount: Minor,
    /// In what.
    pub currency: CurrencyCode,
    /// What the client's library got from the provider.
    pub token: Option<String>,
    /// When the payment was made here.
    pub made_at: DateTimeUtc,
    /// The time of the call.
    pub now: DateTimeUtc,
}

/// What a provider says of a payment. The same answer can come several times, from a call, a look-up or a webhook.
///
/// It is what allows a payment to be settled, so only providers make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    reference: String,
    outcome: Outcome,
}

impl Answer {
    /// For the providers, and for tests in their place.
    pub fn from_provider(reference: String, outcome: Outcome) -> Self {
        Self { reference, outcome }
    }

    /// The provider's name for the payment.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Where it stands.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Where a payment stands with its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It will be known later.
    Pending,
    /// The buyer must confirm it.
    RequiresAction {
        /// Where, if there is a page for it.
        redirect_url: Option<String>,
        /// What the client's library continues with, if it does.
        client_secret: Option<String>,
    },
    /// Promised.
    Authorized,
    /// Received.
    Captured,
    /// Refused.
    Failed {
        /// Safe to show to the buyer.
        reason: String,
    },
    /// Cancelled: it can no longer succeed.
    Cancelled,
}

/// The provider did not answer; whether it did what it was asked is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// The providers this marketplace offers.
#[derive(Clone)]
pub struct Payments {
    offers_sandbox: bool,
    sandbox: Sandbox,
}

impl Payments {
    /// `MANUAL` always, `SANDBOX` if it is allowed. Payments that were begun with a provider that is no longer offered are still
    /// looked up and cancelled there.
    pub fn new(offers_sandbox: bool, db: Db) -> Self {
        Self { offers_sandbox, sandbox: Sandbox::new(db) }
    }

    /// Whether a provider can be chosen.
    pub fn offers(&self, provider: PaymentProvider) -> bool {
        match provider {
            PaymentProvider::Manual => true,
            PaymentProvider::Sandbox => self.offers_sandbox,
        }
    }

    /// The providers that can be chosen, in the order in which clients show them.
    pub fn offered(&self) -> Vec<PaymentProvider> {
        PaymentProvider::ALL.iter().copied().filter(|provider| self.offers(*provider)).collect()
    }

    /// Says what is wrong with a token, before anything is asked of the provider.
    pub fn check_token(&self, provider: PaymentProvider, token: Option<&str>) -> Result<(), String> {
        match provider {
            PaymentProvider::Manual => Ok(()),
            PaymentProvider::Sandbox => sandbox::check_token(token),
        }
    }

    /// What a provider says that is nobody but a person at the door: known without a call, so that it can be written with the order.
    /// The same holds for a charge of nothing, which no provider takes.
    pub fn immediate_outcome(&self, provider: PaymentProvider, charge: &Charge) -> Option<Answer> {
        match provider {
            _ if charge.amount == Minor::ZERO => Some(Answer { reference: charge.id.to_string(), outcome: Outcome::Captured }),
            PaymentProvider::Manual => Some(manual(charge)),
            PaymentProvider::Sandbox => None,
        }
    }

    /// Asks for the money.
    pub async fn authorize(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.authorize(charge).await,
        }
    }

    /// Asks again after the buyer said that they confirmed the payment.
    pub async fn confirm(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.confirm(charge).await,
        }
    }

    /// Where the payment stands; `None` where the provider never heard of it.
    pub async fn look_up(&self, provider: PaymentProvider, charge: &Charge) -> Result<Option<Answer>, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(Some(manual(charge))),
            PaymentProvider::Sandbox => self.sandbox.look_up(charge).await,
        }
    }

    /// Cancels the payment. The answer is its state after that: it can have succeeded just before.
    ///
    /// [`Outcome::Cancelled`] is final: no call for the same payment takes money after it, also not one that was sent before and
    /// arrives later.
    pub async fn cancel(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(Answer { outcome: Outcome::Cancelled, ..manual(charge) }),
            PaymentProvider::Sandbox => self.sandbox.cancel(charge).await,
        }
    }
}

/// Cash on delivery or a bank transfer: promised, until a person notes that it came.
fn manual(charge: &Charge) -> Answer {
    Answer { reference: charge.id.to_string(), outcome: Outcome::Authorized }
}
