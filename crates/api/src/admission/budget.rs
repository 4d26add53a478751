//! Cost budgets: a token bucket for each client that is refilled continuously (generic cell rate algorithm, GCRA).

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// From this number of clients on, clients with a full bucket are removed from time to time.
const CLEAN_UP_FROM: usize = 1024;
/// Maximum number of stored clients.
const MAX_STORED: usize = 262_144;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The size and the refill rate of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// The cost that is refilled per second; zero for no limit.
    pub per_second: u64,
    /// Seconds in which an empty bucket is refilled, at least 1.
    pub seconds: u64,
}

impl Allowance {
    fn microseconds(self, cost: u64) -> i64 {
        let microseconds = u128::from(cost) * u128::from(SECOND.unsigned_abs()) / u128::from(self.per_second.max(1));
        i64::try_from(microseconds).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
    }

    fn whole(self) -> i64 {
        i64::try_from(self.seconds).unwrap_or(i64::MAX / 4).saturating_mul(SECOND).clamp(SECOND, i64::MAX / 4)
    }
}

/// The buckets; a client that is not stored has a full bucket.
pub(super) struct Budgets<K> {
    /// The time at which the bucket of a client will be full, in microseconds since the Unix epoch.
    full_at: HashMap<K, i64>,
}

impl<K> Default for Budgets<K> {
    fn default() -> Self {
        Self { full_at: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> Budgets<K> {
    /// Takes a cost from a client's bucket. If the bucket does not contain enough, nothing is taken and the error is the time to
    /// wait. An operation that costs more than a full bucket is admitted once the bucket is full.
    pub(super) fn spend(&mut self, key: &K, allowance: Allowance, cost: u64, now: i64) -> Result<(), Duration> {
        if allowance.per_second == 0 {
            return Ok(());
        }
        let full = self.full_at(key, now);
        let price = allowance.microseconds(cost).min(allowance.whole());
        let wait = full + price - now - allowance.whole();
        if wait > 0 {
            return Err(Duration::from_micros(wait.unsigned_abs()));
        }
        self.set(key, full + price, now);
        Ok(())
    }

    /// Takes a cost even if the bucket does not contain enough, for steps that can't be rejected. The debt is at most a full
    /// bucket.
    pub(super) fn charge(&mut self, key: &K, allowance: Allowance, cost: u64, now: i64) {
        if allowance.per_second == 0 {
            return;
        }
        let most = now.saturating_add(allowance.whole().saturating_mul(2));
        let full = self.full_at(key, now).saturating_add(allowance.microseconds(cost)).min(most);
        self.set(key, full, now);
    }

    /// The current content of a client's bucket; `None` if there is no limit.
    pub(super) fn remaining(&self, key: &K, allowance: Allowance, now: i64) -> Option<u64> {
        if allowance.per_second == 0 {
            return None;
        }
        let microseconds = (now + allowance.whole() - self.full_at(key, now)).max(0).unsigned_abs();
        let cost = u128::from(microseconds) * u128::from(allowance.per_second) / u128::from(SECOND.unsigned_abs());
        Some(u64::try_from(cost).unwrap_or(u64::MAX))
    }

    fn full_at(&self, key: &K, now: i64) -> i64 {
        self.full_at.get(key).map_or(now, |full| now.max(*full))
    }

    fn set(&mut self, key: &K, full: i64, now: i64) {
        if let Some(known) = self.full_at.get_mut(key) {
            *known = full;
            return;
        }
        let known = self.full_at.len();
        if known >= CLEAN_UP_FROM && known.is_power_of_two() {
            self.full_at.retain(|_, full| *full > now);
        }
        if self.full_at.len() >= MAX_STORED {
            self.full_at.clear();
        }
        self.full_at.insert(key.clone(), full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { per_second: 100, seconds: 10 };

    #[test]
    fn a_bucket_is_emptied_and_refilled_evenly() {
        let mut budgets = Budgets::default();
        for _ in 0..10 {
            assert_eq!(budgets.spend(&"a", ALLOWANCE, 100, 0), Ok(()));
        }
        assert_eq!(budgets.remaining(&"a", ALLOWANCE, 0), Some(0));
        assert_eq!(budgets.remaining(&"a", ALLOWANCE, SECOND / 2), Some(50));
        assert_eq!(budgets.remaining(&"b", ALLOWANCE, 0), Some(1000));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 50, 0), Err(Duration::from_millis(500)));
        assert_eq!(budgets.spend(&"b", ALLOWANCE, 50, 0), Ok(()));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 50, SECOND / 2), Ok(()));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 1, SECOND / 2), Err(Duration::from_millis(10)));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 1000, SECOND * 100), Ok(()));
    }

    #[test]
    fn what_costs_more_than_a_full_bucket_passes_when_it_is_full() {
        let mut budgets = Budgets::default();
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 1, 0), Ok(()));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, u64::MAX, 0), Err(Duration::from_millis(10)));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, u64::MAX, SECOND), Ok(()));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 1000, SECOND), Err(Duration::from_secs(10)));
    }

    #[test]
    fn what_is_charged_is_owed_but_not_for_ever() {
        let mut budgets = Budgets::default();
        budgets.charge(&"a", ALLOWANCE, u64::MAX, 0);
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 100, 0), Err(Duration::from_secs(11)));
        assert_eq!(budgets.spend(&"a", ALLOWANCE, 100, 11 * SECOND), Ok(()));
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let mut budgets = Budgets::default();
        let free = Allowance { per_second: 0, seconds: 10 };
        for _ in 0..100 {
            assert_eq!(budgets.spend(&"a", free, u64::MAX, 0), Ok(()));
        }
        assert_eq!(budgets.remaining(&"a", free, 0), None);
        assert!(budgets.full_at.is_empty());
    }

    #[test]
    fn clients_with_a_full_bucket_are_forgotten() {
        let mut budgets = Budgets::default();
        for key in 0..CLEAN_UP_FROM {
            assert_eq!(budgets.spend(&key, ALLOWANCE, 1, 0), Ok(()));
        }
        assert_eq!(budgets.spend(&CLEAN_UP_FROM, ALLOWANCE, 1, SECOND), Ok(()));
        assert_eq!(budgets.full_at.len(), 1);
    }
}
