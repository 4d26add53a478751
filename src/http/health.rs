//! Liveness and readiness checks.

use crate::http::server::Server;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use souk_core::app::App;
use souk_core::db::{Form, form};
use souk_core::provider::search::Progress;
use std::time::Duration;

/// A dependency that takes longer than this counts as unavailable.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Liveness: the process responds.
pub(super) async fn healthz() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "status": "ok" })))
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    database: &'static str,
    migrations: &'static str,
    storage: &'static str,
    /// "ok", or how many products the index has of how many.
    search: String,
}

/// Readiness: 200 if the database has the current schema, the storage is available and the search index is filled; otherwise 503 with
/// the failed check.
pub(super) async fn readyz(State(server): State<Server>) -> Response {
    let (migrations, storage) = tokio::join!(migrations(&server.app), storage(&server.app));
    let search = server.app.search.progress();
    let is_ready = matches!(&migrations, Ok(Form::Present | Form::Newer(_))) && storage && search == Progress::Ready;
    let ready = Ready {
        status: if is_ready { "ok" } else { "unavailable" },
        database: if migrations.is_ok() { "ok" } else { "unavailable" },
        migrations: match &migrations {
            Ok(Form::Present) => "ok",
            Ok(Form::Missing(_)) => "missing",
            // A newer version migrated the database while this one runs; migrations are compatible with the previous version.
            Ok(Form::Newer(_)) => "newer",
            Err(()) => "unknown",
        },
        storage: if storage { "ok" } else { "unavailable" },
        search: match search {
            Progress::Ready => "ok".to_owned(),
            Progress::Filling { done, total } => format!("{done} of {total}"),
            Progress::Absent => "unavailable".to_owned(),
        },
    };
    let status = if ready.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(ready)).into_response()
}

/// The state of the database migrations.
async fn migrations(app: &App) -> Result<Form, ()> {
    match tokio::time::timeout(TIMEOUT, form(app.db.read())).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database is unavailable");
            Err(())
        }
        Err(_) => {
            tracing::warn!("not ready: the database timed out");
            Err(())
        }
    }
}

/// Whether the storage responds; the file need not exist.
async fn storage(app: &App) -> bool {
    match tokio::time::timeout(TIMEOUT, app.storage.head("public/readyz")).await {
        Ok(Ok(_) | Err(object_store::Error::NotFound { .. })) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the storage is unavailable");
            false
        }
        Err(_) => {
            tracing::warn!("not ready: the storage timed out");
            false
        }
    }
}
