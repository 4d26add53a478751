//! Orders.

pub mod event;
pub mod line;
pub mod list;
pub mod mutation;
pub mod query;
pub mod tracked;

pub use event::OrderEvent;
pub use line::OrderLine;
pub use list::OrderConnection;
pub use mutation::{CancelledLineInput, OrderMutation};
pub use query::OrderQuery;

use crate::account::Person;
use crate::address::PostalAddress;
use crate::context::ContextExt;
use crate::cost;
use crate::digital::DownloadGrant;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::order_note::OrderNote;
use crate::payment::Payment;
use crate::refund::Refund;
use crate::scalar::Url;
use crate::setting;
use crate::snapshot;
use crate::store_order::StoreOrder;
use crate::totals::Totals;
use async_graphql::{Context, ID};
use chrono::{DateTime, Utc};
use entity::id::OrderId;
use entity::order::Model;
use souk_domain::{cancellation, link, order, totals};
use souk_macros::object;

/// An order.
pub struct Order {
    row: Model,
}

impl From<Model> for Order {
    fn from(row: Model) -> Self {
        Self { row }
    }
}

/// Order of a buyer. It has one store order for each store whose items were bought.
#[object]
impl Order {
    /// ID of the order.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Human-readable order number, such as `SK-7F3K-92QD`.
    async fn number(&self) -> &str {
        &self.row.number
    }

    /// Secret token that gives access to the order without signing in: a guest passes it to `order`, `orderCancel` and
    /// `orderUpdates`.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(Some(order::token(ctx.app()?, &self.row)))
    }

    /// The earliest status among the store orders that were not cancelled, refunded or failed.
    async fn status(&self) -> OrderStatus {
        self.row.status.into()
    }

    /// Rights to download the digital lines of the order that are paid, oldest first.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn downloads(&self, ctx: &Context<'_>) -> Result<Vec<DownloadGrant>> {
        DownloadGrant::of_order(ctx, self.row.id).await
    }

    /// Refunds of the order, oldest first.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        Refund::of_order(ctx, self.row.id).await
    }

    /// Notes of stores and staff on the order and its store orders, oldest first: those with the visibility CUSTOMER; all for staff with
    /// `MANAGE_ORDERS`.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn notes(&self, ctx: &Context<'_>) -> Result<Vec<OrderNote>> {
        OrderNote::of_order(ctx, self.row.id).await
    }

    /// Whether the payment was received.
    async fn is_paid(&self) -> bool {
        self.row.paid_at.is_some()
    }

    /// Time at which the payment was received; null if the order is unpaid.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.row.paid_at
    }

    /// Amount that was received and must be refunded to the buyer, such as after a paid order was cancelled.
    async fn refund_due(&self) -> Money {
        Money::new(self.row.refund_due, self.row.currency)
    }

    /// Totals of the order when it was placed.
    async fn totals(&self) -> Totals {
        Totals::new(totals::Totals::from(&self.row), self.row.currency)
    }

    /// Whether prices include tax; otherwise tax is added to the total.
    async fn is_tax_included(&self) -> bool {
        self.row.tax_included
    }

    /// Same value as `isTaxIncluded`.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    async fn tax_included(&self) -> bool {
        self.row.tax_included
    }

    /// Whether you can cancel the order with `orderCancel` in its current status.
    async fn viewer_can_cancel(&self, ctx: &Context<'_>) -> Result<bool> {
        let (store_orders, lines, settings) = futures::try_join!(
            StoreOrder::rows_of_order(ctx, self.row.id),
            OrderLine::of_order(ctx, self.row.id),
            setting::current(ctx)
        )?;
        let lines = lines.into_iter().map(|line| line.0).collect();
        Ok(cancellation::can_cancel(ctx.viewer()?, &self.row, store_orders, lines, &settings))
    }

    /// Store orders of the order, one for each store.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn store_orders(&self, ctx: &Context<'_>) -> Result<Vec<StoreOrder>> {
        StoreOrder::of_order(ctx, self.row.id).await
    }

    /// Lines of the order, of all stores.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_order(ctx, self.row.id).await
    }

    /// Payments for the order, oldest first.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        Payment::of_order(ctx, self.row.id).await
    }

    /// Events of the order and its store orders, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>> {
        OrderEvent::of_order(ctx, self.row.id).await
    }

    /// URL of the page that shows the status of the order to its buyer, also without signing in. The page belongs to the
    /// storefront if one is configured (`SOUK_STOREFRONT_URL`), otherwise to the server. The URL contains the token of the order.
    async fn status_url(&self, ctx: &Context<'_>) -> Result<Url> {
        Ok(link::order(ctx.app()?, self.row.id, &self.row.number).into())
    }

    /// Cursor to follow the order from this response on: pass it as `after` to `orderUpdates`. No event that is missing in the
    /// response is lost. An event that occurred while the response was read may be in both; compare `OrderEvent.id`. In the
    /// payload of a mutation the cursor precedes the mutation, so that the subscription also delivers its events.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(snapshot::cursor(ctx)?)
    }

    /// User who placed the order; null for a guest.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        match self.row.user_id {
            Some(user) => Person::load_optional(ctx, user).await,
            None => Ok(None),
        }
    }

    /// Contact email for the order; null after the buyer closed their account.
    async fn email(&self) -> Option<&str> {
        Some(self.row.email.as_str()).filter(|email| !email.is_empty())
    }

    /// Contact phone number for the order; null if none was given.
    async fn phone(&self) -> Option<&str> {
        self.row.phone.as_deref()
    }

    /// Shipping address of the order; null if all items are digital.
    async fn shipping_address(&self) -> Option<PostalAddress> {
        self.row.shipping_address.clone().map(PostalAddress::from)
    }

    /// Billing address of the order; null if none was given.
    async fn billing_address(&self) -> Option<PostalAddress> {
        self.row.billing_address.clone().map(PostalAddress::from)
    }

    /// Note from the buyer to the stores; null if there is none.
    async fn note(&self) -> Option<&str> {
        Some(self.row.note.as_str()).filter(|note| !note.is_empty())
    }

    row_fields! {
        self.row:
        /// Time at which the order was placed.
        created_at,
        updated_at,
    }
}

loaders! {
    /// Loads an order without a visibility check.
    pub OrderKey(OrderId) => row Model, by order::by_ids;
    /// Loads an order if the viewer may see it.
    VisibleOrder(OrderId) => row Model, by order::visible;
}

impl Order {
    /// The row of the order, for the rules of the domain.
    pub fn row(&self) -> &Model {
        &self.row
    }

    /// Loads an order in the batch of the request; an internal error if it does not exist.
    pub async fn load(ctx: &Context<'_>, id: OrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| souk_core::error::Fault::internal("the order does not exist").into())
    }

    /// As [`Order::load`], with `None` if the order does not exist. Only for references from objects that the viewer may see.
    pub async fn load_optional(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(OrderKey(id)).await?.map(Self::from))
    }

    /// As [`Order::load_optional`], only if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleOrder(id)).await?.map(Self::from))
    }
}
