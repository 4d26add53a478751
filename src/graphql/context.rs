//! What a resolver finds in its context.

use crate::app::App;
use crate::auth::Viewer;
use crate::error::{Error, Fault};
use crate::graphql::loader::{Loaders, Pace};
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use futures::future::BoxFuture;
use std::hash::Hash;
use std::sync::Arc;

/// The request's own things.
pub trait ContextExt {
    /// The marketplace.
    fn app(&self) -> Result<&Arc<App>, Fault>;
    /// Whoever asks.
    fn viewer(&self) -> Result<&Viewer, Fault>;
    /// Batches look-ups of this request.
    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault>;
    /// Reads what a key stands for, by one statement together with what other fields of the level ask for.
    ///
    /// Boxed on purpose: async-graphql makes a future for every single field of an object, as large as that of its largest
    /// field, twice. With this inside of it, the three words of a store's name would take five thousand bytes.
    fn load_one<K>(&self, key: K) -> BoxFuture<'_, Result<Option<<Loaders as Loader<K>>::Value>, Error>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Error>;
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

    fn load_one<K>(&self, key: K) -> BoxFuture<'_, Result<Option<<Loaders as Loader<K>>::Value>, Error>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Error>,
    {
        Box::pin(async move {
            if let Some(pace) = self.data_opt::<Pace>() {
                pace.turn().await;
            }
            self.loader()?.load_one(key).await
        })
    }
}
