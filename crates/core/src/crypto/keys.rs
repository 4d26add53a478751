//! Keys derived from the secret, one for each purpose, so that a signature for one purpose is invalid for every other.

use crate::config::Signing;
use crate::random::Random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::{Id, UserId};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Length of the signature in a capability token, in bytes.
const SIGNATURE_LENGTH: usize = 16;

/// What a capability token gives access to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// The cart of a guest.
    Cart,
    /// The checkout of a guest.
    Checkout,
    /// Reading an order and its updates.
    Order,
    /// Uploading one file.
    Upload,
    /// The action of a link in an email, such as setting a new password.
    OneTimeToken,
    /// Accepting or declining a store invitation.
    StoreInvitation,
    /// Downloading the statement of a store for a period.
    Statement,
    /// Downloading a file of a digital product.
    Download,
    /// Downloading the report of an import.
    ImportReport,
    /// Downloading the file of an export.
    Export,
}

impl Capability {
    fn label(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::Checkout => "checkout",
            Self::Order => "order",
            Self::Upload => "upload",
            Self::OneTimeToken => "one-time token",
            Self::StoreInvitation => "store invitation",
            Self::Statement => "statement",
            Self::Download => "download",
            Self::ImportReport => "import report",
            Self::Export => "export",
        }
    }
}

/// Signs and verifies capability tokens.
#[derive(Clone)]
pub struct Keys {
    current: SecretSlice<u8>,
    previous: Vec<SecretSlice<u8>>,
}

impl Keys {
    pub fn new(signing: &Signing) -> Self {
        let bytes = |secret: &SecretString| SecretSlice::from(secret.expose_secret().as_bytes().to_vec());
        Self { current: bytes(&signing.secret), previous: signing.previous.iter().map(bytes).collect() }
    }

    /// Creates a capability token for the object of an ID. Nothing is stored.
    pub fn capability<I: Id>(&self, kind: Capability, id: I) -> String {
        self.sign(kind, id.uuid().as_bytes())
    }

    /// The ID of the object that a capability token gives access to; `None` if the token is invalid.
    pub fn check<I: Id>(&self, kind: Capability, text: &str) -> Option<I> {
        self.verify(kind, text).and_then(|claims| Uuid::from_slice(&claims).ok()).map(I::from)
    }

    /// Creates a capability token from claims, which its holder can read: the claims and a signature (HMAC-SHA256 truncated to 128
    /// bits), in Base64.
    pub fn sign(&self, kind: Capability, claims: &[u8]) -> String {
        let mut bytes = claims.to_vec();
        bytes.extend(signature(self.current.expose_secret(), kind, claims));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The claims of a capability token; `None` if the token is invalid. The signature is compared in constant time.
    pub fn verify(&self, kind: Capability, text: &str) -> Option<Vec<u8>> {
        let mut claims = URL_SAFE_NO_PAD.decode(text).ok()?;
        let signed = claims.split_off(claims.len().checked_sub(SIGNATURE_LENGTH)?);
        let mut is_valid = false;
        for key in self.all() {
            is_valid |= bool::from(signature(key, kind, &claims).ct_eq(&signed));
        }
        is_valid.then_some(claims)
    }

    /// Whether a capability token gives access to an object; without a token, it does not.
    pub fn opens<I: Id>(&self, kind: Capability, token: Option<&str>, id: I) -> bool {
        token.is_some_and(|token| self.check(kind, token) == Some(id))
    }

    /// The token of an object that belongs to a guest; `None` if it belongs to a user, who needs none.
    pub fn guest_token<I: Id>(&self, kind: Capability, user: Option<UserId>, id: I) -> Option<String> {
        user.is_none().then(|| self.capability(kind, id))
    }

    /// The possible successors of a used refresh token, each with its hash: one for each secret, the current one first. A successor
    /// is the HMAC-SHA256 of the used token, so that a repeated refresh can return it again although only hashes are stored.
    /// Without the secret it cannot be computed from the used token.
    pub fn successors(&self, used: &str) -> Vec<(String, String)> {
        let tokens = self.derive("souk refresh token").into_iter().map(|key| URL_SAFE_NO_PAD.encode(mac(&key, used.as_bytes())));
        tokens.map(|token| (token.clone(), hash_token(&token))).collect()
    }

    /// The keys, the current one first.
    fn all(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.current).chain(&self.previous).map(ExposeSecret::expose_secret)
    }

    /// Derives a key for the given purpose from each secret, the current one first.
    pub fn derive(&self, label: &str) -> Vec<Vec<u8>> {
        self.all().map(|key| mac(key, label.as_bytes())).collect()
    }
}

fn signature(key: &[u8], kind: Capability, claims: &[u8]) -> Vec<u8> {
    let mut message = format!("souk capability {} ", kind.label()).into_bytes();
    message.extend(claims);
    let mut tag = mac(key, &message);
    tag.truncate(SIGNATURE_LENGTH);
    tag
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // Never fails: HMAC accepts keys of any length.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    hmac.update(message);
    hmac.finalize().into_bytes().to_vec()
}

/// Creates an opaque token of 256 random bits, and its hash.
pub fn opaque_token(random: &Random) -> (String, String) {
    let token = URL_SAFE_NO_PAD.encode(random.bytes::<32>());
    let hash = hash_token(&token);
    (token, hash)
}

/// The stored form of an opaque token: SHA-256 in hexadecimal. A slow hash is not needed, as the token has 256 random bits.
pub fn hash_token(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::id::{CartId, OrderId};
    use std::time::Duration;

    fn keys(secret: &str, previous: &[&str]) -> Keys {
        Keys::new(&Signing {
            secret: SecretString::from(secret),
            previous: previous.iter().map(|p| SecretString::from(*p)).collect(),
            key_files: vec![],
            access_token: Duration::ZERO,
            refresh_token: Duration::ZERO,
        })
    }

    #[test]
    fn a_capability_opens_its_own_object_alone() {
        let keys = keys("one", &[]);
        let id = CartId(Uuid::from_u128(7));
        let token = keys.capability(Capability::Cart, id);
        assert_eq!(keys.check(Capability::Cart, &token), Some(id));
        assert_eq!(keys.check::<OrderId>(Capability::Order, &token), None);
        for broken in ["", "x", &token[1..], &token[..token.len() - 1], &format!("{token}A"), &token.replacen('A', "B", 1)] {
            assert_eq!(keys.check::<CartId>(Capability::Cart, broken), None, "{broken}");
        }
    }

    #[test]
    fn claims_can_be_read_from_their_token_alone() {
        let keys = keys("one", &[]);
        for claims in [&b""[..], b"7", b"a claim of some length"] {
            let token = keys.sign(Capability::Statement, claims);
            assert_eq!(keys.verify(Capability::Statement, &token).as_deref(), Some(claims));
            assert_eq!(keys.verify(Capability::Order, &token), None);
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).expect("Base64");
            for at in 0..bytes.len() {
                bytes[at] ^= 1;
                assert_eq!(keys.verify(Capability::Statement, &URL_SAFE_NO_PAD.encode(&bytes)), None, "byte {at}");
                bytes[at] ^= 1;
            }
        }
    }

    #[test]
    fn the_successor_of_a_token_follows_from_token_and_secret() {
        let successor = |keys: &Keys, used: &str| keys.successors(used).swap_remove(0);
        let old = successor(&keys("old", &[]), "used");
        assert_eq!(old, successor(&keys("old", &["older"]), "used"));
        assert_eq!(old.1, hash_token(&old.0));
        assert_ne!(old, successor(&keys("new", &["old"]), "used"));
        assert_ne!(old, successor(&keys("old", &[]), "another"));
        assert!(
            keys("new", &["old"]).successors("used").contains(&old),
            "a successor made before the secret was changed is found"
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(&old.0).map(|bytes| bytes.len()), Ok(32));
    }

    #[test]
    fn an_old_secret_still_verifies_and_an_unknown_one_does_not() {
        let id = CartId(Uuid::from_u128(7));
        let token = keys("old", &[]).capability(Capability::Cart, id);
        assert_eq!(keys("new", &["old"]).check(Capability::Cart, &token), Some(id));
        assert_eq!(keys("new", &[]).check::<CartId>(Capability::Cart, &token), None);
    }
}
