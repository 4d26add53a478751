//! Parcels.

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

/// A parcel.
pub struct Fulfillment(pub Model);

/// A parcel.
#[Object]
impl Fulfillment {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Who carries it.
    async fn courier(&self) -> Option<&str> {
        self.0.courier.as_deref()
    }

    /// The courier's number for it.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// Where it can be followed.
    async fn tracking_url(&self) -> Option<&str> {
        self.0.tracking_url.as_deref()
    }

    /// What is in it.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfillmentLine>> {
        let rows = ctx.load_one(LinesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(FulfillmentLine).collect())
    }

    /// When it was sent.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Pieces of a line that are in a parcel.
pub struct FulfillmentLine(fulfillment_line::Model);

/// Pieces of a line that are in a parcel.
#[Object]
impl FulfillmentLine {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Of which line.
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        OrderLine::load(ctx, self.0.order_line_id).await
    }
}

/// One parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FulfillmentKey(FulfillmentId);
/// The parcels of one store's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPart(StoreOrderId);
/// What is in one parcel.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LinesKey(FulfillmentId);
/// One line of a parcel.
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

impl Loader<OfPart> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfPart]) -> Result<HashMap<OfPart, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = fulfillment::of_store_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfPart(id), rows)).collect())
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
    /// One of a parcel that the viewer may see.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentLineId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(LineKey(id)).await? else { return Ok(None) };
        Ok(Fulfillment::load_visible(ctx, row.fulfillment_id).await?.map(|_| Self(row)))
    }
}

impl Fulfillment {
    /// Where the viewer may see the store's part of the order.
    pub async fn load_visible(ctx: &Context<'_>, id: FulfillmentId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(FulfillmentKey(id)).await? else { return Ok(None) };
        Ok(StoreOrder::load_visible(ctx, row.store_order_id).await?.map(|_| Self(row)))
    }

    /// The parcels of a store's part, oldest first.
    pub async fn of_part(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfPart(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
