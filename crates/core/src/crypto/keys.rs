//! Keys made from the secret: one for each use, so that what one signs is worth nothing elsewhere.

use crate::config::{Secret, Signing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::Id;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Bytes of a signature in a capability: 128 bits.
const SIGNATURE: usize = 16;

/// What a signed token gives access to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// A guest's cart.
    Cart,
    /// A guest's checkout.
    Checkout,
    /// Following an order.
    Order,
    /// Putting a file into the storage.
    Upload,
    /// What a link in a mail allows.
    OneTimeToken,
    /// Answering an invitation to work for a store.
    StoreInvitation,
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
        }
    }
}

/// Signs and checks capabilities.
#[derive(Clone)]
pub struct Keys {
    current: Vec<u8>,
    previous: Vec<Vec<u8>>,
}

impl Keys {
    /// From the configuration.
    pub fn new(signing: &Signing) -> Self {
        let bytes = |secret: &Secret| secret.0.as_bytes().to_vec();
        Self { current: bytes(&signing.secret), previous: signing.previous.iter().map(bytes).collect() }
    }

    /// A text that proves access to one object: its ID and a signature (HMAC-SHA256, 128 bits). Nothing is stored for it.
    pub fn capability<I: Id>(&self, kind: Capability, id: I) -> String {
        let mut bytes = id.uuid().as_bytes().to_vec();
        bytes.extend(sign(&self.current, kind, id.uuid()));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The object a text proves access to; `None` where it proves nothing. Compared in constant time.
    pub fn check<I: Id>(&self, kind: Capability, text: &str) -> Option<I> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, signature) = bytes.split_at_checked(16)?;
        let id = Uuid::from_slice(id).ok()?;
        let keys = std::iter::once(&self.current).chain(&self.previous);
        let mut good = false;
        for key in keys {
            good |= bool::from(sign(key, kind, id).ct_eq(signature));
        }
        good.then(|| I::from(id))
    }

    /// The refresh tokens that can follow a used one, with what is stored of each: one for each secret, the first for the present
    /// one. They are computed (HMAC-SHA256 of the used token, 256 bits), so that a used token can be answered with its successor
    /// again although only hashes are stored; who holds a token but no secret can't compute the next.
    pub fn successors(&self, used: &str) -> Vec<(String, String)> {
        let tokens = self.derive("souk refresh token").into_iter().map(|key| URL_SAFE_NO_PAD.encode(mac(&key, used.as_bytes())));
        tokens.map(|token| (token.clone(), hash_token(&token))).collect()
    }

    /// A key for another use.
    pub fn derive(&self, label: &str) -> Vec<Vec<u8>> {
        std::iter::once(&self.current).chain(&self.previous).map(|key| mac(key, label.as_bytes())).collect()
    }
}

fn sign(key: &[u8], kind: Capability, id: Uuid) -> Vec<u8> {
    let mut message = format!("souk capability {} ", kind.label()).into_bytes();
    message.extend(id.as_bytes());
    let mut tag = mac(key, &message);
    tag.truncate(SIGNATURE);
    tag
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length; the other constructor alone is strict.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    hmac.update(message);
    hmac.finalize().into_bytes().to_vec()
}

/// A new opaque token (256 random bits) and what is stored of it.
pub fn opaque_token() -> (String, String) {
    let bytes: [u8; 32] = rand::random();
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash_token(&token);
    (token, hash)
}

/// What is stored of a token: SHA-256, in hexadecimal. Enough, as the token has 256 random bits.
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
            secret: Secret(secret.into()),
            previous: previous.iter().map(|p| Secret((*p).into())).collect(),
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
    fn the_successor_of_a_token_follows_from_token_and_secret() {
        let successor = |keys: &Keys, used: &str| keys.successors(used).swap_remove(0);
        let old = successor(&keys("old", &[]), "used");
        assert_eq!(old, successor(&keys("old", &["older"]), "used"));
        assert_eq!(old.1, hash_token(&old.0));
        assert_ne!(old, successor(&keys("new", &["old"]), "used"));
        assert_ne!(old, successor(&keys("old", &[]), "another"));
        assert!(keys("new", &["old"]).successors("used").contains(&old), "one made before the secret was changed is found");
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
