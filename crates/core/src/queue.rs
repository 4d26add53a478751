//! How much of something may be under way at once, for each client and in all. Others wait for their turn, up to a number.

use crate::error::{Fault, internal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When to come again after a queue was full.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The limits of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// At once, in all.
    pub running: usize,
    /// At once, for each client.
    pub running_each: usize,
    /// Waiting and at once, in all.
    pub places: usize,
    /// Waiting and at once, for each client.
    pub places_each: usize,
}

/// The queues of a process.
pub struct Queues {
    /// Pictures that are decoded and written again. Half of the processors, so that the other half answers all else.
    pub pictures: Queue,
    /// Files that are being received, whole requests with their files and single files alike.
    pub uploads: Queue,
}

impl Default for Queues {
    fn default() -> Self {
        Self::new()
    }
}

impl Queues {
    /// Empty queues.
    pub fn new() -> Self {
        let half = std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2).min(4));
        Self {
            pictures: Queue::new(QueueLimits { running: half, running_each: 1, places: 256, places_each: 32 }),
            uploads: Queue::new(QueueLimits { running: 64, running_each: 4, places: 256, places_each: 32 }),
        }
    }
}

/// A queue for one kind of work. A client waits among its own first, so that one with much to do does not stand before the others.
pub struct Queue {
    limits: QueueLimits,
    running: Arc<Semaphore>,
    places: Arc<Mutex<HashMap<String, Client>>>,
}

struct Client {
    running: Arc<Semaphore>,
    places: usize,
}

/// The right to work; ends when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _running: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _place: Place,
}

/// A place among those who wait or work.
struct Place {
    key: String,
    places: Arc<Mutex<HashMap<String, Client>>>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Place").field(&self.key).finish()
    }
}

impl Queue {
    /// A queue without anybody in it.
    pub fn new(limits: QueueLimits) -> Self {
        Self { limits, running: Arc::new(Semaphore::new(limits.running)), places: Arc::default() }
    }

    /// Waits for a turn of the client `key`; [`Fault::RateLimited`] if too many wait already.
    pub async fn turn(&self, key: &str) -> Result<Turn, Fault> {
        let (place, own) = self.enter(key)?;
        let closed = |error| match internal(error) {
            crate::error::Error::Fault(fault) => fault,
            crate::error::Error::Refused(_) => Fault::internal("a queue was closed"),
        };
        let own = own.acquire_owned().await.map_err(closed)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(closed)?;
        Ok(Turn { _running: running, _own: own, _place: place })
    }

    fn enter(&self, key: &str) -> Result<(Place, Arc<Semaphore>), Fault> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = places.values().map(|client| client.places).sum();
        let own = places.get(key).map_or(0, |client| client.places);
        if all >= self.limits.places || own >= self.limits.places_each {
            return Err(Fault::RateLimited { retry_after: RETRY_AFTER });
        }
        let new = || Client { running: Arc::new(Semaphore::new(self.limits.running_each)), places: 0 };
        let client = places.entry(key.to_owned()).or_insert_with(new);
        client.places += 1;
        let own = Arc::clone(&client.running);
        Ok((Place { key: key.to_owned(), places: Arc::clone(&self.places) }, own))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(client) = places.get_mut(&self.key) else { return };
        client.places -= 1;
        if client.places == 0 {
            places.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::pin::pin;

    const LIMITS: QueueLimits = QueueLimits { running: 3, running_each: 2, places: 8, places_each: 4 };

    #[tokio::test]
    async fn each_client_has_a_share_and_the_rest_waits() {
        let queue = Queue::new(LIMITS);
        let first = queue.turn("a").await.expect("a turn");
        let _second = queue.turn("a").await.expect("a turn");
        // Of one client no more than two; its third does not stand in the way of another.
        let mut third = pin!(queue.turn("a"));
        assert!(third.as_mut().now_or_never().is_none());
        let _other = queue.turn("b").now_or_never().expect("at once").expect("a turn");
        let mut full = pin!(queue.turn("c"));
        assert!(full.as_mut().now_or_never().is_none());
        drop(first);
        // The place that is free goes to the client that waited longest, and not to the next of the same client.
        assert!(third.as_mut().now_or_never().is_none());
        let last = full.as_mut().now_or_never().expect("at once").expect("a turn");
        drop(last);
        assert!(third.as_mut().now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[tokio::test]
    async fn too_many_are_refused_and_whoever_goes_makes_room() {
        let queue = Queue::new(LIMITS);
        let enter = |key: &'static str| {
            let mut turn = Box::pin(queue.turn(key));
            let state = (&mut turn).now_or_never();
            (turn, state)
        };
        let is_refused = |key: &str| matches!(queue.turn(key).now_or_never(), Some(Err(Fault::RateLimited { .. })));
        let a: Vec<_> = (0..4).map(|_| enter("a")).collect();
        assert!(is_refused("a") && !is_refused("b"));
        let b: Vec<_> = (0..4).map(|_| enter("b")).collect();
        assert!(is_refused("b") && is_refused("c"));
        drop(a);
        assert!(!is_refused("a") && is_refused("b"));
        drop(b);
        drop(queue.turn("a").await.expect("a turn"));
        assert!(queue.places.lock().expect("a lock").is_empty(), "nothing is kept of those who are gone");
    }
}
