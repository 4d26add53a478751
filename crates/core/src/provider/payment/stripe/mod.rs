//! The `STRIPE` provider: cards by PaymentIntents (<https://docs.stripe.com/payments/paymentintents/lifecycle>).
//!
//! A PaymentIntent is created unconfirmed, and confirmed when its ID is stored. After a decline it requires another payment method and
//! could still be paid with its client secret; it is declined for the marketplace, which cancels it and fails the payment only when
//! Stripe confirmed that.

mod amount;
mod http;
mod read;
mod webhook;

use self::http::{Failure, Http, StripeError};
use self::read::{Dispute, List, PaymentIntent, Refund, SOUK_PAYMENT, SOUK_REFUND, decline, is_id, object, unreadable};
use super::entry::{Entry, Setup};
use super::gateway::{Abilities, PaymentGateway, Refunds};
use super::report::{Charge, ProviderPayment, ProviderRefund, ProviderState, RefundRequest};
use super::{InvalidWebhook, ProviderError, WebhookNotice, idempotency_key};
use crate::config::ConfigError;
use ::http::HeaderMap;
use async_trait::async_trait;
use entity::money::{Minor, Money};
use entity::value::{CaptureMethod, PaymentProvider};
use sea_orm::prelude::DateTimeUtc;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Includes the charge of a PaymentIntent and its fee in a response.
const EXPAND: (&str, &str) = ("expand[]", "latest_charge.balance_transaction");
/// Maximum number of pages of a list that are read, of 100 entries each.
const MAX_PAGES: usize = 20;
/// Pause before a refund is sent again that the balance of the account does not cover.
const BALANCE_PAUSE: Duration = Duration::from_secs(3600);

/// Offered if it is configured.
pub(super) fn entry(setup: &Setup<'_>) -> Result<Option<Entry>, ConfigError> {
    let Some(config) = &setup.config.stripe else { return Ok(None) };
    let currency = setup.config.currency;
    if !amount::supports(currency) {
        let message =
            format!("SOUK_CURRENCY must be a currency that Stripe supports, as SOUK_STRIPE_SECRET_KEY is set; got {currency}.");
        return Err(ConfigError(message));
    }
    let http =
        Http::new(config).map_err(|error| ConfigError(format!("The HTTP client for Stripe cannot be created: {error}.")))?;
    let gateway = Stripe { http, capture: config.capture, webhook_secrets: config.webhook_secrets.clone(), live: config.live };
    Ok(Some(Entry { provider: PaymentProvider::Stripe, offered: true, gateway: Arc::new(gateway) }))
}

struct Stripe {
    http: Http,
    capture: CaptureMethod,
    webhook_secrets: Vec<SecretString>,
    live: bool,
}

#[async_trait]
impl PaymentGateway for Stripe {
    fn display_name(&self) -> &'static str {
        "Card"
    }

    fn abilities(&self) -> Abilities {
        Abilities { creates_first: true, manual_capture: true, refunds: Refunds::Parts, webhooks: true }
    }

    fn check_token(&self, token: Option<&str>) -> Result<(), String> {
        match token {
            Some(token) if is_id(token, "pm_") => Ok(()),
            _ => Err("paymentToken must be the ID of a PaymentMethod of Stripe (pm_...) for STRIPE.".into()),
        }
    }

    fn capture_method(&self) -> CaptureMethod {
        self.capture
    }

    async fn create(&self, charge: &Charge) -> Result<String, ProviderError> {
        let amount = self.amount(charge.money)?.to_string();
        let (currency, id) = (charge.money.currency.to_string().to_ascii_lowercase(), charge.id.to_string());
        let metadata = format!("metadata[{SOUK_PAYMENT}]");
        let capture = match charge.capture_method {
            CaptureMethod::Automatic => "automatic",
            CaptureMethod::Manual => "manual",
        };
        let parameters = [
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("capture_method", capture),
            ("payment_method_types[]", "card"),
            ("payment_method", charge.token.as_deref().unwrap_or_default()),
            (&metadata, &id),
        ];
        let key = idempotency_key(charge.id.0, "create", charge.attempt);
        let created = self.http.post("/v1/payment_intents", &parameters, Some(key)).await.map_err(declined_or_refused)?;
        let intent: PaymentIntent = object(created)?;
        if is_id(&intent.id, "pi_") { Ok(intent.id) } else { Err(unreadable("a PaymentIntent without an ID")) }
    }

    async fn authorize(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        let key = idempotency_key(charge.id.0, "confirm", charge.attempt);
        match self.http.post(&self.path(charge, "/confirm")?, &[EXPAND], Some(key)).await {
            Ok(intent) => object::<PaymentIntent>(intent)?.report(),
            Err(Failure::Answered(error)) if error.has_code("payment_intent_unexpected_state") => {
                self.after_refusal(charge, error).await
            }
            Err(failure) => Err(declined_or_refused(failure)),
        }
    }

    /// The buyer's action is completed at Stripe, which confirms the PaymentIntent by itself.
    async fn confirm(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        let report = self.look_up(charge).await?;
        report.ok_or_else(|| ProviderError::Refused { why: "Stripe does not know the PaymentIntent".into() })
    }

    async fn capture(&self, charge: &Charge, amount: Minor, key: Uuid) -> Result<ProviderPayment, ProviderError> {
        let amount = self.amount(Money::new(amount, charge.money.currency))?.to_string();
        let parameters = [("amount_to_capture", amount.as_str()), EXPAND];
        match self.http.post(&self.path(charge, "/capture")?, &parameters, Some(key)).await {
            Ok(intent) => object::<PaymentIntent>(intent)?.report(),
            Err(Failure::Answered(error)) if error.status == 400 => self.after_refusal(charge, error).await,
            Err(failure) => Err(declined_or_refused(failure)),
        }
    }

    /// Without an idempotency key: a PaymentIntent is cancelled once, and a stored error must not prevent that.
    async fn cancel(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        match self.http.post(&self.path(charge, "/cancel")?, &[EXPAND], None).await {
            Ok(intent) => object::<PaymentIntent>(intent)?.report(),
            Err(Failure::Answered(error)) if error.status == 400 => self.after_refusal(charge, error).await,
            Err(failure) => Err(failure.into()),
        }
    }

    async fn look_up(&self, charge: &Charge) -> Result<Option<ProviderPayment>, ProviderError> {
        let Some(reference) = &charge.reference else { return Ok(None) };
        let intent = match self.http.get(&self.path(charge, "")?, &[EXPAND]).await {
            Err(Failure::Answered(error)) if error.status == 404 => return Ok(None),
            result => object::<PaymentIntent>(result?)?,
        };
        let mut report = intent.report()?;
        if intent.is_captured() {
            for refund in self.list::<Refund>("/v1/refunds", reference).await? {
                report = report.with_refund(refund.report()?);
            }
        }
        if intent.is_disputed() {
            for dispute in self.list::<Dispute>("/v1/disputes", reference).await? {
                report = report.with_dispute(dispute.report()?);
            }
        }
        Ok(Some(report))
    }

    async fn refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<ProviderRefund, ProviderError> {
        let amount = self.amount(refund.money)?.to_string();
        let (payment, id) = (charge.id.to_string(), refund.id.to_string());
        let (payment_name, refund_name) = (format!("metadata[{SOUK_PAYMENT}]"), format!("metadata[{SOUK_REFUND}]"));
        let parameters =
            [("payment_intent", reference(charge)?), ("amount", amount.as_str()), (&payment_name, &payment), (&refund_name, &id)];
        let key = idempotency_key(refund.id, "refund", refund.attempt);
        match self.http.post("/v1/refunds", &parameters, Some(key)).await {
            Ok(made) => object::<Refund>(made)?.report(),
            Err(Failure::Answered(error)) if error.has_code("balance_insufficient") => {
                let why = "the balance at Stripe does not cover the refund".to_owned();
                Err(ProviderError::Retryable { after: Some(BALANCE_PAUSE), why })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// By listing the refunds of the PaymentIntent: a search would not find recent ones.
    async fn look_up_refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<Option<ProviderRefund>, ProviderError> {
        for found in self.list::<Refund>("/v1/refunds", reference(charge)?).await? {
            let found = found.report()?;
            if found.souk_refund == Some(refund.id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn parse_webhook(&self, headers: &HeaderMap, body: &[u8], now: DateTimeUtc) -> Result<WebhookNotice, InvalidWebhook> {
        webhook::parse(&self.webhook_secrets, self.live, headers, body, now)
    }
}

impl Stripe {
    fn amount(&self, money: Money) -> Result<i64, ProviderError> {
        amount::to_stripe(money).ok_or_else(|| ProviderError::Refused { why: format!("Stripe can't charge {money}") })
    }

    fn path(&self, charge: &Charge, action: &str) -> Result<String, ProviderError> {
        Ok(format!("/v1/payment_intents/{}{action}", reference(charge)?))
    }

    /// The state of the payment after a call was refused because of its state.
    async fn after_refusal(&self, charge: &Charge, refusal: StripeError) -> Result<ProviderPayment, ProviderError> {
        match self.look_up(charge).await? {
            Some(report) if *report.state() != ProviderState::Created => Ok(report),
            _ => Err(refusal.into()),
        }
    }

    /// All objects that belong to a PaymentIntent.
    async fn list<T: DeserializeOwned + Listed>(&self, path: &str, reference: &str) -> Result<Vec<T>, ProviderError> {
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MAX_PAGES {
            let mut parameters = vec![("payment_intent", reference), ("limit", "100")];
            if let Some(last) = all.last() {
                parameters.push(("starting_after", last.id()));
            }
            let page: Value = self.http.get(path, &parameters).await?;
            let page: List<T> = object(page)?;
            let is_last = !page.has_more || page.data.is_empty();
            all.extend(page.data);
            if is_last {
                return Ok(all);
            }
        }
        Err(unreadable("a list without an end"))
    }
}

/// An object in a list.
trait Listed {
    fn id(&self) -> &str;
}

impl Listed for Refund {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for Dispute {
    fn id(&self) -> &str {
        &self.id
    }
}

fn reference(charge: &Charge) -> Result<&str, ProviderError> {
    let why = || ProviderError::Refused { why: "the payment has no PaymentIntent".into() };
    charge.reference.as_deref().filter(|id| is_id(id, "pi_")).ok_or_else(why)
}

/// Errors about the buyer's payment method or amount are declines, not refusals: any buyer can cause them.
fn declined_or_refused(failure: Failure) -> ProviderError {
    match failure {
        Failure::Answered(error) if error.status == 402 => decline(error.code.as_deref(), error.decline_code.as_deref()),
        Failure::Answered(error) if error.param.as_deref() == Some("payment_method") => decline(Some("resource_missing"), None),
        Failure::Answered(error) if error.has_code("amount_too_small") || error.has_code("amount_too_large") => {
            decline(error.code.as_deref(), None)
        }
        other => other.into(),
    }
}
