//! A WebSocket connection, from its first message to its close code.

use crate::http::body::check_values;
use crate::http::graphql::BYTES_PER_COST;
use crate::http::server::{RequestId, Server};
use crate::http::ws::operation::Operation;
use crate::http::ws::outbox::{Outbox, Output};
use crate::http::ws::protocol::{self, ClientMessage, Close, Protocol};
use crate::http::ws::sockets::Ticket;
use crate::http::ws::viewer::viewer;
use async_graphql::Request;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use axum::http::HeaderMap;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use souk_api::admission::{ClientKey, HeldBytes, Refused};
use souk_core::auth::{Client, Viewer};
use souk_core::error::{Error, Fault};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

/// Timeout for `connection_init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval of pings to the client.
const PING_INTERVAL: Duration = Duration::from_secs(25);
/// Timeout without any message from the client, not even a pong.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(80);
/// Timeout for sending a message. A client that receives no bytes at all is disconnected sooner (`SOUK_STALL_SECONDS`).
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout for the client's response to a Close frame.
const CLOSE_ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout for sending a Close frame after the previous messages.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The end of a connection.
enum End {
    /// Closed by the server.
    Close(Close),
    /// Closed by the client, whose Close frame must still be answered.
    Closed,
    /// Lost, by a network error or because the client does not read.
    Gone,
}

/// A running operation: its number, and its task, which is aborted on drop.
type Running = (u64, AbortOnDropHandle<()>);

/// Messages to send, and the output that counts as queued until they are sent.
type Sending = (Vec<Message>, Option<Output>);

/// The state of a connection without its socket.
pub(super) struct Connection {
    server: Server,
    protocol: Protocol,
    headers: Arc<HeaderMap>,
    client: Client,
    request_id: RequestId,
    viewer: Option<Viewer>,
    ticket: Option<Ticket>,
    operations: HashMap<String, Running>,
    /// Number of operations that were started.
    started: u64,
    outbox: Outbox,
    outputs: UnboundedReceiver<Output>,
}

impl Connection {
    /// A connection before its first message.
    pub(super) fn new(server: Server, protocol: Protocol, headers: HeaderMap, client: Client, request_id: RequestId) -> Self {
        let (outbox, outputs) = Outbox::new();
        Self {
            server,
            protocol,
            headers: Arc::new(headers),
            client,
            request_id,
            viewer: None,
            ticket: None,
            operations: HashMap::new(),
            started: 0,
            outbox,
            outputs,
        }
    }

    /// Serves the connection until either side ends it.
    pub(super) async fn serve(mut self, socket: WebSocket) {
        let (mut sink, mut incoming) = socket.split();
        let end = self.run(&mut sink, &mut incoming).await;
        self.operations.clear();
        match end {
            End::Close(close) => close_connection(close, &mut sink, &mut incoming).await,
            End::Closed => answer_close(&mut sink, &mut incoming).await,
            End::Gone => {}
        }
    }

    async fn run(&mut self, sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) -> End {
        let init_deadline = Instant::now() + INIT_TIMEOUT;
        let mut heartbeat = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        let mut heard = Instant::now();
        loop {
            let (messages, output): Sending = tokio::select! {
                end = until_over(&self.server, self.ticket.as_ref()) => return end,
                message = incoming.next() => {
                    heard = Instant::now();
                    match self.receive(message).await {
                        Ok(messages) => (messages, None),
                        Err(End::Close(close)) => {
                            if let Some(text) = self.protocol.connection_error(&close) {
                                let _ = timeout(CLOSE_ANSWER_TIMEOUT, sink.send(Message::text(text))).await;
                            }
                            return End::Close(close);
                        }
                        Err(end) => return end,
                    }
                }
                Some(output) = self.outputs.recv() => self.output(output),
                () = tokio::time::sleep_until(init_deadline), if self.viewer.is_none() => return End::Close(protocol::INIT_TIMEOUT),
                _ = heartbeat.tick() => {
                    if heard.elapsed() > SILENCE_TIMEOUT {
                        return End::Gone;
                    }
                    let ping = std::iter::once(Message::Ping(Bytes::new()));
                    (ping.chain(self.protocol.keep_alive().map(Message::text)).collect(), None)
                }
            };
            for message in messages {
                tokio::select! {
                    sent = timeout(SEND_TIMEOUT, sink.send(message)) => if !matches!(sent, Ok(Ok(()))) { return End::Gone },
                    end = until_over(&self.server, self.ticket.as_ref()) => return end,
                }
            }
            // The output counts as queued until here.
            drop(output);
        }
    }

    /// Handles a message of the client; returns the messages to send.
    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Vec<Message>, End> {
        let text = match message {
            None => return Err(End::Gone),
            Some(Ok(Message::Close(_))) => return Err(End::Closed),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(Vec::new()),
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => return Err(End::Close(protocol::BAD_MESSAGE)),
            Some(Err(error)) => return Err(unreadable(error)),
        };
        let message = check_values(text.as_str().as_bytes()).ok().and_then(|()| serde_json::from_str(text.as_str()).ok());
        let Some(message) = message else { return Err(End::Close(protocol::BAD_MESSAGE)) };
        let answers = match message {
            ClientMessage::ConnectionInit { payload } => self.init(payload.unwrap_or_default()).await?,
            ClientMessage::Subscribe { id, payload } => self.begin(id, *payload, text.len())?.into_iter().collect(),
            ClientMessage::Complete { id } => {
                self.operations.remove(&id);
                Vec::new()
            }
            ClientMessage::Ping { payload } => vec![self.protocol.pong(payload)],
            ClientMessage::Pong => Vec::new(),
            ClientMessage::ConnectionTerminate => return Err(End::Close(protocol::NORMAL)),
        };
        Ok(answers.into_iter().map(Message::text).collect())
    }

    async fn init(&mut self, payload: Value) -> Result<Vec<String>, End> {
        if self.viewer.is_some() {
            return Err(End::Close(protocol::TWO_INITS));
        }
        match viewer(&self.server, protocol::token(&payload), &self.headers, self.client.clone()).await {
            Ok(Some(signed_in)) => {
                let Some(ticket) = self.server.sockets.enter(&signed_in) else { return Err(End::Close(protocol::TOO_MANY)) };
                self.ticket = Some(ticket);
                self.viewer = Some(signed_in.viewer);
            }
            Ok(None) => self.viewer = Some(Viewer::guest(self.client.clone())),
            Err(Error::Fault(Fault::Unauthenticated)) => return Err(End::Close(protocol::FORBIDDEN)),
            Err(Error::Fault(Fault::RateLimited { .. } | Fault::Unavailable { .. })) => return Err(End::Close(protocol::BUSY)),
            Err(error) => {
                tracing::error!(request_id = self.request_id.0, ?error, "failed to open a WebSocket connection");
                return Err(End::Close(protocol::FAILED));
            }
        }
        Ok(std::iter::once(self.protocol.ack()).chain(self.protocol.keep_alive()).collect())
    }

    /// Starts an operation from a message with this number of bytes; returns the error message if it can't start.
    fn begin(&mut self, id: String, request: Request, bytes: usize) -> Result<Option<String>, End> {
        let Some(viewer) = self.viewer.clone() else { return Err(End::Close(protocol::UNAUTHORIZED)) };
        if self.operations.remove(&id).is_some() && self.protocol == Protocol::Transport {
            return Err(End::Close(protocol::duplicate(&id)));
        }
        let most = self.server.app.config.limits.socket_operations;
        if self.operations.len() >= most {
            let message = format!("A connection may have at most {most} operations at the same time.");
            let fault = Fault::BadUserInput { argument: "id", message };
            let error = souk_api::error::ApiError::from(fault).into_server_error();
            return Ok(Some(self.protocol.error(&id, &[error])));
        }
        let held = match self.reserve_bytes(&ClientKey::of(&viewer), bytes) {
            Ok(held) => held,
            Err(refused) => return Ok(Some(self.protocol.error(&id, &[refused.error()]))),
        };
        self.started += 1;
        let operation = Operation {
            server: self.server.clone(),
            viewer,
            headers: Arc::clone(&self.headers),
            request_id: self.request_id.clone(),
            protocol: self.protocol,
            outbox: self.outbox.clone(),
            id: id.clone(),
            number: self.started,
            _held: held,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(operation.run(request)));
        self.operations.insert(id, (self.started, task));
        Ok(None)
    }

    /// Charges and reserves the bytes of a message, as for an HTTP body.
    fn reserve_bytes(&self, client: &ClientKey, bytes: usize) -> Result<HeldBytes, Refused> {
        let admission = &self.server.admission;
        admission.may_hold(client)?;
        admission.spend(client, u64::try_from(bytes / BYTES_PER_COST).unwrap_or(u64::MAX))?;
        Ok(admission.reserve_bytes(client, bytes))
    }

    /// The messages to send for an output; none if the client has ended the operation.
    fn output(&mut self, mut output: Output) -> Sending {
        if self.operations.get(&output.id).is_none_or(|(number, _)| *number != output.number) {
            return (Vec::new(), None);
        }
        if output.is_last {
            self.operations.remove(&output.id);
        }
        let messages = std::mem::take(&mut output.messages);
        (messages.into_iter().map(Message::text).collect(), Some(output))
    }
}

/// Closes the connection and waits until the client has closed it, too: unread bytes would make the operating system reset the
/// connection, and the client would not see the close code.
async fn close_connection(close: Close, sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) {
    let frame = CloseFrame { code: close.code, reason: close.reason.as_ref().into() };
    if let Ok(Ok(())) = timeout(CLOSE_TIMEOUT, sink.send(Message::Close(Some(frame)))).await {
        let _ = timeout(CLOSE_ANSWER_TIMEOUT, async { while let Some(Ok(_)) = incoming.next().await {} }).await;
    }
}

/// Answers the client's Close frame with the same code. The answer is queued after previous messages, and is sent while the
/// connection is read to its end.
async fn answer_close(sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) {
    let answer = async {
        let _ = sink.flush().await;
        while let Some(Ok(_)) = incoming.next().await {}
    };
    let _ = timeout(CLOSE_TIMEOUT, answer).await;
}

/// The end of a connection after a message that can't be read.
fn unreadable(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Close(protocol::TOO_LARGE),
        Some(tungstenite::Error::Utf8(_)) => End::Close(protocol::NOT_UTF8),
        Some(tungstenite::Error::Protocol(_)) => End::Close(protocol::BAD_FRAME),
        _ => End::Gone,
    }
}

/// Waits until the server stops or the client's session ends.
async fn until_over(server: &Server, ticket: Option<&Ticket>) -> End {
    let session = async {
        match ticket {
            Some(ticket) => ticket.over.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = server.stop.cancelled() => End::Close(protocol::TRY_AGAIN),
        () = session => End::Close(protocol::FORBIDDEN),
    }
}
