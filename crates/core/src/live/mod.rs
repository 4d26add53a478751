//! Two logs and what follows them: events, which are facts for people, and changes, which say what is to be read again.
//!
//! A row is written in the transaction of its cause, without a position ([`append`], [`Tx::changed`](crate::db::Tx::changed)). After
//! the commit the sequencer gives it one, holding the lock on the log's row of `event_heads`, so positions become visible in their
//! order. A reader that has seen position n has seen everything up to n: nothing can appear below it later.
//!
//! The [`Hub`] of a process reads each new event once and hands it to the streams that listen; a stream that missed something (it
//! was away, or slow) reads it from the log. [`Changes`] reads each new change once and hands it to the consumers. Wake-ups can be
//! lost, the logs can't.

mod append;
mod buyer;
mod change_log;
mod changes;
mod cursor;
mod event_log;
mod hub;
mod notify;
mod rights;
mod sequencer;
mod stream;
mod topic;

pub use append::{NewEvent, NewOrderEvent, OrderStatuses, append, append_first};
pub use buyer::{erase, set_buyer};
pub use change_log::{Change, change_head, prune_changes, sequence_changes};
pub use changes::{Changes, Consumer, Progress};
pub use cursor::Cursor;
pub use event_log::{now, places, sequence};
pub use hub::Hub;
pub use notify::listen;
pub use rights::WatchedRight;
pub use stream::{Update, follow};
pub use topic::Topic;
