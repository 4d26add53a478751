//! `/media`: download of public files, and upload of files by clients.

use crate::http::asset::is_known;
use crate::http::client;
use crate::http::server::{RequestId, Server};
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use headers::{AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfRange, LastModified, RetryAfter};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use object_store::{GetOptions, GetRange, ObjectMeta};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use souk_core::provider::storage::StorageError;
use souk_domain::upload;
use std::fmt::Display;
use std::ops::Range;
use std::time::SystemTime;

/// The prefix of public keys.
const PUBLIC_PREFIX: &str = "public/";
/// Keys are random, so the content of a key never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Maximum number of parts of a file that wait to be written.
const MAX_PENDING_PARTS: usize = 4;

/// Handles `GET` and `HEAD` of a public file or a range of it.
pub(super) async fn get(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    method: Method,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !key.starts_with(PUBLIC_PREFIX) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match read(&server.app, &key, &method, &headers, &Served::of_key(&key)).await {
        Ok(response) => response,
        // A key that is not a valid path does not exist.
        Err(StorageError::NotFound { .. } | StorageError::InvalidPath { .. }) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&request_id, &error),
    }
}

/// Headers of a file that is served.
pub(super) struct Served {
    pub(super) content_type: HeaderValue,
    pub(super) disposition: HeaderValue,
    pub(super) cache_control: HeaderValue,
}

impl Served {
    /// Those of a public file.
    fn of_key(key: &str) -> Self {
        let (content_type, is_picture) = content_type(key);
        Self {
            content_type: HeaderValue::from_static(content_type),
            disposition: HeaderValue::from_static(if is_picture { "inline" } else { "attachment" }),
            cache_control: HeaderValue::from_static(IMMUTABLE),
        }
    }
}

/// Answers `GET` and `HEAD` of a file or a range of it.
pub(super) async fn read(
    app: &App,
    key: &str,
    method: &Method,
    headers: &HeaderMap,
    served: &Served,
) -> Result<Response, StorageError> {
    let requested = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let whole = requested.is_none() && *method == Method::GET;
    if whole && !headers.contains_key(header::IF_NONE_MATCH) {
        let found = app.storage.get(key, GetOptions::default()).await?;
        let meta = found.meta.clone();
        return Ok(file(StatusCode::OK, served, &meta, 0..meta.size, Body::from_stream(found.into_stream())));
    }
    let meta = app.storage.head(key).await?;
    let tag = etag(&meta);
    if tag.as_ref().is_some_and(|tag| is_known(headers, tag)) {
        return Ok(file(StatusCode::NOT_MODIFIED, served, &meta, 0..meta.size, Body::empty()));
    }
    let requested = requested.filter(|_| is_unmodified(headers, tag.as_ref(), &meta));
    let range = match requested.map(|text| parse_range(text, meta.size)) {
        None | Some(RequestedRange::Whole) => None,
        Some(RequestedRange::Part(range)) => Some(range),
        Some(RequestedRange::Beyond) => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(meta.size));
            return Ok(response);
        }
    };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let wanted = range.clone().unwrap_or(0..meta.size);
    if *method == Method::HEAD {
        return Ok(file(status, served, &meta, wanted, Body::empty()));
    }
    let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
    let found = app.storage.get(key, options).await?;
    Ok(file(status, served, &meta, wanted, Body::from_stream(found.into_stream())))
}

fn file(status: StatusCode, served: &Served, meta: &ObjectMeta, range: Range<u64>, body: Body) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, served.cache_control.clone());
    headers.typed_insert(AcceptRanges::bytes());
    if let Some(tag) = etag(meta) {
        headers.typed_insert(tag);
    }
    if status == StatusCode::NOT_MODIFIED {
        return response;
    }
    headers.insert(header::CONTENT_TYPE, served.content_type.clone());
    headers.insert(header::CONTENT_DISPOSITION, served.disposition.clone());
    headers.typed_insert(last_modified(meta));
    headers.typed_insert(ContentLength(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(part) = ContentRange::bytes(range, meta.size)
    {
        headers.typed_insert(part);
    }
    response
}

/// The media type by extension, because a file system stores no types; and whether browsers may show the file.
fn content_type(key: &str) -> (&'static str, bool) {
    match key.rsplit('.').next() {
        Some("jpg") => ("image/jpeg", true),
        Some("png") => ("image/png", true),
        Some("webp") => ("image/webp", true),
        _ => ("application/octet-stream", false),
    }
}

/// The version of a file; `None` if the storage has none.
fn etag(meta: &ObjectMeta) -> Option<ETag> {
    let tag = meta.e_tag.as_deref()?;
    tag.parse().or_else(|_| format!("\"{tag}\"").parse()).ok()
}

fn last_modified(meta: &ObjectMeta) -> LastModified {
    LastModified::from(SystemTime::from(meta.last_modified))
}

/// Whether a part may be sent: if the file has changed since the client saw it, `If-Range` requires the whole file.
fn is_unmodified(headers: &HeaderMap, tag: Option<&ETag>, meta: &ObjectMeta) -> bool {
    match headers.typed_try_get::<IfRange>() {
        Ok(Some(condition)) => !condition.is_modified(tag, Some(&last_modified(meta))),
        Ok(None) => true,
        Err(_) => false,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum RequestedRange {
    Whole,
    Part(Range<u64>),
    Beyond,
}

/// Parses a range (RFC 9110). Several ranges and invalid ranges are answered with the whole file.
fn parse_range(text: &str, size: u64) -> RequestedRange {
    match parse_range_header(text.trim()).and_then(|ranges| ranges.validate(size)).as_deref() {
        Ok([range]) => RequestedRange::Part(*range.start()..range.end().saturating_add(1)),
        Err(RangeUnsatisfiableError::Unsatisfiable) => RequestedRange::Beyond,
        _ => RequestedRange::Whole,
    }
}

/// Receives a file at the URL of `stagedUploadCreate`: once, and with exactly the announced number of bytes.
pub(super) async fn put(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let app = &server.app;
    let viewer = Viewer::guest(client::describe(&headers, None, app.config.trusted_proxies));
    let row = match upload::open(app, &viewer, &token).await {
        Ok(row) => row,
        Err(Error::Fault(Fault::NotFound)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&request_id, &format!("{error:?}")),
    };
    // The body is read after the upload has its permit of the queue.
    let _permit = match app.queues.uploads.acquire(&row.user_id.to_string()).await {
        Ok(permit) => permit,
        Err(fault) => return busy(&fault),
    };
    match app.storage.head(&row.storage_key).await {
        Err(StorageError::NotFound { .. }) => {}
        Ok(_) => return (StatusCode::CONFLICT, "A file was already uploaded to this URL.").into_response(),
        Err(error) => return failed(&request_id, &error),
    }
    // The announced size; the limit may have been reduced since.
    let size = usize::try_from(row.byte_size).unwrap_or(usize::MAX);
    let most = upload::most_bytes(app, row.purpose);
    if size > most {
        return (StatusCode::PAYLOAD_TOO_LARGE, format!("A file must have at most {most} bytes.")).into_response();
    }
    match write(app, &row.storage_key, &headers, body, size).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Unwritten::WrongSize(found)) => {
            let status = if found > size { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
            (status, format!("The file must have {size} bytes, as announced; got {found}.")).into_response()
        }
        Err(Unwritten::Interrupted) => (StatusCode::BAD_REQUEST, "The upload was interrupted.").into_response(),
        Err(Unwritten::Failed(error)) => failed(&request_id, &error),
    }
}

enum Unwritten {
    /// The file has this number of bytes, or more.
    WrongSize(usize),
    Interrupted,
    Failed(StorageError),
}

impl From<StorageError> for Unwritten {
    fn from(error: StorageError) -> Self {
        Self::Failed(error)
    }
}

/// The response if too many uploads are in progress.
fn busy(fault: &Fault) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "Too many uploads are in progress.").into_response();
    if let Fault::RateLimited { retry_after } = fault {
        response.headers_mut().typed_insert(RetryAfter::delay(*retry_after));
    }
    response
}

async fn write(app: &App, key: &str, headers: &HeaderMap, body: Body, size: usize) -> Result<(), Unwritten> {
    let announced = headers.typed_get::<ContentLength>().map(|length| usize::try_from(length.0).unwrap_or(usize::MAX));
    if let Some(announced) = announced.filter(|announced| *announced != size) {
        return Err(Unwritten::WrongSize(announced));
    }
    let mut file = app.storage.write(key).await?;
    let mut chunks = body.into_data_stream();
    let mut found = 0usize;
    let unwritten = loop {
        match chunks.next().await {
            None if found < size => break Unwritten::WrongSize(found),
            None => {
                file.finish().await?;
                return Ok(());
            }
            Some(Err(_)) => break Unwritten::Interrupted,
            Some(Ok(chunk)) => {
                found = found.saturating_add(chunk.len());
                if found > size {
                    break Unwritten::WrongSize(found);
                }
                file.wait_for_capacity(MAX_PENDING_PARTS).await?;
                file.put(chunk);
            }
        }
    };
    file.abort().await?;
    Err(unwritten)
}

fn failed(request_id: &RequestId, error: &impl Display) -> Response {
    tracing::error!(request_id = request_id.0, %error, "failed to read or write a file");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_parsed_as_specified() {
        for (text, asked) in [
            ("bytes=0-3", RequestedRange::Part(0..4)),
            ("bytes=4-", RequestedRange::Part(4..10)),
            ("bytes=8-99", RequestedRange::Part(8..10)),
            ("bytes=-3", RequestedRange::Part(7..10)),
            ("bytes=-99", RequestedRange::Part(0..10)),
            ("bytes=10-", RequestedRange::Beyond),
            ("bytes=-0", RequestedRange::Beyond),
            ("bytes=3-1", RequestedRange::Whole),
            ("bytes=0-1,3-4", RequestedRange::Whole),
            ("pages=1-2", RequestedRange::Whole),
            ("bytes=99999999999999999999-", RequestedRange::Beyond),
        ] {
            assert_eq!(parse_range(text, 10), asked, "{text}");
        }
    }
}
