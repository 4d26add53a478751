//! What a resolver finds in its context.

use crate::loader::{Loaders, Pace, SignedIn};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, QueryPathSegment};
use futures::future::BoxFuture;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Error, Fault};
use std::hash::Hash;
use std::sync::Arc;

/// The request's own things.
pub trait ContextExt {
    /// The marketplace.
    fn app(&self) -> Result<&Arc<App>, Fault>;
    /// The caller; within the answer of a root field that signed a user in, that user.
    fn viewer(&self) -> Result<&Viewer, Fault>;
    /// Batches look-ups of this request.
    fn loader(&self) -> Result<&DataLoader<Loaders>, Fault>;
    /// Has all that this root field answers with be read as `viewer`, who signed in by it.
    fn sign_in(&self, viewer: Viewer) -> Result<(), Fault>;
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
            if let Some(pace) = self.data_opt::<Pace>() {
                pace.turn().await;
            }
            self.loader()?.load_one(key).await
        })
    }
}

/// Who signed in by the root field that this field stands below.
fn signed_in<'a>(ctx: &'a Context<'_>) -> Option<&'a SignedIn> {
    let loaders = ctx.data_opt::<DataLoader<Loaders>>()?.loader();
    // Nearly always nobody: then the path is not looked at.
    if loaders.has_sign_ins() { loaders.signed_in_by(root_field(ctx)?) } else { None }
}

/// The root field that this field stands below, by its name in the answer.
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
