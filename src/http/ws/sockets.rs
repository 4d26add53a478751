//! The open connections of people who are signed in, and the watch over their sessions.

use crate::app::App;
use crate::auth::resolve::{SignedIn, Standing, standing};
use crate::error::Result;
use entity::id::SessionId;
use sea_orm::prelude::DateTimeUtc;
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

/// The open connections of people who are signed in.
#[derive(Default)]
pub struct Sockets(Mutex<Entries>);

/// A connection's place in the list, until it is dropped.
pub struct Ticket {
    sockets: Arc<Sockets>,
    number: u64,
    /// Told when the token has expired, the session was revoked, or its person was blocked or given another role.
    pub over: CancellationToken,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.sockets.entries().open.remove(&self.number);
    }
}

impl Sockets {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches over one more connection; `None` where nobody is signed in.
    pub fn enter(self: &Arc<Self>, signed_in: &SignedIn) -> Option<Ticket> {
        let person = signed_in.viewer.person()?;
        let over = CancellationToken::new();
        let entry = Entry {
            session: person.session,
            standing: Standing { role: person.role, permissions: person.permissions.clone() },
            expires_at: signed_in.expires_at,
            over: over.clone(),
        };
        let mut entries = self.entries();
        entries.last += 1;
        let number = entries.last;
        entries.open.insert(number, entry);
        drop(entries);
        Some(Ticket { sockets: Arc::clone(self), number, over })
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
