//! Objects of the API of Stripe, and what they say about a payment.

use super::super::report::{
    ProviderCapture, ProviderDispute, ProviderFunds, ProviderPayment, ProviderRefund, ProviderState, RefundState,
};
use super::super::{MAX_EVENT_TEXT, ProviderError};
use super::amount::from_stripe;
use entity::money::{CurrencyCode, Minor};
use entity::value::DisputeStatus;
use sea_orm::prelude::DateTimeUtc;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Name of the metadata with the ID of a payment.
pub(super) const SOUK_PAYMENT: &str = "souk_payment";
/// Name of the metadata with the ID of a refund.
pub(super) const SOUK_REFUND: &str = "souk_refund";

/// A PaymentIntent (<https://docs.stripe.com/api/payment_intents/object>).
#[derive(Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    status: String,
    amount: i64,
    currency: String,
    amount_received: Option<i64>,
    amount_capturable: Option<i64>,
    client_secret: Option<String>,
    last_payment_error: Option<PaymentError>,
    next_action: Option<NextAction>,
    latest_charge: Option<Expandable<Charge>>,
}

/// An object, or its ID if it was not expanded.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expandable<T> {
    Id(String),
    Object(Box<T>),
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

#[derive(Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    disputed: Option<bool>,
    balance_transaction: Option<Expandable<BalanceTransaction>>,
    payment_method_details: Option<MethodDetails>,
}

#[derive(Deserialize)]
struct BalanceTransaction {
    fee: i64,
    currency: String,
}

#[derive(Deserialize)]
struct MethodDetails {
    card: Option<CardDetails>,
}

#[derive(Deserialize)]
struct CardDetails {
    capture_before: Option<i64>,
}

/// A refund (<https://docs.stripe.com/api/refunds/object>).
#[derive(Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<HashMap<String, String>>,
}

/// A dispute (<https://docs.stripe.com/api/disputes/object>).
#[derive(Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
    evidence_details: Option<EvidenceDetails>,
    balance_transactions: Option<Vec<DisputeTransaction>>,
}

#[derive(Deserialize)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

#[derive(Deserialize)]
struct DisputeTransaction {
    amount: i64,
    fee: Option<i64>,
    currency: Option<String>,
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// Reads an object of a response.
pub(super) fn object<T: DeserializeOwned>(value: Value) -> Result<T, ProviderError> {
    serde_json::from_value(value).map_err(|error| unreadable(&error.to_string()))
}

/// A response that can't be read: the call can have had its effect.
pub(super) fn unreadable(why: &str) -> ProviderError {
    ProviderError::Unknown { why: format!("Stripe sent an unexpected object: {why}") }
}

/// Whether a text can be an ID of Stripe, so that it can be part of a path.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
        && text.len() <= MAX_EVENT_TEXT
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl PaymentIntent {
    /// The state and amounts of the payment.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Declined`] if the last payment method was declined and another one could still pay.
    pub(super) fn report(&self) -> Result<ProviderPayment, ProviderError> {
        let currency = currency(&self.currency)?;
        let declined = self.last_payment_error.as_ref();
        let state = match self.status.as_str() {
            "requires_payment_method" => match declined {
                Some(error) => return Err(decline(error.code.as_deref(), error.decline_code.as_deref())),
                None => ProviderState::Created,
            },
            "requires_confirmation" => ProviderState::Created,
            "requires_action" => ProviderState::RequiresAction {
                redirect_url: self.next_action.as_ref().and_then(|action| action.redirect_to_url.as_ref()?.url.clone()),
                client_secret: self.client_secret.clone(),
            },
            "processing" => ProviderState::Pending,
            "requires_capture" => ProviderState::Authorized,
            "succeeded" => ProviderState::Captured,
            "canceled" => match declined {
                Some(error) => {
                    ProviderState::Failed { reason: reason(error.code.as_deref(), error.decline_code.as_deref()).into() }
                }
                None => ProviderState::Cancelled,
            },
            other => return Err(unreadable(&format!("a PaymentIntent with the status {other}"))),
        };
        let report = ProviderPayment::from_provider(self.id.clone(), state.clone(), currency);
        Ok(match state {
            ProviderState::Authorized => {
                report.with_authorization(amount(self.amount_capturable.unwrap_or(self.amount), currency)?, self.capture_before())
            }
            // Without `amount_received`, as from emulators, the whole amount was received.
            ProviderState::Captured => report.with_capture(ProviderCapture {
                reference: self.charge_id()?.to_owned(),
                amount: amount(self.amount_received.unwrap_or(self.amount), currency)?,
                fee: self.fee(currency)?,
            }),
            _ => report,
        })
    }

    fn charge(&self) -> Option<&Charge> {
        match &self.latest_charge {
            Some(Expandable::Object(charge)) => Some(charge),
            _ => None,
        }
    }

    /// A PaymentIntent is captured once, by its latest charge.
    fn charge_id(&self) -> Result<&str, ProviderError> {
        match &self.latest_charge {
            Some(Expandable::Object(charge)) => Ok(&charge.id),
            Some(Expandable::Id(id)) => Ok(id),
            None => Err(unreadable("a PaymentIntent that succeeded without a charge")),
        }
    }

    /// The fee, if it is known and in the currency of the payment: Stripe takes it in the currency of the account's balance.
    fn fee(&self, currency: CurrencyCode) -> Result<Option<Minor>, ProviderError> {
        match self.charge().and_then(|charge| charge.balance_transaction.as_ref()) {
            Some(Expandable::Object(found)) if found.currency.eq_ignore_ascii_case(&currency.to_string()) => {
                Ok(Some(amount(found.fee, currency)?))
            }
            _ => Ok(None),
        }
    }

    fn capture_before(&self) -> Option<DateTimeUtc> {
        let card = self.charge()?.payment_method_details.as_ref()?.card.as_ref()?;
        DateTimeUtc::from_timestamp(card.capture_before?, 0)
    }

    /// Whether there can be refunds.
    pub(super) fn is_captured(&self) -> bool {
        self.status == "succeeded"
    }

    pub(super) fn is_disputed(&self) -> bool {
        self.charge().is_some_and(|charge| charge.disputed == Some(true))
    }
}

impl Refund {
    pub(super) fn report(&self) -> Result<ProviderRefund, ProviderError> {
        let state = match self.status.as_deref() {
            None | Some("pending" | "requires_action") => RefundState::Pending,
            Some("succeeded") => RefundState::Succeeded,
            Some("failed") => {
                let code = self.failure_reason.as_deref().unwrap_or("no reason was given");
                RefundState::Failed { reason: code.replace('_', " ") }
            }
            Some("canceled") => RefundState::Failed { reason: "it was cancelled".into() },
            Some(other) => return Err(unreadable(&format!("a refund with the status {other}"))),
        };
        Ok(ProviderRefund {
            reference: self.id.clone(),
            souk_refund: self.metadata.as_ref().and_then(|metadata| Uuid::parse_str(metadata.get(SOUK_REFUND)?).ok()),
            amount: amount(self.amount, currency(&self.currency)?)?,
            state,
        })
    }
}

impl Dispute {
    /// Money moves with the balance transactions, whatever the status says.
    pub(super) fn report(&self) -> Result<ProviderDispute, ProviderError> {
        let status = match self.status.as_str() {
            "warning_needs_response" | "warning_under_review" => DisputeStatus::Warning,
            "warning_closed" | "prevented" => DisputeStatus::Closed,
            "needs_response" => DisputeStatus::Open,
            "under_review" => DisputeStatus::UnderReview,
            "won" => DisputeStatus::Won,
            "lost" => DisputeStatus::Lost,
            other => return Err(unreadable(&format!("a dispute with the status {other}"))),
        };
        let currency = currency(&self.currency)?;
        let due_by = self.evidence_details.as_ref().and_then(|details| details.due_by);
        Ok(ProviderDispute {
            reference: self.id.clone(),
            amount: amount(self.amount, currency)?,
            status,
            reason: self.reason.clone().unwrap_or_default(),
            respond_by: due_by.and_then(|seconds| DateTimeUtc::from_timestamp(seconds, 0)),
            funds: self.funds(),
            fee: self.fee(currency)?,
        })
    }

    fn funds(&self) -> ProviderFunds {
        let transactions = self.balance_transactions.as_deref().unwrap_or_default();
        let moved = transactions.iter().fold(0_i64, |sum, moved| sum.saturating_add(moved.amount));
        match moved {
            ..0 => ProviderFunds::Withdrawn,
            0.. if transactions.is_empty() => ProviderFunds::Untouched,
            0.. => ProviderFunds::Reinstated,
        }
    }

    /// What the marketplace was charged for the dispute and not given back, if it is in the currency of the payment.
    fn fee(&self, currency: CurrencyCode) -> Result<Option<Minor>, ProviderError> {
        let transactions = self.balance_transactions.as_deref().unwrap_or_default();
        let is_same = |found: &DisputeTransaction| {
            found.currency.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(&currency.to_string()))
        };
        if transactions.is_empty() || !transactions.iter().all(is_same) {
            return Ok(None);
        }
        let fee = transactions.iter().fold(0_i64, |sum, found| sum.saturating_add(found.fee.unwrap_or(0)));
        amount(fee.max(0), currency).map(Some)
    }
}

fn currency(code: &str) -> Result<CurrencyCode, ProviderError> {
    code.to_ascii_uppercase().parse().map_err(|_| unreadable(&format!("the currency {code}")))
}

fn amount(amount: i64, currency: CurrencyCode) -> Result<Minor, ProviderError> {
    from_stripe(amount, currency)
        .filter(|amount| *amount >= Minor::ZERO)
        .ok_or_else(|| unreadable(&format!("the amount {amount} {currency}")))
}

/// The error for a declined payment method.
pub(super) fn decline(code: Option<&str>, decline_code: Option<&str>) -> ProviderError {
    let shown = decline_code.or(code).unwrap_or("declined").to_owned();
    ProviderError::Declined { code: shown, message: reason(code, decline_code).to_owned() }
}

/// What the buyer learns. Why the bank suspects fraud is not told, as Stripe recommends
/// (<https://docs.stripe.com/declines/codes>).
fn reason(code: Option<&str>, decline_code: Option<&str>) -> &'static str {
    match decline_code.or(code) {
        Some("insufficient_funds") => "insufficient funds",
        Some("expired_card") => "the card has expired",
        Some("incorrect_cvc" | "invalid_cvc") => "the security code of the card is wrong",
        Some("incorrect_number" | "invalid_number") => "the card number is wrong",
        Some("card_not_supported" | "currency_not_supported") => "the card does not support this payment",
        Some("authentication_required" | "payment_intent_authentication_failure") => "the payment could not be authenticated",
        Some("processing_error" | "try_again_later" | "issuer_not_available") => "the bank could not process the payment",
        Some("amount_too_small") => "the amount is too small for this payment method",
        Some("amount_too_large") => "the amount is too large for this payment method",
        Some("resource_missing") => "the payment method is not known",
        _ => "the card was declined",
    }
}
