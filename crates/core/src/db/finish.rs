//! Statements that are finished even if their caller is dropped.

use futures::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs `work` to its end once it has begun, even if the returned future is dropped: then a task of its own goes on with it.
///
/// A request is dropped wherever it happens to wait, for example when the client hangs up. sqlx then returns a connection to the
/// pool whose `BEGIN` was sent but not answered (the next user finds itself inside a transaction), or whose answer was half read
/// (MariaDB: the rest is taken for the answer to the next statement, or is waited for without end).
pub(super) fn finish<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Finish<T> {
    Finish { work: Some(Box::pin(work)), begun: false }
}

/// See [`finish`].
pub(super) struct Finish<T: Send + 'static> {
    work: Option<BoxFuture<'static, T>>,
    begun: bool,
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out while it runs: what panicked is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        self.begun = true;
        let state = work.as_mut().poll(context);
        if state.is_pending() {
            self.work = Some(work);
        }
        state
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take().filter(|_| self.begun) else { return };
        // Without a runtime the process is ending, and its connections with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_has_begun_is_finished_and_what_has_not_is_dropped() {
        let (release, released) = oneshot::channel::<()>();
        let (done, mut is_done) = oneshot::channel::<u32>();
        let mut work = finish(async move {
            let _ = released.await;
            let _ = done.send(7);
        });
        assert!((&mut work).now_or_never().is_none());
        drop(work);
        assert!(is_done.try_recv().is_err());
        assert!(release.send(()).is_ok());
        assert_eq!(is_done.await, Ok(7));

        let (done, is_done) = oneshot::channel::<u32>();
        drop(finish(async move { done.send(7) }));
        assert!(is_done.await.is_err());
    }

    #[tokio::test]
    async fn what_is_awaited_answers_as_ever() {
        assert_eq!(finish(async { 7 }).await, 7);
    }
}
