//! One reader of the change log for each process, and the consumers it hands the changes to, such as a search index.
//!
//! A consumer keeps what it made of the changes; the reader keeps its position, in memory. Both are lost together when the process
//! ends, and a consumer that starts says from which position it needs the changes: so none is missed, wherever it was interrupted.
//! A change may come twice, and says only "read it again".

use crate::app::App;
use crate::error::{Fault, Result};
use crate::live::change_log::{Change, ChangeLog, changes_after};
use crate::live::sequencer::sequence_log;
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// How often the log is read without a wake-up: other instances write, too, and a wake-up can be lost.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long a consumer that failed to start waits until it tries again.
const RETRY: Duration = Duration::from_secs(1);
/// Changes that are read at once.
const PAGE: u64 = 1_000;

/// Keeps something up to date that is made of rows.
pub trait Consumer: Send + Sync + 'static {
    /// Names it in logs.
    fn name(&self) -> &'static str;

    /// Makes ready, and returns the position up to which everything is known: take [`change_head`](super::change_head), then read
    /// all rows. Called when the reader begins, and again when changes were deleted before they were read.
    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<i64>>;

    /// Takes the next changes, in the order of their positions. If it fails, the same ones come again.
    fn apply<'a>(&'a self, app: &'a App, changes: &'a [Change]) -> BoxFuture<'a, Result<()>>;
}

/// The consumers of a process.
#[derive(Default)]
pub struct Changes {
    consumers: Mutex<Vec<Arc<Entry>>>,
    added: Notify,
}

struct Entry {
    consumer: Box<dyn Consumer>,
    /// Absent until it is ready.
    position: watch::Sender<Option<i64>>,
    is_starting: Mutex<bool>,
}

/// Follows how far a consumer is.
#[derive(Clone, Debug)]
pub struct Progress(watch::Receiver<Option<i64>>);

impl Progress {
    /// The position of the last change that was applied; absent while the consumer is making ready.
    pub fn position(&self) -> Option<i64> {
        *self.0.borrow()
    }

    /// Waits until everything up to a position was applied. Without end if no reader runs any more.
    pub async fn reached(&mut self, position: i64) {
        if self.0.wait_for(|reached| *reached >= Some(position)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Changes {
    /// Without consumers.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a consumer; the reader starts it.
    pub fn add(&self, consumer: impl Consumer) -> Progress {
        let (position, progress) = watch::channel(None);
        self.entries().push(Arc::new(Entry { consumer: Box::new(consumer), position, is_starting: Mutex::new(false) }));
        self.added.notify_one();
        Progress(progress)
    }

    /// Names of the consumers and their positions.
    pub fn positions(&self) -> Vec<(&'static str, Option<i64>)> {
        self.entries().iter().map(|entry| (entry.consumer.name(), *entry.position.borrow())).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives positions to changes, reads what has one and hands it to the consumers, until it is told to stop.
    pub async fn run(&self, app: &App, stop: CancellationToken) {
        let mut starts = FuturesUnordered::new();
        // What an earlier reader of this process knew ended with it.
        for entry in self.entries().iter() {
            entry.forget();
        }
        loop {
            let woken = app.db.wakeups().changes.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            for entry in self.entries().iter().filter(|entry| entry.begins()) {
                let entry = Arc::clone(entry);
                starts.push(async move { entry.start(app).await });
            }
            if let Err(error) = self.turn(app).await {
                tracing::error!(?error, "the change log can't be read; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = woken => {}
                () = self.added.notified() => {}
                Some(()) = starts.next() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn turn(&self, app: &App) -> Result<()> {
        sequence_log::<ChangeLog>(&app.db).await?;
        let mut active: Vec<_> = self.entries().iter().filter(|entry| entry.position.borrow().is_some()).cloned().collect();
        // The one that is furthest behind decides what is read; one that is ahead takes what is new to it.
        while let Some(from) = active.iter().filter_map(|entry| *entry.position.borrow()).min() {
            let page = changes_after(&app.db, from, PAGE).await?;
            let done = join_all(active.iter().map(|entry| entry.take(app, &page))).await;
            if (page.len() as u64) < PAGE {
                return Ok(());
            }
            // One that failed tries again in the next turn and holds up no other.
            let mut done = done.into_iter();
            active.retain(|_| done.next().unwrap_or(false));
        }
        Ok(())
    }
}

impl Entry {
    fn is_starting(&self) -> MutexGuard<'_, bool> {
        self.is_starting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self) {
        *self.is_starting() = false;
        self.position.send_replace(None);
    }

    /// Whether it is to be started now; asked once for each start.
    fn begins(&self) -> bool {
        self.position.borrow().is_none() && !std::mem::replace(&mut *self.is_starting(), true)
    }

    async fn start(&self, app: &App) {
        match guard(self.consumer.start(app)).await {
            Ok(position) => {
                self.position.send_replace(Some(position));
            }
            Err(error) => {
                tracing::error!(consumer = self.consumer.name(), ?error, "a consumer of changes can't start; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
        *self.is_starting() = false;
    }

    /// Applies what is new to it of a page; returns whether it may go on with the next one.
    async fn take(&self, app: &App, page: &[Change]) -> bool {
        let Some(position) = *self.position.borrow() else { return false };
        let known = page.partition_point(|change| change.position <= position);
        let new = page.get(known..).unwrap_or_default();
        let (Some(first), Some(last)) = (new.first(), new.last()) else { return true };
        if first.position != position + 1 {
            tracing::warn!(
                consumer = self.consumer.name(),
                position,
                "changes were deleted before they were read; reading all again"
            );
            self.position.send_replace(None);
            return false;
        }
        match guard(self.consumer.apply(app, new)).await {
            Ok(()) => {
                self.position.send_replace(Some(last.position));
                true
            }
            Err(error) => {
                tracing::error!(consumer = self.consumer.name(), position, ?error, "changes can't be applied; trying again");
                false
            }
        }
    }
}

/// A consumer that panics has failed, and the reader goes on.
async fn guard<T>(work: BoxFuture<'_, Result<T>>) -> Result<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Err(Fault::internal(format!("a consumer of changes panicked: {}", text.unwrap_or("?"))).into())
        }
    }
}
