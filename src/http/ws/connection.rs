//! One connection, from its first message to its close code.

use crate::http::body::check_values;
use crate::http::graphql::BYTES_PER_COST;
use crate::http::server::{RequestId, Server};
use crate::http::ws::operation::Operation;
use crate::http::ws::outbox::{Outbox, Output};
use crate::http::ws::protocol::{self, ClientMessage, Close, Protocol};
use crate::http::ws::sockets::Ticket;
use crate::http::ws::viewer;
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

/// How long a client may take to say who it is.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the client is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// A client that said nothing for so long, not even in answer to a heartbeat, is gone.
const SILENCE: Duration = Duration::from_secs(80);
/// A client that does not take a message in so long is gone; one that takes nothing at all is gone sooner
/// (`SOUK_STALL_SECONDS`).
const BLOCKED: Duration = Duration::from_secs(30);
/// How long a client may take to answer our Close frame, once it has taken it.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a client may take to take a Close frame, after what was sent to it before.
const CLOSING: Duration = Duration::from_secs(10);

/// How a connection ends.
enum End {
    /// By us.
    Close(Close),
    /// By the client's Close frame, which is still to be answered.
    Closed,
    /// By the network, or by a client that does not read.
    Gone,
}

/// An operation that runs: our number for it, and its task, which ends with this.
type Running = (u64, AbortOnDropHandle<()>);

/// What is to be sent, and what is counted until it was sent.
type Sending = (Vec<Message>, Option<Output>);

/// What a connection needs besides its socket.
pub struct Connection {
    server: Server,
    protocol: Protocol,
    headers: Arc<HeaderMap>,
    client: Client,
    request_id: RequestId,
    viewer: Option<Viewer>,
    ticket: Option<Ticket>,
    operations: HashMap<String, Running>,
    /// Operations that were begun.
    begun: u64,
    outbox: Outbox,
    outputs: UnboundedReceiver<Output>,
}

impl Connection {
    /// Before its first message.
    pub fn new(server: Server, protocol: Protocol, headers: HeaderMap, client: Client, request_id: RequestId) -> Self {
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
            begun: 0,
            outbox,
            outputs,
        }
    }

    /// Serves it until one side ends it.
    pub async fn serve(mut self, socket: WebSocket) {
        let (mut sink, mut incoming) = socket.split();
        let end = self.talk(&mut sink, &mut incoming).await;
        self.operations.clear();
        match end {
            End::Close(close) => say_goodbye(close, &mut sink, &mut incoming).await,
            End::Closed => answer_goodbye(&mut sink, &mut incoming).await,
            End::Gone => {}
        }
    }

    async fn talk(&mut self, sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) -> End {
        let init_deadline = Instant::now() + INIT_TIMEOUT;
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut heard = Instant::now();
        loop {
            let (messages, output): Sending = tokio::select! {
                end = over(&self.server, self.ticket.as_ref()) => return end,
                message = incoming.next() => {
                    heard = Instant::now();
                    match self.receive(message).await {
                        Ok(messages) => (messages, None),
                        Err(End::Close(close)) => {
                            if let Some(text) = self.protocol.connection_error(&close) {
                                let _ = timeout(GOODBYE, sink.send(Message::text(text))).await;
                            }
                            return End::Close(close);
                        }
                        Err(end) => return end,
                    }
                }
                Some(output) = self.outputs.recv() => self.output(output),
                () = tokio::time::sleep_until(init_deadline), if self.viewer.is_none() => return End::Close(protocol::INIT_TIMEOUT),
                _ = heartbeat.tick() => {
                    if heard.elapsed() > SILENCE {
                        return End::Gone;
                    }
                    let ping = std::iter::once(Message::Ping(Bytes::new()));
                    (ping.chain(self.protocol.keep_alive().map(Message::text)).collect(), None)
                }
            };
            for message in messages {
                tokio::select! {
                    sent = timeout(BLOCKED, sink.send(message)) => if !matches!(sent, Ok(Ok(()))) { return End::Gone },
                    end = over(&self.server, self.ticket.as_ref()) => return end,
                }
            }
            // It counted as waiting until now.
            drop(output);
        }
    }

    /// Does what the client says; answers with what is to be sent.
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
                tracing::error!(request_id = self.request_id.0, ?error, "a connection could not be opened");
                return Err(End::Close(protocol::FAILED));
            }
        }
        Ok(std::iter::once(self.protocol.ack()).chain(self.protocol.keep_alive()).collect())
    }

    /// Begins an operation of a message with so many bytes; answers with what is to be sent at once, where it can't begin.
    fn begin(&mut self, id: String, request: Request, bytes: usize) -> Result<Option<String>, End> {
        let Some(viewer) = self.viewer.clone() else { return Err(End::Close(protocol::UNAUTHORIZED)) };
        if self.operations.remove(&id).is_some() && self.protocol == Protocol::Transport {
            return Err(End::Close(protocol::duplicate(&id)));
        }
        let most = self.server.app.config.limits.socket_operations;
        if self.operations.len() >= most {
            let message = format!("A connection may have at most {most} operations at once.");
            let fault = Fault::BadUserInput { argument: "id", message };
            let error = souk_api::error::ApiError::from(fault).into_server_error();
            return Ok(Some(self.protocol.error(&id, &[error])));
        }
        let held = match self.reserve_bytes(&ClientKey::of(&viewer), bytes) {
            Ok(held) => held,
            Err(refused) => return Ok(Some(self.protocol.error(&id, &[refused.error()]))),
        };
        self.begun += 1;
        let operation = Operation {
            server: self.server.clone(),
            viewer,
            headers: Arc::clone(&self.headers),
            request_id: self.request_id.clone(),
            protocol: self.protocol,
            outbox: self.outbox.clone(),
            id: id.clone(),
            number: self.begun,
            _held: held,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(operation.run(request)));
        self.operations.insert(id, (self.begun, task));
        Ok(None)
    }

    /// Counts the bytes of a message, as those of a body are counted.
    fn reserve_bytes(&self, client: &ClientKey, bytes: usize) -> Result<HeldBytes, Refused> {
        let admission = &self.server.admission;
        admission.may_hold(client)?;
        admission.spend(client, u64::try_from(bytes / BYTES_PER_COST).unwrap_or(u64::MAX))?;
        Ok(admission.reserve_bytes(client, bytes))
    }

    /// What is to be sent of an operation: nothing, where the client has ended it.
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

/// Closes the connection and waits until the client has closed it, too: bytes that nobody read would make the system cut the
/// connection, and the client would not see the code.
async fn say_goodbye(close: Close, sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) {
    let frame = CloseFrame { code: close.code, reason: close.reason.as_ref().into() };
    if let Ok(Ok(())) = timeout(CLOSING, sink.send(Message::Close(Some(frame)))).await {
        let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = incoming.next().await {} }).await;
    }
}

/// Answers the client's Close frame with the same code. The answer stands behind what was sent before, and is sent while the
/// connection is read to its end.
async fn answer_goodbye(sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) {
    let answer = async {
        let _ = sink.flush().await;
        while let Some(Ok(_)) = incoming.next().await {}
    };
    let _ = timeout(CLOSING, answer).await;
}

/// How a connection ends whose next message can't be read.
fn unreadable(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Close(protocol::TOO_LARGE),
        Some(tungstenite::Error::Utf8(_)) => End::Close(protocol::NOT_UTF8),
        Some(tungstenite::Error::Protocol(_)) => End::Close(protocol::BAD_FRAME),
        _ => End::Gone,
    }
}

/// Waits until Souk stops, or the client's session is over.
async fn over(server: &Server, ticket: Option<&Ticket>) -> End {
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
