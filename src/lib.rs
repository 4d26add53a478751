//! Souk: a multi-vendor marketplace behind one GraphQL endpoint.
//!
//! This crate is the outermost layer: [`http`] accepts requests and authenticates them, and [`demo`] generates demo data. The command
//! line (`main.rs`) uses both. [`fixture`] has rows for the demo and for the tests. Below are `souk-api` (GraphQL), `souk-domain` (the rules) and `souk-core` (the foundation).

pub mod demo;
pub mod fixture;
pub mod http;
