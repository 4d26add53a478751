//! Souk: a multi-vendor marketplace behind one GraphQL endpoint.
//!
//! This crate is the outermost layer: [`http`] takes requests and finds out who sends them, the command line (`main.rs`) starts it,
//! [`demo`] fills a marketplace to try. Below are `souk-api` (GraphQL), `souk-domain` (the rules) and `souk-core` (what all stand on).

pub mod demo;
pub mod http;
