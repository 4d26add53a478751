//! `/graphql/ws`: GraphQL over WebSocket, for subscriptions, queries and mutations.
//!
//! Each connection is a task that reads the messages of the client and writes the results of its operations; each operation is a
//! separate task. While the client does not read, no operation starts, and subscriptions catch up from the event log afterwards.

mod connection;
mod operation;
mod outbox;
mod protocol;
mod sockets;
mod viewer;

pub use sockets::Sockets;

use crate::http::client;
use crate::http::server::{RequestId, Server};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use connection::Connection;
use protocol::Protocol;
use std::net::SocketAddr;

/// Buffer size of a connection in bytes. The default is much larger, but messages are small.
const BUFFER: usize = 4096;
/// Maximum size of a client message in bytes.
const MAX_MESSAGE_BYTES: usize = 262_144;

/// Opens a connection with one of the two protocols.
pub async fn connect(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    let upgrade = upgrade
        .protocols(protocol::NAMES)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    let chosen = upgrade.selected_protocol().and_then(|name| name.to_str().ok()).and_then(Protocol::named);
    let Some(protocol) = chosen else {
        let message = format!("Sec-WebSocket-Protocol must be one of {}.\n", protocol::NAMES.join(", "));
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    let client = client::describe(&headers, peer, server.app.config.trusted_proxies);
    let Some(connected) = server.sockets.connect(client.network()) else {
        let message = "Too many WebSocket connections from this address.";
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")], message).into_response();
    };
    let tasks = server.tasks.clone();
    upgrade.on_upgrade(move |socket| {
        tasks.track_future(async move {
            Connection::new(server, protocol, headers, client, request_id).serve(socket).await;
            drop(connected);
        })
    })
}
