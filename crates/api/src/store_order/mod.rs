//! Store orders.

pub mod list;
pub mod mutation;
pub mod query;

pub use list::{StoreOrderConnection, StoreOrderFilter};
pub use mutation::StoreOrderMutation;
pub use query::StoreOrderQuery;

use crate::address::PostalAddress;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::fulfillment::Fulfillment;
use crate::id;
use crate::loader::Loaders;
use crate::money::Money;
use crate::order::event::WorkedOn;
use crate::order::{OrderEvent, OrderKey, OrderLine};
use crate::store::{self, Store};
use crate::totals::Totals;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{OrderId, StoreOrderId};
use entity::order;
use entity::store_order::Model;
use souk_core::error::{Error, Fault};
use souk_domain::{store_order, totals};
use std::collections::HashMap;

/// One store's part of an order.
pub struct StoreOrder {
    row: Model,
}

impl From<Model> for StoreOrder {
    fn from(row: Model) -> Self {
        Self { row }
    }
}

/// One store's part of an order: all that the store sees of it, and nothing of the other stores' parts.
#[Object]
impl StoreOrder {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// The number of the order it is a part of, such as `SK-7F3K-92QD`.
    async fn number(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.order(ctx).await?.number)
    }

    /// Where it stands.
    async fn status(&self) -> OrderStatus {
        self.row.status.into()
    }

    /// Where the store can move it from here.
    async fn allowed_statuses(&self, ctx: &Context<'_>) -> Result<Vec<OrderStatus>> {
        let lines: Vec<_> = OrderLine::of_part(ctx, self.row.id).await?.into_iter().map(|line| line.0).collect();
        Ok(store_order::allowed(&self.row, &lines).iter().copied().map(OrderStatus::from).collect())
    }

    /// Whether you can cancel the store order by `storeOrderCancel` as it is now: for those who work on the store's orders and staff with
    /// `MANAGE_ORDERS`. False for its buyer, who cancels by `orderCancel` or `orderLinesCancel`.
    async fn viewer_can_cancel(&self, ctx: &Context<'_>) -> Result<bool> {
        let signed_in = ctx.viewer()?.user_id().is_some();
        if !signed_in || ctx.load_one(WorkedOn(self.row.id)).await?.is_none() {
            return Ok(false);
        }
        let lines: Vec<_> = OrderLine::of_part(ctx, self.row.id).await?.into_iter().map(|line| line.0).collect();
        Ok(store_order::can_cancel(&self.row, &lines))
    }

    /// The store that sells it; null if the store is not open any more.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.row.store_id).await
    }

    /// Name of the store that sells it, also after the store closed.
    async fn store_name(&self, ctx: &Context<'_>) -> Result<String> {
        store::name(ctx, self.row.store_id).await
    }

    /// What this part comes to.
    async fn total(&self) -> Money {
        Money::new(self.row.total, self.row.currency)
    }

    /// What this part came to when it was placed.
    async fn totals(&self) -> Totals {
        Totals::new(totals::Totals::from(&self.row), self.row.currency)
    }

    /// What was bought of this store.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_part(ctx, self.row.id).await
    }

    /// What was sent, oldest first.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn fulfillments(&self, ctx: &Context<'_>) -> Result<Vec<Fulfillment>> {
        Fulfillment::of_part(ctx, self.row.id).await
    }

    /// What happened to this part, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>> {
        OrderEvent::of_part(ctx, self.row.order_id, self.row.id).await
    }

    /// How it is sent, as the buyer chose; absent where all of it is digital.
    async fn shipping_method_name(&self) -> Option<&str> {
        self.row.shipping_method_name.as_deref()
    }

    /// The buyer's name, as on the address; null after the buyer closed their account.
    async fn customer_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let order = self.order(ctx).await?;
        let address = order.shipping_address.or(order.billing_address);
        let name = address.map(|address| format!("{} {}", address.first_name, address.last_name).trim().to_owned());
        Ok(name.filter(|name| !name.is_empty()))
    }

    /// Where it is sent; absent where all of the order is digital.
    async fn shipping_address(&self, ctx: &Context<'_>) -> Result<Option<PostalAddress>> {
        Ok(self.order(ctx).await?.shipping_address.map(PostalAddress::from))
    }

    /// The buyer's words for the stores.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(Some(self.order(ctx).await?.note).filter(|note| !note.is_empty()))
    }

    /// Whether the money was received.
    async fn is_paid(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.order(ctx).await?.paid_at.is_some())
    }

    /// When it was placed.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreOrderKey(pub StoreOrderId);
/// One store order, if the viewer may see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct VisibleStoreOrder(StoreOrderId);
/// The parts of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfOrder(OrderId);

impl Loader<VisibleStoreOrder> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[VisibleStoreOrder]) -> Result<HashMap<VisibleStoreOrder, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store_order::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleStoreOrder(row.id), row)).collect())
    }
}

impl Loader<StoreOrderKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[StoreOrderKey]) -> Result<HashMap<StoreOrderKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store_order::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (StoreOrderKey(row.id), row)).collect())
    }
}

impl Loader<OfOrder> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfOrder]) -> Result<HashMap<OfOrder, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = store_order::of_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfOrder(id), rows)).collect())
    }
}

impl StoreOrder {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: StoreOrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("StoreOrder is gone").into())
    }

    /// As [`StoreOrder::load`], for what may be gone. Only for references from what the viewer may see already.
    pub async fn load_optional(ctx: &Context<'_>, id: StoreOrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(StoreOrderKey(id)).await?.map(Self::from))
    }

    /// As [`StoreOrder::load_optional`], only if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreOrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleStoreOrder(id)).await?.map(Self::from))
    }

    /// The rows of all parts of an order.
    pub async fn rows_of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfOrder(id)).await?.unwrap_or_default())
    }

    /// The parts of an order.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_order(ctx, id).await?.into_iter().map(Self::from).collect())
    }

    /// The order, of which only what the store must know is shown.
    async fn order(&self, ctx: &Context<'_>) -> Result<order::Model> {
        let row = ctx.load_one(OrderKey(self.row.order_id)).await?;
        row.ok_or_else(|| Fault::internal("an order is gone").into())
    }
}
