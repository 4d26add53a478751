//! A common interface to the payment providers.
//!
//! Every call sends the payment's ID as the idempotency key, so that a repeated call does not charge twice. Providers are never called
//! inside a transaction.

mod answer;
mod sandbox;

pub use answer::{Answer, Charge, Outcome, Unreachable};
pub use sandbox::{DEFAULT_TOKEN, LATE, TOKENS, UNREACHABLE};

use self::sandbox::Sandbox;
use crate::db::Db;
use entity::money::Minor;
use entity::value::PaymentProvider;

/// The payment providers of the marketplace.
#[derive(Clone)]
pub struct Payments {
    sandbox_offered: bool,
    sandbox: Sandbox,
}

impl Payments {
    /// `MANUAL` is always offered, `SANDBOX` only if `sandbox_offered`. Existing payments of a provider that is no longer offered are
    /// still looked up and cancelled.
    pub fn new(sandbox_offered: bool, db: Db) -> Self {
        Self { sandbox_offered, sandbox: Sandbox::new(db) }
    }

    /// Whether buyers can choose the provider.
    pub fn offers(&self, provider: PaymentProvider) -> bool {
        match provider {
            PaymentProvider::Manual => true,
            PaymentProvider::Sandbox => self.sandbox_offered,
        }
    }

    /// The providers that buyers can choose, in the order in which clients show them.
    pub fn offered(&self) -> Vec<PaymentProvider> {
        PaymentProvider::ALL.iter().copied().filter(|provider| self.offers(*provider)).collect()
    }

    /// Validates a payment token without calling the provider.
    ///
    /// # Errors
    ///
    /// A message for the buyer.
    pub fn check_token(&self, provider: PaymentProvider, token: Option<&str>) -> Result<(), String> {
        match provider {
            PaymentProvider::Manual => Ok(()),
            PaymentProvider::Sandbox => sandbox::check_token(token),
        }
    }

    /// The response if it is known without a call, so that it can be stored in the transaction that places the order: that of a
    /// manual payment, and of a charge of nothing, which no provider accepts.
    pub fn immediate_outcome(&self, provider: PaymentProvider, charge: &Charge) -> Option<Answer> {
        match provider {
            _ if charge.money.amount == Minor::ZERO => Some(Answer::from_provider(charge.id.to_string(), Outcome::Captured)),
            PaymentProvider::Manual => Some(manual(charge)),
            PaymentProvider::Sandbox => None,
        }
    }

    /// Requests the payment.
    pub async fn authorize(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.authorize(charge).await,
        }
    }

    /// Checks the payment after the buyer completed the required action.
    pub async fn confirm(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.confirm(charge).await,
        }
    }

    /// Looks up the state of the payment; `None` if the provider does not know it.
    pub async fn look_up(&self, provider: PaymentProvider, charge: &Charge) -> Result<Option<Answer>, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(Some(manual(charge))),
            PaymentProvider::Sandbox => self.sandbox.look_up(charge).await,
        }
    }

    /// Cancels the payment and returns its state afterwards, which can be [`Outcome::Captured`] if it succeeded just before.
    ///
    /// [`Outcome::Cancelled`] is final: no call for the same payment charges the buyer after it, not even one that was sent earlier and
    /// arrives later.
    pub async fn cancel(&self, provider: PaymentProvider, charge: &Charge) -> Result<Answer, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(Answer::from_provider(charge.id.to_string(), Outcome::Cancelled)),
            PaymentProvider::Sandbox => self.sandbox.cancel(charge).await,
        }
    }
}

/// Cash on delivery or a bank transfer: authorized until staff record that the money was received.
fn manual(charge: &Charge) -> Answer {
    Answer::from_provider(charge.id.to_string(), Outcome::Authorized)
}
