//! `/import-reports` and `/exports`: reports of imports and files of exports, at the URLs of `ProductImport.reportUrl` and
//! `ProductExport.url`.

use crate::http::answer::SentBy;
use crate::http::media::{Served, read};
use crate::http::server::{RequestId, Server};
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use souk_core::error::{Error, Fault};
use souk_core::provider::storage::{StorageError, attachment};
use souk_core::queue::Permit;
use souk_domain::product_export;
use souk_domain::product_import::report::{self, Parts};
use std::io;

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");

/// Handles `GET` of a report. Its parts are read while they are sent; if reading fails, the response is cut off.
pub(super) async fn get_report(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    Path(token): Path<String>,
) -> Response {
    let app = &server.app;
    let download = match report::open(app, &token) {
        Ok(download) => download,
        Err(Error::Fault(Fault::NotFound)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&request_id, &format!("{error:?}")),
    };
    let permit = match app.queues.statements.acquire(&download.user_id().to_string()).await {
        Ok(permit) => permit,
        Err(_) => return (StatusCode::TOO_MANY_REQUESTS, "Too many reports are being downloaded.").into_response(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, CSV);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"import-report.csv\""));
    let user = Extension(SentBy(download.user_id()));
    let sending = Sending { parts: download.parts(app.clone()), request_id, _permit: permit };
    (user, headers, Body::from_stream(stream::try_unfold(sending, Sending::next))).into_response()
}

/// A report that is being sent.
struct Sending {
    parts: Parts,
    request_id: RequestId,
    _permit: Permit,
}

impl Sending {
    /// The next part of the file; `None` after the last.
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Self)>> {
        let part = self.parts.next().await.map_err(|error| {
            tracing::error!(request_id = self.request_id.0, ?error, "failed to read a report");
            io::Error::other("the report could not be read")
        })?;
        Ok(part.map(|part| (part.into_bytes(), self)))
    }
}

/// Handles `GET` and `HEAD` of the file of an export or a range of it.
pub(super) async fn get_export(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let app = &server.app;
    let file = match product_export::open(app, &token).await {
        Ok(file) => file,
        Err(Error::Fault(Fault::NotFound)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&request_id, &format!("{error:?}")),
    };
    let Ok(disposition) = HeaderValue::from_str(&attachment(&file.filename)) else {
        return failed(&request_id, &"a file name is not valid in a header");
    };
    let content_type = HeaderValue::from_static(file.content_type);
    let served = Served { content_type, disposition, cache_control: HeaderValue::from_static("private, no-store") };
    match read(app, &file.storage_key, &method, &headers, &served).await {
        Ok(response) => response,
        Err(StorageError::NotFound { .. }) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&request_id, &error),
    }
}

fn failed(request_id: &RequestId, error: &impl std::fmt::Display) -> Response {
    tracing::error!(request_id = request_id.0, %error, "failed to read a report or an export");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
