//! Lists of store orders.

use crate::connection;
use crate::context::ContextExt;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::loader::page_loaders;
use crate::order::list;
use crate::page::{self, COUNT_CAP, Counter};
use crate::store_order::StoreOrder;
use crate::time::DateTimeRange;
use async_graphql::{Context, InputObject};
use entity::id::StoreId;
use entity::store_order::Model;
use souk_core::auth::StoreTask;
use souk_core::error::Fault;
use souk_domain::store_order::{self, StoreOrderFilter as Filter};

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

page_loaders! {
    /// Loads a page of the orders of a store.
    OfStore(StoreId, with Filter) => Model, by store_order::of_stores;
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
        let Some(rows) = ctx.load_one(OfStore::new(store, filter.clone(), page.request)).await? else {
            // Returns the specific error: unauthenticated, a missing order role, or a store that does not exist for the viewer.
            ctx.viewer()?.store_staff(&ctx.app()?.db, store, StoreTask::Orders).await?;
            return Err(Fault::NotFound.into());
        };
        let counter = Counter::new(ctx, (ctx.viewer()?.clone(), filter), move |app, (viewer, filter)| {
            Box::pin(store_order::count_of_store(app, viewer, store, filter, COUNT_CAP))
        })?;
        Ok(Self::new(rows, page.scope, counter))
    }
}
