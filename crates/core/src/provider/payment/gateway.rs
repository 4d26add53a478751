//! The interface of a payment provider.

use super::error::ProviderError;
use super::report::{Charge, ProviderPayment, ProviderRefund, RefundRequest};
use super::webhook::{InvalidWebhook, WebhookNotice};
use async_trait::async_trait;
use entity::money::Minor;
use entity::value::CaptureMethod;
use http::HeaderMap;
use sea_orm::prelude::DateTimeUtc;
use uuid::Uuid;

/// What a payment provider can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Whether a payment is created, and its reference stored, before the money is requested. Otherwise the provider identifies
    /// payments by their ID.
    pub creates_first: bool,
    /// Whether money can be authorized first and captured later.
    pub manual_capture: bool,
    /// How received money can be refunded by calls.
    pub refunds: Refunds,
    /// Whether the provider reports changes by webhooks.
    pub webhooks: bool,
}

/// How a provider refunds received money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunds {
    /// Not by calls: a person returns the money.
    None,
    /// In any number of parts.
    Parts,
}

/// A client of a payment provider. Every call is idempotent: repeated with the same arguments, it has its effect once. Providers are
/// never called inside a transaction.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// English name to show to buyers.
    fn display_name(&self) -> &'static str;

    /// What the provider can do.
    fn abilities(&self) -> Abilities;

    /// Validates a payment token without calling the provider.
    ///
    /// # Errors
    ///
    /// A message for the buyer.
    fn check_token(&self, token: Option<&str>) -> Result<(), String>;

    /// When the money of new payments is captured.
    fn capture_method(&self) -> CaptureMethod {
        CaptureMethod::Automatic
    }

    /// The payment if it is known without a call.
    fn immediate_report(&self, _charge: &Charge) -> Option<ProviderPayment> {
        None
    }

    /// Creates the payment at the provider and returns its reference. No money moves, and the buyer learns nothing of it, so that a
    /// payment whose reference is lost is harmless.
    async fn create(&self, charge: &Charge) -> Result<String, ProviderError> {
        Ok(charge.id.to_string())
    }

    /// Requests the money.
    async fn authorize(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError>;

    /// Checks the payment after the buyer completed the required action.
    async fn confirm(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError>;

    /// Captures an amount of an authorized payment; the rest is released. The same `key` captures once.
    async fn capture(&self, charge: &Charge, amount: Minor, key: Uuid) -> Result<ProviderPayment, ProviderError>;

    /// Cancels the payment and returns its state afterwards, which can be captured if it succeeded just before.
    async fn cancel(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError>;

    /// Looks up the state of the payment; `None` if the provider does not know it.
    async fn look_up(&self, charge: &Charge) -> Result<Option<ProviderPayment>, ProviderError>;

    /// Refunds received money. A refund with the same ID is made once.
    async fn refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<ProviderRefund, ProviderError>;

    /// Looks up a refund; `None` if the provider does not know it.
    async fn look_up_refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<Option<ProviderRefund>, ProviderError>;

    /// Verifies the signature of a webhook over its raw body, and reads what it is about.
    ///
    /// # Errors
    ///
    /// The reason for which it must be refused.
    fn parse_webhook(&self, _headers: &HeaderMap, _body: &[u8], _now: DateTimeUtc) -> Result<WebhookNotice, InvalidWebhook> {
        Err(InvalidWebhook::Provider)
    }
}
