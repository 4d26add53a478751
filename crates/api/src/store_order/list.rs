//! Lists of store orders.

use crate::connection;
use crate::context::ContextExt;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::loader::Loaders;
use crate::order::list::{self, DateTimeRange};
use crate::page::{self, COUNT_CAP, Counter};
use crate::store_order::StoreOrder;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, InputObject};
use entity::id::StoreId;
use entity::store_order::Model;
use souk_core::auth::StoreTask;
use souk_core::error::{Error, Fault};
use souk_domain::page::{Page, PageRequest};
use souk_domain::store_order::{self, StoreOrderFilter as Filter};
use std::collections::HashMap;
use std::sync::Arc;

connection!(StoreOrderConnection, StoreOrderEdge, StoreOrder, "store orders");

/// Filter for store orders. A store order must match all conditions that are set.
#[derive(InputObject, Clone, Debug)]
pub struct StoreOrderFilter {
    /// Number of the order, such as `SK-7F3K-92QD`; hyphens, spaces and case are ignored.
    pub number: Option<String>,
    /// Statuses of the store order, any of which matches.
    pub status: Option<Vec<OrderStatus>>,
    /// Range for the time at which the order was placed.
    pub created_at: Option<DateTimeRange>,
}

impl StoreOrderFilter {
    fn decode(self) -> Result<Filter, Fault> {
        let (created_from, created_before) = DateTimeRange::ends(self.created_at);
        let number = self.number.map(|typed| list::number("number", &typed)).transpose()?;
        Ok(Filter { number, status: list::statuses(self.status), created_from, created_before })
    }
}

/// Loads a page of the orders of a store.
#[derive(Clone, PartialEq, Eq, Hash)]
struct OfStore(StoreId, Filter, PageRequest);

impl Loader<OfStore> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfStore]) -> Result<HashMap<OfStore, Page<Model>>, Error> {
        let mut pages: HashMap<(&Filter, PageRequest), Vec<StoreId>> = HashMap::new();
        for OfStore(store, filter, page) in keys {
            pages.entry((filter, *page)).or_default().push(*store);
        }
        let mut all = HashMap::new();
        for ((filter, page), stores) in pages {
            let found = store_order::of_stores(&self.app, &self.viewer, &stores, filter, &page).await?;
            all.extend(found.into_iter().map(|(store, rows)| (OfStore(store, filter.clone(), page), rows)));
        }
        Ok(all)
    }
}

impl StoreOrderConnection {
    /// The orders of a store, newest first; an error if the viewer may not manage the store's orders.
    pub async fn of_store(
        ctx: &Context<'_>,
        store: StoreId,
        filter: Option<StoreOrderFilter>,
        page: page::Arguments,
    ) -> Result<Self> {
        let filter = filter.map(StoreOrderFilter::decode).transpose()?.unwrap_or_default();
        let page = page.of("Store.orders", &(store, &filter))?;
        let Some(rows) = ctx.load_one(OfStore(store, filter.clone(), page.request)).await? else {
            // Returns the specific error: unauthenticated, a missing order role, or a store that does not exist for the viewer.
            ctx.viewer()?.store_staff(&ctx.app()?.db, store, StoreTask::Orders).await?;
            return Err(Fault::NotFound.into());
        };
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let counter = Counter::new(move || {
            let (app, viewer, filter) = (Arc::clone(&app), viewer.clone(), filter.clone());
            Box::pin(async move { store_order::count_of_store(&app, &viewer, store, &filter, COUNT_CAP).await })
        });
        Ok(Self::new(rows, page.scope, counter))
    }
}
