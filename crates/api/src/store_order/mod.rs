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
use crate::dispute::Dispute;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::fulfillment::Fulfillment;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::order::event::ManagedStoreOrder;
use crate::order::{OrderEvent, OrderKey, OrderLine};
use crate::order_note::OrderNote;
use crate::refund::Refund;
use crate::setting;
use crate::store::{self, Store};
use crate::totals::Totals;
use async_graphql::{Context, ID};
use entity::id::{OrderId, StoreOrderId};
use entity::money::{AmountOverflow, Minor};
use entity::store_order::Model;
use entity::{order, order_line};
use souk_core::error::Fault;
use souk_domain::{store_order, totals};
use souk_macros::object;

/// A store order.
pub struct StoreOrder {
    row: Model,
}

impl From<Model> for StoreOrder {
    fn from(row: Model) -> Self {
        Self { row }
    }
}

/// The items of an order that one store sells, with the data that the store needs. Store orders of other stores are not visible
/// to the store.
#[object]
impl StoreOrder {
    /// ID of the store order.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Number of the whole order, such as `SK-7F3K-92QD`.
    async fn number(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.order(ctx).await?.number)
    }

    /// Current status of the store order.
    async fn status(&self) -> OrderStatus {
        self.row.status.into()
    }

    /// Statuses that the store can set next.
    async fn allowed_statuses(&self, ctx: &Context<'_>) -> Result<Vec<OrderStatus>> {
        let lines: Vec<_> = OrderLine::of_store_order(ctx, self.row.id).await?.into_iter().map(|line| line.0).collect();
        let settings = setting::current(ctx).await?;
        Ok(store_order::allowed(&self.row, &lines, &settings).into_iter().map(OrderStatus::from).collect())
    }

    /// Whether you can cancel the store order with `storeOrderCancel` in its current status, as a store member with the order
    /// role or as staff with `MANAGE_ORDERS`. False for the buyer, who cancels with `orderCancel` or `orderLinesCancel`.
    async fn viewer_can_cancel(&self, ctx: &Context<'_>) -> Result<bool> {
        let signed_in = ctx.viewer()?.user_id().is_some();
        if !signed_in || ctx.load_one(ManagedStoreOrder(self.row.id)).await?.is_none() {
            return Ok(false);
        }
        let lines: Vec<_> = OrderLine::of_store_order(ctx, self.row.id).await?.into_iter().map(|line| line.0).collect();
        Ok(store_order::can_cancel(ctx.viewer()?, &self.row, &lines, &setting::current(ctx).await?))
    }

    /// Store that sells the items; null if the store is no longer open.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.row.store_id).await
    }

    /// Name of the store that sells the items, also after the store closed.
    async fn store_name(&self, ctx: &Context<'_>) -> Result<String> {
        store::name(ctx, self.row.store_id).await
    }

    /// Total of the store order.
    async fn total(&self) -> Money {
        Money::new(self.row.total, self.row.currency)
    }

    /// Totals of the store order when it was placed.
    async fn totals(&self) -> Totals {
        Totals::new(totals::Totals::from(&self.row), self.row.currency)
    }

    /// Refunds of the store order, oldest first.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        Refund::of_store_order(ctx, self.row.id).await
    }

    /// Notes of the store and of staff on the store order, oldest first: all for store members with the order role and staff with
    /// `MANAGE_ORDERS`; for the buyer those with the visibility CUSTOMER.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn notes(&self, ctx: &Context<'_>) -> Result<Vec<OrderNote>> {
        OrderNote::of_store_order(ctx, self.row.id).await
    }

    /// Disputes about money of the store order, oldest first; empty if you are neither the owner of the store nor staff with
    /// `MANAGE_FINANCE`.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn disputes(&self, ctx: &Context<'_>) -> Result<Vec<Dispute>> {
        Dispute::of_store_order(ctx, self.row.id).await
    }

    /// Commission of the marketplace on the items, and on the shipping if it owes any, that were not cancelled or refunded; null if you are neither the owner of the store
    /// nor staff with `MANAGE_FINANCE`.
    async fn commission_total(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let of_shipping = self.row.shipping_commission_total;
        self.remaining(ctx, of_shipping, |line| line.commission_total.minus(line.reversed_commission_total)).await
    }

    /// Tax on the commission; null if you cannot see `commissionTotal`.
    async fn commission_tax_total(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let of_shipping = self.row.shipping_commission_tax_total;
        self.remaining(ctx, of_shipping, |line| line.commission_tax_total.minus(line.reversed_commission_tax_total)).await
    }

    /// Fees of payment providers that the store bears; null if you cannot see `commissionTotal`.
    async fn provider_fee_total(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let is_visible = ctx.load_one(FinanceKey(self.row.id)).await?.is_some();
        Ok(is_visible.then(|| Money::new(self.row.posted_fee_total, self.row.currency)))
    }

    /// What the store has earned with the store order until now: what was paid and not refunded, after commission and fees; null if you
    /// cannot see `commissionTotal`.
    async fn earning(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        if ctx.load_one(FinanceKey(self.row.id)).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Money::new(store_order::earning(&self.row)?, self.row.currency)))
    }

    /// Lines of the store order.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_store_order(ctx, self.row.id).await
    }

    /// Shipped parcels, oldest first.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn fulfillments(&self, ctx: &Context<'_>) -> Result<Vec<Fulfillment>> {
        Fulfillment::of_store_order(ctx, self.row.id).await
    }

    /// Events of the store order, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>> {
        OrderEvent::of_store_order(ctx, self.row.order_id, self.row.id).await
    }

    /// Name of the shipping method that the buyer chose; null if all items are digital.
    async fn shipping_method_name(&self) -> Option<&str> {
        self.row.shipping_method_name.as_deref()
    }

    /// Name of the buyer from the shipping or billing address; null after the buyer closed their account.
    async fn customer_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let order = self.order(ctx).await?;
        let address = order.shipping_address.or(order.billing_address);
        let name = address.map(|address| format!("{} {}", address.first_name, address.last_name).trim().to_owned());
        Ok(name.filter(|name| !name.is_empty()))
    }

    /// Shipping address of the order; null if all items of the order are digital.
    async fn shipping_address(&self, ctx: &Context<'_>) -> Result<Option<PostalAddress>> {
        Ok(self.order(ctx).await?.shipping_address.map(PostalAddress::from))
    }

    /// Note from the buyer to the stores; null if there is none.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(Some(self.order(ctx).await?.note).filter(|note| !note.is_empty()))
    }

    /// Whether the payment for the store order was received.
    async fn is_paid(&self, ctx: &Context<'_>) -> Result<bool> {
        if self.order(ctx).await?.paid_at.is_some() {
            return Ok(true);
        }
        if self.row.paid_total == Minor::ZERO {
            return Ok(false);
        }
        let lines = OrderLine::of_store_order(ctx, self.row.id).await?;
        let lines: Vec<_> = lines.iter().map(|line| &line.0).collect();
        Ok(self.row.paid_total >= souk_domain::order::due(&self.row, &lines).map_err(souk_core::error::internal)?)
    }

    row_fields! {
        self.row:
        /// Time at which the order was placed.
        created_at,
        updated_at,
    }
}

loaders! {
    /// Loads a store order without a visibility check.
    pub StoreOrderKey(StoreOrderId) => row Model, by store_order::by_ids;
    /// Loads a store order if the viewer may see it.
    VisibleStoreOrder(StoreOrderId) => row Model, by store_order::visible;
    /// Loads whether the viewer may see the finances of the store of a store order.
    FinanceKey(StoreOrderId) => flag, by store_order::with_finances;
    /// Loads the store orders of an order.
    OfOrder(OrderId) => value Vec<Model>, by store_order::of_orders;
}

impl StoreOrder {
    /// Loads a store order in the batch of the request; an internal error if it does not exist.
    pub async fn load(ctx: &Context<'_>, id: StoreOrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("the store order does not exist").into())
    }

    /// As [`StoreOrder::load`], with `None` if it does not exist. Only for references from objects that the viewer may see.
    pub async fn load_optional(ctx: &Context<'_>, id: StoreOrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(StoreOrderKey(id)).await?.map(Self::from))
    }

    /// As [`StoreOrder::load_optional`], only if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreOrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleStoreOrder(id)).await?.map(Self::from))
    }

    /// The rows of the store orders of an order.
    pub async fn rows_of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Model>> {
        Ok(ctx.load_one(OfOrder(id)).await?.unwrap_or_default())
    }

    /// The store orders of an order.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(Self::rows_of_order(ctx, id).await?.into_iter().map(Self::from).collect())
    }

    /// The sum of an amount of the lines and what is left of that of the shipping, if the viewer may see the finances of the store.
    async fn remaining(
        &self,
        ctx: &Context<'_>,
        of_shipping: Minor,
        amount: impl Fn(&order_line::Model) -> Result<Minor, AmountOverflow>,
    ) -> Result<Option<Money>> {
        if ctx.load_one(FinanceKey(self.row.id)).await?.is_none() {
            return Ok(None);
        }
        let lines = OrderLine::of_store_order(ctx, self.row.id).await?;
        let amounts = lines.iter().map(|line| amount(&line.0)).collect::<Result<Vec<_>, _>>();
        let total = amounts.and_then(Minor::sum).map_err(souk_core::error::internal)?;
        let total = total.plus(store_order::of_shipping(&self.row, of_shipping)?).map_err(souk_core::error::internal)?;
        Ok(Some(Money::new(total, self.row.currency)))
    }

    /// The whole order, of which only the data that the store needs is exposed.
    async fn order(&self, ctx: &Context<'_>) -> Result<order::Model> {
        let row = ctx.load_one(OrderKey(self.row.order_id)).await?;
        row.ok_or_else(|| Fault::internal("the order of the store order does not exist").into())
    }
}
