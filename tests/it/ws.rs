//! A WebSocket client for both protocols.

use crate::app::Souk;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// `graphql-transport-ws`.
pub const TRANSPORT: &str = "graphql-transport-ws";
/// `graphql-ws`, the older one.
pub const LEGACY: &str = "graphql-ws";

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    protocol: String,
}

/// A connection with one subscription.
pub struct Subscription {
    pub socket: Socket,
}

/// What a connection ended with.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    pub code: u16,
    pub reason: String,
}

impl Souk {
    /// Connects and says nothing yet.
    pub async fn socket(&self, protocol: &str, headers: &[(&'static str, &str)]) -> Socket {
        Socket::at(&self.url, protocol, headers).await
    }

    /// Connects with a token.
    pub async fn connected(&self, protocol: &str, token: Option<&str>) -> Socket {
        let mut socket = self.socket(protocol, &[]).await;
        socket.init(token).await;
        socket
    }

    /// Connects and subscribes.
    pub async fn subscribe(&self, protocol: &str, token: Option<&str>, query: &str, variables: Value) -> Subscription {
        let mut socket = self.connected(protocol, token).await;
        socket.start("1", query, variables).await;
        Subscription { socket }
    }

    /// As [`Souk::subscribe`], and waits until it listens: whatever is appended from then on will come.
    pub async fn follow(&self, protocol: &str, token: Option<&str>, query: &str, variables: Value) -> Subscription {
        let before = self.hub().begun_count();
        let subscription = self.subscribe(protocol, token, query, variables).await;
        for _ in 0..2000 {
            if self.hub().begun_count() > before {
                return subscription;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the subscription did not begin: {query}");
    }
}

fn request(base: &str, protocol: &str, headers: &[(&'static str, &str)]) -> Request {
    let url = format!("{}/graphql/ws", base.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("an address");
    request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header"));
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    request
}

impl Socket {
    /// Connects to a Souk at an address and says nothing yet.
    pub async fn at(base: &str, protocol: &str, headers: &[(&'static str, &str)]) -> Socket {
        Self::try_at(base, protocol, headers).await.expect("a connection")
    }

    /// As [`Socket::at`]; `None` if it is refused.
    pub async fn try_at(base: &str, protocol: &str, headers: &[(&'static str, &str)]) -> Option<Socket> {
        let (stream, response) = tokio_tungstenite::connect_async(request(base, protocol, headers)).await.ok()?;
        assert_eq!(response.headers()["sec-websocket-protocol"], protocol);
        Some(Socket { stream, protocol: protocol.to_owned() })
    }

    /// As [`Socket::at`], with as little room as can be for what was sent and is not read.
    pub async fn with_little_room(base: &str, protocol: &str) -> Socket {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a size");
        let address = base.trim_start_matches("http://").parse().expect("an address");
        let stream = MaybeTlsStream::Plain(socket.connect(address).await.expect("a connection"));
        let (stream, _) = tokio_tungstenite::client_async(request(base, protocol, &[]), stream).await.expect("a WebSocket");
        Socket { stream, protocol: protocol.to_owned() }
    }

    /// Sends a message.
    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    /// Sends a text as it is.
    pub async fn send_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("the connection is open");
    }

    /// Sends `connection_init`, and waits until it is accepted.
    pub async fn init(&mut self, token: Option<&str>) {
        let payload = token.map_or(json!({}), |token| json!({ "authToken": token }));
        self.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(self.message().await.expect("not closed")["type"], "connection_ack");
    }

    /// Begins an operation.
    pub async fn start(&mut self, id: &str, query: &str, variables: Value) {
        let kind = if self.protocol == TRANSPORT { "subscribe" } else { "start" };
        self.send(json!({ "type": kind, "id": id, "payload": { "query": query, "variables": variables } })).await;
    }

    /// Ends an operation.
    pub async fn stop(&mut self, id: &str) {
        let kind = if self.protocol == TRANSPORT { "complete" } else { "stop" };
        self.send(json!({ "type": kind, "id": id })).await;
    }

    /// Sends a Close frame; `None` for one without a code. Then read on: [`Socket::message`] answers with the code of the answer.
    pub async fn close(&mut self, code: Option<u16>) {
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        self.stream.close(frame).await.expect("the connection is open");
    }

    /// Sends bytes, which are no message of either protocol.
    pub async fn send_bytes(&mut self, bytes: &'static [u8]) {
        self.stream.send(Message::binary(bytes)).await.expect("the connection is open");
    }

    /// Waits until something has come that was not read.
    pub async fn has_bytes(&self) {
        let MaybeTlsStream::Plain(stream) = self.stream.get_ref() else { return };
        tokio::time::timeout(PATIENCE, stream.readable()).await.expect("bytes in time").expect("the connection is open");
    }

    /// The next message, or how the connection ended. Signs of life are skipped.
    pub async fn message(&mut self) -> Result<Value, Closed> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(deadline, self.stream.next()).await.expect("a message in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    if message["type"] != "ka" {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Closed { code: frame.code.into(), reason: frame.reason.to_string() });
                }
                // What a browser makes of a Close frame without a code, and of a connection that ended without any.
                Some(Ok(Message::Close(None))) => return Err(Closed { code: 1005, reason: String::new() }),
                Some(Err(_)) | None => return Err(Closed { code: 1006, reason: String::new() }),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code the connection is closed with; messages before are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            if let Err(closed) = self.message().await {
                return closed.code;
            }
        }
    }
}

impl Subscription {
    /// Connects to a Souk at an address and subscribes.
    pub async fn at(base: &str, protocol: &str, token: Option<&str>, query: &str, variables: Value) -> Self {
        let mut socket = Socket::at(base, protocol, &[]).await;
        socket.init(token).await;
        socket.start("1", query, variables).await;
        Self { socket }
    }

    /// The data of the next result, which has no errors.
    pub async fn next(&mut self) -> Value {
        let message = self.socket.message().await.expect("not closed");
        let kind = if self.socket.protocol == TRANSPORT { "next" } else { "data" };
        assert_eq!(message["type"], kind, "{message:#}");
        assert_eq!(message["payload"]["errors"], Value::Null, "{message:#}");
        message["payload"]["data"].clone()
    }

    /// The next update of the one field of the subscription.
    pub async fn update(&mut self) -> Value {
        let data = self.next().await;
        data.as_object().and_then(|fields| fields.values().next()).expect("a field").clone()
    }

    /// The given number of updates.
    pub async fn updates(&mut self, count: usize) -> Vec<Value> {
        let mut updates = Vec::new();
        for _ in 0..count {
            updates.push(self.update().await);
        }
        updates
    }

    /// The code of the error it ended with.
    pub async fn error_code(&mut self) -> String {
        let message = self.socket.message().await.expect("not closed");
        assert_eq!(message["type"], "error", "{message:#}");
        let payload = &message["payload"];
        let error = if payload.is_array() { &payload[0] } else { payload };
        error["extensions"]["code"].as_str().expect("a code").to_owned()
    }

    /// Nothing more has come by the time a query sent now is answered.
    pub async fn is_quiet(&mut self) {
        self.socket.start("quiet", "{ version }", json!({})).await;
        let message = self.socket.message().await.expect("not closed");
        assert_eq!(message["id"], "quiet", "{message:#}");
        let end = self.socket.message().await.expect("not closed");
        assert_eq!((&end["type"], &end["id"]), (&json!("complete"), &json!("quiet")));
    }
}
