//! Slots, and the operations that wait for one.

use super::client::ClientKey;
use super::fair::FairQueue;
use super::refused::{RETRY_AFTER, Reason, Refused};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The slots of one kind of operation, and the operations that wait for one.
pub(super) struct Slots(Mutex<SlotQueue>);

pub(super) struct SlotQueue {
    pub(super) free: usize,
    pub(super) queue: FairQueue<ClientKey, oneshot::Sender<()>>,
}

/// An occupied slot, which is released on drop.
pub struct Permit {
    slots: Arc<Slots>,
    client: ClientKey,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.slots.leave(&self.client);
    }
}

/// Waits for a slot. On drop, leaves the queue or releases the slot.
pub(super) struct Wait {
    slots: Arc<Slots>,
    client: ClientKey,
    id: u64,
    granted: oneshot::Receiver<()>,
    over: bool,
}

impl Wait {
    pub(super) async fn permit(mut self) -> Option<Permit> {
        let granted = (&mut self.granted).await.is_ok();
        self.over = granted;
        granted.then(|| Permit { slots: Arc::clone(&self.slots), client: self.client.clone() })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let granted = {
            let mut state = self.slots.state();
            self.granted.close();
            let granted = self.granted.try_recv().is_ok();
            if !granted {
                state.queue.remove(&self.client, self.id);
            }
            granted
        };
        if granted {
            self.slots.leave(&self.client);
        }
    }
}

impl Slots {
    pub(super) fn new(count: usize, per_client: usize) -> Arc<Self> {
        let queue = FairQueue::new(per_client);
        Arc::new(Self(Mutex::new(SlotQueue { free: count.max(1), queue })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SlotQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait(self: &Arc<Self>, client: &ClientKey, cost: u64, bounds: Option<(usize, usize)>) -> Result<Wait, Refused> {
        let mut state = self.state();
        if let Some((in_all, of_client)) = bounds {
            let refused = |reason| Err(Refused { reason, retry_after: RETRY_AFTER });
            if state.queue.len_of(client) >= of_client {
                return refused(Reason::Client);
            }
            if state.queue.len() >= in_all {
                return refused(Reason::Server);
            }
        }
        let (grant, granted) = oneshot::channel();
        let id = state.queue.push(client, client.weight(), cost, grant);
        state.admit();
        drop(state);
        Ok(Wait { slots: Arc::clone(self), client: client.clone(), id, granted, over: false })
    }

    fn leave(&self, client: &ClientKey) {
        let mut state = self.state();
        state.free += 1;
        state.queue.done(client);
        state.admit();
    }
}

impl SlotQueue {
    fn admit(&mut self) {
        while self.free > 0 {
            let Some((client, grant)) = self.queue.pop() else { return };
            // A cancelled request removes itself from the queue under the lock, so the receiver normally still exists.
            match grant.send(()) {
                Ok(()) => self.free -= 1,
                Err(()) => self.queue.done(&client),
            }
        }
    }
}
