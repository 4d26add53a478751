//! The open connections: how many there are, and the watch over the sessions of those who are signed in.

use crate::http::count::{Counted, Counts};
use entity::id::{SessionId, UserId};
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::auth::resolve::{SignedIn, Standing, standing};
use souk_core::config::Limits;
use souk_core::error::Result;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often sessions are looked at. A stream outlives its session by no more than this: one look for each update would cost a
/// statement for each subscriber, this costs one for two thousand sessions.
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

/// The open connections.
pub struct Sockets {
    entries: Mutex<Entries>,
    in_all: Counts<()>,
    networks: Counts<String>,
    users: Counts<UserId>,
    most: usize,
    per_network: usize,
    per_user: usize,
}

/// A connection that is counted, until it is dropped.
pub struct Connected {
    _in_all: Counted<()>,
    _network: Counted<String>,
}

/// A connection's place in the list, until it is dropped.
pub struct Ticket {
    sockets: Arc<Sockets>,
    number: u64,
    _user: Counted<UserId>,
    /// Told when the token has expired, the session was revoked, or its person was blocked or given another role.
    pub over: CancellationToken,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.sockets.entries().open.remove(&self.number);
    }
}

impl Sockets {
    /// None yet.
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

    /// Counts one more connection; `None` if there are as many as there may be, in all or from its network.
    pub fn connect(&self, network: String) -> Option<Connected> {
        let network = self.networks.enter(network, self.per_network)?;
        let in_all = self.in_all.enter((), self.most)?;
        Some(Connected { _in_all: in_all, _network: network })
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches over one more connection of a signed-in user; `None` if they have as many as they may have.
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

    /// Ends connections whose token or session is no longer good, every second until it is told to stop.
    pub async fn watch(&self, app: &App, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            if let Err(error) = self.look(app).await {
                tracing::error!(?error, "the sessions of open connections can't be looked at; trying again");
            }
        }
    }

    async fn look(&self, app: &App) -> Result<()> {
        let now = app.clock.now();
        let sessions: HashSet<SessionId> = self.entries().open.values().map(|entry| entry.session).collect();
        let sessions: Vec<_> = sessions.into_iter().collect();
        let good = standing(app, &sessions).await?;
        let looked_at: HashSet<_> = sessions.into_iter().collect();
        for entry in self.entries().open.values() {
            // One that came while the database was asked waits for the next look.
            let changed = looked_at.contains(&entry.session) && good.get(&entry.session) != Some(&entry.standing);
            if changed || entry.expires_at <= now {
                entry.over.cancel();
            }
        }
        Ok(())
    }
}
