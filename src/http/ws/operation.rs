//! One operation on a connection, in a task of its own: it holds a place of the admission only while it runs, never while it waits
//! for the client to read.

use crate::http::operation::{prepare, run};
use crate::http::server::{RequestId, Server};
use crate::http::ws::outbox::Outbox;
use crate::http::ws::protocol::Protocol;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, Value};
use axum::http::HeaderMap;
use futures::StreamExt;
use souk_api::Prepared;
use souk_api::admission::{ClientKey, HeldBytes, Kind, Turns};
use souk_api::document::coded;
use souk_api::error::mask;
use souk_api::loader;
use souk_api::snapshot::Snapshot;
use souk_core::auth::Viewer;
use std::sync::Arc;

/// An operation that has not begun.
pub struct Operation {
    /// The server.
    pub server: Server,
    /// The caller.
    pub viewer: Viewer,
    /// The headers of the connection.
    pub headers: Arc<HeaderMap>,
    /// Names the connection in the log.
    pub request_id: RequestId,
    /// How it is answered.
    pub protocol: Protocol,
    /// Where answers go.
    pub outbox: Outbox,
    /// The client's name for it.
    pub id: String,
    /// Ours.
    pub number: u64,
    /// The bytes of the message that began it.
    pub _held: HeldBytes,
}

impl Operation {
    /// Runs it to its end.
    pub async fn run(self, request: Request) {
        // Its answer is not computed before the client has read those before it.
        let Some(turn) = self.outbox.turn().await else { return };
        self.outbox.is_read().await;
        let prepared = match prepare(&self.server, &self.viewer, request, &self.request_id).await {
            Ok(prepared) => prepared,
            Err(outcome) => return self.answer(&outcome.executed.response, true),
        };
        if prepared.kind == OperationType::Subscription {
            drop(turn);
            self.subscribe(prepared).await;
        } else {
            self.once(prepared).await;
        }
    }

    /// Answers a query or a mutation, within the time that a request has.
    async fn once(&self, prepared: Prepared) {
        let limit = self.server.app.config.limits.request;
        let running = run(&self.server, &self.viewer, prepared, &self.headers, &self.request_id);
        match tokio::time::timeout(limit, running).await {
            Ok(outcome) => self.answer(&outcome.executed.response, true),
            Err(_) => {
                tracing::warn!(request_id = self.request_id.0, seconds = limit.as_secs(), "an operation took too long");
                let error = coded("TIMEOUT", "The request took too long and was broken off.".into());
                self.answer(&Response::from_errors(vec![error]), true);
            }
        }
    }

    /// Answers a subscription until it ends. Its beginning waits for a place as a query does, and so does each update.
    async fn subscribe(&self, prepared: Prepared) {
        let admission = &self.server.admission;
        let (client, cost) = (ClientKey::of(&self.viewer), prepared.cost.requested);
        if let Err(refused) = admission.enter(&client, Kind::Query, cost).await {
            return self.answer(&prepared.answer(vec![refused.error()]).response, true);
        }
        let turns = Turns::new(admission, &client, cost);
        let loaders = loader::undriven(&self.server.app, &self.viewer);
        let prepared = prepared.data(self.viewer.clone()).data(loaders).data(HeaderMap::clone(&self.headers)).data(turns);
        // Set by each update.
        let prepared = prepared.data(Snapshot::default());
        let mut responses = self.server.api.stream(prepared);
        let mut is_first = true;
        while let Some(mut response) = responses.next().await {
            for error in &mut response.errors {
                mask(error, &self.request_id.0);
            }
            if is_first && did_not_begin(&response) {
                return self.answer(&response, true);
            }
            is_first = false;
            self.answer(&response, false);
            self.outbox.is_read().await;
        }
        self.put(vec![self.protocol.complete(&self.id)], true);
    }

    /// Sends a result, and the end if it is the last one.
    fn answer(&self, response: &Response, is_last: bool) {
        let messages = match is_last {
            // The error is its end.
            true if did_not_begin(response) => vec![self.protocol.error(&self.id, &response.errors)],
            true => vec![self.protocol.next(&self.id, response), self.protocol.complete(&self.id)],
            false => vec![self.protocol.next(&self.id, response)],
        };
        self.put(messages, is_last);
    }

    fn put(&self, messages: Vec<String>, is_last: bool) {
        let client = ClientKey::of(&self.viewer);
        self.outbox.put(&self.id, self.number, messages, is_last, |bytes| self.server.admission.reserve_bytes(&client, bytes));
    }
}

fn did_not_begin(response: &Response) -> bool {
    response.data == Value::Null && !response.errors.is_empty()
}
