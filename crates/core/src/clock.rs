//! Time and identifiers, from one place, so that tests can move the clock.

use entity::id::Id;
use sea_orm::prelude::DateTimeUtc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::{ContextV7, Timestamp, Uuid};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds to add to the machine's time; moved by tests alone.
    offset: Arc<AtomicI64>,
    /// Microseconds since 1970 at which the clock stands still; 0 where it runs.
    frozen: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, in whole microseconds: what all three databases can keep.
    #[allow(clippy::disallowed_methods, reason = "the one place where time is read")]
    pub fn now(&self) -> DateTimeUtc {
        let micros = match self.frozen.load(Ordering::SeqCst) {
            0 => chrono::Utc::now().timestamp_micros() + self.offset.load(Ordering::SeqCst),
            frozen => frozen,
        };
        DateTimeUtc::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        if self.frozen.load(Ordering::SeqCst) == 0 {
            self.offset.fetch_add(micros, Ordering::SeqCst);
        } else {
            self.frozen.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Stops the clock at a moment.
    pub fn freeze(&self, at: DateTimeUtc) {
        self.frozen.store(at.timestamp_micros(), Ordering::SeqCst);
    }

    /// A new identifier: a UUID of version 7 (RFC 9562), later ones of this process sort after earlier ones.
    pub fn new_id<I: Id>(&self) -> I {
        I::from(self.new_uuid())
    }

    /// As [`Clock::new_id`], without a type.
    pub fn new_uuid(&self) -> Uuid {
        static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&CONTEXT, seconds, now.timestamp_subsec_nanos()))
    }
}
