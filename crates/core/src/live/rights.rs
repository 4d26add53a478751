//! Checks the rights that open streams depend on: a stream ends when its right has ended, even if there are no events.
//!
//! Sessions, roles and permissions are checked by the connection. Checked here is the right to see a store's orders, which ends with a
//! membership, with the store, or when the store gets another owner.

use crate::app::App;
use crate::auth::{Claim, StoreTask, Viewer, claims_that_hold};
use crate::error::{Fault, Result};
use entity::id::StoreId;
use entity::value::Permission;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often rights are checked: two statements for five hundred rights. A stream outlives its right by no more than this, and sends
/// nothing in that time, as the right is also checked before each update.
const INTERVAL: Duration = Duration::from_secs(1);

/// Cancelled when the right has ended; one for all streams of the same right.
type Ended = Arc<CancellationToken>;

/// The rights of all open streams of a process.
#[derive(Default)]
pub(super) struct Rights(Mutex<HashMap<Claim, Ended>>);

/// The right of a stream, checked until it is dropped.
pub struct WatchedRight {
    rights: Arc<Rights>,
    claim: Claim,
    ended: Ended,
}

impl WatchedRight {
    /// Returns when the right has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for WatchedRight {
    fn drop(&mut self) {
        let mut entries = self.rights.entries();
        // Held by the list and by this stream only: it is the last one.
        let is_last = |entry: &Ended| Arc::ptr_eq(entry, &self.ended) && Arc::strong_count(entry) == 2;
        if entries.get(&self.claim).is_some_and(is_last) {
            entries.remove(&self.claim);
        }
    }
}

impl Rights {
    fn entries(&self) -> MutexGuard<'_, HashMap<Claim, Ended>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a user's right to see the orders of a store. Whether the user has it is checked by the caller, after this.
    pub(super) fn watch_orders(self: &Arc<Self>, viewer: &Viewer, store: StoreId) -> Result<WatchedRight> {
        let user = viewer.user_id().ok_or(Fault::Unauthenticated)?;
        let claim = Claim { user, store, by_permission: viewer.may(Permission::ManageOrders) };
        let ended = Arc::clone(self.entries().entry(claim).or_default());
        Ok(WatchedRight { rights: Arc::clone(self), claim, ended })
    }

    /// Ends the streams whose right has ended, once a second, until it is told to stop.
    pub(super) async fn run(&self, app: &App, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            if let Err(error) = self.look(app).await {
                tracing::error!(?error, "the rights of open streams can't be checked; trying again");
            }
        }
    }

    async fn look(&self, app: &App) -> Result<()> {
        let watched: Vec<(Claim, Ended)> = self.entries().iter().map(|(claim, ended)| (*claim, Arc::clone(ended))).collect();
        if watched.is_empty() {
            return Ok(());
        }
        let claims: Vec<Claim> = watched.iter().map(|(claim, _)| *claim).collect();
        let held = claims_that_hold(app, &claims, StoreTask::Orders).await?;
        let mut entries = self.entries();
        for (claim, ended) in &watched {
            // The last stream may have ended during the query.
            let is_used = entries.get(claim).is_some_and(|entry| Arc::ptr_eq(entry, ended));
            if !held.contains(claim) {
                ended.cancel();
            }
            // A stream that begins later gets a new entry, as the right may be granted again.
            if is_used && (!held.contains(claim) || Arc::strong_count(ended) == 2) {
                entries.remove(claim);
            }
        }
        Ok(())
    }
}
