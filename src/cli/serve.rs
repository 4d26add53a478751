//! `souk serve`: serves the API.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::lock::{self, Process};
use crate::cli::start::{Migrate, start};
use crate::cli::{demo, worker};
use souk::demo::SignIn;
use souk::http::Server;
use souk_core::app::App;
use souk_core::config::Config;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Fill an empty database with a demo marketplace, and print its credentials
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    migrate: Migrate,
    /// Do not run jobs; `souk worker` runs them
    #[arg(long)]
    no_worker: bool,
}

/// Serves until a signal arrives; then finishes running requests and jobs.
pub(super) async fn run(config: Config, options: Options) -> Outcome {
    let started = Instant::now();
    let stop = worker::stop_on_signal()?;
    let _server_lock = lock::lock_sqlite(&config, Process::Server)?;
    let _worker_lock = if options.no_worker { None } else { lock::lock_sqlite(&config, Process::Worker)? };
    let app = start(config, options.migrate.migrate).await?;
    // Before the demo is created, so that a port in use is reported immediately.
    let listener = bind(&app)?;
    let demo = if options.demo { demo::fill_when_empty(&app).await? } else { Vec::new() };
    let worker_task = (!options.no_worker).then(|| worker::spawn(&app, stop.clone()));
    let address = listener.local_addr()?;
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%address, public_url = %app.config.public_url, milliseconds, "Souk is listening");
    let finishing = async {
        stop.cancelled().await;
        if let Some(task) = worker_task {
            worker::finish(task).await;
        }
    };
    let serving = async {
        serve(&app, listener, &stop, demo).await;
        stop.cancel();
    };
    let ((), ()) = tokio::join!(serving, finishing);
    tracing::info!("stopped");
    Ok(())
}

/// Number of connections that wait to be accepted: the default limit of Linux (`net.core.somaxconn`). If more arrive, their clients
/// retry after a second.
const BACKLOG: u32 = 4096;

fn bind(app: &App) -> Outcome<TcpListener> {
    let address = app.config.listen;
    let failed = |error| Failure::Usage(format!("SOUK_LISTEN: cannot listen on {address}: {error}."));
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    // As in `TcpListener::bind`, so that the address can be reused immediately after a restart.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(address).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)
}

/// Accepts requests until `stop` is cancelled, then waits for the running ones, at most [`worker::GRACE_PERIOD`].
async fn serve(app: &Arc<App>, listener: TcpListener, stop: &CancellationToken, demo: Vec<SignIn>) {
    let server = Server::start(Arc::clone(app), stop.clone()).with_demo(demo);
    let timeout = async {
        stop.cancelled().await;
        tokio::time::sleep(worker::GRACE_PERIOD).await;
    };
    let finishing = async {
        souk::http::serve(server.clone(), listener).await;
        // Subscriptions are closed with a code that asks clients to reconnect.
        server.stopped().await;
    };
    tokio::select! {
        () = finishing => {}
        () = timeout => tracing::warn!("requests are still running; closing their connections"),
    }
}
