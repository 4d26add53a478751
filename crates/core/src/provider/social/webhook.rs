//! A plain endpoint that is told by JSON, signed by the Standard Webhooks scheme
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use super::{Announcement, PostError, Posted, retry_after, unanswered};
use crate::clock::Clock;
use crate::config::{Secret, SocialWebhook};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

/// Tells the endpoint; it recognises a repetition by `webhook-id`.
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
    let response = request.body(body).send().await.map_err(|error| unanswered("The webhook", &error))?;
    let (status, after) = (response.status(), retry_after(&response));
    match status.as_u16() {
        200..=299 => Ok(Posted::default()),
        408 | 429 | 500..=599 => {
            Err(PostError::Later { reason: format!("The webhook can't take it for now ({status})."), after })
        }
        _ => Err(PostError::Never { reason: format!("The webhook refused it ({status}).") }),
    }
}

/// `v1,` and the HMAC-SHA256 of ID, time and body, in Base64. A secret of the scheme is `whsec_` and Base64; any other text is
/// taken as it is.
fn sign(secret: &Secret, id: &str, timestamp: &str, body: &str) -> String {
    let decoded = secret.0.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| secret.0.as_bytes().to_vec());
    // HMAC takes keys of any length; the other constructor alone is strict.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    hmac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the scheme's reference libraries.
    #[test]
    fn the_documented_example_has_its_documented_signature() {
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
