//! What a resolver finds in its context.

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Fault;
use crate::graphql::loader::Loaders;
use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use std::sync::Arc;

/// The request's own things.
pub trait ContextExt {
    /// The marketplace.
    fn app(&self) -> Result<&Arc<App>, Fault>;
    /// Whoever asks.
    fn viewer(&self) -> Result<&Viewer, Fault>;
    /// Batches look-ups of this request.
    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault>;
}

impl ContextExt for Context<'_> {
    fn app(&self) -> Result<&Arc<App>, Fault> {
        self.data_opt().ok_or_else(|| Fault::internal("no App in the context"))
    }

    fn viewer(&self) -> Result<&Viewer, Fault> {
        self.data_opt().ok_or_else(|| Fault::internal("no Viewer in the context"))
    }

    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault> {
        self.data_opt().ok_or_else(|| Fault::internal("no loaders in the context"))
    }
}
