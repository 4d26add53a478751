//! `souk serve`.

use crate::cli::lock::{self, Duty};
use crate::cli::{Failure, Migrate, Outcome, demo, start, worker};
use souk::demo::SignIn;
use souk::http::Server;
use souk_core::app::App;
use souk_core::config::Config;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

#[derive(clap::Args)]
pub struct Options {
    /// Fill an empty database with an invented marketplace, and print its sign-ins
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    migrate: Migrate,
    /// Leave the jobs to `souk worker`
    #[arg(long)]
    no_worker: bool,
}

/// Serves until it is told to stop; then finishes what it has begun.
pub async fn run(config: Config, options: Options) -> Outcome {
    let begun = Instant::now();
    let stop = worker::on_signal()?;
    let _serves = lock::take(&config, Duty::Serve)?;
    let _works = if options.no_worker { None } else { lock::take(&config, Duty::Work)? };
    let app = start(config, options.migrate.migrate).await?;
    // Before the demo is made: that the port is taken should be known at once.
    let listener = bind(&app)?;
    let demo = if options.demo { demo::fill_when_empty(&app).await? } else { Vec::new() };
    let working = (!options.no_worker).then(|| worker::spawn(&app, stop.clone()));
    let address = listener.local_addr()?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%address, public_url = %app.config.public_url, milliseconds, "Souk serves");
    let finishing = async {
        stop.cancelled().await;
        if let Some(working) = working {
            worker::finish(working).await;
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

/// Connections that wait to be accepted, as many as Linux allows by default (`net.core.somaxconn`). If more arrive at once, their
/// clients try again after a second.
const BACKLOG: u32 = 4096;

fn bind(app: &App) -> Outcome<TcpListener> {
    let address = app.config.listen;
    let failed = |error| Failure::Usage(format!("SOUK_LISTEN: can't listen on {address}: {error}"));
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    // As `TcpListener::bind` does: an address can be used again right after a restart.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(address).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)
}

/// Takes requests until `stop`, then lets the running ones finish for a while.
async fn serve(app: &Arc<App>, listener: TcpListener, stop: &CancellationToken, demo: Vec<SignIn>) {
    let server = Server::start(Arc::clone(app), stop.clone()).with_demo(demo);
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(worker::GRACE).await;
    };
    let finishing = async {
        souk::http::serve(server.clone(), listener).await;
        // The ends of live updates are told to try again.
        server.stopped().await;
    };
    tokio::select! {
        () = finishing => {}
        () = overdue => tracing::warn!("requests were still running; their connections are cut"),
    }
}
