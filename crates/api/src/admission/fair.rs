//! A queue that serves clients in fair shares.
//!
//! Start-time fair queueing (Goyal, Vin and Cheng, 1996). Each client has a queue of its own. The entry at its head has a start
//! tag: the time up to which the client was served, but no earlier than the present virtual time, which is the start tag of the
//! last entry that was taken. The smallest start tag is next, and its client's time advances by the entry's cost divided by the
//! client's weight. So clients that wait share by cost in proportion to their weights, however many entries each has queued, and
//! a client that did not wait before is served before those that wait with many.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// Units of virtual time for a cost of one at a weight of one: a multiple of all weights, so that divisions are exact.
const SCALE: u64 = 60;
/// From so many clients on, those without a claim are forgotten now and then.
const FORGET_FROM: usize = 1024;
/// So many clients are known at most beside those that wait.
const MOST_KNOWN: usize = 16_384;

/// One entry of a client.
struct Entry<T> {
    id: u64,
    duration: u64,
    item: T,
}

struct Lane<T> {
    waiting: VecDeque<Entry<T>>,
    /// The virtual time up to which the client was served.
    served_until: u64,
    /// Entries that were taken and not yet given back.
    running: usize,
    /// The client's place in `ready`, while it has entries.
    place: Option<(u64, u64)>,
}

/// Waiting entries of many clients.
pub struct FairQueue<K, T> {
    clients: HashMap<K, Lane<T>>,
    /// Clients with entries by the start tag of their first, then by arrival.
    ready: BTreeSet<(u64, u64, K)>,
    now: u64,
    last: u64,
    len: usize,
    /// Entries of all clients that were taken and not yet given back.
    running: usize,
    /// Entries of one client that may be taken at the same time.
    per_client: usize,
}

impl<K: Clone + Eq + Hash + Ord, T> FairQueue<K, T> {
    /// An empty queue, of which each client may have this many entries taken at the same time.
    pub fn new(per_client: usize) -> Self {
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

    /// Entries that wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Entries of a client that wait.
    pub fn len_of(&self, key: &K) -> usize {
        self.clients.get(key).map_or(0, |client| client.waiting.len())
    }

    /// Adds an entry at the end of its client's queue; answers with its number.
    pub fn push(&mut self, key: &K, weight: u64, cost: u64, item: T) -> u64 {
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

    /// Takes the entry whose turn it is. Clients that have taken as many as they may are passed over until [`FairQueue::done`].
    pub fn pop(&mut self) -> Option<(K, T)> {
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

    /// Gives back what was taken.
    pub fn done(&mut self, key: &K) {
        if let Some(client) = self.clients.get_mut(key) {
            client.running = client.running.saturating_sub(1);
        }
        self.running = self.running.saturating_sub(1);
        if self.len == 0 && self.running == 0 {
            // Nobody was kept waiting, so nobody owes anything.
            self.clients.clear();
            self.now = 0;
        }
    }

    /// Takes out an entry that no longer waits for its turn; its client is not charged for it.
    pub fn remove(&mut self, key: &K, id: u64) {
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

    /// Forgets clients that neither wait nor run and were served no more than others; of too many also the others.
    fn forget(&mut self) {
        let known = self.clients.len();
        if known < FORGET_FROM || !known.is_power_of_two() {
            return;
        }
        let now = self.now;
        let idle = |client: &Lane<T>| client.waiting.is_empty() && client.running == 0;
        self.clients.retain(|_, client| !idle(client) || client.served_until > now);
        if self.clients.len() >= MOST_KNOWN {
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

    /// The first of them.
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
    fn a_client_with_one_entry_does_not_wait_for_the_hundred_of_another() {
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
    fn no_client_takes_more_places_than_its_share() {
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
    fn what_is_removed_is_not_served_and_not_charged() {
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
    fn clients_of_long_ago_are_forgotten() {
        let mut queue = FairQueue::new(1);
        queue.push(&0, 1, 1, ());
        queue.pop();
        for number in 1..100_000 {
            queue.push(&number, 1, 1, ());
            queue.pop();
            // The first still runs, so the queue is never quite empty.
            queue.done(&number);
            assert!(queue.clients.len() <= MOST_KNOWN);
        }
        queue.done(&0);
        assert!(queue.clients.is_empty());
    }
}
