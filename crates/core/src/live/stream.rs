//! Following the event log: what was missed, then what is new, in order, each event once.
//!
//! A stream listens first and then reads the log. An event that was not in the log yet got its position later, so the hub reads it
//! later, too, when the stream already listens: there is no gap. An event that is both read and received is recognised by its position,
//! which only grows: nothing comes twice. The same holds if a stream was too slow to receive all: it goes on listening, and reads the
//! log from its own position.

use crate::app::App;
use crate::error::{Fault, Result};
use crate::live::cursor::Cursor;
use crate::live::event_log::EventLog;
use crate::live::hub::{Heard, Hub, Listener};
use crate::live::sequencer;
use crate::live::topic::Topic;
use entity::event::{self, Column};
use futures::Stream;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events read from the log at once.
const PAGE: u64 = 100;

/// One event of a stream.
#[derive(Clone, Debug)]
pub struct Update {
    /// Position of the event; the events after it are requested with it.
    pub cursor: Cursor,
    /// What happened.
    pub event: Arc<event::Model>,
}

struct Follower {
    app: Arc<App>,
    topic: Topic,
    listener: Listener,
    last: i64,
    /// Whether the log can have events that are neither in `page` nor will be received.
    behind: bool,
    page: VecDeque<event::Model>,
}

/// The events of a topic after a position in the log, or from now on. The stream ends with the first error; the client continues with
/// the last cursor.
pub async fn follow(
    app: &Arc<App>,
    hub: &Arc<Hub>,
    topic: Topic,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<Update>> + Send + use<>> {
    let (listener, heard_from) = hub.listen(topic);
    let known = match heard_from {
        Some(position) => position,
        // The hub has just begun; it reads from a head that is not newer than this one.
        None => sequencer::head::<EventLog>(&app.db).await?,
    };
    // Another instance can be ahead of this one's hub, but nothing is ahead of the log.
    if after.is_some_and(|after| after.0 > known)
        && after.map(|after| after.0) > Some(sequencer::head::<EventLog>(&app.db).await?)
    {
        let message = "after must be a cursor of this marketplace; it is beyond the newest event.".to_owned();
        return Err(Fault::BadUserInput { argument: "after", message }.into());
    }
    let last = after.map_or(known, |after| after.0);
    let follower = Follower { app: Arc::clone(app), topic, listener, last, behind: after.is_some(), page: VecDeque::new() };
    Ok(futures::stream::try_unfold(follower, |mut follower| async move {
        let next = follower.next().await?;
        Ok(next.map(|update| (update, follower)))
    }))
}

impl Follower {
    async fn next(&mut self) -> Result<Option<Update>> {
        loop {
            if let Some(row) = self.page.pop_front() {
                return Ok(Some(self.advance(Arc::new(row))));
            }
            if self.behind {
                let rows = self.read().await?;
                self.behind = rows.len() as u64 == PAGE;
                self.page = rows.into();
                continue;
            }
            match self.listener.next().await {
                Heard::Event(event) if event.position > Some(self.last) => return Ok(Some(self.advance(event))),
                Heard::Event(_) => {}
                Heard::TooMuch => self.behind = true,
                Heard::End => return Ok(None),
            }
        }
    }

    fn advance(&mut self, event: Arc<event::Model>) -> Update {
        self.last = event.position.unwrap_or(self.last);
        Update { cursor: Cursor(self.last), event }
    }

    /// The next page of the log, by the index of the topic's column and the position.
    async fn read(&self) -> Result<Vec<event::Model>> {
        let query = event::Entity::find().filter(self.topic.filter()).filter(Column::Position.gt(self.last));
        Ok(query.order_by_asc(Column::Position).limit(PAGE).all(self.app.db.read()).await?)
    }
}
