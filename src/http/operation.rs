//! Running a prepared operation for somebody, whichever way it came in.

use crate::auth::Viewer;
use crate::graphql::error::mask;
use crate::graphql::loader::Batches;
use crate::graphql::{Executed, Prepared};
use crate::http::server::{RequestId, Server};
use axum::http::HeaderMap;

/// Runs a query or a mutation with loaders of its own.
pub async fn run(server: &Server, viewer: &Viewer, prepared: Prepared, headers: &HeaderMap, request_id: &RequestId) -> Executed {
    let batches = Batches::default();
    let prepared = prepared.data(batches.loaders(&server.app, viewer)).data(batches.pace());
    let prepared = prepared.data(viewer.clone()).data(headers.clone());
    let mut executed = batches.drive(server.api.run(prepared)).await;
    mask_all(&mut executed, request_id);
    executed
}

/// Gives the errors of an answer their codes, and hides what is of the inside.
pub fn mask_all(executed: &mut Executed, request_id: &RequestId) {
    for error in &mut executed.response.errors {
        mask(error, &request_id.0);
    }
}
