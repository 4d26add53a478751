//! Reading orders.

use crate::context::ContextExt;
use crate::cost;
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
use std::sync::Arc;

/// Reading orders.
#[derive(Default)]
pub struct OrderQuery;

#[root_object]
impl OrderQuery {
    /// An order, for its buyer, for whoever holds its token, and for staff who manage orders.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "The order.")] id: ID,
        #[graphql(desc = "Its `token`, for a guest.")] token: Option<String>,
    ) -> Result<Option<Order>> {
        let id = id::argument("id", &id)?;
        Ok(order::find(ctx.app()?, viewer, id, token.as_deref()).await?.map(Order::from))
    }

    /// An order by its number and the email or phone on it; all that is given must match. Nothing personal is shown. Tried
    /// at most 30 times in 10 minutes from one address.
    async fn order_track(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Such as SK-7F3K-92QD; hyphens, spaces and case do not matter.")] number: String,
        #[graphql(desc = "The email on the order; this or `phone` is required.")] email: Option<String>,
        #[graphql(desc = "The phone on the order or its shipping address; its digits are compared.")] phone: Option<String>,
    ) -> Result<Option<TrackedOrder>> {
        let row = order::track(ctx.app()?, viewer, &number, email.as_deref(), phone.as_deref()).await?;
        Ok(row.map(TrackedOrder))
    }

    /// All orders of the marketplace, newest first.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "The first so many: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which orders.")] filter: Option<OrderFilter>,
    ) -> Result<OrderConnection> {
        let filter: order::OrderFilter = filter.map(OrderFilter::decode).transpose()?.unwrap_or_default();
        let page = page::arguments(first, after, last, before).of("orders", &filter)?;
        let app = Arc::clone(ctx.app()?);
        let rows = order::list(&app, &staff, &filter, &page.request).await?;
        let counter = Counter::new(move || {
            let (app, staff, filter) = (Arc::clone(&app), staff.clone(), filter.clone());
            Box::pin(async move { order::count(&app, &staff, &filter, COUNT_CAP).await })
        });
        Ok(OrderConnection::new(rows, page.scope, counter))
    }
}
