//! The HTTP layer: connections, authentication of requests, and responses.

mod answer;
mod asset;
mod body;
pub mod client;
pub mod connection;
mod cors;
mod count;
mod counter;
mod download;
pub mod graphql;
mod health;
mod media;
mod metrics;
mod multipart;
mod operation;
mod page;
mod playground;
mod router;
mod search_check;
pub mod server;
mod statement;
mod transfer;
mod webhook;
pub mod ws;

pub use connection::serve;
pub use counter::Metrics;
pub use router::router;
pub use server::Server;
