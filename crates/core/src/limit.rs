//! Rate limits of this process, by IP address, by account, and by both together.

use crate::clock::Clock;
use crate::config::Accounts;
use crate::error::Fault;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A limited action, with the key that it is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Wrong password from an IP address that never signed in to the account, by IP address.
    SignInByAddress,
    /// As [`Attempt::SignInByAddress`], by account and IP address together.
    SignInByAccountAndAddress,
    /// As [`Attempt::SignInByAddress`], by account: limits the guesses from all IP addresses together.
    SignInByAccount,
    /// Wrong password from an IP address that signed in to the account before, by account and IP address together.
    SignInFromKnownAddress,
    /// Wrong password of a signed-in user, by session.
    ConfirmPassword,
    /// Token refresh, by session.
    Refresh,
    /// Registration, by IP address.
    Register,
    /// Request for an email with a link, by IP address.
    EmailByAddress,
    /// Request for an email with a link, by account and requester.
    EmailByAccount,
    /// Password reset requested from IP addresses that never signed in to the account, by account.
    ResetByAccount,
    /// Lookup of an order by its number, by IP address.
    TrackOrder,
    /// View of a product, by user or, for guests, by IP address.
    ProductView,
    /// Image upload or staged upload, by user.
    ImageUpload,
    /// Kibibyte of an uploaded image, by user.
    ImageKibibyte,
    /// Store invitation, by the user who sends it.
    InvitationByUser,
    /// Store invitation, by store.
    InvitationByStore,
    /// Store invitation, by the invited email address.
    InvitationToAddress,
}

/// Minimum number of keys before expired ones are removed.
const MIN_KEYS: usize = 1024;
/// Maximum number of keys per action: about 2 MB.
const MAX_KEYS: usize = 65_536;

/// The time at which the bucket of each key is full again, in microseconds since 1970. A key without an entry has a full bucket. Keys
/// are stored as hashes with a random key of the process, so that they have the same length and contain no personal data.
struct Buckets {
    full_at: HashMap<u64, i64>,
    /// Number of keys at which expired ones are removed next.
    evict_at: usize,
}

impl Buckets {
    /// Limits memory: removes keys whose bucket is full again, and if too many remain, the half with the fewest attempts.
    fn evict(&mut self, now: i64) {
        if self.full_at.len() < self.evict_at {
            return;
        }
        self.full_at.retain(|_, full| *full > now);
        if self.full_at.len() >= MAX_KEYS {
            let mut times: Vec<i64> = self.full_at.values().copied().collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.full_at.retain(|_, full| *full > median);
        }
        self.evict_at = (self.full_at.len() * 2).clamp(MIN_KEYS, MAX_KEYS);
    }
}

/// The rate limit of one action: a token bucket per key that is refilled evenly, implemented as GCRA
/// (<https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>).
struct Limiter {
    attempt: Attempt,
    /// Microseconds until one attempt is refilled.
    interval: i64,
    /// Microseconds until an empty bucket is full, minus one interval.
    tolerance: i64,
    buckets: Mutex<Buckets>,
}

/// All rate limits of the process.
pub struct RateLimits {
    clock: Clock,
    hasher: RandomState,
    limiters: Vec<Limiter>,
}

impl RateLimits {
    pub fn new(clock: &Clock, accounts: &Accounts) -> Self {
        let limiters = [
            (Attempt::SignInByAddress, 50, 10),
            (Attempt::SignInByAccountAndAddress, 10, 10),
            (Attempt::SignInByAccount, i64::from(accounts.guesses_per_hour), 60),
            (Attempt::SignInFromKnownAddress, 10, 10),
            (Attempt::ConfirmPassword, 10, 10),
            (Attempt::Refresh, 120, 10),
            (Attempt::Register, 20, 60),
            (Attempt::EmailByAddress, 20, 60),
            (Attempt::EmailByAccount, 5, 60),
            (Attempt::ResetByAccount, 20, 60),
            (Attempt::TrackOrder, 30, 10),
            (Attempt::ProductView, 1_200, 10),
            (Attempt::ImageUpload, 1_000, 60),
            (Attempt::ImageKibibyte, 2 * 1024 * 1024, 60),
            (Attempt::InvitationByUser, 20, 60),
            (Attempt::InvitationByStore, 20, 60),
            (Attempt::InvitationToAddress, 5, 24 * 60),
        ]
        .map(|(attempt, limit, minutes): (_, i64, i64)| {
            let interval = minutes * 60_000_000 / limit;
            let buckets = Mutex::new(Buckets { full_at: HashMap::new(), evict_at: MIN_KEYS });
            Limiter { attempt, interval, tolerance: interval * (limit - 1), buckets }
        });
        Self { clock: clock.clone(), hasher: RandomState::new(), limiters: limiters.into() }
    }

    fn limiter(&self, attempt: Attempt) -> Option<&Limiter> {
        self.limiters.iter().find(|limiter| limiter.attempt == attempt)
    }

    /// Counts one attempt.
    ///
    /// # Errors
    ///
    /// [`Fault::RateLimited`] if the limit was reached before.
    pub fn count(&self, attempt: Attempt, key: &str) -> Result<(), Fault> {
        self.count_many(attempt, key, 1)
    }

    /// Counts `number` attempts together, even if that exceeds the limit.
    ///
    /// # Errors
    ///
    /// [`Fault::RateLimited`] if the limit was reached before.
    pub fn count_many(&self, attempt: Attempt, key: &str, number: usize) -> Result<(), Fault> {
        let Some(limiter) = self.limiter(attempt) else { return Ok(()) };
        let now = self.clock.now().timestamp_micros();
        let key = self.hasher.hash_one(key);
        let mut buckets = limiter.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = buckets.full_at.get(&key).map_or(now, |full| now.max(*full));
        let wait = full - now - limiter.tolerance;
        if wait > 0 {
            return Err(Fault::RateLimited { retry_after: Duration::from_micros(wait.unsigned_abs()) });
        }
        let full = full.saturating_add(limiter.interval.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX)));
        if let Some(known) = buckets.full_at.get_mut(&key) {
            *known = full;
            return Ok(());
        }
        buckets.evict(now);
        buckets.full_at.insert(key, full);
        Ok(())
    }

    /// Counts one attempt by several keys: by all of them, or by none.
    ///
    /// # Errors
    ///
    /// [`Fault::RateLimited`] if one of the limits was reached before.
    pub fn count_all(&self, attempts: &[(Attempt, String)]) -> Result<(), Fault> {
        for (number, (attempt, key)) in attempts.iter().enumerate() {
            if let Err(fault) = self.count(*attempt, key) {
                self.uncount_all(attempts.get(..number).unwrap_or_default());
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Uncounts an attempt that succeeded, if only failures are limited. Attempts are counted before they are made, so that many
    /// concurrent ones cannot all pass before the first has failed.
    pub fn uncount(&self, attempt: Attempt, key: &str) {
        let Some(limiter) = self.limiter(attempt) else { return };
        let mut buckets = limiter.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = buckets.full_at.get_mut(&self.hasher.hash_one(key)) {
            *full -= limiter.interval;
        }
    }

    /// Uncounts what [`RateLimits::count_all`] counted.
    pub fn uncount_all(&self, attempts: &[(Attempt, String)]) {
        for (attempt, key) in attempts {
            self.uncount(*attempt, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> (Clock, RateLimits) {
        let clock = Clock::system();
        clock.freeze(sea_orm::prelude::DateTimeUtc::from_timestamp(1_000_000, 0).expect("a time"));
        let accounts = Accounts { refresh_reuse: Duration::ZERO, password_queue: 1, guesses_per_hour: 100 };
        (clock.clone(), RateLimits::new(&clock, &accounts))
    }

    fn kept(limits: &RateLimits) -> usize {
        let limiter = limits.limiter(Attempt::Register).expect("a limiter");
        limiter.buckets.lock().map(|buckets| buckets.full_at.len()).unwrap_or_default()
    }

    #[test]
    fn so_many_at_once_then_one_for_each_interval() {
        let (clock, limits) = limits();
        for _ in 0..10 {
            assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_ok());
        }
        let Err(Fault::RateLimited { retry_after }) = limits.count(Attempt::SignInFromKnownAddress, "a") else {
            panic!("one too many")
        };
        assert_eq!(retry_after, Duration::from_secs(60));
        assert!(limits.count(Attempt::SignInFromKnownAddress, "b").is_ok());
        assert!(limits.count(Attempt::Register, "a").is_ok());
        clock.advance(retry_after);
        assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_ok());
        assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_err());
        clock.advance(Duration::from_secs(600));
        assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_ok());
    }

    #[test]
    fn addresses_of_long_ago_are_forgotten() {
        let (clock, limits) = limits();
        for number in 0..MIN_KEYS {
            assert!(limits.count(Attempt::Register, &number.to_string()).is_ok());
        }
        clock.advance(Duration::from_secs(3600));
        assert!(limits.count(Attempt::Register, "new").is_ok());
        assert_eq!(kept(&limits), 1);
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let (_, limits) = limits();
        for _ in 0..100 {
            assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_ok());
            limits.uncount(Attempt::SignInFromKnownAddress, "a");
        }
        for _ in 0..10 {
            assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_ok());
        }
        assert!(limits.count(Attempt::SignInFromKnownAddress, "a").is_err());
    }

    #[test]
    fn what_is_counted_in_several_ways_counts_in_all_or_in_none() {
        let (_, limits) = limits();
        let attempts = [(Attempt::Register, "a".to_owned()), (Attempt::SignInFromKnownAddress, "a".to_owned())];
        for _ in 0..10 {
            assert!(limits.count_all(&attempts).is_ok());
        }
        for _ in 0..100 {
            assert!(limits.count_all(&attempts).is_err(), "the second is used up");
        }
        for _ in 0..10 {
            assert!(limits.count(Attempt::Register, "a").is_ok(), "the first was not counted for it");
        }
        assert!(limits.count(Attempt::Register, "a").is_err());
    }

    #[test]
    fn a_flood_of_keys_takes_bounded_memory_and_does_not_hide_who_is_limited() {
        let (_, limits) = limits();
        for _ in 0..20 {
            assert!(limits.count(Attempt::Register, "limited").is_ok());
        }
        for number in 0..4 * MAX_KEYS {
            assert!(limits.count(Attempt::Register, &number.to_string()).is_ok());
        }
        assert!(kept(&limits) <= MAX_KEYS);
        assert!(limits.count(Attempt::Register, "limited").is_err());
    }
}
