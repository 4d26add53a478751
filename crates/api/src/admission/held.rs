//! Bytes of requests in progress and of responses that their clients have not received yet.

use super::client::ClientKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the reserved bytes.
#[derive(Default)]
pub(super) struct Held(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    of_client: HashMap<ClientKey, usize>,
    in_all: usize,
}

impl Held {
    /// Reserves bytes for a client, without a check of the limit.
    pub(super) fn reserve(self: &Arc<Self>, client: &ClientKey, bytes: usize) -> HeldBytes {
        let mut counts = self.counts();
        counts.in_all = counts.in_all.saturating_add(bytes);
        let of_client = counts.of_client.entry(client.clone()).or_default();
        *of_client = of_client.saturating_add(bytes);
        HeldBytes { held: Arc::clone(self), client: client.clone(), bytes }
    }

    /// Bytes of a client, and of all clients.
    pub(super) fn of(&self, client: &ClientKey) -> (usize, usize) {
        let counts = self.counts();
        (counts.of_client.get(client).copied().unwrap_or(0), counts.in_all)
    }

    /// Whether nothing is counted, not even clients with zero bytes.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let counts = self.counts();
        counts.of_client.is_empty() && counts.in_all == 0
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that are reserved for a client until drop.
pub struct HeldBytes {
    held: Arc<Held>,
    client: ClientKey,
    bytes: usize,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        let mut counts = self.held.counts();
        counts.in_all = counts.in_all.saturating_sub(self.bytes);
        if let Some(bytes) = counts.of_client.get_mut(&self.client) {
            *bytes = bytes.saturating_sub(self.bytes);
            if *bytes == 0 {
                counts.of_client.remove(&self.client);
            }
        }
    }
}
