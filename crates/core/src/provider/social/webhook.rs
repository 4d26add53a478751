//! A webhook that receives posts as JSON, signed by the Standard Webhooks scheme
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use super::post::{no_response, retry_after};
use super::{Announcement, PostError, Posted};
use crate::clock::Clock;
use crate::config::SocialWebhook;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;

/// Sends a post. A retry has the same `webhook-id`.
pub(super) async fn post(
    http: &reqwest::Client,
    clock: &Clock,
    hook: &SocialWebhook,
    announcement: &Announcement,
) -> Result<Posted, PostError> {
    let now = clock.now();
    let body = json!({
        "type": announcement.event,
        "timestamp": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "data": {
            "name": announcement.name,
            "text": announcement.text,
            "url": announcement.url,
            "imageUrl": announcement.picture.as_ref().map(|picture| &picture.url),
        },
    })
    .to_string();
    let timestamp = now.timestamp().to_string();
    let mut request = http
        .post(hook.url.clone())
        .header("content-type", "application/json")
        .header("webhook-id", &announcement.id)
        .header("webhook-timestamp", &timestamp);
    if let Some(secret) = &hook.secret {
        request = request.header("webhook-signature", sign(secret, &announcement.id, &timestamp, &body));
    }
    let response = request.body(body).send().await.map_err(|error| no_response("The webhook", &error))?;
    let (status, after) = (response.status(), retry_after(&response));
    match status.as_u16() {
        200..=299 => Ok(Posted::default()),
        408 | 429 | 500..=599 => {
            Err(PostError::Later { reason: format!("The webhook is temporarily unavailable ({status})."), after })
        }
        _ => Err(PostError::Never { reason: format!("The webhook refused the request ({status}).") }),
    }
}

/// `v1,` and the HMAC-SHA256 of ID, time and body, in Base64. In this scheme a secret is `whsec_` followed by Base64; any other text is
/// used as the key itself.
fn sign(secret: &SecretString, id: &str, timestamp: &str, body: &str) -> String {
    let decoded = secret.expose_secret().strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| secret.expose_secret().as_bytes().to_vec());
    // Never fails: HMAC accepts keys of any length.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    hmac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the reference libraries.
    #[test]
    fn the_documented_example_has_its_documented_signature() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
