//! How often things may be tried, in this process: by address, by account, and by both together.

use crate::clock::Clock;
use crate::config::Accounts;
use crate::error::Fault;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A wrong password from an address that never signed in to the account, by address.
    SignInFromAddress,
    /// The same, by account and address together.
    SignInByStranger,
    /// The same, by account: bounds how many passwords all addresses together may guess.
    SignInByStrangers,
    /// A wrong password from an address that signed in to the account before, by account and address together.
    SignInByKnown,
    /// A wrong password of a signed-in user, by session.
    ConfirmPassword,
    /// A renewal of tokens, by session.
    Refresh,
    /// A registration, by address.
    Register,
    /// A mail with a link, by address.
    MailFromAddress,
    /// A mail with a link, by account and who asks for it.
    MailToAccount,
    /// A mail that sets a new password, asked for from addresses that never signed in to the account, by account.
    ResetByStrangers,
    /// A look-up of an order by its number, by address.
    TrackOrder,
    /// A picture sent, or a place for one asked for, by user.
    Picture,
    /// A kibibyte of a picture, by user.
    PictureKibibyte,
    /// An invitation to work for a store, by the user who sends it.
    InvitationByUser,
    /// An invitation to work for a store, by store.
    InvitationByStore,
    /// An invitation to work for a store, by the invited address.
    InvitationToAddress,
}

/// Below so many keys nothing is forgotten.
const FORGET_FROM: usize = 1024;
/// The most keys of one kind: about 2 MB.
const MOST_KEYS: usize = 65_536;

/// When the bucket of each key will be full, in microseconds since 1970; keys with a full bucket may be left out. Keys are kept as
/// hashes under a secret of the process: of equal length, and without anything personal.
struct Buckets {
    full_at: HashMap<u64, i64>,
    /// How many keys there are when those that no longer matter are looked for.
    sweep_at: usize,
}

impl Buckets {
    /// Makes room, so that memory does not grow with the number of addresses and accounts: first goes what no longer matters; if
    /// that is too little, the half with the fewest attempts.
    fn sweep(&mut self, now: i64) {
        if self.full_at.len() < self.sweep_at {
            return;
        }
        self.full_at.retain(|_, full| *full > now);
        if self.full_at.len() >= MOST_KEYS {
            let mut times: Vec<i64> = self.full_at.values().copied().collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.full_at.retain(|_, full| *full > median);
        }
        self.sweep_at = (self.full_at.len() * 2).clamp(FORGET_FROM, MOST_KEYS);
    }
}

/// The counters of one kind of attempt: a bucket for each key that holds so many attempts and fills up again evenly (GCRA).
struct Limiter {
    attempt: Attempt,
    /// Microseconds in which the bucket gets one attempt back.
    interval: i64,
    /// Microseconds in which an empty bucket fills up, less one attempt.
    tolerance: i64,
    buckets: Mutex<Buckets>,
}

/// The counters.
pub struct RateLimits {
    clock: Clock,
    hasher: RandomState,
    limiters: Vec<Limiter>,
}

impl RateLimits {
    /// All counters at zero.
    pub fn new(clock: &Clock, accounts: &Accounts) -> Self {
        let limiters = [
            (Attempt::SignInFromAddress, 50, 10),
            (Attempt::SignInByStranger, 10, 10),
            (Attempt::SignInByStrangers, i64::from(accounts.guesses_per_hour), 60),
            (Attempt::SignInByKnown, 10, 10),
            (Attempt::ConfirmPassword, 10, 10),
            (Attempt::Refresh, 120, 10),
            (Attempt::Register, 20, 60),
            (Attempt::MailFromAddress, 20, 60),
            (Attempt::MailToAccount, 5, 60),
            (Attempt::ResetByStrangers, 20, 60),
            (Attempt::TrackOrder, 30, 10),
            (Attempt::Picture, 1_000, 60),
            (Attempt::PictureKibibyte, 2 * 1024 * 1024, 60),
            (Attempt::InvitationByUser, 20, 60),
            (Attempt::InvitationByStore, 20, 60),
            (Attempt::InvitationToAddress, 5, 24 * 60),
        ]
        .map(|(attempt, most, minutes): (_, i64, i64)| {
            let interval = minutes * 60_000_000 / most;
            let buckets = Mutex::new(Buckets { full_at: HashMap::new(), sweep_at: FORGET_FROM });
            Limiter { attempt, interval, tolerance: interval * (most - 1), buckets }
        });
        Self { clock: clock.clone(), hasher: RandomState::new(), limiters: limiters.into() }
    }

    fn limiter(&self, attempt: Attempt) -> Option<&Limiter> {
        self.limiters.iter().find(|limiter| limiter.attempt == attempt)
    }

    /// Counts one more; [`Fault::RateLimited`] where there were too many.
    pub fn count(&self, attempt: Attempt, key: &str) -> Result<(), Fault> {
        self.count_many(attempt, key, 1)
    }

    /// Counts so many at once; [`Fault::RateLimited`] where there were too many before.
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
        buckets.sweep(now);
        buckets.full_at.insert(key, full);
        Ok(())
    }

    /// Counts one attempt in several ways: in all of them, or in none.
    pub fn count_all(&self, attempts: &[(Attempt, String)]) -> Result<(), Fault> {
        for (number, (attempt, key)) in attempts.iter().enumerate() {
            if let Err(fault) = self.count(*attempt, key) {
                self.give_back_all(attempts.get(..number).unwrap_or_default());
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Takes one back that turned out well, where only failures are to count. They are counted before and not after, so that many
    /// at once can't all pass before the first has failed.
    pub fn give_back(&self, attempt: Attempt, key: &str) {
        let Some(limiter) = self.limiter(attempt) else { return };
        let mut buckets = limiter.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = buckets.full_at.get_mut(&self.hasher.hash_one(key)) {
            *full -= limiter.interval;
        }
    }

    /// As [`RateLimits::give_back`], of what was counted in several ways.
    pub fn give_back_all(&self, attempts: &[(Attempt, String)]) {
        for (attempt, key) in attempts {
            self.give_back(*attempt, key);
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
            assert!(limits.count(Attempt::SignInByKnown, "a").is_ok());
        }
        let Err(Fault::RateLimited { retry_after }) = limits.count(Attempt::SignInByKnown, "a") else { panic!("one too many") };
        assert_eq!(retry_after, Duration::from_secs(60));
        assert!(limits.count(Attempt::SignInByKnown, "b").is_ok());
        assert!(limits.count(Attempt::Register, "a").is_ok());
        clock.advance(retry_after);
        assert!(limits.count(Attempt::SignInByKnown, "a").is_ok());
        assert!(limits.count(Attempt::SignInByKnown, "a").is_err());
        clock.advance(Duration::from_secs(600));
        assert!(limits.count(Attempt::SignInByKnown, "a").is_ok());
    }

    #[test]
    fn addresses_of_long_ago_are_forgotten() {
        let (clock, limits) = limits();
        for number in 0..FORGET_FROM {
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
            assert!(limits.count(Attempt::SignInByKnown, "a").is_ok());
            limits.give_back(Attempt::SignInByKnown, "a");
        }
        for _ in 0..10 {
            assert!(limits.count(Attempt::SignInByKnown, "a").is_ok());
        }
        assert!(limits.count(Attempt::SignInByKnown, "a").is_err());
    }

    #[test]
    fn what_is_counted_in_several_ways_counts_in_all_or_in_none() {
        let (_, limits) = limits();
        let attempts = [(Attempt::Register, "a".to_owned()), (Attempt::SignInByKnown, "a".to_owned())];
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
        for number in 0..4 * MOST_KEYS {
            assert!(limits.count(Attempt::Register, &number.to_string()).is_ok());
        }
        assert!(kept(&limits) <= MOST_KEYS);
        assert!(limits.count(Attempt::Register, "limited").is_err());
    }
}
