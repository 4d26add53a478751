//! The size of an answer, measured while it is built.
//!
//! A cost is an estimate: a list may have more items than is typical, and texts have any length. So every field that returns a
//! list of objects has a mark (`graphql::mark`), which counts the items and the bytes of their fields.

use crate::document::too_complex;
use async_graphql::{Response, ServerError, Value};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

/// Bytes that an error takes in an answer, beside its message: its path, its places and its code.
const ERROR_BYTES: u64 = 200;

/// How large an answer may be.
#[derive(Clone, Copy, Debug)]
pub struct Largest {
    /// The items of all its lists of objects.
    pub objects: u64,
    /// The bytes of the fields within these lists.
    pub bytes: u64,
}

/// The size of one answer so far.
pub struct Meter {
    largest: Largest,
    objects: AtomicU64,
    bytes: AtomicU64,
    exceeded: AtomicBool,
}

impl Meter {
    /// Of an answer that has nothing yet.
    pub fn new(largest: Largest) -> Arc<Self> {
        Arc::new(Self { largest, objects: AtomicU64::new(0), bytes: AtomicU64::new(0), exceeded: AtomicBool::new(false) })
    }

    /// Begins the next answer of a stream.
    pub fn begin_again(&self) {
        self.objects.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.exceeded.store(false, Ordering::Relaxed);
    }

    /// Whether the answer grew too large.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Counts the items of a list that was made.
    ///
    /// # Errors
    ///
    /// `QUERY_TOO_COMPLEX` if the answer is too large with them, as every later call.
    pub fn add_items(&self, items: &[Value]) -> Result<(), ServerError> {
        self.add(items.len() as u64, items.iter().map(own_bytes).sum())
    }

    /// Counts an error that is told beside the data: a list of objects that all fail has as many errors.
    pub fn add_error(&self, error: &ServerError) {
        // That it is too large now is seen by whoever asks next.
        let _ = self.add(1, error.message.len() as u64 + ERROR_BYTES);
    }

    /// Counts objects and bytes.
    ///
    /// # Errors
    ///
    /// As [`Meter::add_items`].
    pub fn add(&self, objects: u64, bytes: u64) -> Result<(), ServerError> {
        let objects = self.objects.fetch_add(objects, Ordering::Relaxed).saturating_add(objects);
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if objects > self.largest.objects || bytes > self.largest.bytes {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        if self.is_exceeded() { Err(self.error()) } else { Ok(()) }
    }

    fn error(&self) -> ServerError {
        let Largest { objects, bytes } = self.largest;
        too_complex(format!("The answer must have at most {objects} objects in lists and {bytes} bytes; ask for less at a time."))
    }

    /// Runs a query; as soon as the answer is too large, nothing more is done for it.
    pub async fn watch(&self, running: impl Future<Output = Response>) -> Response {
        let mut running = pin!(running);
        std::future::poll_fn(|context| {
            let polled = running.as_mut().poll(context);
            if self.is_exceeded() { Poll::Ready(Response::from_errors(vec![self.error()])) } else { polled }
        })
        .await
    }
}

/// The bytes of a value without lists of objects within it, which were counted when they were made.
fn own_bytes(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Boolean(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() as u64 + 2,
        Value::Enum(name) => name.len() as u64 + 2,
        Value::Binary(bytes) => bytes.len() as u64,
        Value::List(items) if matches!(items.first(), Some(Value::Object(_))) => 2,
        Value::List(items) => items.iter().map(|item| own_bytes(item) + 1).sum::<u64>() + 2,
        Value::Object(fields) => fields.iter().map(|(name, field)| name.len() as u64 + 4 + own_bytes(field)).sum::<u64>() + 2,
    }
}
