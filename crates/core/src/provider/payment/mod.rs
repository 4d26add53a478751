//! The payment providers: a common interface, [`PaymentGateway`], and the registry [`Payments`] of its implementations.
//!
//! A new provider is a file with its gateway, a section of the configuration, a value of [`PaymentProvider`] and a line in `ENTRIES`.

mod entry;
mod error;
mod gateway;
mod key;
mod manual;
mod report;
mod sandbox;
mod stripe;
mod webhook;

pub use error::ProviderError;
pub use gateway::{Abilities, PaymentGateway, Refunds};
pub use key::idempotency_key;
pub use report::{
    Charge, ProviderCapture, ProviderDispute, ProviderFunds, ProviderPayment, ProviderRefund, ProviderState, RefundRequest,
    RefundState,
};
pub use sandbox::{DEFAULT_TOKEN, LATE, TOKENS, UNREACHABLE};
pub use webhook::{InvalidWebhook, MAX_EVENT_TEXT, WebhookNotice, WebhookSubject};

use self::entry::{Construct, Entry, Setup};
use crate::config::{Config, ConfigError};
use crate::db::Db;
use entity::money::Minor;
use entity::value::{AttemptKind, CaptureMethod, PaymentProvider};
use http::HeaderMap;
use sea_orm::prelude::DateTimeUtc;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The constructors of all gateways.
const ENTRIES: [Construct; 3] = [manual::entry, sandbox::entry, stripe::entry];

/// The payment providers of the marketplace.
#[derive(Clone)]
pub struct Payments(Arc<HashMap<PaymentProvider, Entry>>);

impl Payments {
    /// # Errors
    ///
    /// If the configuration of a provider is invalid.
    pub fn new(config: &Config, db: &Db) -> Result<Self, ConfigError> {
        let setup = Setup { config, db };
        let mut gateways = HashMap::new();
        for entry in ENTRIES {
            gateways.extend(entry(&setup)?.map(|entry| (entry.provider, entry)));
        }
        Ok(Self(Arc::new(gateways)))
    }

    /// Whether buyers can choose the provider.
    pub fn offers(&self, provider: PaymentProvider) -> bool {
        self.0.get(&provider).is_some_and(|entry| entry.offered)
    }

    /// The providers that buyers can choose, in the order in which clients show them.
    pub fn offered(&self) -> Vec<PaymentProvider> {
        PaymentProvider::ALL.iter().copied().filter(|provider| self.offers(*provider)).collect()
    }

    /// English name of a provider to show to buyers.
    pub fn display_name(&self, provider: PaymentProvider) -> &'static str {
        self.0.get(&provider).map_or(provider.as_str(), |entry| entry.gateway.display_name())
    }

    /// What a provider can do; `None` if it is not configured.
    pub fn abilities(&self, provider: PaymentProvider) -> Option<Abilities> {
        self.0.get(&provider).map(|entry| entry.gateway.abilities())
    }

    /// When the money of a new payment is captured.
    pub fn capture_method(&self, provider: PaymentProvider) -> CaptureMethod {
        self.0.get(&provider).map_or(CaptureMethod::Automatic, |entry| entry.gateway.capture_method())
    }

    fn gateway(&self, provider: PaymentProvider) -> Result<&dyn PaymentGateway, ProviderError> {
        let why = || format!("{provider} is not configured");
        self.0
            .get(&provider)
            .map(|entry| entry.gateway.as_ref())
            .ok_or_else(|| ProviderError::Retryable { after: None, why: why() })
    }

    /// Validates a payment token without calling the provider.
    ///
    /// # Errors
    ///
    /// A message for the buyer.
    pub fn check_token(&self, provider: PaymentProvider, token: Option<&str>) -> Result<(), String> {
        match self.gateway(provider) {
            Ok(gateway) => gateway.check_token(token),
            Err(_) => Err(format!("{provider} is not offered by this marketplace; choose another paymentProvider.")),
        }
    }

    /// The payment if it is known without a call, so that it can be stored in the transaction that places the order: a manual
    /// payment, and a charge of nothing, which no provider accepts.
    pub fn immediate_report(&self, provider: PaymentProvider, charge: &Charge) -> Option<ProviderPayment> {
        if charge.money.amount == Minor::ZERO {
            return Some(free(charge));
        }
        self.gateway(provider).ok()?.immediate_report(charge)
    }

    /// Creates the payment at a provider that creates first ([`Abilities::creates_first`]), and returns its reference.
    pub async fn create(&self, provider: PaymentProvider, charge: &Charge) -> Result<String, ProviderError> {
        self.gateway(provider)?.create(charge).await
    }

    /// Requests the money of the payment, which must have been created if the provider creates first.
    pub async fn authorize(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(self.gateway(provider)?.authorize(charge).await?.answering(AttemptKind::Confirm))
    }

    /// Checks the payment after the buyer completed the required action.
    pub async fn confirm(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(self.gateway(provider)?.confirm(charge).await?.answering(AttemptKind::Confirm))
    }

    /// Captures an amount of an authorized payment; the rest is released.
    pub async fn capture(
        &self,
        provider: PaymentProvider,
        charge: &Charge,
        amount: Minor,
        key: Uuid,
    ) -> Result<ProviderPayment, ProviderError> {
        Ok(self.gateway(provider)?.capture(charge, amount, key).await?.answering(AttemptKind::Capture))
    }

    /// Looks up the state of the payment; `None` if the provider does not know it.
    pub async fn look_up(&self, provider: PaymentProvider, charge: &Charge) -> Result<Option<ProviderPayment>, ProviderError> {
        Ok(self.gateway(provider)?.look_up(charge).await?.map(|report| report.answering(AttemptKind::LookUp)))
    }

    /// Cancels the payment and returns its state afterwards, which can be [`ProviderState::Captured`] if it succeeded just before.
    ///
    /// [`ProviderState::Cancelled`] is final: no call for the same payment charges the buyer after it, not even one that was sent earlier and
    /// arrives later.
    pub async fn cancel(&self, provider: PaymentProvider, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(self.gateway(provider)?.cancel(charge).await?.answering(AttemptKind::Cancel))
    }

    /// Ends a payment that was declined or refused: it is cancelled at the provider, as it could still be paid there, and failed for
    /// `reason`, a clause for the buyer. A payment without a reference of a provider that creates first does not exist there.
    pub async fn abandon(
        &self,
        provider: PaymentProvider,
        charge: &Charge,
        reason: &str,
    ) -> Result<ProviderPayment, ProviderError> {
        let gateway = self.gateway(provider)?;
        if gateway.abilities().creates_first && charge.reference.is_none() {
            let state = ProviderState::Failed { reason: reason.to_owned() };
            let report = ProviderPayment::from_provider(String::new(), state, charge.money.currency);
            return Ok(report.answering(AttemptKind::Create));
        }
        Ok(self.cancel(provider, charge).await?.or_failed(reason))
    }

    /// Refunds received money.
    pub async fn refund(
        &self,
        provider: PaymentProvider,
        charge: &Charge,
        refund: &RefundRequest,
    ) -> Result<ProviderRefund, ProviderError> {
        self.gateway(provider)?.refund(charge, refund).await
    }

    /// Looks up a refund; `None` if the provider does not know it.
    pub async fn look_up_refund(
        &self,
        provider: PaymentProvider,
        charge: &Charge,
        refund: &RefundRequest,
    ) -> Result<Option<ProviderRefund>, ProviderError> {
        self.gateway(provider)?.look_up_refund(charge, refund).await
    }

    /// Verifies the signature of a webhook over its raw body, and reads what it is about.
    ///
    /// # Errors
    ///
    /// The reason for which it must be refused.
    pub fn parse_webhook(
        &self,
        provider: PaymentProvider,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTimeUtc,
    ) -> Result<WebhookNotice, InvalidWebhook> {
        self.gateway(provider).map_err(|_| InvalidWebhook::Provider)?.parse_webhook(headers, body, now)
    }
}

/// A charge of nothing is received at once.
fn free(charge: &Charge) -> ProviderPayment {
    ProviderPayment::from_provider(charge.id.to_string(), ProviderState::Captured, charge.money.currency)
}
