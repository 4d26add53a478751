//! Running a prepared operation for a viewer, over HTTP and WebSocket alike.

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
pub struct Outcome {
    /// Its answer.
    pub executed: Executed,
    /// Why it was not let in.
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

/// Bytes of a document that cost one, when it must be read and validated.
const BYTES_PER_COST: usize = 64;

/// Code of the answer to a client that asks for automatic persisted queries, of which there are none: it sends the document from
/// then on. Code and message are those of Apollo Server, as clients look for one or the other.
const NO_PERSISTED_QUERIES: &str = "PERSISTED_QUERY_NOT_SUPPORTED";

/// Whether a request names its document by a hash instead of sending it
/// (<https://www.apollographql.com/docs/apollo-server/performance/apq>). With a document the hash is of no importance.
pub fn is_persisted_probe(request: &Request) -> bool {
    request.query.trim().is_empty() && request.extensions.contains_key("persistedQuery")
}

/// Whether a response answers such a request.
pub fn answers_persisted_probe(response: &Response) -> bool {
    let code = |error: &ServerError| error.extensions.as_ref()?.get("code").cloned();
    response.errors.iter().any(|error| code(error) == Some(NO_PERSISTED_QUERIES.into()))
}

/// Reads and validates an operation, when it is its turn; at once if the document is known.
///
/// # Errors
///
/// The answer of an operation that can't be run, or was not let in.
pub async fn prepare(
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
    if !server.api.is_known(&request.query) {
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

/// Runs a query or a mutation with loaders of its own, when it is its turn.
pub async fn run(
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
    if prepared.asks_for_cursor {
        match Snapshot::read(&server.app).await {
            Ok(snapshot) => prepared = prepared.data(snapshot),
            Err(error) => {
                let error = souk_api::error::ApiError::from(error).into_server_error();
                return Outcome::new(prepared.answer(vec![error]), request_id, None);
            }
        }
    }
    let batches = Batches::default();
    let prepared = prepared.data(batches.loaders(&server.app, viewer)).data(batches.pace());
    let prepared = prepared.data(viewer.clone()).data(headers.clone());
    let executed = batches.drive(server.api.run(prepared)).await;
    Outcome::new(executed, request_id, None)
}
