//! Batching: the keys that the fields of one level need are loaded by one statement.
//!
//! `Loaders` implements `Loader<K>` for each type of key; the implementations are in the modules of the features. The batches of
//! a request run in the task of the request, and only when all its other futures are pending: so a level is always one batch,
//! without a timer and without a race between threads.

mod define;

pub(crate) use define::{loaders, page_loaders};

use async_graphql::dataloader::DataLoader;
use async_graphql::runtime::{Timer, TokioSpawner, TokioTimer};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::{FutureObj, Spawn, SpawnError};
use souk_core::app::App;
use souk_core::auth::Viewer;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Loads values by key for a viewer. Objects that the viewer may not see are not found.
pub struct Loaders {
    /// The application.
    pub app: Arc<App>,
    /// The caller.
    pub viewer: Viewer,
    /// The queue of batches; `None` if batches are spawned.
    batches: Option<Batches>,
    /// Set when a root field signs a user in.
    signed_in: OnceLock<Box<SignedIn>>,
}

/// A user who was signed in by a root field of this request. Everything below that field is resolved as this user.
pub struct SignedIn {
    /// The response key of the root field.
    field: String,
    /// The signed-in user.
    pub viewer: Viewer,
    /// The loader for this user.
    pub loader: DataLoader<Loaders>,
    /// The user signed in by a later root field.
    next: OnceLock<Box<SignedIn>>,
}

impl Loaders {
    fn new(app: &Arc<App>, viewer: &Viewer, batches: Option<Batches>) -> Self {
        Self { app: Arc::clone(app), viewer: viewer.clone(), batches, signed_in: OnceLock::new() }
    }

    /// Resolves everything below the root field as `viewer` from now on.
    pub fn sign_in(&self, field: String, viewer: Viewer) {
        let loader = match &self.batches {
            Some(batches) => batches.loaders(&self.app, &viewer),
            None => with_spawned_batches(&self.app, &viewer),
        };
        let mut new = Box::new(SignedIn { field, viewer, loader, next: OnceLock::new() });
        let mut last = &self.signed_in;
        while let Err(refused) = last.set(new) {
            new = refused;
            let Some(there) = last.get() else { return };
            last = &there.next;
        }
    }

    /// Whether a root field of this request signed a user in.
    pub fn has_sign_ins(&self) -> bool {
        self.signed_in.get().is_some()
    }

    /// The user who was signed in by this root field; the last one if there are several.
    pub fn signed_in_by(&self, field: &str) -> Option<&SignedIn> {
        let all = std::iter::successors(self.signed_in.get(), |one| one.next.get());
        all.filter(|one| one.field == field).last().map(AsRef::as_ref)
    }
}

/// The pending batches of one request.
#[derive(Clone, Default)]
pub struct Batches {
    waiting: Arc<Mutex<Vec<FutureObj<'static, ()>>>>,
    time_slice: TimeSlice,
}

/// Maximum time that a request runs before it yields to other tasks.
const TIME_SLICE: Duration = Duration::from_millis(5);
/// The clock is read once per this number of lookups.
const LOOKUPS_PER_CLOCK_READ: u32 = 32;

/// Makes a request with many fields yield to other tasks. Otherwise all its fields would be polled in one call, and neither a
/// timeout nor other tasks of the thread could run.
#[derive(Clone, Default)]
pub struct TimeSlice(Arc<SliceState>);

#[derive(Default)]
struct SliceState {
    /// `None` if the request is not driven by [`Batches::drive`].
    began: Mutex<Option<Instant>>,
    lookups: AtomicU32,
    over: AtomicBool,
}

impl TimeSlice {
    fn begin(&self) {
        *self.0.began.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.over.store(false, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Relaxed)
    }

    fn read_clock(&self) {
        let began = *self.0.began.lock().unwrap_or_else(PoisonError::into_inner);
        if began.is_some_and(|began| began.elapsed() >= TIME_SLICE) {
            self.0.over.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for the next time slice of the request if this one is over.
    pub async fn wait(&self) {
        if self.0.lookups.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKUPS_PER_CLOCK_READ) {
            self.read_clock();
        }
        std::future::poll_fn(|context| {
            if self.is_over() {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// The loader of an operation that is not driven by [`Batches::drive`], such as a subscription: keys that are requested within a
/// millisecond form one batch. Values are not cached, so every update reads current data.
pub fn with_spawned_batches(app: &Arc<App>, viewer: &Viewer) -> DataLoader<Loaders> {
    DataLoader::new(Loaders::new(app, viewer, None), TokioSpawner::current(), TokioTimer::default())
        .delay(Duration::from_millis(1))
}

impl Spawn for Batches {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        Ok(())
    }
}

/// No delay: a batch starts when the request is pending.
struct NoDelay;

impl Timer for NoDelay {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Batches {
    /// The loader of one request, which must be driven by [`Batches::drive`].
    pub fn loaders(&self, app: &Arc<App>, viewer: &Viewer) -> DataLoader<Loaders> {
        DataLoader::new(Loaders::new(app, viewer, Some(self.clone())), self.clone(), NoDelay).delay(Duration::ZERO)
    }

    /// The time slice of the request, which [`ContextExt`](crate::context::ContextExt) checks before each lookup.
    pub fn time_slice(&self) -> TimeSlice {
        self.time_slice.clone()
    }

    /// Runs a request together with its batches, which start when all its other futures are pending. Yields to other tasks of the
    /// thread after each time slice.
    pub async fn drive<T>(&self, request: impl Future<Output = T>) -> T {
        // Declared first, so that it is dropped last.
        let _drop_on_cancel = DropOnCancel(self);
        let mut request = pin!(request);
        let mut running = FuturesUnordered::new();
        std::future::poll_fn(move |context| {
            self.time_slice.begin();
            loop {
                if let Poll::Ready(answer) = request.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                // Fields that wait for the next time slice have not requested their keys yet: no batch starts without them.
                self.time_slice.read_clock();
                if self.time_slice.is_over() {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let new = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
                let none_new = new.is_empty();
                running.extend(new);
                match running.poll_next_unpin(context) {
                    // A batch is complete, so the request can continue.
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) => return Poll::Pending,
                    Poll::Pending if none_new => return Poll::Pending,
                    Poll::Pending => {}
                }
            }
        })
        .await
    }
}

/// Drops the batches of a cancelled request, to break the reference cycle between batches and loaders.
struct DropOnCancel<'a>(&'a Batches);

impl Drop for DropOnCancel<'_> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[tokio::test(flavor = "current_thread")]
    async fn a_request_with_many_lookups_yields_and_can_time_out() {
        let batches = Batches::default();
        let time_slice = batches.time_slice();
        let done = AtomicUsize::new(0);
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        // Each is ready immediately; together they take seconds.
        let field = async || {
            time_slice.wait().await;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(50) {}
            done.fetch_add(1, Ordering::Relaxed);
        };
        let request = futures::future::join_all((0..100_000).map(|_| field()));
        let ended = tokio::time::timeout(Duration::from_millis(200), batches.drive(request)).await;
        other.abort();
        assert!(ended.is_err(), "the request did not time out");
        assert!(done.load(Ordering::Relaxed) < 100_000);
        assert!(runs.load(Ordering::Relaxed) > 5, "the other task ran {} times", runs.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn fields_that_wait_for_a_time_slice_are_in_the_same_batch() {
        let batches = Batches::default();
        let (time_slice, begun, asked) = (batches.time_slice(), Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let spawner = batches.clone();
        let field = async || {
            time_slice.wait().await;
            let begun_at = Instant::now();
            while begun_at.elapsed() < Duration::from_micros(300) {}
            asked.fetch_add(1, Ordering::Relaxed);
        };
        let batch = Arc::clone(&begun);
        spawner
            .spawn_obj(FutureObj::new(Box::new(async move {
                batch.store(1, Ordering::Relaxed);
            })))
            .ok();
        let request = async {
            futures::future::join_all((0..200).map(|_| field())).await;
            assert_eq!(begun.load(Ordering::Relaxed), 0, "the batch did not wait for all fields");
            let () =
                std::future::poll_fn(|_| if begun.load(Ordering::Relaxed) == 1 { Poll::Ready(()) } else { Poll::Pending }).await;
        };
        batches.drive(request).await;
        assert_eq!(asked.load(Ordering::Relaxed), 200);
    }

    #[tokio::test]
    async fn a_cancelled_request_leaves_no_batch_behind() {
        let batches = Batches::default();
        let held = Arc::new(());
        // A real batch holds its loader, which holds the batches.
        let batch = (Arc::clone(&held), batches.clone());
        let spawner = batches.clone();
        let driven = batches.drive(std::future::pending::<()>());
        let mut driven = Box::pin(driven);
        assert!(futures::poll!(driven.as_mut()).is_pending());
        spawner.spawn_obj(FutureObj::new(Box::new(async move { drop(batch) }))).ok();
        drop(driven);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
