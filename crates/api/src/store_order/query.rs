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
    /// Store order by ID, for members of the store, for its buyer, and for staff with `MANAGE_ORDERS`. Null if it does not exist
    /// or you cannot see it.
    async fn store_order(
        &self,
        ctx: &Context<'_>,
        #[actor] _: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
    ) -> Result<Option<StoreOrder>> {
        StoreOrder::load_visible(ctx, id::argument("id", &id)?).await
    }
}
