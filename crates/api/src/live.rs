//! Live updates: what happens to orders, as it happens.

use crate::access::{AuthRole, Needs, auth, public};
use crate::admission::{Permit, Turns};
use crate::context::ContextExt;
use crate::error::{ApiError, Result};
use crate::id;
use crate::order::{Order, OrderEvent};
use crate::snapshot::Snapshot;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, Object, Subscription};
use entity::id::{OrderId, StoreId, StoreOrderId};
use futures::{Stream, StreamExt, TryStreamExt};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer};
use souk_core::error::Fault;
use souk_core::live::{Cursor, Hub, Topic, Update, WatchedRight, follow};
use std::sync::Arc;

/// Something happened to an order. It holds a place of the admission until it was read.
pub struct OrderUpdate {
    update: Update,
    _permit: Option<Permit>,
}

/// Something happened to an order.
#[Object]
impl OrderUpdate {
    /// Its place: after a break, pass the last one you saw as `after`, and you get what you missed, each event once.
    async fn cursor(&self) -> String {
        self.update.cursor.encode()
    }

    /// What happened.
    async fn event(&self) -> Result<OrderEvent> {
        OrderEvent::of_update(&self.update)
    }

    /// The order, as it is now: later than the event, where more has happened since.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        let order = self.update.event.order_id.ok_or_else(|| Fault::internal("an update of an order names no order"))?;
        Order::load(ctx, order).await
    }
}

/// Something happened to a store's part of an order. It holds a place of the admission until it was read.
pub struct StoreOrderUpdate {
    update: Update,
    part: StoreOrderId,
    _permit: Option<Permit>,
}

/// Something happened to a store's part of an order.
#[Object]
impl StoreOrderUpdate {
    /// Its place: after a break, pass the last one you saw as `after`, and you get what you missed, each event once.
    async fn cursor(&self) -> String {
        self.update.cursor.encode()
    }

    /// What happened.
    async fn event(&self) -> Result<OrderEvent> {
        OrderEvent::of_update(&self.update)
    }

    /// The store's part, as it is now: later than the event, where more has happened since.
    async fn store_order(&self, ctx: &Context<'_>) -> Result<StoreOrder> {
        StoreOrder::load(ctx, self.part).await
    }
}

/// Following orders.
#[derive(Default)]
pub struct LiveSubscription;

#[Subscription]
impl LiveSubscription {
    /// Events of one order. With `orderId`: for its buyer and for staff with `MANAGE_ORDERS`. With `orderToken`: for whoever holds
    /// the order's token, such as a guest. One of them is required. For everybody else the order does not exist.
    #[graphql(directive = public::apply())]
    async fn order_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Order of your own; any order for staff with MANAGE_ORDERS.")] order_id: Option<ID>,
        #[graphql(desc = "The order's `token`; needs no account.")] order_token: Option<String>,
        #[graphql(
            desc = "Cursor of the last update you saw, or `updatesCursor` of what you read: events after it are sent first. Null or empty: only events from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderUpdate>> + use<>> {
        let order_id = order_id.map(|id| id::argument::<OrderId>("orderId", &id)).transpose()?;
        let topic = Topic::order(ctx.app()?, ctx.viewer()?, order_id, order_token.as_deref()).await?;
        let updates = updates(ctx, topic, after.as_deref()).await?;
        Ok(updates.map_ok(|(update, _permit)| OrderUpdate { update, _permit }))
    }

    /// What happens to all orders of your own.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn my_order_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Cursor of the last update you saw, or `updatesCursor` of what you read: events after it are sent first. Null or empty: only events from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderUpdate>> + use<>> {
        let topic = Topic::own_orders(&ctx.viewer()?.customer()?);
        let updates = updates(ctx, topic, after.as_deref()).await?;
        Ok(updates.map_ok(|(update, _permit)| OrderUpdate { update, _permit }))
    }

    /// Events of the orders of a store: for its owner, its members and staff with `MANAGE_ORDERS`. When that right ends, such as with
    /// a membership, the subscription ends with one error `NOT_FOUND`.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A store whose orders you do.")] store_id: ID,
        #[graphql(
            desc = "Cursor of the last update you saw, or `updatesCursor` of what you read: events after it are sent first. Null or empty: only events from now on."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<StoreOrderUpdate>> + use<>> {
        let store_id: StoreId = id::argument("storeId", &store_id)?;
        let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
        let right = hub(ctx)?.watch_orders(&viewer, store_id)?;
        let staff = viewer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
        let updates = updates(ctx, Topic::store_orders(&staff), after.as_deref()).await?;
        let checked = updates.and_then(move |update| store_update(Arc::clone(&app), viewer.clone(), store_id, update));
        Ok(while_it_holds(checked, right))
    }
}

/// An update, and its place while it is read.
type Turn = (Update, Option<Permit>);

async fn updates(
    ctx: &Context<'_>,
    topic: Topic,
    after: Option<&str>,
) -> Result<impl Stream<Item = Result<Turn>> + Send + use<>> {
    let after = after.filter(|text| !text.is_empty()).map(Cursor::decode).transpose()?;
    let updates = follow(ctx.app()?, hub(ctx)?, topic, after).await?;
    let turns = ctx.data_opt::<Turns>().cloned();
    let snapshot = ctx.data_opt::<Snapshot>().cloned().unwrap_or_default();
    let in_turn = updates.map_err(ApiError::from).and_then(move |update| {
        let (turns, snapshot) = (turns.clone(), snapshot.clone());
        async move {
            let permit = match turns {
                Some(turns) => turns.next().await,
                None => None,
            };
            // The next update is taken when this one was answered, so one place is enough for all.
            snapshot.move_to(update.cursor);
            Ok((update, permit))
        }
    });
    Ok(in_turn)
}

fn hub<'ctx>(ctx: &'ctx Context<'_>) -> Result<&'ctx Arc<Hub>, Fault> {
    ctx.data_opt::<Arc<Hub>>().ok_or_else(|| Fault::internal("no Hub in the context"))
}

/// Ends with the first error, and with an error when the right has ended.
fn while_it_holds<T>(updates: impl Stream<Item = Result<T>>, right: WatchedRight) -> impl Stream<Item = Result<T>> {
    let begun = Some((Box::pin(updates), right));
    futures::stream::unfold(begun, |state| async move {
        let (mut updates, right) = state?;
        let next = tokio::select! {
            biased;
            () = right.ended() => Some(Err(Fault::NotFound.into())),
            next = updates.next() => next,
        }?;
        let state = next.is_ok().then_some((updates, right));
        Some((next, state))
    })
}

/// Somebody can leave a store while they follow it: nothing is shown that happened after that.
async fn store_update(app: Arc<App>, viewer: Viewer, store_id: StoreId, (update, _permit): Turn) -> Result<StoreOrderUpdate> {
    viewer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
    let part = update.event.store_order_id.ok_or_else(|| Fault::internal("an event of a store names no part of an order"))?;
    Ok(StoreOrderUpdate { update, part: StoreOrderId(part), _permit })
}
