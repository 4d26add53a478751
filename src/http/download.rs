//! `/downloads`: files of digital products, at the URLs of `downloadLinkCreate`.

use crate::http::client;
use crate::http::media::{Served, read};
use crate::http::server::{RequestId, Server};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use souk_core::provider::storage::StorageError;
use souk_domain::download;

/// Handles `GET` and `HEAD` of a file or a range of it. The link was counted when it was created, so that a download can be resumed.
pub(super) async fn get(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let app = &server.app;
    let viewer = Viewer::guest(client::describe(&headers, None, app.config.trusted_proxies));
    let file = match download::open(app, &viewer, &token).await {
        Ok(file) => file,
        Err(Error::Fault(Fault::NotFound)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&request_id, &format!("{error:?}")),
    };
    let Ok(disposition) = HeaderValue::from_str(&souk_core::provider::storage::attachment(&file.filename)) else {
        return failed(&request_id, &"a file name is not valid in a header");
    };
    let content_type = HeaderValue::from_str(&file.content_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let served = Served { content_type, disposition, cache_control: HeaderValue::from_static("private, no-store") };
    match read(app, &file.storage_key, &method, &headers, &served).await {
        Ok(response) => response,
        Err(StorageError::NotFound { .. }) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&request_id, &error),
    }
}

fn failed(request_id: &RequestId, error: &impl std::fmt::Display) -> Response {
    tracing::error!(request_id = request_id.0, %error, "failed to read a file");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
