//! The account at Stripe.

use super::read::Reader;
use entity::value::CaptureMethod;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// The marketplace's account at Stripe.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// Secret or restricted key.
    pub secret_key: SecretString,
    /// Whether the key moves money.
    pub live: bool,
    /// Secrets of the webhook endpoint: a signature by one of them is valid.
    pub webhook_secrets: Vec<SecretString>,
    pub api_base: Url,
    /// When the money of new payments is captured.
    pub capture: CaptureMethod,
}

/// Prefixes of keys, and whether the keys move money.
const PREFIXES: [(&str, bool); 4] = [("sk_live_", true), ("rk_live_", true), ("sk_test_", false), ("rk_test_", false)];

pub(super) fn stripe(reader: &Reader<'_>) -> Option<Stripe> {
    let secret_key = reader.secret("SOUK_STRIPE_SECRET_KEY");
    let webhook_secrets: Vec<_> = reader.list("SOUK_STRIPE_WEBHOOK_SECRET").into_iter().map(SecretString::from).collect();
    let capture =
        reader.one_of("SOUK_STRIPE_CAPTURE", [("automatic", CaptureMethod::Automatic), ("manual", CaptureMethod::Manual)]);
    let api_base = reader.url("SOUK_STRIPE_API_BASE");
    if api_base.as_ref().is_some_and(|url| url.scheme() != "https" && !is_local(url)) {
        reader.problem("SOUK_STRIPE_API_BASE must begin with https://, as the secret key is sent to it.");
    }
    let secret_key = match (secret_key, webhook_secrets.is_empty()) {
        (Some(key), false) => key,
        (None, true) => return None,
        _ => {
            reader.problem("SOUK_STRIPE_SECRET_KEY and SOUK_STRIPE_WEBHOOK_SECRET must be set together.");
            return None;
        }
    };
    let Some((_, live)) = PREFIXES.iter().find(|(prefix, _)| secret_key.expose_secret().starts_with(prefix)) else {
        let known = PREFIXES.map(|(prefix, _)| prefix).join(", ");
        reader.problem(format!("SOUK_STRIPE_SECRET_KEY must begin with one of {known}."));
        return None;
    };
    let Some(api_base) = api_base else {
        if reader.optional("SOUK_STRIPE_API_BASE").is_none() {
            reader.problem("SOUK_STRIPE_API_BASE must be set.");
        }
        return None;
    };
    Some(Stripe { secret_key, live: *live, webhook_secrets, api_base, capture })
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
