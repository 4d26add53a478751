//! The size of a response, measured while it is built.
//!
//! The cost of an operation is an estimate: a list may have more items than assumed, and texts have any length. So every field
//! that returns a list of objects is marked (`crate::mark`) to count the items and the bytes of their fields.

use crate::document::too_complex;
use async_graphql::{Response, ServerError, Value};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

/// Bytes of an error in a response in addition to its message: path, locations and code.
const ERROR_BYTES: u64 = 200;

/// Maximum size of a response.
#[derive(Clone, Copy, Debug)]
pub struct ResponseLimits {
    /// Maximum number of items in all lists of objects.
    pub objects: u64,
    /// Maximum number of bytes of the fields of these items.
    pub bytes: u64,
}

/// The current size of a response.
pub struct Meter {
    limits: ResponseLimits,
    objects: AtomicU64,
    bytes: AtomicU64,
    exceeded: AtomicBool,
}

impl Meter {
    /// The meter of an empty response.
    pub fn new(limits: ResponseLimits) -> Arc<Self> {
        Arc::new(Self { limits, objects: AtomicU64::new(0), bytes: AtomicU64::new(0), exceeded: AtomicBool::new(false) })
    }

    /// Resets the meter for the next response of a stream.
    pub fn reset(&self) {
        self.objects.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.exceeded.store(false, Ordering::Relaxed);
    }

    /// Whether the response exceeded the limits.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Counts the items of a resolved list.
    ///
    /// # Errors
    ///
    /// `QUERY_TOO_COMPLEX` if the response exceeds the limits; all later calls return the same error.
    pub fn add_items(&self, items: &[Value]) -> Result<(), ServerError> {
        self.add(items.len() as u64, items.iter().map(own_bytes).sum())
    }

    /// Counts an error that is returned beside the data: if all objects of a list fail, there are as many errors.
    pub fn add_error(&self, error: &ServerError) {
        // If the limit is exceeded now, the next call returns the error.
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
        if objects > self.limits.objects || bytes > self.limits.bytes {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        if self.is_exceeded() { Err(self.error()) } else { Ok(()) }
    }

    fn error(&self) -> ServerError {
        let ResponseLimits { objects, bytes } = self.limits;
        too_complex(format!(
            "The response must have at most {objects} objects in lists and {bytes} bytes; ask for less at a time."
        ))
    }

    /// Runs a query and cancels it as soon as its response exceeds the limits.
    pub async fn watch(&self, running: impl Future<Output = Response>) -> Response {
        let mut running = pin!(running);
        std::future::poll_fn(|context| {
            let polled = running.as_mut().poll(context);
            if self.is_exceeded() { Poll::Ready(Response::from_errors(vec![self.error()])) } else { polled }
        })
        .await
    }
}

/// The bytes of a value, excluding nested lists of objects, which were counted when they were resolved.
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
