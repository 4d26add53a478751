//! Execution of operations for a viewer, shared by HTTP and WebSocket.

use crate::http::server::{RequestId, Server};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::http::HeaderMap;
use souk_api::admission::{ClientKey, Kind, Refused};
use souk_api::document::coded;
use souk_api::error::mask;
use souk_api::loader::Batches;
use souk_api::snapshot::Snapshot;
use souk_api::{Executed, Prepared};
use souk_core::auth::Viewer;

/// Result of an operation.
pub(super) struct Outcome {
    /// The executed operation with its response.
    pub executed: Executed,
    /// The rejection, if the admission control rejected the operation.
    pub refused: Option<Refused>,
}

impl Outcome {
    fn new(mut executed: Executed, request_id: &RequestId, refused: Option<Refused>) -> Self {
        for error in &mut executed.response.errors {
            mask(error, &request_id.0);
        }
        Self { executed, refused }
    }
}

/// Bytes of a new document per cost of 1.
const BYTES_PER_COST: usize = 64;

/// The error code for automatic persisted queries, which are not supported: the client then sends the document. Code and message
/// are those of Apollo Server, because clients check for either.
const NO_PERSISTED_QUERIES: &str = "PERSISTED_QUERY_NOT_SUPPORTED";

/// Whether a request contains only the hash of its document (<https://www.apollographql.com/docs/apollo-server/performance/apq>).
/// The hash is ignored if the request contains the document.
pub(super) fn is_persisted_probe(request: &Request) -> bool {
    request.query.trim().is_empty() && request.extensions.contains_key("persistedQuery")
}

/// Whether a response is the error for such a request.
pub(super) fn answers_persisted_probe(response: &Response) -> bool {
    let code = |error: &ServerError| error.extensions.as_ref()?.get("code").cloned();
    response.errors.iter().any(|error| code(error) == Some(NO_PERSISTED_QUERIES.into()))
}

/// Parses and validates an operation, after it got a slot; immediately if the document is cached.
///
/// # Errors
///
/// The response of an operation that is invalid or was rejected.
pub(super) async fn prepare(
    server: &Server,
    viewer: &Viewer,
    request: Request,
    request_id: &RequestId,
) -> Result<Prepared, Box<Outcome>> {
    if is_persisted_probe(&request) {
        let response = Response::from_errors(vec![coded(NO_PERSISTED_QUERIES, "PersistedQueryNotSupported".into())]);
        return Err(Box::new(Outcome { executed: Executed { response, name: None, kind: None }, refused: None }));
    }
    let mut _permit = None;
    if !server.api.is_cached(&request.query) {
        let cost = u64::try_from(request.query.len() / BYTES_PER_COST).unwrap_or(u64::MAX);
        match server.admission.enter(&ClientKey::of(viewer), Kind::Document, cost).await {
            Ok(permit) => _permit = Some(permit),
            Err(refused) => {
                let executed = Executed { response: Response::from_errors(vec![refused.error()]), name: None, kind: None };
                return Err(Box::new(Outcome::new(executed, request_id, Some(refused))));
            }
        }
    }
    let prepared = server.api.prepare(request).await;
    prepared.map_err(|invalid| Box::new(Outcome::new(*invalid, request_id, None)))
}

/// Runs a query or a mutation with its own loaders, after it got a slot.
pub(super) async fn run(
    server: &Server,
    viewer: &Viewer,
    mut prepared: Prepared,
    headers: &HeaderMap,
    request_id: &RequestId,
) -> Outcome {
    let client = ClientKey::of(viewer);
    let kind = if prepared.kind == OperationType::Mutation { Kind::Mutation } else { Kind::Query };
    let entered = server.admission.enter(&client, kind, prepared.cost.requested).await;
    prepared.cost.remaining = server.admission.remaining(&client);
    let _permit = match entered {
        Ok(permit) => permit,
        Err(refused) => return Outcome::new(prepared.answer(vec![refused.error()]), request_id, Some(refused)),
    };
    if prepared.selects_updates_cursor {
        match Snapshot::read(&server.app).await {
            Ok(snapshot) => prepared = prepared.data(snapshot),
            Err(error) => {
                let error = souk_api::error::ApiError::from(error).into_server_error();
                return Outcome::new(prepared.answer(vec![error]), request_id, None);
            }
        }
    }
    let batches = Batches::default();
    let prepared = prepared.data(batches.loaders(&server.app, viewer)).data(batches.time_slice());
    let prepared = prepared.data(viewer.clone()).data(headers.clone());
    let executed = batches.drive(server.api.run(prepared)).await;
    Outcome::new(executed, request_id, None)
}
