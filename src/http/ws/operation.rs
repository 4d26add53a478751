//! The operations of a connection: prepared and run as those that come over HTTP.

use crate::auth::Viewer;
use crate::graphql::document::coded;
use crate::graphql::error::mask;
use crate::graphql::loader;
use crate::http::operation::run;
use crate::http::server::{RequestId, Server};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use axum::http::HeaderMap;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::future::ready;

/// The responses to a request: one to a query or a mutation, and to a subscription one for each update.
pub fn responses(
    server: &Server,
    viewer: &Viewer,
    request: Request,
    headers: &HeaderMap,
    request_id: &RequestId,
) -> BoxStream<'static, Response> {
    let (server, viewer, headers, request_id) = (server.clone(), viewer.clone(), headers.clone(), request_id.clone());
    let masking = request_id.0.clone();
    let begin = async move { begin(&server, &viewer, request, headers, &request_id).await };
    let masked = move |mut response: Response| {
        response.errors.iter_mut().for_each(|error| mask(error, &masking));
        response
    };
    stream::once(begin).flatten().map(masked).boxed()
}

async fn begin(
    server: &Server,
    viewer: &Viewer,
    request: Request,
    headers: HeaderMap,
    request_id: &RequestId,
) -> BoxStream<'static, Response> {
    let prepared = match server.api.prepare(request).await {
        Ok(prepared) => prepared,
        Err(refused) => return stream::once(ready(refused.response)).boxed(),
    };
    if prepared.kind == OperationType::Subscription {
        let loaders = loader::undriven(&server.app, viewer);
        return server.api.stream(prepared.data(viewer.clone()).data(loaders).data(headers));
    }
    let limit = server.app.config.limits.request;
    let response = match tokio::time::timeout(limit, run(server, viewer, prepared, &headers, request_id)).await {
        Ok(executed) => executed.response,
        Err(_) => {
            tracing::warn!(request_id = request_id.0, seconds = limit.as_secs(), "an operation took too long");
            Response::from_errors(vec![coded("TIMEOUT", "The request took too long and was broken off.".into())])
        }
    };
    stream::once(ready(response)).boxed()
}
