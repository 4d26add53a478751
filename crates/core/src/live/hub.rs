//! One reader of the event log for each process, and the streams that listen to it.

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Result;
use crate::live::event_log::{self, EventLog};
use crate::live::rights::{Rights, WatchedRight};
use crate::live::sequencer;
use crate::live::topic::Topic;
use entity::event::{self, Column};
use entity::id::StoreId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// How often the log is read without a wake-up: other instances write, too, and a wake-up can be lost.
const INTERVAL: Duration = Duration::from_millis(200);
/// Events that are read at once.
const PAGE: u64 = 500;
/// How many events a stream may be behind before it reads from the log instead. Small, as each topic keeps that many.
const BEHIND: usize = 16;

type Sender = broadcast::Sender<Arc<event::Model>>;

/// Hands new events to the streams that listen. A topic without listeners takes no memory.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
    rights: Arc<Rights>,
}

#[derive(Default)]
struct State {
    topics: HashMap<Topic, Sender>,
    /// Position up to which everything was handed on; absent before the log was read first.
    position: Option<i64>,
    /// Streams that began since the start.
    begun: u64,
}

impl Hub {
    /// Without listeners.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Gives positions to events, reads those that have one and hands them on, and checks the rights of streams, until it is told to
    /// stop.
    pub async fn run(&self, app: &App, stop: CancellationToken) {
        tokio::join!(self.hand_on(app, &stop), self.rights.run(app, &stop));
    }

    /// Watches a user's right to see the orders of a store, so that the stream ends with the right.
    pub fn watch_orders(&self, viewer: &Viewer, store: StoreId) -> Result<WatchedRight> {
        self.rights.watch_orders(viewer, store)
    }

    async fn hand_on(&self, app: &App, stop: &CancellationToken) {
        loop {
            let woken = app.db.wakeups().events.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            if let Err(error) = self.turn(app).await {
                tracing::error!(?error, "the event log can't be read; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = woken => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn turn(&self, app: &App) -> Result<()> {
        let known = self.state().position;
        let mut position = match known {
            Some(position) => position,
            // Earlier events are read by the streams that ask for them.
            None => sequencer::head::<EventLog>(&app.db).await?,
        };
        self.state().position = Some(position);
        event_log::sequence(&app.db).await?;
        loop {
            let query = event::Entity::find().filter(Column::Position.gt(position)).order_by_asc(Column::Position).limit(PAGE);
            let rows = query.all(app.db.read()).await?;
            let full = rows.len() as u64 == PAGE;
            position = rows.last().and_then(|row| row.position).unwrap_or(position);
            self.publish(rows, position);
            if !full {
                return Ok(());
            }
        }
    }

    fn publish(&self, events: Vec<event::Model>, position: i64) {
        let mut state = self.state();
        state.position = Some(position);
        for event in events.into_iter().map(Arc::new) {
            for topic in Topic::of(&event) {
                if let Some(sender) = state.topics.get(&topic) {
                    // Fails if the last listener is just leaving.
                    let _ = sender.send(Arc::clone(&event));
                }
            }
        }
    }

    /// Listens to a topic. The listener gets every event after the returned position, if there is one.
    pub(super) fn listen(self: &Arc<Self>, topic: Topic) -> (Listener, Option<i64>) {
        let mut state = self.state();
        state.begun += 1;
        let receiver = state.topics.entry(topic).or_insert_with(|| broadcast::channel(BEHIND).0).subscribe();
        (Listener { hub: Arc::clone(self), topic, receiver: Some(receiver) }, state.position)
    }

    /// Number of topics that have listeners.
    pub fn topic_count(&self) -> usize {
        self.state().topics.len()
    }

    /// Number of streams that began since the start.
    pub fn begun_count(&self) -> u64 {
        self.state().begun
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receives the events of a topic for one stream. The topic is forgotten with its last listener.
pub(super) struct Listener {
    hub: Arc<Hub>,
    topic: Topic,
    receiver: Option<broadcast::Receiver<Arc<event::Model>>>,
}

/// Outcome of waiting for an event.
pub(super) enum Heard {
    /// The next event.
    Event(Arc<event::Model>),
    /// Some events were dropped, as the stream was too slow: they must be read from the log.
    TooMuch,
    /// There will be no more.
    End,
}

impl Listener {
    pub(super) async fn next(&mut self) -> Heard {
        let Some(receiver) = &mut self.receiver else { return Heard::End };
        match receiver.recv().await {
            Ok(event) => Heard::Event(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Heard::TooMuch,
            Err(broadcast::error::RecvError::Closed) => Heard::End,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        self.receiver = None;
        if state.topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 0) {
            state.topics.remove(&self.topic);
        }
    }
}
