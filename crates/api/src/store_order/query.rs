//! Reading store orders.

use crate::error::Result;
use crate::id;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID};
use souk_core::auth::Customer;
use souk_macros::root_object;

/// Reading store orders.
#[derive(Default)]
pub struct StoreOrderQuery;

#[root_object]
impl StoreOrderQuery {
    /// A store's part of an order, for those who do the store's orders, for its buyer, and for staff who manage orders.
    async fn store_order(
        &self,
        ctx: &Context<'_>,
        #[actor] _: Customer,
        #[graphql(desc = "The store order.")] id: ID,
    ) -> Result<Option<StoreOrder>> {
        StoreOrder::load_visible(ctx, id::argument("id", &id)?).await
    }
}
