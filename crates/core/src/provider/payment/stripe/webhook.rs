//! Webhooks of Stripe (<https://docs.stripe.com/webhooks#verify-manually>).

use super::super::{InvalidWebhook, MAX_EVENT_TEXT, WebhookNotice, WebhookSubject};
use super::read::{SOUK_PAYMENT, is_id};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sea_orm::prelude::DateTimeUtc;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// Maximum difference between the time of the signature and now, in seconds, in both directions.
const TOLERANCE: i64 = 300;

/// Kinds of events after which a payment is looked up.
const KINDS: [&str; 17] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "charge.refunded",
    "charge.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// An event (<https://docs.stripe.com/api/events/object>). Its API version is that of the endpoint; nothing here depends on it.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    account: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Verifies a webhook and reads which payment it is about.
pub(super) fn parse(
    secrets: &[SecretString],
    live: bool,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTimeUtc,
) -> Result<WebhookNotice, InvalidWebhook> {
    verify(secrets, headers, body, now)?;
    let event: Event = serde_json::from_slice(body).map_err(|_| InvalidWebhook::Body)?;
    let is_short = |text: &str| !text.is_empty() && text.chars().count() <= MAX_EVENT_TEXT;
    if !is_short(&event.id) || !is_short(&event.kind) {
        return Err(InvalidWebhook::Body);
    }
    // Only events of connected accounts name their account, and the marketplace charges on its own.
    if event.account.is_some() {
        return Err(InvalidWebhook::Account);
    }
    if event.livemode != live {
        return Err(InvalidWebhook::Mode);
    }
    let about = if KINDS.contains(&event.kind.as_str()) { subject(&event.data.object) } else { None };
    Ok(WebhookNotice { event_id: event.id, account: None, kind: event.kind, about })
}

/// The PaymentIntent that an object is, or belongs to.
fn subject(object: &Value) -> Option<WebhookSubject> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let reference = match text("/object") {
        Some("payment_intent") => text("/id"),
        _ => text("/payment_intent").or_else(|| text("/payment_intent/id")),
    };
    let reference = reference.filter(|id| is_id(id, "pi_"))?.to_owned();
    let payment_id = text(&format!("/metadata/{SOUK_PAYMENT}")).and_then(|id| id.parse().ok());
    Some(WebhookSubject { reference, payment_id })
}

/// Verifies `Stripe-Signature: t=...,v1=...[,v1=...]`: an HMAC-SHA256 of the time and the raw body by one of the secrets. There are
/// several while a secret is replaced.
fn verify(secrets: &[SecretString], headers: &HeaderMap, body: &[u8], now: DateTimeUtc) -> Result<(), InvalidWebhook> {
    let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).ok_or(InvalidWebhook::Signature)?;
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value).ok_or(InvalidWebhook::Signature)?;
    let seconds: i64 = time.parse().map_err(|_| InvalidWebhook::Signature)?;
    let is_signed = |secret: &SecretString| {
        let expected = sign(secret, time, body);
        let given = parts().filter(|(name, _)| *name == "v1").map(|(_, value)| value);
        // Every signature is compared, so that the time does not tell which one is valid.
        given.fold(false, |found, value| found | bool::from(value.as_bytes().ct_eq(expected.as_bytes())))
    };
    if !secrets.iter().fold(false, |found, secret| found | is_signed(secret)) {
        return Err(InvalidWebhook::Signature);
    }
    match now.timestamp().saturating_sub(seconds) {
        age if age > TOLERANCE => Err(InvalidWebhook::TooOld),
        age if age < -TOLERANCE => Err(InvalidWebhook::InFuture),
        _ => Ok(()),
    }
}

/// The signature in hexadecimal digits.
fn sign(secret: &SecretString, time: &str, body: &[u8]) -> String {
    // Never fails: HMAC accepts keys of any length.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return String::new() };
    hmac.update(time.as_bytes());
    hmac.update(b".");
    hmac.update(body);
    hmac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
    #[test]
    fn a_signature_is_that_of_openssl() {
        let expected = "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91";
        assert_eq!(sign(&SecretString::from("whsec_test"), "1700000000", b"{}"), expected);
    }
}
