//! The HTTP layer: connections, authentication of requests, and responses.

mod answer;
mod asset;
mod body;
pub mod client;
pub mod connection;
mod cors;
mod count;
pub mod graphql;
mod health;
mod media;
mod multipart;
mod operation;
mod page;
mod playground;
mod router;
pub mod server;
pub mod ws;

pub use connection::serve;
pub use router::router;
pub use server::Server;
