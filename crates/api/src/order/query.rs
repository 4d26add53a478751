//! Queries for orders.

use crate::context::ContextExt;
use crate::error::Result;
use crate::id;
use crate::order::Order;
use crate::order::list::{OrderConnection, OrderFilter};
use crate::order::tracked::TrackedOrder;
use crate::page::{self, COUNT_CAP, Counter};
use async_graphql::{Context, ID};
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Staff, Viewer};
use souk_domain::order;
use souk_macros::root_object;

/// Queries for orders.
#[derive(Default)]
pub struct OrderQuery;

#[root_object]
impl OrderQuery {
    /// Order by ID, for its buyer, for anyone who has its token, and for staff with `MANAGE_ORDERS`. Null if it does not exist or
    /// you cannot see it.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the order.")] id: ID,
        #[graphql(desc = "`token` of the order, for a guest.")] token: Option<String>,
    ) -> Result<Option<Order>> {
        let id = id::argument("id", &id)?;
        Ok(order::find(ctx.app()?, viewer, id, token.as_deref()).await?.map(Order::from))
    }

    /// Order by its number and the email or phone on it; everything that is given must match. Shows no personal data. At most 30
    /// attempts in 10 minutes from one address.
    async fn order_track(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Order number, such as SK-7F3K-92QD; hyphens, spaces and case are ignored.")] number: String,
        #[graphql(desc = "Email on the order. This or `phone` is required.")] email: Option<String>,
        #[graphql(desc = "Phone on the order or its shipping address; only the digits are compared.")] phone: Option<String>,
    ) -> Result<Option<TrackedOrder>> {
        let row = order::track(ctx.app()?, viewer, &number, email.as_deref(), phone.as_deref()).await?;
        Ok(row.map(TrackedOrder))
    }

    /// All orders of the marketplace, newest first.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions that the orders must meet.")] filter: Option<OrderFilter>,
    ) -> Result<OrderConnection> {
        let filter: order::OrderFilter = filter.map(OrderFilter::decode).transpose()?.unwrap_or_default();
        let page = page.of("orders", &filter)?;
        let rows = order::list(ctx.app()?, &staff, &filter, &page.request).await?;
        let counter =
            Counter::new(ctx, (staff, filter), |app, (staff, filter)| Box::pin(order::count(app, staff, filter, COUNT_CAP)))?;
        Ok(OrderConnection::new(rows, page.scope, counter))
    }
}
