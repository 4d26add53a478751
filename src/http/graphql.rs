//! `POST` and `GET /graphql`, as GraphQL over HTTP says (<https://graphql.github.io/graphql-over-http/draft/>).

use crate::auth::Viewer;
use crate::error::{Error, Fault};
use crate::graphql::error::mask;
use crate::graphql::loader::Batches;
use crate::http::client;
use crate::http::server::{RequestId, Server};
use async_graphql::http::MultipartOptions;
use async_graphql::{BatchRequest, ParseRequestError, Request, Response, ServerError};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use futures::TryStreamExt;
use std::net::SocketAddr;
use tokio_util::compat::TokioAsyncReadCompatExt;

/// The most operations in one request.
const LARGEST_BATCH: usize = 10;
/// The most files in one request.
const MOST_FILES: usize = 10;
const SPEC_TYPE: &str = "application/graphql-response+json";

/// Answers a query or a mutation.
pub async fn post(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Body,
) -> axum::response::Response {
    let wants_spec = wants_spec_type(&headers);
    let viewer = match find_viewer(&server, &headers, peer).await {
        Ok(viewer) => viewer,
        Err(error) => return refuse(&error, &request_id, wants_spec),
    };
    match read_body(&server, &headers, body).await {
        Ok(batch) => answer(&server, &viewer, batch, &headers, &request_id, wants_spec).await,
        Err((status, message)) => bad_request(status, message, wants_spec),
    }
}

/// Answers a query; mutations are not for `GET`.
pub async fn get(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> axum::response::Response {
    let wants_spec = wants_spec_type(&headers);
    let viewer = match find_viewer(&server, &headers, peer).await {
        Ok(viewer) => viewer,
        Err(error) => return refuse(&error, &request_id, wants_spec),
    };
    let mut request = match async_graphql::http::parse_query_string(&query.unwrap_or_default()) {
        Ok(request) => request,
        Err(_) => return bad_request(StatusCode::BAD_REQUEST, "The address must carry ?query=... .".into(), wants_spec),
    };
    if let Ok(document) = request.parsed_query() {
        use async_graphql::parser::types::OperationType;
        if document.operations.iter().any(|(_, operation)| operation.node.ty != OperationType::Query) {
            let mut response =
                bad_request(StatusCode::METHOD_NOT_ALLOWED, "GET is for queries only; send this by POST.".into(), wants_spec);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
    }
    answer(&server, &viewer, BatchRequest::Single(request), &headers, &request_id, wants_spec).await
}

async fn find_viewer(
    server: &Server,
    headers: &HeaderMap,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
) -> crate::error::Result<Viewer> {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    let description = client::describe(headers, peer, server.app.config.trusted_proxies);
    client::viewer(&server.app, headers, description).await
}

async fn read_body(server: &Server, headers: &HeaderMap, body: Body) -> Result<BatchRequest, (StatusCode, String)> {
    let limits = &server.app.config.limits;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "application/graphql-response+json" => {
            let bytes: Bytes = axum::body::to_bytes(body, limits.body_bytes).await.map_err(|_| {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("The body must have at most {} bytes.", limits.body_bytes))
            })?;
            serde_json::from_slice(&bytes)
                .map_err(|error| (StatusCode::BAD_REQUEST, format!("The body is not a GraphQL request in JSON: {error}.")))
        }
        "multipart/form-data" => {
            if !client::has_preflight_header(headers) {
                let names = client::PREFLIGHT_HEADERS.join(", ");
                return Err((StatusCode::BAD_REQUEST, format!("An upload must carry one of the headers {names}.")));
            }
            let reader = tokio_util::io::StreamReader::new(body.into_data_stream().map_err(std::io::Error::other)).compat();
            let options = MultipartOptions::default().max_file_size(limits.upload_bytes).max_num_files(MOST_FILES);
            async_graphql::http::receive_batch_body(Some(content_type), reader, options).await.map_err(|error| match error {
                ParseRequestError::PayloadTooLarge => {
                    (StatusCode::PAYLOAD_TOO_LARGE, format!("A file must have at most {} bytes.", limits.upload_bytes))
                }
                other => (StatusCode::BAD_REQUEST, format!("The upload can't be read: {other}.")),
            })
        }
        _ => {
            Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The Content-Type must be application/json or multipart/form-data.".into()))
        }
    }
}

async fn answer(
    server: &Server,
    viewer: &Viewer,
    batch: BatchRequest,
    headers: &HeaderMap,
    request_id: &RequestId,
    wants_spec: bool,
) -> axum::response::Response {
    let (batched, requests) = match batch {
        BatchRequest::Single(request) => (false, vec![request]),
        BatchRequest::Batch(requests) if requests.is_empty() || requests.len() > LARGEST_BATCH => {
            return bad_request(
                StatusCode::BAD_REQUEST,
                format!("A batch must have from 1 to {LARGEST_BATCH} operations."),
                wants_spec,
            );
        }
        BatchRequest::Batch(requests) => (true, requests),
    };
    let (responses, statements) = crate::db::counting(async {
        let mut responses = Vec::with_capacity(requests.len());
        // One after the other: the mutations of a batch are in an order.
        for request in requests {
            responses.push(execute(server, viewer, request, headers, request_id).await);
        }
        responses
    })
    .await;
    // A request that could not be run at all is a bad one; older clients want 200 even then.
    let run = batched
        || responses
            .iter()
            .all(|response| response.data != async_graphql::Value::Null || response.errors.is_empty() || ran(response));
    let status = if run || !wants_spec { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let extra: Vec<_> = responses
        .iter()
        .flat_map(|response| response.http_headers.clone().into_iter().filter_map(|(n, v)| Some((n?, v))))
        .collect();
    let body = if batched { serde_json::to_vec(&responses) } else { serde_json::to_vec(&responses[0]) };
    let mut response = json(status, body.unwrap_or_default(), wants_spec);
    for (name, value) in extra {
        response.headers_mut().append(name, value);
    }
    if server.app.config.environment == crate::config::Environment::Development {
        response.headers_mut().insert(HeaderName::from_static("x-souk-sql-statements"), HeaderValue::from(statements));
    }
    response
}

/// Whether an answer without data comes from a field that failed rather than from a request that could not be run.
fn ran(response: &Response) -> bool {
    response.errors.iter().any(|error| !error.path.is_empty())
}

/// Runs one operation.
async fn execute(server: &Server, viewer: &Viewer, request: Request, headers: &HeaderMap, request_id: &RequestId) -> Response {
    let batches = Batches::default();
    let loaders = batches.loaders(&server.app, viewer);
    let request = request.data(viewer.clone()).data(loaders).data(headers.clone());
    let mut response = batches.drive(server.schema.execute(request)).await;
    for error in &mut response.errors {
        mask(error, &request_id.0);
    }
    response
}

fn wants_spec_type(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(SPEC_TYPE))
}

fn json(status: StatusCode, body: Vec<u8>, wants_spec: bool) -> axum::response::Response {
    let content_type =
        if wants_spec { "application/graphql-response+json; charset=utf-8" } else { "application/json; charset=utf-8" };
    (status, [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// A request that was not run because of whoever sent it.
fn refuse(error: &Error, request_id: &RequestId, wants_spec: bool) -> axum::response::Response {
    let (fault, status) = match error {
        Error::Fault(Fault::Unauthenticated) => (Fault::Unauthenticated, StatusCode::UNAUTHORIZED),
        Error::Fault(fault) => (fault.clone(), StatusCode::INTERNAL_SERVER_ERROR),
        Error::Refused(_) => (Fault::internal("a refusal before the request"), StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut error = async_graphql::Error::from(fault).into_server_error(async_graphql::Pos::default());
    error.locations.clear();
    mask(&mut error, &request_id.0);
    if status == StatusCode::UNAUTHORIZED {
        error.message = "The token is expired, revoked or not one of ours: sign in again, or refresh it.".into();
    }
    let mut response = errors(status, error, wants_spec);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    }
    response
}

fn bad_request(status: StatusCode, message: String, wants_spec: bool) -> axum::response::Response {
    let fault = Fault::BadUserInput { argument: "body", message };
    let mut error = async_graphql::Error::from(fault).into_server_error(async_graphql::Pos::default());
    error.locations.clear();
    errors(status, error, wants_spec)
}

fn errors(status: StatusCode, error: ServerError, wants_spec: bool) -> axum::response::Response {
    let body = serde_json::json!({ "errors": [error] });
    json(status, serde_json::to_vec(&body).unwrap_or_default(), wants_spec)
}
