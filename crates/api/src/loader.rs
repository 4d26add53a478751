//! Batching: what the fields of one level ask for is read by one statement.
//!
//! `Loaders` implements `Loader<K>` for each kind of key; the implementation stands in the feature's module. Its batches run in
//! the request's own task, and only when everything else of the request waits: so a level is always one batch, without a timer
//! and without a race between threads.

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

/// Reads by keys; what a viewer may not see is not found.
pub struct Loaders {
    /// The marketplace.
    pub app: Arc<App>,
    /// Whoever asks.
    pub viewer: Viewer,
    /// Where its batches wait; absent if they are spawned.
    batches: Option<Batches>,
    /// Absent until a root field signs a user in.
    signed_in: OnceLock<Box<SignedIn>>,
}

/// A user who was signed in by a root field of this request: the answer of that field is read as this user.
pub struct SignedIn {
    /// The root field, by its name in the answer.
    field: String,
    /// Who.
    pub viewer: Viewer,
    /// Reads as them.
    pub loader: DataLoader<Loaders>,
    /// By a later root field.
    next: OnceLock<Box<SignedIn>>,
}

impl Loaders {
    fn new(app: &Arc<App>, viewer: &Viewer, batches: Option<Batches>) -> Self {
        Self { app: Arc::clone(app), viewer: viewer.clone(), batches, signed_in: OnceLock::new() }
    }

    /// From now on what the root field answers with is read as `viewer`.
    pub fn sign_in(&self, field: String, viewer: Viewer) {
        let loader = match &self.batches {
            Some(batches) => batches.loaders(&self.app, &viewer),
            None => undriven(&self.app, &viewer),
        };
        let mut new = Box::new(SignedIn { field, viewer, loader, next: OnceLock::new() });
        let mut last = &self.signed_in;
        while let Err(refused) = last.set(new) {
            new = refused;
            let Some(there) = last.get() else { return };
            last = &there.next;
        }
    }

    /// Whether anybody signed in by a root field of this request.
    pub fn has_sign_ins(&self) -> bool {
        self.signed_in.get().is_some()
    }

    /// Who signed in by this root field, if anybody did; the last of several.
    pub fn signed_in_by(&self, field: &str) -> Option<&SignedIn> {
        let all = std::iter::successors(self.signed_in.get(), |one| one.next.get());
        all.filter(|one| one.field == field).last().map(AsRef::as_ref)
    }
}

/// The batches of one request that wait to be run.
#[derive(Clone, Default)]
pub struct Batches {
    waiting: Arc<Mutex<Vec<FutureObj<'static, ()>>>>,
    pace: Pace,
}

/// A request runs so long before others get their turn.
const TURN: Duration = Duration::from_millis(5);
/// The clock is looked at once for so many look-ups.
const LOOKS: u32 = 32;

/// Makes a request with many fields let others run in between. Its fields would otherwise all be polled in one go, and neither a
/// time limit nor anything else on the thread could act.
#[derive(Clone, Default)]
pub struct Pace(Arc<Turn>);

#[derive(Default)]
struct Turn {
    /// Absent where nobody drives the request.
    began: Mutex<Option<Instant>>,
    looks: AtomicU32,
    over: AtomicBool,
}

impl Pace {
    fn begin_turn(&self) {
        *self.0.began.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.over.store(false, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Relaxed)
    }

    fn look_at_clock(&self) {
        let began = *self.0.began.lock().unwrap_or_else(PoisonError::into_inner);
        if began.is_some_and(|began| began.elapsed() >= TURN) {
            self.0.over.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for the request's next turn, if this one is over.
    pub async fn turn(&self) {
        if self.0.looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS) {
            self.look_at_clock();
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

/// The loaders of an operation that nobody drives, such as a subscription: what is asked for within a millisecond is one batch.
/// Nothing is remembered, so every update reads what is true then.
pub fn undriven(app: &Arc<App>, viewer: &Viewer) -> DataLoader<Loaders> {
    DataLoader::new(Loaders::new(app, viewer, None), TokioSpawner::current(), TokioTimer::default())
        .delay(Duration::from_millis(1))
}

impl Spawn for Batches {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        Ok(())
    }
}

/// No delay: a batch is begun when the request waits.
struct AtOnce;

impl Timer for AtOnce {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl Batches {
    /// The loaders of one request; it must be run by [`Batches::drive`].
    pub fn loaders(&self, app: &Arc<App>, viewer: &Viewer) -> DataLoader<Loaders> {
        DataLoader::new(Loaders::new(app, viewer, Some(self.clone())), self.clone(), AtOnce).delay(Duration::ZERO)
    }

    /// For [`ContextExt`](crate::context::ContextExt): look-ups of a driven request keep to it.
    pub fn pace(&self) -> Pace {
        self.pace.clone()
    }

    /// Runs a request together with its batches, which begin when nothing else of it can go on. After each turn of it, others on
    /// the thread may run.
    pub async fn drive<T>(&self, request: impl Future<Output = T>) -> T {
        // Dropped last.
        let _left = Left(self);
        let mut request = pin!(request);
        let mut running = FuturesUnordered::new();
        std::future::poll_fn(move |context| {
            self.pace.begin_turn();
            loop {
                if let Poll::Ready(answer) = request.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                // Fields that wait for the next turn have not said yet what they need: no batch begins without them.
                self.pace.look_at_clock();
                if self.pace.is_over() {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let new = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
                let none_new = new.is_empty();
                running.extend(new);
                match running.poll_next_unpin(context) {
                    // A batch is done: the request can go on.
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

/// Forgets the batches that a request leaves behind when it is broken off: they hold the loaders, and the loaders hold them.
struct Left<'a>(&'a Batches);

impl Drop for Left<'_> {
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
    async fn a_request_with_many_look_ups_lets_others_run_and_can_be_ended() {
        let batches = Batches::default();
        let pace = batches.pace();
        let done = AtomicUsize::new(0);
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        // Ready at once, each of them; together they take seconds.
        let field = async || {
            pace.turn().await;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(50) {}
            done.fetch_add(1, Ordering::Relaxed);
        };
        let request = futures::future::join_all((0..100_000).map(|_| field()));
        let ended = tokio::time::timeout(Duration::from_millis(200), batches.drive(request)).await;
        other.abort();
        assert!(ended.is_err(), "it ran to its end");
        assert!(done.load(Ordering::Relaxed) < 100_000);
        assert!(turns.load(Ordering::Relaxed) > 5, "others ran {} times", turns.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn fields_that_wait_for_their_turn_are_in_the_same_batch() {
        let batches = Batches::default();
        let (pace, begun, asked) = (batches.pace(), Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let spawner = batches.clone();
        let field = async || {
            pace.turn().await;
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
    async fn a_request_that_is_broken_off_leaves_no_batch_behind() {
        let batches = Batches::default();
        let held = Arc::new(());
        // As a batch holds its loaders, which hold the batches.
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
