//! A common interface to the payment providers.
//!
//! Every call sends the payment's ID as the idempotency key, so that a repeated call does not charge twice. Providers are never called
//! inside a transaction.

mod report;
mod sandbox;

pub use report::{Charge, ProviderCapture, ProviderPayment, ProviderState, Unreachable};
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

    /// The payment if it is known without a call, so that it can be stored in the transaction that places the order: a manual
    /// payment, and a charge of nothing, which no provider accepts.
    pub fn immediate_report(&self, provider: PaymentProvider, charge: &Charge) -> Option<ProviderPayment> {
        match provider {
            _ if charge.money.amount == Minor::ZERO => Some(free(charge)),
            PaymentProvider::Manual => Some(manual(charge)),
            PaymentProvider::Sandbox => None,
        }
    }

    /// Requests the payment.
    pub async fn authorize(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.authorize(charge).await,
        }
    }

    /// Checks the payment after the buyer completed the required action.
    pub async fn confirm(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(manual(charge)),
            PaymentProvider::Sandbox => self.sandbox.confirm(charge).await,
        }
    }

    /// Looks up the state of the payment; `None` if the provider does not know it.
    pub async fn look_up(&self, provider: PaymentProvider, charge: &Charge) -> Result<Option<ProviderPayment>, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(Some(manual(charge))),
            PaymentProvider::Sandbox => self.sandbox.look_up(charge).await,
        }
    }

    /// Cancels the payment and returns its state afterwards, which can be [`ProviderState::Captured`] if it succeeded just before.
    ///
    /// [`ProviderState::Cancelled`] is final: no call for the same payment charges the buyer after it, not even one that was sent earlier and
    /// arrives later.
    pub async fn cancel(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        match provider {
            PaymentProvider::Manual => Ok(report(charge, ProviderState::Cancelled)),
            PaymentProvider::Sandbox => self.sandbox.cancel(charge).await,
        }
    }
}

/// Cash on delivery or a bank transfer: authorized until staff record that the money was received.
fn manual(charge: &Charge) -> ProviderPayment {
    report(charge, ProviderState::Authorized).with_authorization(charge.money.amount, None)
}

/// A charge of nothing is received at once.
fn free(charge: &Charge) -> ProviderPayment {
    report(charge, ProviderState::Captured)
}

fn report(charge: &Charge, state: ProviderState) -> ProviderPayment {
    ProviderPayment::from_provider(charge.id.to_string(), state, charge.money.currency)
}
