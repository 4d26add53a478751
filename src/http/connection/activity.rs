//! What a connection is doing.

use std::sync::atomic::{AtomicU8, Ordering};

const HEADER: u8 = 0;
const BUSY: u8 = 1;
const IDLE: u8 = 2;

/// The activity of a connection.
pub(super) struct Activity(AtomicU8);

impl Activity {
    /// A new connection, which must send a request header.
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(HEADER))
    }

    /// A request was read and is being handled.
    pub(super) fn busy(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// The response was sent; another request may follow.
    pub(super) fn answered(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }

    /// Whether no request is in progress.
    pub(super) fn is_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) != BUSY
    }

    /// Whether a request header is awaited or was begun.
    pub(super) fn is_in_header(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HEADER
    }

    /// Records that bytes were received; returns whether they are the first of a request.
    pub(super) fn begins_header(&self) -> bool {
        self.0.compare_exchange(IDLE, HEADER, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
