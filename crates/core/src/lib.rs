//! The foundation of Souk: configuration, database access, actors, the job queue, the event log, and clients of external providers.
//!
//! The rules of the marketplace are not here but in `souk-domain`. [`app::App`] holds the state that all parts share.

pub mod app;
pub mod auth;
pub mod check;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod group;
pub mod job;
pub mod length;
pub mod limit;
pub mod live;
pub mod locale;
pub mod provider;
pub mod queue;
pub mod random;
pub mod text;
pub mod view;
