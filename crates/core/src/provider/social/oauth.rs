//! OAuth 1.0a with HMAC-SHA1 (RFC 5849), which X requires for the account of a user.

use crate::config::X;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use sha1::Sha1;
use url::{Position, Url};

/// All but the unreserved characters (RFC 5849, section 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The `Authorization` header of a request whose body is not a form: JSON and multipart bodies are not signed.
pub(super) fn header(account: &X, method: &str, url: &Url, nonce: &str, timestamp: i64) -> String {
    let mut parameters = vec![
        ("oauth_consumer_key", account.consumer_key.expose_secret().to_owned()),
        ("oauth_nonce", nonce.to_owned()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", timestamp.to_string()),
        ("oauth_token", account.access_token.expose_secret().to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ];
    let signature = signature(account, method, url, &parameters);
    parameters.push(("oauth_signature", signature));
    let parts: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
    format!("OAuth {}", parts.join(", "))
}

/// The signature over the method, the URL and all parameters, including those in the URL (RFC 5849, section 3.4).
fn signature(account: &X, method: &str, url: &Url, parameters: &[(&str, String)]) -> String {
    let query = url.query_pairs().map(|(name, value)| (encode(&name), encode(&value)));
    let mut all: Vec<_> = parameters.iter().map(|(name, value)| (encode(name), encode(value))).chain(query).collect();
    all.sort();
    let joined: Vec<_> = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    // Without query and fragment. `Url` has already removed the default port and converted the host to lower case.
    let base = &url[..Position::AfterPath];
    let text = format!("{method}&{}&{}", encode(base), encode(&joined.join("&")));
    let key =
        format!("{}&{}", encode(account.consumer_secret.expose_secret()), encode(account.access_token_secret.expose_secret()));
    // Never fails: HMAC accepts keys of any length.
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return String::new() };
    hmac.update(text.as_bytes());
    STANDARD.encode(hmac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    /// The example of X's guide "Creating a signature".
    #[test]
    fn the_documented_example_has_its_documented_signature() {
        let secret = |text: &str| SecretString::from(text);
        let account = X {
            api_url: Url::parse("https://api.twitter.com").expect("an address"),
            consumer_key: secret("xvz1evFS4wEEPTGEFPHBog"),
            consumer_secret: secret("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"),
            access_token: secret("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            access_token_secret: secret("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"),
        };
        let url = Url::parse("https://api.twitter.com/1.1/statuses/update.json?include_entities=true").expect("an address");
        let parameters = [
            ("status", "Hello Ladies + Gentlemen, a signed OAuth request!".to_owned()),
            ("oauth_consumer_key", account.consumer_key.expose_secret().to_owned()),
            ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg".to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", "1318622958".to_owned()),
            ("oauth_token", account.access_token.expose_secret().to_owned()),
            ("oauth_version", "1.0".to_owned()),
        ];
        assert_eq!(signature(&account, "POST", &url, &parameters), "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
    }
}
