//! Live updates of orders.

use crate::admission::{Permit, UpdateAdmission};
use crate::context::ContextExt;
use crate::error::{ApiError, Result};
use crate::id;
use crate::order::{Order, OrderEvent};
use crate::snapshot::Snapshot;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, Object};
use entity::id::{OrderId, StoreId, StoreOrderId};
use futures::{Stream, StreamExt, TryStreamExt};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreTask, Viewer};
use souk_core::error::Fault;
use souk_core::live::{Cursor, Hub, Topic, Update, WatchedRight, follow};
use souk_macros::root_subscription;
use std::sync::Arc;

/// An update of an order. Holds a slot of the admission control until the update was resolved.
pub struct OrderUpdate {
    update: Update,
    _permit: Option<Permit>,
}

/// Update of an order: an event and the current state of the order.
#[Object]
impl OrderUpdate {
    /// Cursor of the update. After a disconnection, pass the cursor of the last update that you received as `after`: all missed
    /// events are delivered, each once.
    async fn cursor(&self) -> String {
        self.update.cursor.encode()
    }

    /// Event that caused the update.
    async fn event(&self) -> Result<OrderEvent> {
        OrderEvent::of_update(&self.update)
    }

    /// Order in its current state, which may be later than the event.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        let order = self.update.event.order_id.ok_or_else(|| Fault::internal("an update of an order names no order"))?;
        Order::load(ctx, order).await
    }
}

/// An update of a store order. Holds a slot of the admission control until the update was resolved.
pub struct StoreOrderUpdate {
    update: Update,
    store_order: StoreOrderId,
    _permit: Option<Permit>,
}

/// Update of a store order: an event and the current state of the store order.
#[Object]
impl StoreOrderUpdate {
    /// Cursor of the update. After a disconnection, pass the cursor of the last update that you received as `after`: all missed
    /// events are delivered, each once.
    async fn cursor(&self) -> String {
        self.update.cursor.encode()
    }

    /// Event that caused the update.
    async fn event(&self) -> Result<OrderEvent> {
        OrderEvent::of_update(&self.update)
    }

    /// Store order in its current state, which may be later than the event.
    async fn store_order(&self, ctx: &Context<'_>) -> Result<StoreOrder> {
        StoreOrder::load(ctx, self.store_order).await
    }
}

/// Subscriptions to orders.
#[derive(Default)]
pub struct LiveSubscription;

#[root_subscription]
impl LiveSubscription {
    /// Events of one order. With `orderId`: for its buyer and for staff with `MANAGE_ORDERS`. With `orderToken`: for anyone who
    /// has the order's token, such as a guest. One of them is required. For everyone else the order does not exist.
    async fn order_updates(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of your own order, or of any order for staff with `MANAGE_ORDERS`.")] order_id: Option<ID>,
        #[graphql(desc = "`token` of the order; needs no account.")] order_token: Option<String>,
        #[graphql(
            desc = "Cursor of the last update you received, or `updatesCursor` of what you read: events after it are sent first. If null or empty, only new events are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderUpdate>> + use<>> {
        let order_id = order_id.map(|id| id::argument::<OrderId>("orderId", &id)).transpose()?;
        let topic = Topic::order(ctx.app()?, viewer, order_id, order_token.as_deref()).await?;
        let updates = updates(ctx, topic, after.as_deref()).await?;
        Ok(updates.map_ok(|(update, _permit)| OrderUpdate { update, _permit }))
    }

    /// Events of all your orders.
    async fn my_order_updates(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(
            desc = "Cursor of the last update you received, or `updatesCursor` of what you read: events after it are sent first. If null or empty, only new events are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderUpdate>> + use<>> {
        let topic = Topic::own_orders(&customer);
        let updates = updates(ctx, topic, after.as_deref()).await?;
        Ok(updates.map_ok(|(update, _permit)| OrderUpdate { update, _permit }))
    }

    /// Events of the orders of a store, for its owner, its members and staff with `MANAGE_ORDERS`. When that right ends, such as
    /// with a membership, the subscription ends with one error `NOT_FOUND`.
    async fn store_order_updates(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] store_id: ID,
        #[graphql(
            desc = "Cursor of the last update you received, or `updatesCursor` of what you read: events after it are sent first. If null or empty, only new events are sent."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<StoreOrderUpdate>> + use<>> {
        let store_id: StoreId = id::argument("storeId", &store_id)?;
        let (app, viewer) = (Arc::clone(ctx.app()?), customer.viewer().clone());
        let right = hub(ctx)?.watch_orders(&viewer, store_id)?;
        let staff = customer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
        let updates = updates(ctx, Topic::store_orders(&staff), after.as_deref()).await?;
        let checked = updates.and_then(move |update| store_update(Arc::clone(&app), viewer.clone(), store_id, update));
        Ok(while_it_holds(checked, right))
    }
}

/// An update with the slot of the admission control that is held while it is resolved.
type Turn = (Update, Option<Permit>);

async fn updates(
    ctx: &Context<'_>,
    topic: Topic,
    after: Option<&str>,
) -> Result<impl Stream<Item = Result<Turn>> + Send + use<>> {
    let after = after.filter(|text| !text.is_empty()).map(Cursor::decode).transpose()?;
    let updates = follow(ctx.app()?, hub(ctx)?, topic, after).await?;
    let turns = ctx.data_opt::<UpdateAdmission>().cloned();
    let snapshot = ctx.data_opt::<Snapshot>().cloned().unwrap_or_default();
    let in_turn = updates.map_err(ApiError::from).and_then(move |update| {
        let (turns, snapshot) = (turns.clone(), snapshot.clone());
        async move {
            let permit = match turns {
                Some(turns) => turns.next().await,
                None => None,
            };
            // The next update is taken after this one was resolved, so one snapshot is enough for all.
            snapshot.move_to(update.cursor);
            Ok((update, permit))
        }
    });
    Ok(in_turn)
}

fn hub<'ctx>(ctx: &'ctx Context<'_>) -> Result<&'ctx Arc<Hub>, Fault> {
    ctx.data_opt::<Arc<Hub>>().ok_or_else(|| Fault::internal("no Hub in the context"))
}

/// Ends the stream at the first error, and with `NOT_FOUND` when the right to read it has ended.
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

/// Checks access for each update: a member may leave the store during the subscription and must not see later events.
async fn store_update(app: Arc<App>, viewer: Viewer, store_id: StoreId, (update, _permit): Turn) -> Result<StoreOrderUpdate> {
    viewer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
    let store_order = update.event.store_order_id.ok_or_else(|| Fault::internal("an event of a store has no store order"))?;
    Ok(StoreOrderUpdate { update, store_order: StoreOrderId(store_order), _permit })
}
