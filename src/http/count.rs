//! Counters by key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by key; keys with a count of zero take no memory.
pub struct Counts<K: Eq + Hash>(Arc<Mutex<HashMap<K, usize>>>);

/// A counted object, which is subtracted on drop.
pub struct Counted<K: Eq + Hash> {
    counts: Counts<K>,
    key: K,
}

impl<K: Eq + Hash> Clone for Counts<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Eq + Hash> Default for Counts<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone> Counts<K> {
    fn map(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Increments the count of a key; `None` if the key has reached the limit.
    pub fn enter(&self, key: K, most: usize) -> Option<Counted<K>> {
        let mut map = self.map();
        let count = map.get(&key).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        map.insert(key.clone(), count + 1);
        drop(map);
        Some(Counted { counts: self.clone(), key })
    }

    /// The count of a key.
    pub fn of(&self, key: &K) -> usize {
        self.map().get(key).copied().unwrap_or(0)
    }
}

impl<K: Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut map = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = map.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                map.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_limit_and_is_removed_at_zero() {
        let counts = Counts::default();
        let (first, second) = (counts.enter("a", 2), counts.enter("a", 2));
        assert!(first.is_some() && second.is_some() && counts.enter("a", 2).is_none());
        assert!(counts.enter("b", 2).is_some());
        drop(first);
        assert_eq!((counts.of(&"a"), counts.of(&"b")), (1, 0));
        assert!(counts.enter("a", 2).is_some());
        drop(second);
        assert!(counts.map().is_empty());
    }
}
