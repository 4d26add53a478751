//! What waits to be sent to a client, between the tasks of its operations and the task that writes.

use souk_api::admission::HeldBytes;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};

/// An operation computes its next answer only while fewer bytes than this wait to be sent.
const MOST_WAITING: usize = 64 * 1024;
/// Queries and mutations of one connection that run at a time.
const RUNNING: usize = 2;

/// Result of an operation, to be sent.
pub struct Output {
    /// The client's name for the operation.
    pub id: String,
    /// Ours: a client may use a name again.
    pub number: u64,
    /// Messages of the protocol.
    pub messages: Vec<String>,
    /// Whether nothing more will come of it.
    pub is_last: bool,
    _waiting: Waiting,
}

/// Bytes that wait to be sent, until it is dropped.
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

/// Where operations put what is to be sent.
#[derive(Clone)]
pub struct Outbox {
    sender: mpsc::UnboundedSender<Output>,
    total: watch::Sender<usize>,
    turns: Arc<Semaphore>,
}

impl Outbox {
    /// An empty one, and where it is read.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Output>) {
        // Bounded by the bytes that operations wait for.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, total: watch::Sender::new(0), turns: Arc::new(Semaphore::new(RUNNING)) }, receiver)
    }

    /// Waits until the operation may run beside the others of its connection.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Waits until the client has read what was sent before.
    pub async fn is_read(&self) {
        // It fails if nobody sends any more; then nothing waits either.
        let _ = self.total.subscribe().wait_for(|total| *total < MOST_WAITING).await;
    }

    /// Puts something in.
    pub fn put(&self, id: &str, number: u64, messages: Vec<String>, is_last: bool, hold: impl FnOnce(usize) -> HeldBytes) {
        let bytes = messages.iter().map(String::len).sum();
        self.total.send_modify(|total| *total = total.saturating_add(bytes));
        let waiting = Waiting { total: self.total.clone(), bytes, _held: hold(bytes) };
        // It fails if the connection is over.
        let _ = self.sender.send(Output { id: id.to_owned(), number, messages, is_last, _waiting: waiting });
    }
}
