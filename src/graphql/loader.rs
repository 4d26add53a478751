//! Batching: what the fields of one level ask for is read by one statement.
//!
//! `Loaders` implements `Loader<K>` for each kind of key; the implementation stands in the feature's module. Its batches run in
//! the request's own task, and only when everything else of the request waits: so a level is always one batch, without a timer
//! and without a race between threads.

use crate::app::App;
use crate::auth::Viewer;
use async_graphql::dataloader::DataLoader;
use async_graphql::runtime::{Timer, TokioSpawner, TokioTimer};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::{FutureObj, Spawn, SpawnError};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// Reads by keys; what a viewer may not see is not found.
pub struct Loaders {
    /// The marketplace.
    pub app: Arc<App>,
    /// Whoever asks.
    pub viewer: Viewer,
}

/// The batches of one request that wait to be run.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

/// The loaders of an operation that nobody drives, such as a subscription: what is asked for within a millisecond is one batch.
/// Nothing is remembered, so every update reads what is true then.
pub fn undriven(app: &Arc<App>, viewer: &Viewer) -> DataLoader<Loaders> {
    let loaders = Loaders { app: Arc::clone(app), viewer: viewer.clone() };
    DataLoader::new(loaders, TokioSpawner::current(), TokioTimer::default()).delay(Duration::from_millis(1))
}

impl Spawn for Batches {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
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
        DataLoader::new(Loaders { app: Arc::clone(app), viewer: viewer.clone() }, self.clone(), AtOnce).delay(Duration::ZERO)
    }

    /// Runs a request together with its batches, which begin when nothing else of it can go on.
    pub async fn drive<T>(&self, request: impl Future<Output = T>) -> T {
        let mut request = pin!(request);
        let mut running = FuturesUnordered::new();
        std::future::poll_fn(move |context| {
            loop {
                if let Poll::Ready(answer) = request.as_mut().poll(context) {
                    return Poll::Ready(answer);
                }
                let new = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
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
