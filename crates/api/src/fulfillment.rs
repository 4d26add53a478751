//! Fulfillments: parcels of store orders.

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::order::OrderLine;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{FulfillmentId, FulfillmentLineId, StoreOrderId};
use entity::{fulfillment::Model, fulfillment_line};
use souk_domain::fulfillment;

/// A shipped parcel.
pub struct Fulfillment(pub Model);

/// Shipped parcel of a store order.
#[Object]
impl Fulfillment {
    /// ID of the fulfillment.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the courier; null if none was given.
    async fn courier(&self) -> Option<&str> {
        self.0.courier.as_deref()
    }

    /// Tracking number of the courier; null if none was given.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// URL to track the parcel; null if none was given.
    async fn tracking_url(&self) -> Option<&str> {
        self.0.tracking_url.as_deref()
    }

    /// Order lines in the parcel, with their quantities.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfillmentLine>> {
        let rows = ctx.load_one(LinesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(FulfillmentLine).collect())
    }

    /// Time at which the parcel was shipped.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// A line of a parcel.
pub struct FulfillmentLine(fulfillment_line::Model);

/// Order line in a parcel, with the shipped quantity.
#[Object]
impl FulfillmentLine {
    /// ID of the fulfillment line.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Quantity of the order line in the parcel.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Order line of the shipped items.
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        OrderLine::load(ctx, self.0.order_line_id).await
    }
}

loaders! {
    /// Loads a parcel.
    FulfillmentKey(FulfillmentId) => row Model, by fulfillment::visible;
    /// Loads the parcels of a store order.
    OfStoreOrder(StoreOrderId) => value Vec<Model>, by fulfillment::of_store_orders;
    /// Loads the lines of a parcel.
    LinesKey(FulfillmentId) => value Vec<fulfillment_line::Model>, by fulfillment::lines;
    /// Loads a line of a parcel.
    LineKey(FulfillmentLineId) => row fulfillment_line::Model, by fulfillment::visible_lines;
}

impl FulfillmentLine {
    /// Loads a line of a parcel that the viewer may see.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentLineId) -> Result<Option<Self>> {
        Ok(ctx.load_one(LineKey(id)).await?.map(Self))
    }
}

impl Fulfillment {
    /// Loads a parcel if the viewer may see its store order.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentId) -> Result<Option<Self>> {
        Ok(ctx.load_one(FulfillmentKey(id)).await?.map(Self))
    }

    /// The parcels of a store order, oldest first.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfStoreOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
