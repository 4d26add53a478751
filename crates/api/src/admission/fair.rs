//! A queue that serves clients in fair shares.
//!
//! Start-time fair queueing (Goyal, Vin and Cheng, 1996). Each client has its own queue. The entry at its head has a start tag:
//! the virtual time up to which the client was served, but not less than the current virtual time, which is the start tag of the
//! last entry that was taken. The entry with the smallest start tag is next, and the virtual time of its client advances by the
//! cost of the entry divided by the weight of the client. So waiting clients share by cost in proportion to their weights,
//! independently of the lengths of their queues, and a client that was idle is served before clients with long queues.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// Units of virtual time for a cost of 1 at a weight of 1: a multiple of all weights, so that divisions are exact.
const SCALE: u64 = 60;
/// From this number of clients on, idle clients are removed from time to time.
const CLEAN_UP_FROM: usize = 1024;
/// Maximum number of stored idle clients.
const MAX_STORED: usize = 16_384;

/// A queued entry of a client.
struct Entry<T> {
    id: u64,
    duration: u64,
    item: T,
}

struct Lane<T> {
    waiting: VecDeque<Entry<T>>,
    /// The virtual time up to which the client was served.
    served_until: u64,
    /// Entries that were taken and are not done yet.
    running: usize,
    /// The key of the client in `ready`, while it has queued entries.
    place: Option<(u64, u64)>,
}

/// The queued entries of many clients.
pub(super) struct FairQueue<K, T> {
    clients: HashMap<K, Lane<T>>,
    /// Clients with queued entries, ordered by the start tag of their first entry, then by arrival.
    ready: BTreeSet<(u64, u64, K)>,
    now: u64,
    last: u64,
    len: usize,
    /// Entries of all clients that were taken and are not done yet.
    running: usize,
    /// Maximum number of taken entries per client.
    per_client: usize,
}

impl<K: Clone + Eq + Hash + Ord, T> FairQueue<K, T> {
    /// An empty queue with a limit of taken entries per client.
    pub(super) fn new(per_client: usize) -> Self {
        Self {
            clients: HashMap::new(),
            ready: BTreeSet::new(),
            now: 0,
            last: 0,
            len: 0,
            running: 0,
            per_client: per_client.max(1),
        }
    }

    /// Number of queued entries.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Number of queued entries of a client.
    pub(super) fn len_of(&self, key: &K) -> usize {
        self.clients.get(key).map_or(0, |client| client.waiting.len())
    }

    /// Appends an entry to the queue of its client; returns the ID of the entry.
    pub(super) fn push(&mut self, key: &K, weight: u64, cost: u64, item: T) -> u64 {
        self.forget();
        self.last += 1;
        let id = self.last;
        let duration = cost.max(1).saturating_mul(SCALE) / weight.max(1);
        let new = || Lane { waiting: VecDeque::new(), served_until: 0, running: 0, place: None };
        let client = self.clients.entry(key.clone()).or_insert_with(new);
        client.waiting.push_back(Entry { id, duration, item });
        self.len += 1;
        if client.place.is_none() {
            let place = (client.served_until.max(self.now), id);
            client.place = Some(place);
            self.ready.insert((place.0, place.1, key.clone()));
        }
        id
    }

    /// Takes the next entry. Clients at their limit of taken entries are skipped until [`FairQueue::done`].
    pub(super) fn pop(&mut self) -> Option<(K, T)> {
        let may = |key: &K| self.clients.get(key).is_some_and(|client| client.running < self.per_client);
        let (start, number, key) = self.ready.iter().find(|(_, _, key)| may(key)).cloned()?;
        self.ready.remove(&(start, number, key.clone()));
        let client = self.clients.get_mut(&key)?;
        let entry = client.waiting.pop_front()?;
        client.running += 1;
        self.running += 1;
        client.served_until = start.saturating_add(entry.duration);
        client.place = client.waiting.front().map(|next| (client.served_until, next.id));
        if let Some((start, number)) = client.place {
            self.ready.insert((start, number, key.clone()));
        }
        self.len -= 1;
        self.now = self.now.max(start);
        Some((key, entry.item))
    }

    /// Marks a taken entry of a client as done.
    pub(super) fn done(&mut self, key: &K) {
        if let Some(client) = self.clients.get_mut(key) {
            client.running = client.running.saturating_sub(1);
        }
        self.running = self.running.saturating_sub(1);
        if self.len == 0 && self.running == 0 {
            // No client waits, so the past shares no longer matter.
            self.clients.clear();
            self.now = 0;
        }
    }

    /// Removes a cancelled entry, without a charge to its client.
    pub(super) fn remove(&mut self, key: &K, id: u64) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let Some(position) = client.waiting.iter().position(|entry| entry.id == id) else { return };
        client.waiting.remove(position);
        self.len -= 1;
        if let (0, Some((start, number))) = (position, client.place) {
            self.ready.remove(&(start, number, key.clone()));
            client.place = client.waiting.front().map(|next| (start, next.id));
            if let Some((start, number)) = client.place {
                self.ready.insert((start, number, key.clone()));
            }
        }
    }

    /// Removes idle clients that are not ahead of the virtual time; if there are still too many, all idle clients.
    fn forget(&mut self) {
        let known = self.clients.len();
        if known < CLEAN_UP_FROM || !known.is_power_of_two() {
            return;
        }
        let now = self.now;
        let idle = |client: &Lane<T>| client.waiting.is_empty() && client.running == 0;
        self.clients.retain(|_, client| !idle(client) || client.served_until > now);
        if self.clients.len() >= MAX_STORED {
            self.clients.retain(|_, client| !idle(client));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which entries are taken, one at a time.
    fn order(queue: &mut FairQueue<&'static str, u32>) -> Vec<(&'static str, u32)> {
        first(queue, usize::MAX)
    }

    /// The first `count` entries in the order in which they are taken.
    fn first(queue: &mut FairQueue<&'static str, u32>, count: usize) -> Vec<(&'static str, u32)> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let Some((key, item)) = queue.pop() else { break };
            queue.done(&key);
            taken.push((key, item));
        }
        taken
    }

    fn count(taken: &[(&'static str, u32)], key: &str) -> usize {
        taken.iter().filter(|(found, _)| *found == key).count()
    }

    #[test]
    fn a_client_with_one_entry_does_not_wait_for_a_long_queue() {
        let mut queue = FairQueue::new(8);
        for number in 0..100 {
            queue.push(&"many", 1, 10, number);
        }
        assert_eq!(queue.pop(), Some(("many", 0)));
        queue.push(&"one", 1, 10, 0);
        assert_eq!(queue.pop(), Some(("one", 0)));
        assert_eq!(queue.pop(), Some(("many", 1)));
    }

    #[test]
    fn clients_of_one_weight_take_turns_and_each_keeps_its_order() {
        let mut queue = FairQueue::new(8);
        for number in 0..3 {
            for key in ["a", "b", "c"] {
                queue.push(&key, 1, 10, number);
            }
        }
        let expected: Vec<_> = (0..3).flat_map(|number| ["a", "b", "c"].map(|key| (key, number))).collect();
        assert_eq!(order(&mut queue), expected);
    }

    #[test]
    fn shares_are_by_cost_and_not_by_number() {
        let mut queue = FairQueue::new(8);
        for number in 0..200 {
            queue.push(&"cheap", 1, 10, number);
            queue.push(&"costly", 1, 100, number);
        }
        let taken = first(&mut queue, 110);
        assert_eq!((count(&taken, "cheap"), count(&taken, "costly")), (100, 10));
    }

    #[test]
    fn shares_are_in_proportion_to_the_weights() {
        let mut queue = FairQueue::new(8);
        for number in 0..100 {
            queue.push(&"guest", 1, 10, number);
            queue.push(&"user", 3, 10, number);
        }
        let taken = first(&mut queue, 80);
        assert_eq!((count(&taken, "guest"), count(&taken, "user")), (20, 60));
    }

    #[test]
    fn a_client_takes_at_most_its_limit() {
        let mut queue = FairQueue::new(2);
        for number in 0..5 {
            queue.push(&"a", 1, 1, number);
        }
        assert!(queue.pop().is_some() && queue.pop().is_some());
        assert_eq!(queue.pop(), None);
        queue.push(&"b", 1, 1, 0);
        assert_eq!(queue.pop(), Some(("b", 0)));
        queue.done(&"a");
        assert_eq!(queue.pop(), Some(("a", 2)));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn removed_entries_are_not_served_and_not_charged() {
        let mut queue = FairQueue::new(8);
        let first = queue.push(&"a", 1, 1_000_000, 0);
        queue.push(&"a", 1, 10, 1);
        let last = queue.push(&"a", 1, 10, 2);
        queue.push(&"b", 1, 10, 0);
        queue.remove(&"a", first);
        queue.remove(&"a", last);
        queue.remove(&"a", last);
        assert_eq!((queue.len(), queue.len_of(&"a"), queue.len_of(&"b")), (2, 1, 1));
        assert_eq!(order(&mut queue), [("a", 1), ("b", 0)]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn idle_clients_are_removed() {
        let mut queue = FairQueue::new(1);
        queue.push(&0, 1, 1, ());
        queue.pop();
        for number in 1..100_000 {
            queue.push(&number, 1, 1, ());
            queue.pop();
            // The first entry is never done, so the queue is never reset.
            queue.done(&number);
            assert!(queue.clients.len() <= MAX_STORED);
        }
        queue.done(&0);
        assert!(queue.clients.is_empty());
    }
}
