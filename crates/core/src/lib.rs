//! What every part of Souk stands on: configuration, the database, actors, jobs, the log of events, and the providers outside.
//!
//! Nothing here knows a rule of the marketplace; `souk-domain` has those. [`app::App`] holds what all parts share.

pub mod app;
pub mod auth;
pub mod check;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod job;
pub mod limit;
pub mod live;
pub mod locale;
pub mod provider;
pub mod queue;
pub mod text;
