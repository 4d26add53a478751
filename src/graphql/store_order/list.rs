//! Lists of store orders.

use crate::auth::StoreTask;
use crate::connection;
use crate::domain::page::{Page, PageRequest};
use crate::domain::store_order;
use crate::error::{Error, Fault};
use crate::graphql::context::ContextExt;
use crate::graphql::enums::OrderStatus;
use crate::graphql::loader::Loaders;
use crate::graphql::page::{self, COUNT_CAP, Counter};
use crate::graphql::store_order::StoreOrder;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, InputObject, Result};
use entity::id::StoreId;
use entity::store_order::Model;
use entity::value::OrderStatus as Stored;
use std::collections::HashMap;
use std::sync::Arc;

connection!(StoreOrderConnection, StoreOrderEdge, StoreOrder, "store orders");

/// Which store orders; all where everything is left out.
#[derive(InputObject, Clone, Debug)]
pub struct StoreOrderFilter {
    /// In any of these statuses.
    pub status: Option<Vec<OrderStatus>>,
}

/// A page of the orders of one store.
#[derive(Clone, PartialEq, Eq, Hash)]
struct OfStore(StoreId, Vec<Stored>, PageRequest);

impl Loader<OfStore> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfStore]) -> Result<HashMap<OfStore, Page<Model>>, Error> {
        let mut pages: HashMap<(&[Stored], PageRequest), Vec<StoreId>> = HashMap::new();
        for OfStore(store, statuses, page) in keys {
            pages.entry((statuses, *page)).or_default().push(*store);
        }
        let mut all = HashMap::new();
        for ((statuses, page), stores) in pages {
            let found = store_order::of_stores(&self.app, &self.viewer, &stores, statuses, &page).await?;
            all.extend(found.into_iter().map(|(store, rows)| (OfStore(store, statuses.to_vec(), page), rows)));
        }
        Ok(all)
    }
}

impl StoreOrderConnection {
    /// The orders of a store, newest first; an error where the viewer does not do the store's orders.
    pub async fn of_store(
        ctx: &Context<'_>,
        store: StoreId,
        filter: Option<StoreOrderFilter>,
        page: page::Arguments,
    ) -> Result<Self> {
        let statuses = filter.and_then(|filter| filter.status).unwrap_or_default();
        let mut statuses: Vec<Stored> = statuses.into_iter().map(Into::into).collect();
        statuses.sort();
        statuses.dedup();
        let page = page.of("Store.orders", &(store, &statuses))?;
        let Some(rows) = ctx.load_one(OfStore(store, statuses.clone(), page.request)).await? else {
            // Says why: nobody signed in, a task the member may not do, or nothing that exists for the viewer.
            ctx.viewer()?.store_staff(&ctx.app()?.db, store, StoreTask::Orders).await?;
            return Err(Fault::NotFound.into());
        };
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let counter = Counter::new(move || {
            let (app, viewer, statuses) = (Arc::clone(&app), viewer.clone(), statuses.clone());
            Box::pin(async move { store_order::count_of_store(&app, &viewer, store, &statuses, COUNT_CAP).await })
        });
        Ok(Self::new(rows, page.scope, counter))
    }
}
