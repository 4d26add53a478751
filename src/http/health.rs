//! Whether the process is alive, and whether it can serve.

use crate::app::App;
use crate::http::server::Server;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use migration::{Migrator, MigratorTrait};
use serde::Serialize;
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
        status: if migrations == Ok(0) && storage { "ok" } else { "unavailable" },
        database: if migrations.is_ok() { "ok" } else { "unavailable" },
        migrations: match migrations {
            Ok(0) => "ok",
            Ok(_) => "missing",
            Err(()) => "unknown",
        },
        storage: if storage { "ok" } else { "unavailable" },
    };
    let status = if ready.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(ready)).into_response()
}

/// How many steps the database lacks.
async fn migrations(app: &App) -> Result<usize, ()> {
    match tokio::time::timeout(PATIENCE, Migrator::get_pending_migrations_read_only(app.db.read())).await {
        Ok(Ok(missing)) => Ok(missing.len()),
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
