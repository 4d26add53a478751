//! Whether the process is alive, and whether it can serve.

use crate::http::server::Server;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use souk_core::app::App;
use souk_core::db::{Form, form};
use std::time::Duration;

/// A dependency that takes longer than this counts as down.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process answers.
pub async fn healthz() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "status": "ok" })))
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    database: &'static str,
    migrations: &'static str,
    storage: &'static str,
}

/// The database answers in its present form, and the storage can be reached: 200; else 503, and which of them is down.
pub async fn readyz(State(server): State<Server>) -> Response {
    let (migrations, storage) = tokio::join!(migrations(&server.app), storage(&server.app));
    let ready = Ready {
        status: if matches!(&migrations, Ok(Form::Present | Form::Newer(_))) && storage { "ok" } else { "unavailable" },
        database: if migrations.is_ok() { "ok" } else { "unavailable" },
        migrations: match &migrations {
            Ok(Form::Present) => "ok",
            Ok(Form::Missing(_)) => "missing",
            // Ran while this version was running: newer forms are made to work with the version before.
            Ok(Form::Newer(_)) => "newer",
            Err(()) => "unknown",
        },
        storage: if storage { "ok" } else { "unavailable" },
    };
    let status = if ready.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(ready)).into_response()
}

/// The form of the database.
async fn migrations(app: &App) -> Result<Form, ()> {
    match tokio::time::timeout(PATIENCE, form(app.db.read())).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database");
            Err(())
        }
        Err(_) => {
            tracing::warn!("not ready: the database takes too long");
            Err(())
        }
    }
}

/// Asking for a file that is not there tells whether anybody answers.
async fn storage(app: &App) -> bool {
    match tokio::time::timeout(PATIENCE, app.storage.head("public/readyz")).await {
        Ok(Ok(_) | Err(object_store::Error::NotFound { .. })) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the storage");
            false
        }
        Err(_) => {
            tracing::warn!("not ready: the storage takes too long");
            false
        }
    }
}
