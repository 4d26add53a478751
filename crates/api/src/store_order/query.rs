//! Reading store orders.

use crate::access::{AuthRole, Needs, auth};
use crate::error::Result;
use crate::id;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, Object};

/// Reading store orders.
#[derive(Default)]
pub struct StoreOrderQuery;

#[Object]
impl StoreOrderQuery {
    /// A store's part of an order, for those who do the store's orders, for its buyer, and for staff who manage orders.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order(&self, ctx: &Context<'_>, #[graphql(desc = "The store order.")] id: ID) -> Result<Option<StoreOrder>> {
        StoreOrder::load_visible(ctx, id::argument("id", &id)?).await
    }
}
