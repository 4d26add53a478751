//! The queue of messages to a client, between the tasks of its operations and the task that writes.

use souk_api::admission::HeldBytes;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};

/// An operation computes its next response only while fewer bytes than this are queued.
const MAX_QUEUED_BYTES: usize = 64 * 1024;
/// Maximum number of concurrent queries and mutations of a connection.
const RUNNING: usize = 2;

/// A result of an operation, to be sent.
pub(super) struct Output {
    /// The client's ID of the operation.
    pub id: String,
    /// The server's number of the operation, because a client may reuse an ID.
    pub number: u64,
    /// The messages of the protocol.
    pub messages: Vec<String>,
    /// Whether this is the last result of the operation.
    pub is_last: bool,
    _waiting: Waiting,
}

/// Queued bytes, which are subtracted on drop.
struct Waiting {
    total: watch::Sender<usize>,
    bytes: usize,
    _held: HeldBytes,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let bytes = self.bytes;
        self.total.send_modify(|total| *total = total.saturating_sub(bytes));
    }
}

/// The queue of results of a connection.
#[derive(Clone)]
pub(super) struct Outbox {
    sender: mpsc::UnboundedSender<Output>,
    total: watch::Sender<usize>,
    turns: Arc<Semaphore>,
}

impl Outbox {
    /// An empty queue and its receiver.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Output>) {
        // Bounded because operations wait until few bytes are queued.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, total: watch::Sender::new(0), turns: Arc::new(Semaphore::new(RUNNING)) }, receiver)
    }

    /// Waits until the operation may run concurrently with the others of its connection.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Waits until the client has read most of the previous messages.
    pub(super) async fn is_read(&self) {
        // An error means that all senders are gone, so nothing is queued.
        let _ = self.total.subscribe().wait_for(|total| *total < MAX_QUEUED_BYTES).await;
    }

    /// Queues a result.
    pub(super) fn put(&self, id: &str, number: u64, messages: Vec<String>, is_last: bool, hold: impl FnOnce(usize) -> HeldBytes) {
        let bytes = messages.iter().map(String::len).sum();
        self.total.send_modify(|total| *total = total.saturating_add(bytes));
        let waiting = Waiting { total: self.total.clone(), bytes, _held: hold(bytes) };
        // An error means that the connection is closed.
        let _ = self.sender.send(Output { id: id.to_owned(), number, messages, is_last, _waiting: waiting });
    }
}
