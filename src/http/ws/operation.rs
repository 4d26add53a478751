//! An operation of a connection, in its own task. It occupies a slot of the admission control only while it runs, never while it
//! waits for the client to read.

use crate::http::operation::{prepare, run};
use crate::http::server::{RequestId, Server};
use crate::http::ws::outbox::Outbox;
use crate::http::ws::protocol::Protocol;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, Value};
use axum::http::HeaderMap;
use futures::StreamExt;
use souk_api::Prepared;
use souk_api::admission::{ClientKey, HeldBytes, Kind, UpdateAdmission};
use souk_api::document::coded;
use souk_api::error::mask;
use souk_api::loader;
use souk_api::snapshot::Snapshot;
use souk_core::auth::Viewer;
use std::sync::Arc;

/// An operation that has not started.
pub(super) struct Operation {
    /// The server.
    pub server: Server,
    /// The caller.
    pub viewer: Viewer,
    /// The headers of the connection.
    pub headers: Arc<HeaderMap>,
    /// Identifies the connection in the log.
    pub request_id: RequestId,
    /// The protocol of the connection.
    pub protocol: Protocol,
    /// The queue of messages to the client.
    pub outbox: Outbox,
    /// The client's ID of the operation.
    pub id: String,
    /// The server's number of the operation.
    pub number: u64,
    /// The reserved bytes of the message that started the operation.
    pub _held: HeldBytes,
}

impl Operation {
    /// Runs the operation to its end.
    pub(super) async fn run(self, request: Request) {
        // The response is not computed before the client has read the previous ones.
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

    /// Runs a query or a mutation with the timeout of a request.
    async fn once(&self, prepared: Prepared) {
        let limit = self.server.app.config.limits.request;
        let running = run(&self.server, &self.viewer, prepared, &self.headers, &self.request_id);
        match tokio::time::timeout(limit, running).await {
            Ok(outcome) => self.answer(&outcome.executed.response, true),
            Err(_) => {
                tracing::warn!(request_id = self.request_id.0, seconds = limit.as_secs(), "operation timed out");
                let error = coded("TIMEOUT", "The request timed out.".into());
                self.answer(&Response::from_errors(vec![error]), true);
            }
        }
    }

    /// Runs a subscription until it ends. Its start and each update wait for a slot, as a query does.
    async fn subscribe(&self, prepared: Prepared) {
        let admission = &self.server.admission;
        let (client, cost) = (ClientKey::of(&self.viewer), prepared.cost.requested);
        if let Err(refused) = admission.enter(&client, Kind::Query, cost).await {
            return self.answer(&prepared.answer(vec![refused.error()]).response, true);
        }
        let turns = UpdateAdmission::new(admission, &client, cost);
        let loaders = loader::with_spawned_batches(&self.server.app, &self.viewer);
        let prepared = prepared.data(self.viewer.clone()).data(loaders).data(HeaderMap::clone(&self.headers)).data(turns);
        // The position is set by each update.
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

    /// Sends a result, and the completion if it is the last one.
    fn answer(&self, response: &Response, is_last: bool) {
        let messages = match is_last {
            // An error message also completes the operation.
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
