//! `POST` and `GET /graphql`, according to GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>).

use crate::http::answer::{Operation, SentBy};
use crate::http::body::{self, check_values};
use crate::http::client;
use crate::http::multipart::{self, Sizes, Unread};
use crate::http::operation::{Outcome, answers_persisted_probe, is_persisted_probe, prepare, run};
use crate::http::server::{RequestId, Server};
use async_graphql::parser::types::OperationType;
use async_graphql::{BatchRequest, Request, Response, ServerError};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use futures::StreamExt;
use souk_api::Prepared;
use souk_api::admission::{ClientKey, HeldBytes, Refused};
use souk_api::cookie;
use souk_api::error::mask;
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use souk_core::queue::Permit;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Maximum number of operations in one request.
const MAX_BATCH: usize = 10;
/// Maximum bytes of the operations in an upload, which are reserved for the client as soon as the upload begins.
const MAX_OPERATION_BYTES: usize = 256 * 1024;
/// Bytes of a body per cost of 1: parsing them takes about as long as a field.
pub(in crate::http) const BYTES_PER_COST: usize = 1024;

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// The media type of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status code depends on whether the request could be executed.
    Spec,
    /// `application/json`, for older clients: the status is also 200 for well-formed but invalid requests.
    Json,
}

impl Media {
    /// The media type that the client prefers; JSON without an `Accept` header; `None` if neither is acceptable.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let entries = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        let mut has_accept = false;
        let mut best: Option<(f32, Self)> = None;
        for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
            has_accept = true;
            let mut parts = entry.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::Spec,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            // With equal quality, the media type of the specification wins.
            let better = best.is_none_or(|(found, of)| quality > found || (quality == found && of == Self::Json));
            if quality > 0.0 && better {
                best = Some((quality, media));
            }
        }
        if has_accept { best.map(|(_, media)| media) } else { Some(Self::Json) }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Spec => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// Whether the request is a navigation in a browser: its `Accept` header begins with HTML.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.trim_start().get(..9).is_some_and(|first| first.eq_ignore_ascii_case("text/html"))
}

fn not_acceptable() -> axum::response::Response {
    let message = "The Accept header must allow application/graphql-response+json or application/json.";
    bad_request(StatusCode::NOT_ACCEPTABLE, message.into(), Media::Json)
}

/// Handles `POST`: queries and mutations.
pub async fn post(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Body,
) -> axum::response::Response {
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    let (viewer, has_invalid_token) = match find_viewer(&server, &headers, peer).await {
        Ok(found) => found,
        Err(error) => return refuse(&error, &request_id, media),
    };
    // Operations that ignore an invalid token have no uploads.
    if has_invalid_token && essence(&headers) == "multipart/form-data" {
        return refuse(&Fault::Unauthenticated.into(), &request_id, media);
    }
    let sender = Sender { viewer: &viewer, has_invalid_token, headers: &headers };
    sent_by(&viewer, handle_post_body(&server, &request_id, sender, media, body).await)
}

/// Adds the user to a response, for the log.
fn sent_by(viewer: &Viewer, mut response: axum::response::Response) -> axum::response::Response {
    if let Some(user) = viewer.user_id() {
        response.extensions_mut().insert(SentBy(user));
    }
    response
}

async fn handle_post_body(
    server: &Server,
    request_id: &RequestId,
    sender: Sender<'_>,
    media: Media,
    body: Body,
) -> axum::response::Response {
    let Sender { viewer, headers, .. } = sender;
    let client = ClientKey::of(viewer);
    // Held until the response, because the files of the request stay on disk that long.
    let _turn = match upload_turn(server, viewer, headers).await {
        Ok(turn) => turn,
        Err(fault) => return refuse(&fault.into(), request_id, media),
    };
    match read_body(server, &client, headers, body).await {
        // The bytes of the request stay reserved until the response is built.
        Ok((batch, _held)) => answer(server, sender, batch, request_id, media, Method::Post).await,
        Err(Unusable::Bad(status, message)) => bad_request(status, message, media),
        Err(Unusable::Refused(refused)) => refused_by_admission(&refused, media),
    }
}

/// Handles `GET`: queries only.
pub async fn get(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> axum::response::Response {
    let query = query.unwrap_or_default();
    if query.is_empty() && prefers_html(&headers) {
        // A user opened the URL in a browser: redirect to the page that explains the API.
        return (StatusCode::SEE_OTHER, [(header::LOCATION, "./"), (header::VARY, "accept")]).into_response();
    }
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    let viewer = match find_viewer(&server, &headers, peer).await {
        Ok((viewer, false)) => viewer,
        Ok((_, true)) => return refuse(&Fault::Unauthenticated.into(), &request_id, media),
        Err(error) => return refuse(&error, &request_id, media),
    };
    let request = match from_address(&query) {
        Ok(request) => request,
        Err(message) => return sent_by(&viewer, bad_request(StatusCode::BAD_REQUEST, message, media)),
    };
    let sender = Sender { viewer: &viewer, has_invalid_token: false, headers: &headers };
    let answer = answer(&server, sender, BatchRequest::Single(request), &request_id, media, Method::Get);
    sent_by(&viewer, answer.await)
}

/// Parses a request from the query string. The parser of async-graphql does not support `operationName`.
fn from_address(query: &str) -> Result<Request, String> {
    fn json<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| format!("{name} in the URL must be a JSON object: {error}."))
    }
    let mut request = Request::new("");
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "query" => request.query = value.into_owned(),
            "operationName" if !value.is_empty() => request.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => request.variables = json("variables", &value)?,
            "extensions" if !value.is_empty() => request.extensions = json("extensions", &value)?,
            _ => {}
        }
    }
    let names_nothing = request.query.trim().is_empty() && !is_persisted_probe(&request);
    if names_nothing { Err("The URL must have the parameter query.".into()) } else { Ok(request) }
}

/// The sender of a request.
#[derive(Clone, Copy)]
struct Sender<'a> {
    /// The viewer; a guest if the token is invalid.
    viewer: &'a Viewer,
    /// Whether the access token is invalid or expired. Then only operations that ignore it are executed.
    has_invalid_token: bool,
    headers: &'a HeaderMap,
}

/// The viewer of a request, and whether its token is invalid.
async fn find_viewer(
    server: &Server,
    headers: &HeaderMap,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
) -> souk_core::error::Result<(Viewer, bool)> {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    let description = client::describe(headers, peer, server.app.config.trusted_proxies);
    match client::viewer(&server.app, headers, description.clone()).await {
        Ok(viewer) => Ok((viewer, false)),
        Err(Error::Fault(Fault::Unauthenticated)) => Ok((Viewer::guest(description), true)),
        Err(error) => Err(error),
    }
}

/// Uploads wait in a queue before their body is read.
async fn upload_turn(server: &Server, viewer: &Viewer, headers: &HeaderMap) -> Result<Option<Permit>, Fault> {
    if essence(headers) != "multipart/form-data" {
        return Ok(None);
    }
    let key = match viewer.user_id() {
        Some(user) => user.to_string(),
        None => viewer.client().network(),
    };
    server.app.queues.uploads.acquire(&key).await.map(Some)
}

/// The media type of the body without parameters.
fn essence(headers: &HeaderMap) -> String {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Why a body was rejected.
enum Unusable {
    Bad(StatusCode, String),
    Refused(Refused),
}

impl From<Refused> for Unusable {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Unread> for Unusable {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Stalled => Self::Bad(body::STALLED.0, body::STALLED.1.to_owned()),
            Unread::TooLarge(message) => Self::Bad(StatusCode::PAYLOAD_TOO_LARGE, message),
            Unread::Malformed(message) => Self::Bad(StatusCode::BAD_REQUEST, message),
        }
    }
}

async fn read_body(
    server: &Server,
    client: &ClientKey,
    headers: &HeaderMap,
    body: Body,
) -> Result<(BatchRequest, Vec<HeldBytes>), Unusable> {
    let limits = &server.app.config.limits;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match essence(headers).as_str() {
        "application/json" | "application/graphql-response+json" => {
            let (json, held) = read_json(server, client, body).await?;
            let batch = serde_json::from_slice(&json).map_err(|error| {
                Unusable::Bad(StatusCode::BAD_REQUEST, format!("The body must be a GraphQL request in JSON: {error}."))
            })?;
            Ok((batch, held))
        }
        "multipart/form-data" => {
            if !cookie::has_preflight_header(headers) {
                let names = cookie::PREFLIGHT_HEADERS.join(", ");
                return Err(Unusable::Bad(StatusCode::BAD_REQUEST, format!("An upload must have one of the headers {names}.")));
            }
            let admission = &server.admission;
            admission.may_hold(client)?;
            let operations = limits.body_bytes.min(MAX_OPERATION_BYTES);
            let held = admission.reserve_bytes(client, operations);
            let sizes = Sizes { operations, file: limits.upload_bytes };
            Ok((multipart::read(content_type, body, sizes).await?, vec![held]))
        }
        _ => Err(Unusable::Bad(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The Content-Type must be application/json or multipart/form-data.".into(),
        )),
    }
}

/// Reads a JSON body, within the byte limit of the client.
async fn read_json(server: &Server, client: &ClientKey, body: Body) -> Result<(Vec<u8>, Vec<HeldBytes>), Unusable> {
    let (admission, most) = (&server.admission, server.app.config.limits.body_bytes);
    let (mut json, mut held) = (Vec::new(), Vec::new());
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| match body::is_stalled(&error) {
            true => Unusable::from(Unread::Stalled),
            false => Unusable::Bad(StatusCode::BAD_REQUEST, "The body can't be read.".into()),
        })?;
        if json.len().saturating_add(chunk.len()) > most {
            return Err(Unusable::Bad(StatusCode::PAYLOAD_TOO_LARGE, format!("The body must have at most {most} bytes.")));
        }
        admission.may_hold(client)?;
        held.push(admission.reserve_bytes(client, chunk.len()));
        json.extend_from_slice(&chunk);
    }
    check_values(&json).map_err(|message| Unusable::Bad(StatusCode::BAD_REQUEST, message))?;
    admission.spend(client, u64::try_from(json.len() / BYTES_PER_COST).unwrap_or(u64::MAX))?;
    Ok((json, held))
}

async fn answer(
    server: &Server,
    Sender { viewer, has_invalid_token, headers }: Sender<'_>,
    batch: BatchRequest,
    request_id: &RequestId,
    media: Media,
    method: Method,
) -> axum::response::Response {
    let (batched, requests) = match batch {
        BatchRequest::Single(request) => (false, vec![request]),
        BatchRequest::Batch(requests) if requests.is_empty() || requests.len() > MAX_BATCH => {
            return bad_request(
                StatusCode::BAD_REQUEST,
                format!("A batch must have 1 to {MAX_BATCH} operations; got {}.", requests.len()),
                media,
            );
        }
        BatchRequest::Batch(requests) => (true, requests),
    };
    if requests.iter().any(|request| request.query.trim().is_empty() && !is_persisted_probe(request)) {
        return bad_request(StatusCode::BAD_REQUEST, "query must be a GraphQL document.".into(), media);
    }
    let mut operations = Vec::with_capacity(requests.len());
    for request in requests {
        operations.push(prepare(server, viewer, request, request_id).await);
    }
    let needs_token = |operation: &Result<Prepared, Box<Outcome>>| match operation {
        Ok(prepared) => !prepared.ignores_invalid_token,
        Err(outcome) => outcome.refused.is_none(),
    };
    if has_invalid_token && operations.iter().any(needs_token) {
        return refuse(&Fault::Unauthenticated.into(), request_id, media);
    }
    let kinds = operations.iter().map(|operation| match operation {
        Ok(prepared) => Some(prepared.kind),
        Err(refused) => refused.executed.kind,
    });
    if method == Method::Get && kinds.flatten().any(|kind| kind != OperationType::Query) {
        let mut response = bad_request(StatusCode::METHOD_NOT_ALLOWED, "GET supports only queries; use POST.".into(), media);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let ((responses, operation, refused), statements) = souk_core::db::counting(async {
        let mut responses = Vec::with_capacity(operations.len());
        let (mut operation, mut refused) = (None, Vec::new());
        // Sequential, because the mutations of a batch have an order.
        for prepared in operations {
            let outcome = match prepared {
                Ok(prepared) => run(server, viewer, prepared, headers, request_id).await,
                Err(outcome) => *outcome,
            };
            operation = outcome.executed.name;
            refused.extend(outcome.refused);
            responses.push(outcome.executed.response);
        }
        (responses, operation, refused)
    })
    .await;
    let status = match refused.first() {
        // All operations were rejected by the admission control.
        Some(first) if refused.len() == responses.len() => first.status(),
        // A request that could not be executed is a bad request, except with the media type for older clients.
        _ if batched
            || media == Media::Json
            || responses.iter().all(|found| was_executed(found) || answers_persisted_probe(found)) =>
        {
            StatusCode::OK
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let answers: Vec<_> = responses.iter().map(Answer::from).collect();
    let body = match answers.first() {
        Some(only) if !batched => serde_json::to_vec(only),
        _ => serde_json::to_vec(&answers),
    };
    let body = body.unwrap_or_default();
    let held = server.admission.reserve_bytes(&ClientKey::of(viewer), body.len());
    let mut response = json(status, Bytes::from_owner(Answered { body, _held: held }), media);
    add_headers(&mut response, &responses);
    if let Some(name) = operation.filter(|_| !batched) {
        response.extensions_mut().insert(Operation(name));
    }
    if server.app.config.environment == souk_core::config::Environment::Development {
        response.headers_mut().insert(HeaderName::from_static("x-souk-sql-statements"), HeaderValue::from(statements));
    }
    response
}

/// A response body that the client has not received yet.
struct Answered {
    body: Vec<u8>,
    _held: HeldBytes,
}

impl AsRef<[u8]> for Answered {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// Adds the headers of the resolvers (cookies), and `Retry-After` for rate limit errors.
fn add_headers(to: &mut axum::response::Response, responses: &[Response]) {
    for response in responses {
        for (name, value) in &response.http_headers {
            to.headers_mut().append(name.clone(), value.clone());
        }
        let pauses = response.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("retryAfter"));
        for pause in pauses {
            if let async_graphql::Value::Number(seconds) = pause
                && let Some(seconds) = seconds.as_u64()
            {
                to.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
        }
    }
}

/// A response as specified: without `data` if nothing was executed.
#[derive(serde::Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a async_graphql::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, async_graphql::Value>,
}

impl<'a> From<&'a Response> for Answer<'a> {
    fn from(response: &'a Response) -> Self {
        let data = was_executed(response).then_some(&response.data);
        Self { data, errors: &response.errors, extensions: &response.extensions }
    }
}

/// Whether the operation was executed: without data, either a field failed, which has a path, or nothing was executed.
fn was_executed(response: &Response) -> bool {
    response.data != async_graphql::Value::Null
        || response.errors.is_empty()
        || response.errors.iter().any(|error| !error.path.is_empty())
}

fn json(status: StatusCode, body: impl Into<Body>, media: Media) -> axum::response::Response {
    (status, [(header::CONTENT_TYPE, media.content_type()), (header::CACHE_CONTROL, "no-store")], body.into()).into_response()
}

/// The response to a request whose sender was rejected.
fn refuse(error: &Error, request_id: &RequestId, media: Media) -> axum::response::Response {
    let (fault, status) = match error {
        Error::Fault(Fault::Unauthenticated) => (Fault::Unauthenticated, StatusCode::UNAUTHORIZED),
        Error::Fault(fault @ Fault::RateLimited { .. }) => (fault.clone(), StatusCode::TOO_MANY_REQUESTS),
        Error::Fault(fault) => (fault.clone(), StatusCode::INTERNAL_SERVER_ERROR),
        Error::Refused(_) => {
            (Fault::internal("unexpected user errors while authenticating a request"), StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    let mut error = souk_api::error::ApiError::from(fault.clone()).into_server_error();
    error.locations.clear();
    mask(&mut error, &request_id.0);
    if status == StatusCode::UNAUTHORIZED {
        error.message = "The access token is invalid, expired or revoked: refresh it or sign in again.".into();
    }
    let mut response = errors(status, error, media);
    if let Fault::RateLimited { retry_after } = &fault {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs() + 1));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    }
    response
}

/// The response to a request that the admission control rejected.
fn refused_by_admission(refused: &Refused, media: Media) -> axum::response::Response {
    let mut response = errors(refused.status(), refused.error(), media);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(refused.seconds()));
    response
}

fn bad_request(status: StatusCode, message: String, media: Media) -> axum::response::Response {
    let fault = Fault::BadUserInput { argument: "body", message };
    let mut error = souk_api::error::ApiError::from(fault).into_server_error();
    error.locations.clear();
    errors(status, error, media)
}

fn errors(status: StatusCode, error: ServerError, media: Media) -> axum::response::Response {
    let body = serde_json::json!({ "errors": [error] });
    json(status, serde_json::to_vec(&body).unwrap_or_default(), media)
}
