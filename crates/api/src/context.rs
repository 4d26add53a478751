//! Access to the data of a request from a resolver.

use crate::loader::{Loaders, SignedIn, TimeSlice};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, QueryPathSegment};
use futures::future::BoxFuture;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use std::hash::Hash;
use std::sync::Arc;

/// The data of a request.
pub trait ContextExt {
    /// The application.
    fn app(&self) -> Result<&Arc<App>, Fault>;
    /// The caller; below a root field that signed a user in, that user.
    fn viewer(&self) -> Result<&Viewer, Fault>;
    /// The batching loader of this request.
    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault>;
    /// Resolves everything below this root field as `viewer`, who was signed in by it.
    fn sign_in(&self, viewer: Viewer) -> Result<(), Fault>;
    /// Loads the value of a key. The keys of all fields of a level are loaded in one batch.
    ///
    /// Boxed on purpose: async-graphql creates a future for every field of an object, as large as the future of its largest
    /// field, twice. Unboxed, a field such as the name of a store would take five thousand bytes.
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
        if let Some(signed_in) = signed_in(self) {
            return Ok(&signed_in.viewer);
        }
        self.data_opt().ok_or_else(|| Fault::internal("no Viewer in the context"))
    }

    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault> {
        match signed_in(self) {
            Some(signed_in) => Ok(&signed_in.loader),
            None => self.data_opt().ok_or_else(|| Fault::internal("no loaders in the context")),
        }
    }

    fn sign_in(&self, viewer: Viewer) -> Result<(), Fault> {
        let loader = self.data_opt::<DataLoader<Loaders>>().ok_or_else(|| Fault::internal("no loaders in the context"))?;
        let field = root_field(self).ok_or_else(|| Fault::internal("no root field in the context"))?;
        loader.loader().sign_in(field.to_owned(), viewer);
        Ok(())
    }

    fn load_one<K>(&self, key: K) -> BoxFuture<'_, Result<Option<<Loaders as Loader<K>>::Value>, Error>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Error>,
    {
        Box::pin(async move {
            if let Some(time_slice) = self.data_opt::<TimeSlice>() {
                time_slice.wait().await;
            }
            self.loader()?.load_one(key).await
        })
    }
}

/// The user who was signed in by the root field above this field.
fn signed_in<'a>(ctx: &'a Context<'_>) -> Option<&'a SignedIn> {
    let loaders = ctx.data_opt::<DataLoader<Loaders>>()?.loader();
    // Most requests do not sign a user in, so the path is only walked if needed.
    if loaders.has_sign_ins() { loaders.signed_in_by(root_field(ctx)?) } else { None }
}

/// The response key of the root field above this field.
fn root_field<'a>(ctx: &'a Context<'_>) -> Option<&'a str> {
    let mut node = ctx.path_node.as_ref()?;
    while let Some(parent) = node.parent {
        node = parent;
    }
    match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    }
}
