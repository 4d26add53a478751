//! Access tokens: JWTs (RFC 7519) with user, role and session.

use crate::config::{ConfigError, Signing};
use crate::crypto::keys::Keys;
use entity::id::{SessionId, UserId};
use entity::value::Role;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sea_orm::prelude::DateTimeUtc;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The issuer and audience of every token.
const ISSUER: &str = "souk";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    role: Role,
    iat: i64,
    exp: i64,
}

/// The claims of a valid access token. The session must still be looked up, as it can have been revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub user: UserId,
    pub session: SessionId,
    pub expires_at: DateTimeUtc,
}

struct Key {
    id: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    /// The first one signs; all verify.
    keys: Vec<Key>,
    lifetime: std::time::Duration,
}

impl AccessTokens {
    /// Reads the key files (EdDSA or ES256). The keys derived from the secrets (HS256) come after them.
    ///
    /// # Errors
    ///
    /// If a key file cannot be read or contains no supported private key.
    pub fn new(signing: &Signing, keys: &Keys) -> Result<Self, ConfigError> {
        let mut all = Vec::new();
        for path in &signing.key_files {
            all.push(key_from_file(path)?);
        }
        for secret in keys.derive("souk access token HS256") {
            all.push(Key {
                id: key_id(&secret),
                algorithm: Algorithm::HS256,
                encoding: EncodingKey::from_secret(&secret),
                decoding: DecodingKey::from_secret(&secret),
            });
        }
        Ok(Self { keys: all, lifetime: signing.access_token })
    }

    /// Issues a token; returns it with its expiry.
    pub fn issue(
        &self,
        user: UserId,
        role: Role,
        session: SessionId,
        now: DateTimeUtc,
    ) -> crate::error::Result<(String, DateTimeUtc)> {
        let expires_at = now + self.lifetime;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: user.to_string(),
            sid: session.to_string(),
            role,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
        };
        let key = self.keys.first().ok_or_else(|| crate::error::Fault::internal("there is no signing key"))?;
        let header = Header { kid: Some(key.id.clone()), ..Header::new(key.algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(crate::error::internal)?;
        Ok((token, DateTimeUtc::from_timestamp(expires_at.timestamp(), 0).unwrap_or(expires_at)))
    }

    /// Verifies format, signature, issuer, audience and expiry. The algorithm is that of the key, never the one that the token names.
    pub fn check(&self, token: &str, now: DateTimeUtc) -> Option<Access> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.keys.iter().find(|key| Some(&key.id) == header.kid.as_ref())?;
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // The expiry is compared with `now` below, as the library would read the system time.
        validation.validate_exp = false;
        validation.required_spec_claims = ["exp", "iss", "aud", "sub"].map(str::to_owned).into();
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).ok()?.claims;
        let expires_at = DateTimeUtc::from_timestamp(claims.exp, 0)?;
        (now < expires_at).then_some(())?;
        Some(Access { user: claims.sub.parse().ok()?, session: claims.sid.parse().ok()?, expires_at })
    }
}

fn key_id(material: &[u8]) -> String {
    Sha256::digest(material).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn key_from_file(path: &Path) -> Result<Key, ConfigError> {
    let invalid = |reason: &str| ConfigError(format!("SOUK_JWT_KEY_FILES: {} {reason}.", path.display()));
    let pem = std::fs::read(path).map_err(|error| invalid(&format!("cannot be read: {error}")))?;
    let found = [Algorithm::EdDSA, Algorithm::ES256].into_iter().find_map(|algorithm| {
        let encoding = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem).ok()?,
            _ => EncodingKey::from_ec_pem(&pem).ok()?,
        };
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&encoding, algorithm).ok()?;
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        let public = serde_json::to_vec(&jwk.algorithm).ok()?;
        Some(Key { id: key_id(&public), algorithm, encoding, decoding })
    });
    found.ok_or_else(|| invalid("must be a PEM file (PKCS #8) with an Ed25519 or P-256 private key"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use secrecy::SecretString;
    use std::time::Duration;

    fn tokens(secret: &str) -> AccessTokens {
        let signing = Signing {
            secret: SecretString::from(secret),
            previous: vec![],
            key_files: vec![],
            access_token: Duration::from_secs(900),
            refresh_token: Duration::from_secs(3600),
        };
        AccessTokens::new(&signing, &Keys::new(&signing)).expect("good keys")
    }

    fn at(seconds: i64) -> DateTimeUtc {
        DateTimeUtc::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn a_token_is_good_until_it_ends_and_under_its_own_key() {
        let ours = tokens("0123456789abcdef0123456789abcdef");
        let (user, session) = (UserId(uuid::Uuid::from_u128(1)), SessionId(uuid::Uuid::from_u128(2)));
        let (token, expires_at) = ours.issue(user, Role::Customer, session, at(1000)).expect("a token");
        assert_eq!(expires_at, at(1900));
        assert_eq!(ours.check(&token, at(1899)), Some(Access { user, session, expires_at }));
        assert_eq!(ours.check(&token, at(1900)), None);
        assert_eq!(tokens("another secret of enough characters").check(&token, at(1000)), None);
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let ours = tokens("0123456789abcdef0123456789abcdef");
        let (token, _) =
            ours.issue(UserId(uuid::Uuid::nil()), Role::Owner, SessionId(uuid::Uuid::nil()), at(1000)).expect("a token");
        let mut parts = token.split('.');
        let (header, claims) = (parts.next().expect("a header"), parts.next().expect("claims"));
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        for forged in [
            format!("{}.{claims}.", encode(r#"{"alg":"none","typ":"JWT"}"#)),
            format!("{header}.{claims}."),
            format!("{header}.{}.{}", encode("{}"), token.rsplit('.').next().expect("a signature")),
            String::new(),
            "a.b.c".into(),
        ] {
            assert_eq!(ours.check(&forged, at(1000)), None, "{forged}");
        }
    }
}
