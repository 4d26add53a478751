//! The log of events, its order, and the streams that follow it.
//!
//! An event is written in the transaction of its cause, without a position ([`append`]). After the commit the sequencer gives it
//! one; whoever gives positions holds the lock on the one row of `event_heads`, so positions become visible in their order. A
//! stream that has seen position n has seen everything up to n: nothing can appear behind it later.
//!
//! The [`Hub`] of a process reads each new event once and hands it to the streams that listen; a stream that missed something (it
//! was away, or slow) reads it from the log. What wakes them can be lost, the log can't.

mod append;
mod cursor;
mod hub;
mod rights;
mod sequencer;
mod stream;
mod topic;

pub use append::{NewEvent, append, append_first};
pub use cursor::Cursor;
pub use hub::Hub;
pub use rights::WatchedRight;
pub use sequencer::{now, places, sequence};
pub use stream::{Update, follow};
pub use topic::Topic;
