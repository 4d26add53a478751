//! How often things may be tried, in this process: by address and by account.

use crate::clock::Clock;
use crate::error::Fault;
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
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
}

type Keyed = RateLimiter<String, DefaultKeyedStateStore<String>, Ticks, NoOpMiddleware<Nanos>>;

/// The marketplace's clock, as the limiter reads it.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl GovernorClock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        let nanos = self.0.now().timestamp_nanos_opt().unwrap_or_default();
        Nanos::new(u64::try_from(nanos).unwrap_or_default())
    }
}

/// The counters.
pub struct RateLimits {
    clock: Clock,
    limiters: Vec<(Attempt, Keyed)>,
}

impl RateLimits {
    /// All counters at nothing.
    pub fn new(clock: &Clock) -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let limiters = [
            (Attempt::SignInFromAddress, 50, minutes(10)),
            (Attempt::SignInToAccount, 10, minutes(10)),
            (Attempt::Register, 20, minutes(60)),
            (Attempt::MailFromAddress, 20, minutes(60)),
            (Attempt::MailToAccount, 5, minutes(60)),
            (Attempt::TrackOrder, 30, minutes(10)),
        ]
        .into_iter()
        .map(|(attempt, burst, period)| {
            let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::with_period(period / burst.get()).unwrap_or(Quota::per_minute(burst)).allow_burst(burst);
            (attempt, RateLimiter::new(quota, DefaultKeyedStateStore::default(), Ticks(clock.clone())))
        })
        .collect();
        Self { clock: clock.clone(), limiters }
    }

    /// Counts one more; [`Fault::RateLimited`] where there were too many.
    pub fn count(&self, attempt: Attempt, key: &str) -> Result<(), Fault> {
        let Some((_, limiter)) = self.limiters.iter().find(|(found, _)| *found == attempt) else { return Ok(()) };
        limiter.check_key(&key.to_owned()).map_err(|not_until| {
            let now = Ticks(self.clock.clone()).now();
            Fault::RateLimited { retry_after: Duration::from(not_until.earliest_possible().duration_since(now)) }
        })
    }

    /// Forgets what can no longer matter; called now and then, so that memory does not grow with the number of addresses.
    pub fn forget_old(&self) {
        for (_, limiter) in &self.limiters {
            limiter.retain_recent();
        }
    }
}
