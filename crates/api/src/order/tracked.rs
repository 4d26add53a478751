//! Orders found by number and email or phone, without an account and without a token.
//!
//! The number and the email may be known to others, so these types have no personal field and no actor. They have no IDs either:
//! an ID identifies one object of one type, and client caches would merge these objects with the `Order` of the same ID.

use crate::cost;
use crate::enums::{ActorKind, OrderEventType, OrderStatus};
use crate::error::Result;
use crate::fulfillment::Fulfillment;
use crate::money::Money;
use crate::order::{OrderEvent, OrderLine};
use crate::store::{self, Store};
use crate::store_order::StoreOrder;
use crate::totals::Totals;
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{order, store_order};
use souk_domain::order::timeline;
use souk_domain::totals;
use souk_macros::object;

/// An order as returned by `orderTrack`.
pub struct TrackedOrder(pub order::Model);

/// Order as returned by `orderTrack`: its progress, without personal data.
#[object]
impl TrackedOrder {
    /// Order number, such as `SK-7F3K-92QD`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The earliest status among the store orders that were not cancelled, refunded or failed.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Whether the payment was received.
    async fn is_paid(&self) -> bool {
        self.0.paid_at.is_some()
    }

    /// Totals of the order when it was placed.
    async fn totals(&self) -> Totals {
        Totals::new(totals::Totals::from(&self.0), self.0.currency)
    }

    /// Whether prices include tax; otherwise tax is added to the total.
    async fn is_tax_included(&self) -> bool {
        self.0.tax_included
    }

    /// Store orders of the order, one for each store.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn store_orders(&self, ctx: &Context<'_>) -> Result<Vec<TrackedStoreOrder>> {
        Ok(StoreOrder::rows_of_order(ctx, self.0.id).await?.into_iter().map(TrackedStoreOrder).collect())
    }

    /// Lines of the order, of all stores.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_order(ctx, self.0.id).await
    }

    /// Events of the order and its store orders, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<TrackedOrderEvent>> {
        Ok(OrderEvent::rows_of_order(ctx, self.0.id).await?.into_iter().map(TrackedOrderEvent).collect())
    }

    row_fields! {
        self.0:
        /// Time at which the order was placed.
        created_at,
        updated_at,
    }
}

/// A store order as returned by `orderTrack`.
pub struct TrackedStoreOrder(store_order::Model);

/// Store order as returned by `orderTrack`, without personal data.
#[object]
impl TrackedStoreOrder {
    /// Current status of the store order.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Store that sells the items; null if the store is no longer open.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.0.store_id).await
    }

    /// Name of the store that sells the items, also after the store closed.
    async fn store_name(&self, ctx: &Context<'_>) -> Result<String> {
        store::name(ctx, self.0.store_id).await
    }

    /// Total of the store order.
    async fn total(&self) -> Money {
        Money::new(self.0.total, self.0.currency)
    }

    /// Totals of the store order when it was placed.
    async fn totals(&self) -> Totals {
        Totals::new(totals::Totals::from(&self.0), self.0.currency)
    }

    /// Lines of the store order.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_store_order(ctx, self.0.id).await
    }

    /// Shipped parcels, oldest first.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn fulfillments(&self, ctx: &Context<'_>) -> Result<Vec<Fulfillment>> {
        Fulfillment::of_store_order(ctx, self.0.id).await
    }

    /// Events of the store order, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<TrackedOrderEvent>> {
        let rows = OrderEvent::rows_of_store_order(ctx, self.0.order_id, self.0.id).await?;
        Ok(rows.into_iter().map(TrackedOrderEvent).collect())
    }

    /// Name of the shipping method that the buyer chose; null if all items are digital.
    async fn shipping_method_name(&self) -> Option<&str> {
        self.0.shipping_method_name.as_deref()
    }

    row_fields! {
        self.0:
        /// Time at which the order was placed.
        created_at,
        updated_at,
    }
}

/// An event as returned by `orderTrack`.
pub struct TrackedOrderEvent(timeline::Entry);

/// Event of an order as returned by `orderTrack`.
#[Object]
impl TrackedOrderEvent {
    /// Kind of the event.
    #[graphql(name = "type")]
    async fn event_type(&self) -> OrderEventType {
        self.0.event_type.into()
    }

    /// Sentence for the timeline.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// Which side caused the event; users are not named.
    async fn actor_kind(&self) -> ActorKind {
        self.0.actor_kind.into()
    }

    /// Status of the order after the event.
    async fn order_status(&self) -> OrderStatus {
        self.0.order_status.into()
    }

    /// Status of the store order after the event; null if the event concerns the whole order.
    async fn store_order_status(&self) -> Option<OrderStatus> {
        self.0.store_order_status.map(OrderStatus::from)
    }

    /// Time of the event.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
