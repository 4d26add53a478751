//! `/webhooks/{provider}`: events of payment providers. A valid event is stored before the response, and processed by a job.

use crate::http::body;
use crate::http::server::{RequestId, Server};
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use entity::value::PaymentProvider;
use futures::StreamExt;
use souk_core::provider::payment::InvalidWebhook;
use souk_domain::webhook;

/// Maximum size of a body, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Receives an event. The response is 200 also for events that are stored already, and for kinds from which nothing follows; 503 if the
/// event could not be stored, so that the provider sends it again.
pub(super) async fn receive(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let provider = PaymentProvider::ALL.iter().copied().find(|known| known.as_str().to_ascii_lowercase() == provider);
    let refuse = |reason: InvalidWebhook| {
        server.metrics.count_refused_webhook(provider, reason);
        tracing::warn!(request_id = request_id.0, provider = provider.map(PaymentProvider::as_str), %reason, "a webhook was refused");
        refusal(reason)
    };
    let Some(provider) = provider else { return refuse(InvalidWebhook::Provider) };
    let bytes = match read(body).await {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => return refuse(InvalidWebhook::TooLarge),
        Err(Unread::Interrupted(response)) => return response,
    };
    let notice = match server.app.payments.parse_webhook(provider, &headers, &bytes, server.app.clock.now()) {
        Ok(notice) => notice,
        Err(reason) => return refuse(reason),
    };
    let Ok(text) = std::str::from_utf8(&bytes) else { return refuse(InvalidWebhook::Body) };
    match webhook::receive(&server.app, provider, &notice, text).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            tracing::error!(request_id = request_id.0, %provider, event = notice.event_id, ?error, "an event could not be stored");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

enum Unread {
    TooLarge,
    Interrupted(Response),
}

async fn read(body: Body) -> Result<Vec<u8>, Unread> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) if bytes.len() + chunk.len() > MAX_BYTES => return Err(Unread::TooLarge),
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) if body::is_stalled(&error) => return Err(Unread::Interrupted(body::STALLED.into_response())),
            Err(_) => return Err(Unread::Interrupted((StatusCode::BAD_REQUEST, "The body was interrupted.").into_response())),
        }
    }
    Ok(bytes)
}

fn refusal(reason: InvalidWebhook) -> Response {
    let (status, message) = match reason {
        InvalidWebhook::Provider => return StatusCode::NOT_FOUND.into_response(),
        InvalidWebhook::TooLarge => {
            return (StatusCode::PAYLOAD_TOO_LARGE, format!("The body must have at most {MAX_BYTES} bytes.")).into_response();
        }
        InvalidWebhook::Signature => (StatusCode::BAD_REQUEST, "The signature is missing or does not match the body."),
        InvalidWebhook::TooOld | InvalidWebhook::InFuture => {
            (StatusCode::BAD_REQUEST, "The time of the signature must be within 5 minutes of now.")
        }
        InvalidWebhook::Body => (StatusCode::BAD_REQUEST, "The body is not an event."),
        InvalidWebhook::Account => (StatusCode::BAD_REQUEST, "The event belongs to another account."),
        InvalidWebhook::Mode => (StatusCode::BAD_REQUEST, "The event belongs to the other mode, test or live."),
    };
    (status, message).into_response()
}
