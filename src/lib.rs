//! Souk: a multi-vendor marketplace behind one GraphQL endpoint.
//!
//! The house, from the outside in: [`http`] takes requests and finds out who asks; [`graphql`] decodes, calls and encodes;
//! [`domain`] holds the rules, the transactions and the queries, a module for each feature; beside it stand [`auth`] (the actors),
//! [`job`] (work after the commit) and [`live`] (the event log and its streams); below are [`app`] (what all of them share) and
//! [`provider`] (the outside world). Imports run in that direction only.

pub mod app;
pub mod auth;
pub mod check;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod demo;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod http;
pub mod job;
pub mod limit;
pub mod live;
pub mod locale;
pub mod provider;
pub mod queue;
pub mod text;
