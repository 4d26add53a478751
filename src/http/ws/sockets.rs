//! The open WebSocket connections: their number, and the validity of the sessions of signed-in users.

use crate::http::count::{Counted, Counts};
use entity::id::{SessionId, UserId};
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::auth::Standing;
use souk_core::auth::resolve::{SignedIn, standing};
use souk_core::config::Limits;
use souk_core::error::Result;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Interval of the session checks, and so the maximum time that a connection outlives its session. A check per update would cost
/// a statement per subscriber; this costs one statement for two thousand sessions.
const INTERVAL: Duration = Duration::from_secs(1);

struct Entry {
    session: SessionId,
    standing: Standing,
    expires_at: DateTimeUtc,
    over: CancellationToken,
}

#[derive(Default)]
struct Entries {
    last: u64,
    open: HashMap<u64, Entry>,
}

/// The open WebSocket connections.
pub struct Sockets {
    entries: Mutex<Entries>,
    in_all: Counts<()>,
    networks: Counts<String>,
    users: Counts<UserId>,
    most: usize,
    per_network: usize,
    per_user: usize,
}

/// A counted connection, which is subtracted on drop.
pub struct Connected {
    _in_all: Counted<()>,
    _network: Counted<String>,
}

/// A watched connection of a signed-in user, which is removed on drop.
pub struct Ticket {
    sockets: Arc<Sockets>,
    number: u64,
    _user: Counted<UserId>,
    /// Cancelled when the token expires, the session is revoked, or the user is blocked or gets another role or other
    /// permissions.
    pub over: CancellationToken,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.sockets.entries().open.remove(&self.number);
    }
}

impl Sockets {
    /// No open connections.
    pub fn new(limits: &Limits) -> Self {
        Self {
            entries: Mutex::default(),
            in_all: Counts::default(),
            networks: Counts::default(),
            users: Counts::default(),
            most: limits.sockets,
            per_network: limits.sockets_per_address,
            per_user: limits.sockets_per_user,
        }
    }

    /// Counts a new connection; `None` if the total limit or the limit of its network is reached.
    pub fn connect(&self, network: String) -> Option<Connected> {
        let network = self.networks.enter(network, self.per_network)?;
        let in_all = self.in_all.enter((), self.most)?;
        Some(Connected { _in_all: in_all, _network: network })
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a new connection of a signed-in user; `None` if the limit of the user is reached.
    pub fn enter(self: &Arc<Self>, signed_in: &SignedIn) -> Option<Ticket> {
        let viewer = &signed_in.viewer;
        let user = self.users.enter(viewer.user_id()?, self.per_user)?;
        let over = CancellationToken::new();
        let entry = Entry {
            session: viewer.session()?,
            standing: viewer.standing()?,
            expires_at: signed_in.expires_at,
            over: over.clone(),
        };
        let mut entries = self.entries();
        entries.last += 1;
        let number = entries.last;
        entries.open.insert(number, entry);
        drop(entries);
        Some(Ticket { sockets: Arc::clone(self), number, _user: user, over })
    }

    /// Ends connections whose token or session is no longer valid, every second until `stop`.
    pub async fn watch(&self, app: &App, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            if let Err(error) = self.check_sessions(app).await {
                tracing::error!(?error, "failed to check the sessions of WebSocket connections; retrying");
            }
        }
    }

    async fn check_sessions(&self, app: &App) -> Result<()> {
        let now = app.clock.now();
        let sessions: HashSet<SessionId> = self.entries().open.values().map(|entry| entry.session).collect();
        let sessions: Vec<_> = sessions.into_iter().collect();
        let good = standing(app, &sessions).await?;
        let checked: HashSet<_> = sessions.into_iter().collect();
        for entry in self.entries().open.values() {
            // Connections that were added during the query wait for the next check.
            let changed = checked.contains(&entry.session) && good.get(&entry.session) != Some(&entry.standing);
            if changed || entry.expires_at <= now {
                entry.over.cancel();
            }
        }
        Ok(())
    }
}
