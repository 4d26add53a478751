//! HTTP: takes requests, finds out who asks, and answers.

mod answer;
mod body;
pub mod client;
mod cors;
pub mod graphql;
mod health;
mod media;
mod operation;
mod playground;
pub mod server;
pub mod ws;

pub use server::{Server, router};
