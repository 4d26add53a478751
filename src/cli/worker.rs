//! `souk worker`, and the worker in `souk serve`.

use crate::cli::failure::Outcome;
use crate::cli::lock::{self, Process};
use crate::cli::start::start;
use souk_core::app::App;
use souk_core::config::Config;
use souk_core::job::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Time that running requests and jobs have to finish after a stop signal.
pub(super) const GRACE_PERIOD: Duration = Duration::from_secs(30);

/// Runs jobs until a signal arrives; then finishes the running ones.
pub(super) async fn run(config: Config) -> Outcome {
    let _lock = lock::lock_sqlite(&config, Process::Worker)?;
    let app = start(config, false).await?;
    let stop = stop_on_signal()?;
    tracing::info!("the worker is waiting for jobs");
    let worker = spawn(&app, stop.clone());
    stop.cancelled().await;
    finish(worker).await;
    Ok(())
}

/// Starts a worker in a task.
pub(super) fn spawn(app: &Arc<App>, stop: CancellationToken) -> JoinHandle<()> {
    let worker = Worker::new(Arc::clone(app), souk_domain::jobs());
    tokio::spawn(async move { worker.run(stop).await })
}

/// Waits for a worker that was asked to stop, at most [`GRACE_PERIOD`].
pub(super) async fn finish(task: JoinHandle<()>) {
    match tokio::time::timeout(GRACE_PERIOD, task).await {
        Ok(Ok(())) => tracing::info!("all running jobs have finished"),
        Ok(Err(error)) => tracing::error!(%error, "the worker failed"),
        Err(_) => tracing::warn!("jobs are still running; they will run again when their lease expires"),
    }
}

/// Returns a token that SIGTERM or Ctrl-C cancels. A second signal ends the process immediately.
pub(super) fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping after running requests and jobs have finished");
        signalled.cancel();
        signals.next().await;
        tracing::warn!("received a second signal; stopping immediately");
        std::process::exit(1);
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
