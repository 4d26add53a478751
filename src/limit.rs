//! How often things may be tried, in this process: by address and by account.

use crate::clock::Clock;
use crate::error::Fault;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A wrong password, by address.
    SignInFromAddress,
    /// A wrong password, by account.
    SignInToAccount,
    /// A registration, by address.
    Register,
    /// A mail with a link, by address.
    MailFromAddress,
    /// A mail with a link, by account.
    MailToAccount,
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

/// The counters of one kind of attempt: a bucket for each key that holds so many attempts and fills up again evenly (GCRA).
struct Limiter {
    attempt: Attempt,
    /// Microseconds in which the bucket gets one attempt back.
    interval: i64,
    /// Microseconds in which an empty bucket fills up, less one attempt.
    tolerance: i64,
    /// When the bucket of a key will be full, in microseconds since 1970; keys with a full bucket may be left out.
    full_at: Mutex<HashMap<String, i64>>,
}

/// The counters.
pub struct RateLimits {
    clock: Clock,
    limiters: Vec<Limiter>,
}

impl RateLimits {
    /// All counters at nothing.
    pub fn new(clock: &Clock) -> Self {
        let limiters = [
            (Attempt::SignInFromAddress, 50, 10),
            (Attempt::SignInToAccount, 10, 10),
            (Attempt::Register, 20, 60),
            (Attempt::MailFromAddress, 20, 60),
            (Attempt::MailToAccount, 5, 60),
            (Attempt::TrackOrder, 30, 10),
            (Attempt::Picture, 1_000, 60),
            (Attempt::PictureKibibyte, 2 * 1024 * 1024, 60),
            (Attempt::InvitationByUser, 20, 60),
            (Attempt::InvitationByStore, 20, 60),
            (Attempt::InvitationToAddress, 5, 24 * 60),
        ]
        .map(|(attempt, most, minutes): (_, i64, i64)| {
            let interval = minutes * 60_000_000 / most;
            Limiter { attempt, interval, tolerance: interval * (most - 1), full_at: Mutex::default() }
        });
        Self { clock: clock.clone(), limiters: limiters.into() }
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
        let mut full_at = limiter.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.get(key).map_or(now, |full| now.max(*full));
        let wait = full - now - limiter.tolerance;
        if wait > 0 {
            return Err(Fault::RateLimited { retry_after: Duration::from_micros(wait.unsigned_abs()) });
        }
        let interval = limiter.interval.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
        let full = full.saturating_add(interval);
        if let Some(known) = full_at.get_mut(key) {
            *known = full;
            return Ok(());
        }
        // Now and then what no longer matters is forgotten, so that memory does not grow with the number of addresses.
        if full_at.len() >= FORGET_FROM && full_at.len().is_power_of_two() {
            full_at.retain(|_, full| *full > now);
        }
        full_at.insert(key.to_owned(), full);
        Ok(())
    }

    /// Takes one back that turned out well, where only failures are to count. They are counted before and not after, so that many
    /// at once can't all pass before the first has failed.
    pub fn give_back(&self, attempt: Attempt, key: &str) {
        let Some(limiter) = self.limiter(attempt) else { return };
        let mut full_at = limiter.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = full_at.get_mut(key) {
            *full -= limiter.interval;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> (Clock, RateLimits) {
        let clock = Clock::system();
        clock.freeze(sea_orm::prelude::DateTimeUtc::from_timestamp(1_000_000, 0).expect("a time"));
        (clock.clone(), RateLimits::new(&clock))
    }

    #[test]
    fn so_many_at_once_then_one_for_each_interval() {
        let (clock, limits) = limits();
        for _ in 0..10 {
            assert!(limits.count(Attempt::SignInToAccount, "a").is_ok());
        }
        let Err(Fault::RateLimited { retry_after }) = limits.count(Attempt::SignInToAccount, "a") else { panic!("one too many") };
        assert_eq!(retry_after, Duration::from_secs(60));
        assert!(limits.count(Attempt::SignInToAccount, "b").is_ok());
        assert!(limits.count(Attempt::Register, "a").is_ok());
        clock.advance(retry_after);
        assert!(limits.count(Attempt::SignInToAccount, "a").is_ok());
        assert!(limits.count(Attempt::SignInToAccount, "a").is_err());
        clock.advance(Duration::from_secs(600));
        assert!(limits.count(Attempt::SignInToAccount, "a").is_ok());
    }

    #[test]
    fn addresses_of_long_ago_are_forgotten() {
        let (clock, limits) = limits();
        for number in 0..FORGET_FROM {
            assert!(limits.count(Attempt::Register, &number.to_string()).is_ok());
        }
        clock.advance(Duration::from_secs(3600));
        assert!(limits.count(Attempt::Register, "new").is_ok());
        let limiter = limits.limiter(Attempt::Register).expect("a limiter");
        assert_eq!(limiter.full_at.lock().map(|map| map.len()).unwrap_or_default(), 1);
    }

    #[test]
    fn what_is_given_back_does_not_count() {
        let (_, limits) = limits();
        for _ in 0..100 {
            assert!(limits.count(Attempt::SignInToAccount, "a").is_ok());
            limits.give_back(Attempt::SignInToAccount, "a");
        }
        for _ in 0..10 {
            assert!(limits.count(Attempt::SignInToAccount, "a").is_ok());
        }
        assert!(limits.count(Attempt::SignInToAccount, "a").is_err());
    }
}
