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
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::money::Money;
use crate::payment::Payment;
use crate::scalar::Url;
use crate::snapshot;
use crate::store_order::StoreOrder;
use crate::totals::Totals;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::OrderId;
use entity::order::Model;
use souk_core::error::Error;
use souk_domain::{cancellation, link, order, totals};
use std::collections::HashMap;

/// What was bought, in all its stores.
pub struct Order {
    row: Model,
}

impl From<Model> for Order {
    fn from(row: Model) -> Self {
        Self { row }
    }
}

/// What was bought, in all its stores.
#[Object]
impl Order {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Such as `SK-7F3K-92QD`: what people read to each other.
    async fn number(&self) -> &str {
        &self.row.number
    }

    /// Opens the order for whoever holds it: a guest passes it to `order`, `orderCancel` and `orderUpdates`.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(Some(order::token(ctx.app()?, ctx.viewer()?, self.row.id)))
    }

    /// Where it stands: as the least advanced of its stores' parts that did not come to nothing.
    async fn status(&self) -> OrderStatus {
        self.row.status.into()
    }

    /// Whether the money was received.
    async fn is_paid(&self) -> bool {
        self.row.paid_at.is_some()
    }

    /// When the money was received.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.row.paid_at
    }

    /// Money that was received and must be returned to the buyer, such as of an order that was cancelled after it was paid.
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

    /// As `isTaxIncluded`.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    async fn tax_included(&self) -> bool {
        self.row.tax_included
    }

    /// Whether you can cancel the order by `orderCancel` as it is now.
    async fn viewer_can_cancel(&self, ctx: &Context<'_>) -> Result<bool> {
        let (parts, lines) =
            futures::try_join!(StoreOrder::rows_of_order(ctx, self.row.id), OrderLine::of_order(ctx, self.row.id))?;
        let lines = lines.into_iter().map(|line| line.0).collect();
        Ok(cancellation::can_cancel(ctx.viewer()?, &self.row, parts, lines))
    }

    /// The parts of it, one for each store.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn store_orders(&self, ctx: &Context<'_>) -> Result<Vec<StoreOrder>> {
        StoreOrder::of_order(ctx, self.row.id).await
    }

    /// What was bought, in all stores.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        OrderLine::of_order(ctx, self.row.id).await
    }

    /// The payments, oldest first.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        Payment::of_order(ctx, self.row.id).await
    }

    /// What happened to it and to its parts, oldest first.
    #[graphql(directive = cost::ListOf::apply(6))]
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>> {
        OrderEvent::of_order(ctx, self.row.id).await
    }

    /// URL of the page that shows the status of the order to its buyer, also without signing in: of the storefront
    /// (`SOUK_STOREFRONT_URL`), or else of the server itself. It holds the order's token.
    async fn status_url(&self, ctx: &Context<'_>) -> Result<Url> {
        Ok(link::order(ctx.app()?, self.row.id, &self.row.number).into())
    }

    /// Cursor to follow the order from this answer on: pass it as `after` to `orderUpdates`. No event that the answer does not show
    /// is lost. An event that happened while the answer was read may be in both; compare `OrderEvent.id`. In the payload of a
    /// mutation the cursor is from before the mutation, so that its own events are sent, too.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(snapshot::cursor(ctx)?)
    }

    /// Who placed it; absent for a guest.
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

    /// The buyer's telephone number.
    async fn phone(&self) -> Option<&str> {
        self.row.phone.as_deref()
    }

    /// Where it is sent; absent where all of it is digital.
    async fn shipping_address(&self) -> Option<PostalAddress> {
        self.row.shipping_address.clone().map(PostalAddress::from)
    }

    /// Whom the bill is for, where that was given.
    async fn billing_address(&self) -> Option<PostalAddress> {
        self.row.billing_address.clone().map(PostalAddress::from)
    }

    /// The buyer's words for the stores.
    async fn note(&self) -> Option<&str> {
        Some(self.row.note.as_str()).filter(|note| !note.is_empty())
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
pub struct OrderKey(pub OrderId);
/// One order, if the viewer may see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct VisibleOrder(OrderId);

impl Loader<VisibleOrder> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[VisibleOrder]) -> Result<HashMap<VisibleOrder, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = order::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleOrder(row.id), row)).collect())
    }
}

impl Loader<OrderKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[OrderKey]) -> Result<HashMap<OrderKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = order::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (OrderKey(row.id), row)).collect())
    }
}

impl Order {
    /// Its row, for rules of the domain.
    pub fn row(&self) -> &Model {
        &self.row
    }

    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: OrderId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| souk_core::error::Fault::internal("Order is gone").into())
    }

    /// As [`Order::load`], for what may be gone. Only for references from what the viewer may see already.
    pub async fn load_optional(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(OrderKey(id)).await?.map(Self::from))
    }

    /// As [`Order::load_optional`], only if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: OrderId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleOrder(id)).await?.map(Self::from))
    }
}
