//! Compares the search index of this process with the database, from time to time.

use souk_core::app::App;
use souk_domain::search::SearchFeed;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(3_600);

/// Compares every hour until `stop`. A difference is logged and counted where it is found, and the index is filled again.
pub(super) async fn run(app: &App, feed: &SearchFeed, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            checked = feed.check(app) => match checked {
                Ok(Some(_)) => {}
                Ok(None) => tracing::warn!("the search index was not compared with the database, as stores changed meanwhile"),
                Err(error) => tracing::error!(?error, "the search index can't be compared with the database"),
            },
        }
    }
}
