//! `souk worker`, and the worker inside `souk serve`.

use crate::cli::lock::{self, Duty};
use crate::cli::{Outcome, start};
use souk_core::app::App;
use souk_core::config::Config;
use souk_core::job::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a stopping Souk waits for what it has begun.
pub const GRACE: Duration = Duration::from_secs(30);

/// Does jobs until it is told to stop; then finishes what it has begun.
pub async fn run(config: Config) -> Outcome {
    let _works = lock::take(&config, Duty::Work)?;
    let app = start(config, false).await?;
    let stop = on_signal()?;
    tracing::info!("the worker waits for jobs");
    let working = spawn(&app, stop.clone());
    stop.cancelled().await;
    finish(working).await;
    Ok(())
}

/// A worker in the background.
pub fn spawn(app: &Arc<App>, stop: CancellationToken) -> JoinHandle<()> {
    let worker = Worker::new(Arc::clone(app), souk_domain::jobs());
    tokio::spawn(async move { worker.run(stop).await })
}

/// Waits for a task that was told to stop.
pub async fn finish(task: JoinHandle<()>) {
    match tokio::time::timeout(GRACE, task).await {
        Ok(Ok(())) => tracing::info!("the jobs that were begun are done"),
        Ok(Err(error)) => tracing::error!(%error, "the worker broke off"),
        Err(_) => tracing::warn!("jobs were still running; they will run again when their lease ends"),
    }
}

/// Is cancelled by SIGTERM or Ctrl-C. A second signal ends the process at once.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: what was begun is finished first");
        told.cancel();
        signals.next().await;
        tracing::warn!("told a second time: ending now");
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
