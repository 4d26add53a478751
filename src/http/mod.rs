//! HTTP: takes requests, finds out who asks, and answers.

pub mod client;
pub mod graphql;
pub mod server;

pub use server::{Server, router};
