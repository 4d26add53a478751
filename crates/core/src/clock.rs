//! The only source of the current time and of new identifiers, so that tests can control both.

use entity::id::Id;
use sea_orm::prelude::DateTimeUtc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::{ContextV7, Timestamp, Uuid};

/// The source of the current time. Clones share one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds added to the system time. Only tests change it.
    offset: Arc<AtomicI64>,
    /// Microseconds since 1970 at which the clock is stopped; 0 if it runs.
    frozen: Arc<AtomicI64>,
}

impl Clock {
    /// The clock of the operating system.
    pub fn system() -> Self {
        Self::default()
    }

    /// The current time in whole microseconds, the precision that all three databases support.
    #[allow(clippy::disallowed_methods, reason = "the only place that reads the system time")]
    pub fn now(&self) -> DateTimeUtc {
        let micros = match self.frozen.load(Ordering::SeqCst) {
            0 => chrono::Utc::now().timestamp_micros() + self.offset.load(Ordering::SeqCst),
            frozen => frozen,
        };
        DateTimeUtc::from_timestamp_micros(micros).unwrap_or_default()
    }

    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        if self.frozen.load(Ordering::SeqCst) == 0 {
            self.offset.fetch_add(micros, Ordering::SeqCst);
        } else {
            self.frozen.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Stops the clock at the given time. [`Clock::advance`] still moves it.
    pub fn freeze(&self, at: DateTimeUtc) {
        self.frozen.store(at.timestamp_micros(), Ordering::SeqCst);
    }

    /// Creates an identifier: a UUID version 7 (RFC 9562). Within a process, later ones sort after earlier ones.
    pub fn new_id<I: Id>(&self) -> I {
        I::from(self.new_uuid())
    }

    /// Like [`Clock::new_id`], but untyped.
    pub fn new_uuid(&self) -> Uuid {
        static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&CONTEXT, seconds, now.timestamp_subsec_nanos()))
    }
}
