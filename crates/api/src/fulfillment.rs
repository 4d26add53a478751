//! Fulfillments: parcels of store orders.

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::order::OrderLine;
use crate::store_order::StoreOrder;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{FulfillmentId, FulfillmentLineId, StoreOrderId};
use entity::{fulfillment::Model, fulfillment_line};
use souk_core::error::Error;
use souk_domain::fulfillment;
use std::collections::HashMap;

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

/// Loads a parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FulfillmentKey(FulfillmentId);
/// Loads the parcels of a store order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfStoreOrder(StoreOrderId);
/// Loads the lines of a parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LinesKey(FulfillmentId);
/// Loads a line of a parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LineKey(FulfillmentLineId);

impl Loader<FulfillmentKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[FulfillmentKey]) -> Result<HashMap<FulfillmentKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = fulfillment::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (FulfillmentKey(row.id), row)).collect())
    }
}

impl Loader<OfStoreOrder> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfStoreOrder]) -> Result<HashMap<OfStoreOrder, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = fulfillment::of_store_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfStoreOrder(id), rows)).collect())
    }
}

impl Loader<LinesKey> for Loaders {
    type Value = Vec<fulfillment_line::Model>;
    type Error = Error;

    async fn load(&self, keys: &[LinesKey]) -> Result<HashMap<LinesKey, Vec<fulfillment_line::Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = fulfillment::lines(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (LinesKey(id), rows)).collect())
    }
}

impl Loader<LineKey> for Loaders {
    type Value = fulfillment_line::Model;
    type Error = Error;

    async fn load(&self, keys: &[LineKey]) -> Result<HashMap<LineKey, fulfillment_line::Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = fulfillment::lines_by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (LineKey(row.id), row)).collect())
    }
}

impl FulfillmentLine {
    /// Loads a line of a parcel that the viewer may see.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentLineId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(LineKey(id)).await? else { return Ok(None) };
        Ok(Fulfillment::load_visible(ctx, row.fulfillment_id).await?.map(|_| Self(row)))
    }
}

impl Fulfillment {
    /// Loads a parcel if the viewer may see its store order.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(FulfillmentKey(id)).await? else { return Ok(None) };
        Ok(StoreOrder::load_visible(ctx, row.store_order_id).await?.map(|_| Self(row)))
    }

    /// The parcels of a store order, oldest first.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfStoreOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
