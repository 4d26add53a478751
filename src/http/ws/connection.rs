//! One connection, from its first message to its close code.

use crate::auth::{Client, Viewer};
use crate::error::{Error, Fault};
use crate::http::server::{RequestId, Server};
use crate::http::ws::operation::responses;
use crate::http::ws::protocol::{self, ClientMessage, Close, Protocol};
use crate::http::ws::sockets::Ticket;
use crate::http::ws::viewer;
use async_graphql::{Request, Response};
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use axum::http::HeaderMap;
use futures::future::{AbortHandle, Abortable};
use futures::stream::{BoxStream, SelectAll, SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Operations that one connection may have at once.
const MOST_OPERATIONS: usize = 100;
/// How long a client may take to say who it is.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the client is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// A client that said nothing for so long, not even in answer to a heartbeat, is gone.
const SILENCE: Duration = Duration::from_secs(80);
/// A client that takes nothing for so long is gone.
const BLOCKED: Duration = Duration::from_secs(80);
/// How long a client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a connection ends.
enum End {
    /// By us.
    Close(Close),
    /// By the client, or by the network.
    Gone,
}

/// What came of an operation: the number of the response and the response, or that it is over.
type Output = (String, Option<(usize, Response)>);

/// What a connection needs besides its socket.
pub struct Connection {
    server: Server,
    protocol: Protocol,
    headers: HeaderMap,
    client: Client,
    request_id: RequestId,
    viewer: Option<Viewer>,
    ticket: Option<Ticket>,
    operations: HashMap<String, AbortHandle>,
    outputs: SelectAll<BoxStream<'static, Output>>,
}

impl Connection {
    /// Before its first message.
    pub fn new(server: Server, protocol: Protocol, headers: HeaderMap, client: Client, request_id: RequestId) -> Self {
        Self {
            server,
            protocol,
            headers,
            client,
            request_id,
            viewer: None,
            ticket: None,
            operations: HashMap::new(),
            outputs: SelectAll::new(),
        }
    }

    /// Serves it until one side ends it.
    pub async fn serve(mut self, socket: WebSocket) {
        let (mut sink, mut incoming) = socket.split();
        if let End::Close(close) = self.talk(&mut sink, &mut incoming).await {
            let frame = CloseFrame { code: close.code, reason: close.reason.into() };
            let goodbye = async {
                if sink.send(Message::Close(Some(frame))).await.is_ok() {
                    // Until the client has closed too: bytes that nobody read would make the system cut the connection, and the
                    // client would not see the code.
                    while let Some(Ok(_)) = incoming.next().await {}
                }
            };
            let _ = timeout(GOODBYE, goodbye).await;
        }
    }

    async fn talk(&mut self, sink: &mut SplitSink<WebSocket, Message>, incoming: &mut SplitStream<WebSocket>) -> End {
        let init_deadline = Instant::now() + INIT_TIMEOUT;
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut heard = Instant::now();
        loop {
            let messages = tokio::select! {
                end = over(&self.server, self.ticket.as_ref()) => return end,
                message = incoming.next() => {
                    heard = Instant::now();
                    match self.receive(message).await {
                        Ok(messages) => messages,
                        Err(End::Close(close)) => {
                            if let Some(text) = self.protocol.connection_error(close.reason) {
                                let _ = timeout(GOODBYE, sink.send(Message::text(text))).await;
                            }
                            return End::Close(close);
                        }
                        Err(End::Gone) => return End::Gone,
                    }
                }
                Some(output) = self.outputs.next(), if !self.outputs.is_empty() => self.output(output).map(Message::text).into_iter().collect(),
                () = tokio::time::sleep_until(init_deadline), if self.viewer.is_none() => return End::Close(protocol::INIT_TIMEOUT),
                _ = heartbeat.tick() => {
                    if heard.elapsed() > SILENCE {
                        return End::Gone;
                    }
                    std::iter::once(Message::Ping(Bytes::new())).chain(self.protocol.keep_alive().map(Message::text)).collect()
                }
            };
            for message in messages {
                tokio::select! {
                    sent = timeout(BLOCKED, sink.send(message)) => if !matches!(sent, Ok(Ok(()))) { return End::Gone },
                    end = over(&self.server, self.ticket.as_ref()) => return end,
                }
            }
        }
    }

    /// Does what the client says; answers with what is to be sent.
    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Vec<Message>, End> {
        let text = match message {
            None | Some(Ok(Message::Close(_))) => return Err(End::Gone),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(Vec::new()),
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_)) | Err(_)) => return Err(End::Close(protocol::UNREADABLE)),
        };
        let Ok(message) = serde_json::from_str::<ClientMessage>(text.as_str()) else {
            return Err(End::Close(protocol::BAD_MESSAGE));
        };
        let answers = match message {
            ClientMessage::ConnectionInit { payload } => self.init(payload.unwrap_or_default()).await?,
            ClientMessage::Subscribe { id, payload } => self.begin(id, *payload)?.into_iter().collect(),
            ClientMessage::Complete { id } => {
                if let Some(operation) = self.operations.remove(&id) {
                    operation.abort();
                }
                Vec::new()
            }
            ClientMessage::Ping { payload } => vec![self.protocol.pong(payload)],
            ClientMessage::Pong => Vec::new(),
            ClientMessage::ConnectionTerminate => return Err(End::Gone),
        };
        Ok(answers.into_iter().map(Message::text).collect())
    }

    async fn init(&mut self, payload: Value) -> Result<Vec<String>, End> {
        if self.viewer.is_some() {
            return Err(End::Close(protocol::TWO_INITS));
        }
        match viewer(&self.server, protocol::token(&payload), &self.headers, self.client.clone()).await {
            Ok(Some(signed_in)) => {
                self.ticket = self.server.sockets.enter(&signed_in);
                self.viewer = Some(signed_in.viewer);
            }
            Ok(None) => self.viewer = Some(Viewer::guest(self.client.clone())),
            Err(Error::Fault(Fault::Unauthenticated)) => return Err(End::Close(protocol::UNAUTHORIZED)),
            Err(error) => {
                tracing::error!(request_id = self.request_id.0, ?error, "a connection could not be opened");
                return Err(End::Close(protocol::FAILED));
            }
        }
        Ok(std::iter::once(self.protocol.ack()).chain(self.protocol.keep_alive()).collect())
    }

    /// Begins an operation; answers with what is to be sent at once, where it can't begin.
    fn begin(&mut self, id: String, request: Request) -> Result<Option<String>, End> {
        let Some(viewer) = &self.viewer else { return Err(End::Close(protocol::UNAUTHORIZED)) };
        if let Some(old) = self.operations.remove(&id) {
            if self.protocol == Protocol::Transport {
                return Err(End::Close(protocol::DUPLICATE));
            }
            old.abort();
        }
        if self.operations.len() >= MOST_OPERATIONS {
            let message = format!("A connection may have at most {MOST_OPERATIONS} operations at once.");
            let fault = Fault::BadUserInput { argument: "id", message };
            let error = async_graphql::Error::from(fault).into_server_error(async_graphql::Pos::default());
            return Ok(Some(self.protocol.error(&id, &[error])));
        }
        let name = id.clone();
        let responses = responses(&self.server, viewer, request, &self.headers, &self.request_id)
            .enumerate()
            .map(move |(number, response)| (name.clone(), Some((number, response))));
        let end = futures::stream::iter([(id.clone(), None)]);
        let (handle, registration) = AbortHandle::new_pair();
        self.outputs.push(Abortable::new(responses.chain(end), registration).boxed());
        self.operations.insert(id, handle);
        Ok(None)
    }

    /// What is to be sent of an operation.
    fn output(&mut self, (id, output): Output) -> Option<String> {
        match output {
            Some((0, response)) if response.data == async_graphql::Value::Null && !response.errors.is_empty() => {
                // It did not begin: the error is its end.
                if let Some(operation) = self.operations.remove(&id) {
                    operation.abort();
                }
                Some(self.protocol.error(&id, &response.errors))
            }
            Some((_, response)) => Some(self.protocol.next(&id, &response)),
            None => {
                self.operations.remove(&id);
                Some(self.protocol.complete(&id))
            }
        }
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
        () = session => End::Close(protocol::UNAUTHORIZED),
    }
}
