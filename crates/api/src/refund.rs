//! Refunds.

use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::enums::{RefundReason, RefundStatus};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::{Decimal, Money};
use crate::order::OrderLine;
use crate::payloads;
use crate::payment::Payment;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::{OrderId, PaymentId, RefundId, StoreOrderId};
use entity::money::CurrencyCode;
use entity::refund::Model;
use entity::refund_line;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Customer, Staff};
use souk_core::error::{Code, Problem};
use souk_domain::refund::{self, Preview, RefundInput as Wanted, RefundSelection};
use souk_macros::{object, root_object};

/// A refund.
pub struct Refund(Model);

impl From<Model> for Refund {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Money of a payment that is returned to the buyer.
#[object]
impl Refund {
    /// ID of the refund.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Amount that is returned.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// Part of `amount` that is shipping, with tax.
    async fn shipping_amount(&self) -> Money {
        Money::new(self.0.shipping_amount, self.0.currency)
    }

    /// Reason of the refund.
    async fn reason(&self) -> RefundReason {
        self.0.reason.into()
    }

    /// Current status of the refund.
    async fn status(&self) -> RefundStatus {
        self.0.status.into()
    }

    /// Refunded lines with their quantities and amounts; empty for money that was not received for items.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<RefundLine>> {
        let rows = ctx.load_one(LinesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| RefundLine { row, currency: self.0.currency }).collect())
    }

    /// Payment that the money is of; null if you cannot see the whole order.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        Payment::load_visible(ctx, self.0.payment_id).await
    }

    /// Store order that is refunded; null if the money was not received for one.
    async fn store_order(&self, ctx: &Context<'_>) -> Result<Option<StoreOrder>> {
        match self.0.store_order_id {
            Some(id) => StoreOrder::load_visible(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Note for the buyer; null if there is none.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Reason why the refund failed; null if it did not fail.
    async fn failure_reason(&self) -> Option<&str> {
        self.0.failure_reason.as_deref()
    }

    row_fields!(self.0: created_at, updated_at);
}

/// A line of a refund with the currency of its refund.
pub struct RefundLine {
    row: refund_line::Model,
    currency: CurrencyCode,
}

/// What a refund returns of an order line.
#[Object]
impl RefundLine {
    /// Refunded order line; null if you cannot see it.
    async fn line(&self, ctx: &Context<'_>) -> Result<Option<OrderLine>> {
        OrderLine::load_visible(ctx, self.row.order_line_id).await
    }

    /// Refunded quantity; 0 if an amount is refunded without items.
    async fn quantity(&self) -> i32 {
        self.row.quantity
    }

    /// Refunded amount, after discount and with tax.
    async fn amount(&self) -> Money {
        Money::new(self.row.amount, self.currency)
    }
}

loaders! {
    /// Loads a refund.
    RefundKey(RefundId) => row Model, by refund::visible;
    /// Loads the refunds of an order.
    OfOrderKey(OrderId) => value Vec<Model>, by refund::of_orders;
    /// Loads the refunds of a payment.
    OfPaymentKey(PaymentId) => value Vec<Model>, by refund::of_payments;
    /// Loads the refunds of a store order.
    OfStoreOrderKey(StoreOrderId) => value Vec<Model>, by refund::of_store_orders;
    /// Loads the lines of a refund.
    LinesKey(RefundId) => value Vec<refund_line::Model>, by refund::lines;
}

impl Refund {
    /// Loads a refund if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: RefundId) -> Result<Option<Self>> {
        Ok(ctx.load_one(RefundKey(id)).await?.map(Self))
    }

    /// The refunds of an order, oldest first.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfOrderKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// The refunds of a payment, oldest first.
    pub async fn of_payment(ctx: &Context<'_>, id: PaymentId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfPaymentKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// The refunds of a store order, oldest first.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfStoreOrderKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }
}

/// Quantity of a line to refund.
#[derive(InputObject)]
struct RefundLineInput {
    /// ID of a line of the store order.
    line_id: ID,
    /// Quantity to refund, from 1 to the quantity that was neither cancelled nor refunded.
    quantity: i32,
}

/// What to refund of a store order: lines with or without the shipping, the shipping alone, or an amount. Without any of them,
/// everything that was paid and not refunded.
#[derive(InputObject)]
struct RefundSelectionInput {
    /// Lines to refund with their quantities, 1 to 500, each line once.
    lines: Option<Vec<RefundLineInput>>,
    /// Whether the shipping is refunded, with the lines or alone; false if left out. Not together with `amount`.
    is_shipping_refunded: Option<bool>,
    /// Amount to refund without items, such as "10.00"; not together with `lines`.
    amount: Option<Decimal>,
}

impl RefundSelectionInput {
    fn decode(self, decoded: &mut Input, currency: CurrencyCode) -> RefundSelection {
        if self.lines.is_some() && self.amount.is_some() {
            let message = "amount must not be given together with lines.";
            decoded.problem(Problem::new("selection.amount", Code::Invalid, message));
        }
        if self.is_shipping_refunded == Some(true) && self.amount.is_some() {
            let message = "amount must not be given together with isShippingRefunded.";
            decoded.problem(Problem::new("selection.amount", Code::Invalid, message));
        }
        match (self.lines, self.amount) {
            (Some(lines), _) => {
                let lines = lines.iter().enumerate();
                let lines =
                    lines.map(|(n, line)| (decoded.id(&format!("selection.lines.{n}.lineId"), &line.line_id), line.quantity));
                RefundSelection::Lines { lines: lines.collect(), shipping: self.is_shipping_refunded.unwrap_or(false) }
            }
            (None, Some(amount)) => RefundSelection::Amount(decoded.minor("selection.amount", &amount, currency).0),
            // Without lines or an amount, the shipping alone.
            (None, None) if self.is_shipping_refunded == Some(true) => {
                RefundSelection::Lines { lines: Vec::new(), shipping: true }
            }
            (None, None) => RefundSelection::All,
        }
    }
}

/// Input of `storeOrderRefund` and `orderRefund`.
#[derive(InputObject)]
struct RefundInput {
    /// What to refund.
    selection: RefundSelectionInput,
    /// Reason of the refund: one of RETURNED, DAMAGED, NOT_DELIVERED, GOODWILL and OTHER.
    reason: RefundReason,
    /// Note for the buyer, at most 300 characters.
    note: Option<String>,
    /// Whether refunded physical items are put back into the stock.
    is_restocked: bool,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the first result.
    idempotency_key: String,
}

impl RefundInput {
    fn decode(self, decoded: &mut Input, currency: CurrencyCode) -> Wanted {
        Wanted {
            selection: self.selection.decode(decoded, currency),
            reason: self.reason.into(),
            note: self.note,
            restock: self.is_restocked,
            idempotency_key: self.idempotency_key,
        }
    }
}

/// What a refund would return of a line.
#[derive(SimpleObject)]
struct RefundPreviewLine {
    /// Line to refund; null if you cannot see it.
    line: Option<OrderLine>,
    /// Quantity to refund; 0 if an amount is refunded without items.
    quantity: i32,
    /// Amount to refund, after discount and with tax.
    amount: Money,
}

/// What a refund would return.
struct RefundPreview(Preview);

/// What a refund would return, before it is requested.
#[Object]
impl RefundPreview {
    /// Lines to refund.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<RefundPreviewLine>> {
        let mut lines = Vec::new();
        for (id, quantity, amount) in &self.0.lines {
            let amount = Money::new(*amount, self.0.total.currency);
            lines.push(RefundPreviewLine { line: OrderLine::load_visible(ctx, *id).await?, quantity: *quantity, amount });
        }
        Ok(lines)
    }

    /// Shipping to refund, with tax.
    async fn shipping_amount(&self) -> Money {
        Money::new(self.0.shipping.amount, self.0.shipping.currency)
    }

    /// Amount of the whole refund.
    async fn amount(&self) -> Money {
        Money::new(self.0.total.amount, self.0.total.currency)
    }

    /// Amount that can be refunded of the store order at most.
    async fn refundable_amount(&self) -> Money {
        Money::new(self.0.refundable.amount, self.0.refundable.currency)
    }
}

payloads! {
    /// Requested refund; null if the operation failed.
    StoreOrderRefundPayload { refund: Refund } of storeOrderRefund;
    /// Requested refund; null if the operation failed.
    OrderRefundPayload { refund: Refund } of orderRefund;
    /// Refund after the change; null if the operation failed.
    RefundMarkPaidPayload { refund: Refund } of refundMarkPaid;
    /// Refund that repeats the failed one; null if the operation failed.
    RefundRetryPayload { refund: Refund } of refundRetry;
}

/// Queries of refunds.
#[derive(Default)]
pub struct RefundQuery;

#[root_object]
impl RefundQuery {
    /// What a refund of a store order would return, for the store's owner and managers and for staff with `MANAGE_FINANCE`. An
    /// impossible refund is an error with the reason.
    async fn refund_preview(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] store_order_id: ID,
        #[graphql(desc = "What to refund.")] selection: RefundSelectionInput,
    ) -> Result<RefundPreview> {
        let app = ctx.app()?;
        let id = id::argument("storeOrderId", &store_order_id)?;
        let mut decoded = Input::default();
        let selection = selection.decode(&mut decoded, app.config.currency);
        decoded.finish()?;
        Ok(RefundPreview(refund::preview(app, &customer, id, &selection).await?))
    }
}

/// Mutations of refunds.
#[derive(Default)]
pub struct RefundMutation;

#[root_object]
impl RefundMutation {
    /// Refunds a store order, by the store's owner and managers or by staff with `MANAGE_FINANCE`. The balance of the store must cover
    /// a refund of the store. A card payment is returned by its provider in the background; the money of a manual payment is
    /// returned by a person.
    async fn store_order_refund(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
        #[graphql(desc = "What to refund, and why.")] input: RefundInput,
    ) -> Result<StoreOrderRefundPayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let wanted = input.decode(&mut decoded, app.config.currency);
        let refund = Box::pin(refund::refund_store_order(app, &customer, id, wanted));
        StoreOrderRefundPayload::from_result(decoded.run(refund).await)
    }

    /// Refunds a store order by staff, also if the balance of the store does not cover it: the store owes the marketplace then.
    async fn order_refund(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "ID of the store order.")] store_order_id: ID,
        #[graphql(desc = "What to refund, and why.")] input: RefundInput,
    ) -> Result<OrderRefundPayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let id = decoded.object("storeOrderId", &store_order_id);
        let wanted = input.decode(&mut decoded, app.config.currency);
        let refund = Box::pin(refund::refund_order(app, &staff, id, wanted));
        OrderRefundPayload::from_result(decoded.run(refund).await)
    }

    /// Records that a person returned the money of a refund that is AWAITING_PERSON.
    async fn refund_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "ID of the refund.")] id: ID,
    ) -> Result<RefundMarkPaidPayload> {
        let result = decode::by_id("id", &id, async |id| refund::mark_paid(ctx.app()?, &staff, id).await);
        RefundMarkPaidPayload::from_result(result.await)
    }

    /// Requests a failed refund again: that of cancelled items, or of money that no store order needed. A failed refund of other items
    /// is the store's again; request a new refund for it. A repeated request returns the same refund.
    async fn refund_retry(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "ID of the failed refund.")] id: ID,
    ) -> Result<RefundRetryPayload> {
        let result = decode::by_id("id", &id, async |id| refund::retry(ctx.app()?, &staff, id).await);
        RefundRetryPayload::from_result(result.await)
    }
}
