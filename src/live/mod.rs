//! The log of events, its order, and the streams that follow it.
//!
//! An event is written in the transaction of its cause, without a position. After the commit the sequencer gives it one; whoever
//! gives positions holds the lock on the one row of `event_heads`, so positions become visible in their order. A stream that has
//! seen position n has seen everything up to n: nothing can appear behind it later.

mod append;

pub use append::{NewEvent, append};
