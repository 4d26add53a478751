//! Bytes of requests in progress and of responses that their clients have not received yet.

use super::Admission;
use super::client::ClientKey;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Held {
    pub(super) of_client: HashMap<ClientKey, usize>,
    pub(super) in_all: usize,
}

/// Bytes that are reserved for a client until drop.
pub struct HeldBytes {
    pub(super) admission: Admission,
    pub(super) client: ClientKey,
    pub(super) bytes: usize,
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        let mut held = self.admission.held();
        held.in_all = held.in_all.saturating_sub(self.bytes);
        if let Some(bytes) = held.of_client.get_mut(&self.client) {
            *bytes = bytes.saturating_sub(self.bytes);
            if *bytes == 0 {
                held.of_client.remove(&self.client);
            }
        }
    }
}
