//! Limits on concurrent work, per client and in total. Further work waits, up to a limit.

use crate::error::{Fault, internal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Suggested delay if a queue is full.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The limits of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Maximum number of running items.
    pub running: usize,
    /// Maximum number of running items per client.
    pub running_per_client: usize,
    /// Maximum number of running and waiting items.
    pub total: usize,
    /// Maximum number of running and waiting items per client.
    pub total_per_client: usize,
}

/// The queues of the process.
pub struct Queues {
    /// Decoding and encoding of images; uses at most half of the processors, so that other requests are still served.
    pub images: Queue,
    /// Receiving of files, by multipart requests and by staged uploads.
    pub uploads: Queue,
    /// Sending of statements, which are read from the database while they are sent.
    pub statements: Queue,
}

impl Default for Queues {
    fn default() -> Self {
        Self::new()
    }
}

impl Queues {
    pub fn new() -> Self {
        let half = std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2).min(4));
        Self {
            images: Queue::new(QueueLimits { running: half, running_per_client: 1, total: 256, total_per_client: 32 }),
            uploads: Queue::new(QueueLimits { running: 64, running_per_client: 4, total: 256, total_per_client: 32 }),
            statements: Queue::new(QueueLimits { running: 64, running_per_client: 2, total: 256, total_per_client: 8 }),
        }
    }
}

/// A queue for one kind of work. A client first waits for its own limit and then for the common one, so that a client with much work
/// does not delay the others.
pub struct Queue {
    limits: QueueLimits,
    running: Arc<Semaphore>,
    clients: Arc<Mutex<HashMap<String, Client>>>,
}

struct Client {
    running: Arc<Semaphore>,
    /// Running and waiting items.
    total: usize,
}

/// Permission to run; released when it is dropped.
#[derive(Debug)]
pub struct Permit {
    _running: OwnedSemaphorePermit,
    _client: OwnedSemaphorePermit,
    _entry: Entry,
}

/// A running or waiting item; leaves the queue when it is dropped.
struct Entry {
    key: String,
    clients: Arc<Mutex<HashMap<String, Client>>>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Entry").field(&self.key).finish()
    }
}

impl Queue {
    pub fn new(limits: QueueLimits) -> Self {
        Self { limits, running: Arc::new(Semaphore::new(limits.running)), clients: Arc::default() }
    }

    /// Waits for permission to run an item of the client `key`.
    ///
    /// # Errors
    ///
    /// [`Fault::RateLimited`] if the queue or the client's share of it is full.
    pub async fn acquire(&self, key: &str) -> Result<Permit, Fault> {
        let (entry, client) = self.enter(key)?;
        let closed = |error| match internal(error) {
            crate::error::Error::Fault(fault) => fault,
            crate::error::Error::Refused(_) => Fault::internal("a queue was closed"),
        };
        let client = client.acquire_owned().await.map_err(closed)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(closed)?;
        Ok(Permit { _running: running, _client: client, _entry: entry })
    }

    fn enter(&self, key: &str) -> Result<(Entry, Arc<Semaphore>), Fault> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = clients.values().map(|client| client.total).sum();
        let of_client = clients.get(key).map_or(0, |client| client.total);
        if total >= self.limits.total || of_client >= self.limits.total_per_client {
            return Err(Fault::RateLimited { retry_after: RETRY_AFTER });
        }
        let new = || Client { running: Arc::new(Semaphore::new(self.limits.running_per_client)), total: 0 };
        let client = clients.entry(key.to_owned()).or_insert_with(new);
        client.total += 1;
        let running = Arc::clone(&client.running);
        Ok((Entry { key: key.to_owned(), clients: Arc::clone(&self.clients) }, running))
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(client) = clients.get_mut(&self.key) else { return };
        client.total -= 1;
        if client.total == 0 {
            clients.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::pin::pin;

    const LIMITS: QueueLimits = QueueLimits { running: 3, running_per_client: 2, total: 8, total_per_client: 4 };

    #[tokio::test]
    async fn each_client_has_a_share_and_the_rest_waits() {
        let queue = Queue::new(LIMITS);
        let first = queue.acquire("a").await.expect("a permit");
        let _second = queue.acquire("a").await.expect("a permit");
        // A client runs at most two; its third item does not delay another client.
        let mut third = pin!(queue.acquire("a"));
        assert!(third.as_mut().now_or_never().is_none());
        let _other = queue.acquire("b").now_or_never().expect("at once").expect("a permit");
        let mut full = pin!(queue.acquire("c"));
        assert!(full.as_mut().now_or_never().is_none());
        drop(first);
        // The free permit goes to the client that waited longest, not to the next item of the same client.
        assert!(third.as_mut().now_or_never().is_none());
        let last = full.as_mut().now_or_never().expect("at once").expect("a permit");
        drop(last);
        assert!(third.as_mut().now_or_never().is_some_and(|permit| permit.is_ok()));
    }

    #[tokio::test]
    async fn too_many_are_refused_and_finished_ones_free_their_share() {
        let queue = Queue::new(LIMITS);
        let enter = |key: &'static str| {
            let mut permit = Box::pin(queue.acquire(key));
            let state = (&mut permit).now_or_never();
            (permit, state)
        };
        let is_refused = |key: &str| matches!(queue.acquire(key).now_or_never(), Some(Err(Fault::RateLimited { .. })));
        let a: Vec<_> = (0..4).map(|_| enter("a")).collect();
        assert!(is_refused("a") && !is_refused("b"));
        let b: Vec<_> = (0..4).map(|_| enter("b")).collect();
        assert!(is_refused("b") && is_refused("c"));
        drop(a);
        assert!(!is_refused("a") && is_refused("b"));
        drop(b);
        drop(queue.acquire("a").await.expect("a permit"));
        assert!(queue.clients.lock().expect("a lock").is_empty(), "clients without items are removed");
    }
}
