//! Tasks that begin at the same moment.

use futures::future::{LocalBoxFuture, join_all};
use tokio::sync::Barrier;

/// Runs tasks from a barrier; their results in the given order.
pub async fn at_once<T>(tasks: Vec<LocalBoxFuture<'_, T>>) -> Vec<T> {
    let barrier = Barrier::new(tasks.len());
    let tasks = tasks.into_iter().map(async |task| {
        barrier.wait().await;
        task.await
    });
    join_all(tasks).await
}
