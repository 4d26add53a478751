//! Wake-ups between instances on PostgreSQL. They are hints: all readers also look on a timer, which is all there is on MariaDB.
//!
//! One NOTIFY is sent for a batch of positions, after its commit. Within the transactions that cause events and changes it would make
//! all commits of the database wait for each other.

use crate::app::App;
use crate::db::Db;
use sea_orm::{ConnectionTrait, DbBackend};
use secrecy::ExposeSecret;
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CHANNEL: &str = "souk_log";
/// How long after a failure the listener connects again.
const RETRY: Duration = Duration::from_secs(1);

/// Tells the other instances that rows of a log got positions; returns at once.
pub(super) fn notify(db: &Db, log: &'static str) {
    if db.backend() != DbBackend::Postgres {
        return;
    }
    let db = db.clone();
    tokio::spawn(async move {
        // Neither part comes from outside.
        let sql = format!("NOTIFY {CHANNEL}, '{log} {}'", db.instance());
        if let Err(error) = db.raw().execute_unprepared(&sql).await {
            tracing::debug!(%error, "other instances could not be woken; they look on their own");
        }
    });
}

/// Wakes the readers of this process when another instance gave positions, until it is told to stop.
pub async fn listen(app: &App, stop: CancellationToken) {
    if app.db.backend() != DbBackend::Postgres {
        return;
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            failure = follow(app) => tracing::warn!(error = %failure, "wake-ups of other instances can't be received; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// Ends with the failure to connect.
async fn follow(app: &App) -> sqlx::Error {
    let mut listener = match PgListener::connect(app.config.database_url.expose_secret()).await {
        Ok(listener) => listener,
        Err(failure) => return failure,
    };
    if let Err(failure) = listener.listen(CHANNEL).await {
        return failure;
    }
    let wakeups = app.db.wakeups();
    loop {
        // Also after each reconnection, for what was missed meanwhile.
        match listener.try_recv().await {
            Ok(Some(notification)) => match notification.payload().split_once(' ') {
                Some((_, instance)) if instance == app.db.instance() => {}
                Some(("events", _)) => wakeups.events.notify_waiters(),
                Some(("changes", _)) => wakeups.changes.notify_waiters(),
                _ => {}
            },
            Ok(None) => {
                wakeups.events.notify_waiters();
                wakeups.changes.notify_waiters();
            }
            Err(failure) => return failure,
        }
    }
}
