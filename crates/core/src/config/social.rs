//! The social network account and the webhook that new stores and products are posted to.
use super::read::Reader;
use secrecy::SecretString;
use url::Url;

/// The marketplace's account on X.
#[derive(Clone, Debug)]
pub struct X {
    pub api_url: Url,
    pub consumer_key: SecretString,
    pub consumer_secret: SecretString,
    pub access_token: SecretString,
    pub access_token_secret: SecretString,
}

/// A webhook that receives new stores and products.
#[derive(Clone, Debug)]
pub struct SocialWebhook {
    pub url: Url,
    /// Signs the requests; without one they are not signed.
    pub secret: Option<SecretString>,
}

pub(super) fn x(reader: &Reader<'_>) -> Option<X> {
    const NAMES: [&str; 4] =
        ["SOUK_X_CONSUMER_KEY", "SOUK_X_CONSUMER_SECRET", "SOUK_X_ACCESS_TOKEN", "SOUK_X_ACCESS_TOKEN_SECRET"];
    let found = NAMES.map(|name| reader.secret(name));
    if found.iter().all(Option::is_none) {
        return None;
    }
    let [Some(consumer_key), Some(consumer_secret), Some(access_token), Some(access_token_secret)] = found else {
        reader.problem(format!("{} must be set together: all four or none.", NAMES.join(", ")));
        return None;
    };
    let Some(api_url) = reader.url("SOUK_X_API_URL") else {
        if reader.optional("SOUK_X_API_URL").is_none() {
            reader.problem("SOUK_X_API_URL must be set.");
        }
        return None;
    };
    Some(X { api_url, consumer_key, consumer_secret, access_token, access_token_secret })
}

pub(super) fn webhook(reader: &Reader<'_>) -> Option<SocialWebhook> {
    let secret = reader.secret("SOUK_SOCIAL_WEBHOOK_SECRET");
    reader.url("SOUK_SOCIAL_WEBHOOK_URL").map(|url| SocialWebhook { url, secret })
}
