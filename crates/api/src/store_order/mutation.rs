//! Mutations of store orders, for members of the store and for staff.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::fulfillment::Fulfillment;
use crate::order::CancelledLineInput;
use crate::payloads;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::Customer;
use souk_domain::fulfillment::{self, NewFulfillment};
use souk_domain::store_order;
use souk_macros::root_object;

payloads! {
    /// Store order after the change; null if the operation failed.
    StoreOrderProcessPayload { store_order: StoreOrder } of storeOrderProcess;
    /// Store order after the change; null if the operation failed.
    StoreOrderDeliverPayload { store_order: StoreOrder } of storeOrderDeliver;
    /// Store order after the change; null if the operation failed.
    StoreOrderCompletePayload { store_order: StoreOrder } of storeOrderComplete;
    /// Store order after the change; null if the operation failed.
    StoreOrderCancelPayload { store_order: StoreOrder } of storeOrderCancel;
    /// Store order after the change; null if the operation failed.
    StoreOrderMarkPaidPayload { store_order: StoreOrder } of storeOrderMarkPaid;
}

/// Input of `storeOrderCancel`.
#[derive(InputObject)]
struct StoreOrderCancelInput {
    /// Reason shown to the buyer in the timeline, at most 300 characters.
    reason: Option<String>,
}

/// Input of `storeOrderLinesCancel`.
#[derive(InputObject)]
struct StoreOrderLinesCancelInput {
    /// ID of the store order.
    store_order_id: ID,
    /// Lines to cancel with their quantities, 1 to 500, each line once. Default: everything that is neither shipped nor
    /// cancelled.
    lines: Option<Vec<CancelledLineInput>>,
    /// Reason shown to the buyer in the timeline, at most 300 characters.
    reason: Option<String>,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the first result.
    idempotency_key: Option<String>,
}

payloads! {
    /// Store order after the change; null if the operation failed.
    StoreOrderLinesCancelPayload { store_order: StoreOrder } of storeOrderLinesCancel;
}

/// Quantity of a line to ship.
#[derive(InputObject)]
struct FulfillmentLineInput {
    /// ID of a line of the same store order; its product must not be digital.
    line_id: ID,
    /// Quantity to ship, from 1 to the quantity that is not shipped yet.
    quantity: i32,
}

/// Input of `storeOrderFulfill`: a parcel to ship.
#[derive(InputObject)]
struct StoreOrderFulfillInput {
    /// ID of the store order.
    store_order_id: ID,
    /// Lines in the parcel with their quantities, at most 500, each line once. Default: everything that is not shipped yet.
    lines: Option<Vec<FulfillmentLineInput>>,
    /// Name of the courier, at most 100 characters.
    courier: Option<String>,
    /// Tracking number of the courier, at most 100 characters.
    tracking_number: Option<String>,
    /// URL to track the parcel, `http` or `https`, at most 500 characters.
    tracking_url: Option<String>,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the first result.
    idempotency_key: Option<String>,
}

impl StoreOrderFulfillInput {
    fn decode(self, decoded: &mut Input) -> NewFulfillment {
        let store_order_id = decoded.object("storeOrderId", &self.store_order_id);
        let lines = self.lines.map(|lines| {
            let lines = lines.iter().enumerate();
            lines.map(|(n, line)| (decoded.id(&format!("lines.{n}.lineId"), &line.line_id), line.quantity)).collect()
        });
        NewFulfillment {
            store_order_id,
            lines,
            courier: self.courier,
            tracking_number: self.tracking_number,
            tracking_url: self.tracking_url,
            idempotency_key: self.idempotency_key,
        }
    }
}

/// Result of `storeOrderFulfill`.
#[derive(SimpleObject)]
struct StoreOrderFulfillPayload {
    /// New parcel; null if the operation failed.
    fulfillment: Option<Fulfillment>,
    /// Store order after the change; null if the operation failed.
    store_order: Option<StoreOrder>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of store orders, for store members with the order role and for staff who manage orders. For all other callers, the
/// store order does not exist.
#[derive(Default)]
pub struct StoreOrderMutation;

#[root_object]
impl StoreOrderMutation {
    /// Starts processing a store order: CONFIRMED to PROCESSING.
    async fn store_order_process(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
    ) -> Result<StoreOrderProcessPayload> {
        let result = decode::by_id("id", &id, async |id| store_order::process(ctx.app()?, &customer, id).await);
        StoreOrderProcessPayload::from_result(result.await)
    }

    /// Ships a parcel with everything that is left of a store order, or some of it. When everything is shipped, the store order
    /// is SHIPPED; until then it is PROCESSING. Digital lines are not shipped.
    async fn store_order_fulfill(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Contents and tracking data of the parcel.")] input: StoreOrderFulfillInput,
    ) -> Result<StoreOrderFulfillPayload> {
        let mut decoded = Input::default();
        let new = input.decode(&mut decoded);
        let (sent, user_errors) = split(decoded.run(fulfillment::fulfill(ctx.app()?, &customer, new)).await)?;
        let (fulfillment, store_order) = sent.map(|sent| (Fulfillment(sent.fulfillment), sent.store_order.into())).unzip();
        Ok(StoreOrderFulfillPayload { fulfillment, store_order, user_errors })
    }

    /// Marks a store order as delivered: SHIPPED to DELIVERED; a store order with only digital lines goes there from CONFIRMED or
    /// PROCESSING. It is completed automatically after 14 days.
    async fn store_order_deliver(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
    ) -> Result<StoreOrderDeliverPayload> {
        let result = decode::by_id("id", &id, async |id| store_order::deliver(ctx.app()?, &customer, id).await);
        StoreOrderDeliverPayload::from_result(result.await)
    }

    /// Completes a store order: DELIVERED to COMPLETED.
    async fn store_order_complete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
    ) -> Result<StoreOrderCompletePayload> {
        let result = decode::by_id("id", &id, async |id| store_order::complete(ctx.app()?, &customer, id).await);
        StoreOrderCompletePayload::from_result(result.await)
    }

    /// Cancels a store order and restores its stock, while it is CONFIRMED or PROCESSING and nothing of it is shipped, and by the store
    /// at most until the status in `Settings.storeCancellationLimit`; use
    /// `storeOrderLinesCancel` for the rest of one that is partly shipped. What the buyer paid for it must be refunded
    /// (`refundDue` of the order, event REFUND_DUE).
    async fn store_order_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
        #[graphql(desc = "Reason for the cancellation.")] input: StoreOrderCancelInput,
    ) -> Result<StoreOrderCancelPayload> {
        let result =
            decode::by_id("id", &id, async |id| store_order::cancel(ctx.app()?, &customer, id, input.reason.as_deref()).await);
        StoreOrderCancelPayload::from_result(result.await)
    }

    /// Cancels quantities of the lines of a store order, or everything that is not shipped, and restores their stock, while it is
    /// CONFIRMED or PROCESSING, and by the store at most until the status in `Settings.storeCancellationLimit`. What was paid for them must be refunded, and the buyer is notified by email. A store order with
    /// nothing left becomes CANCELLED; one with nothing left to ship becomes SHIPPED.
    async fn store_order_lines_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Lines and quantities to cancel, and the reason.")] input: StoreOrderLinesCancelInput,
    ) -> Result<StoreOrderLinesCancelPayload> {
        let mut decoded = Input::default();
        let id = decoded.object("storeOrderId", &input.store_order_id);
        let lines = input.lines.as_deref().map(|lines| CancelledLineInput::decode(lines, &mut decoded));
        let (reason, key) = (input.reason.as_deref(), input.idempotency_key);
        let cancel = Box::pin(store_order::cancel_lines(ctx.app()?, &customer, id, lines, reason, key));
        StoreOrderLinesCancelPayload::from_result(decoded.run(cancel).await)
    }

    /// Marks an order with manual payment (cash on delivery or bank transfer) as paid, by the only store in it. If there are
    /// other stores in the order, staff use `orderMarkPaid`.
    async fn store_order_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store order.")] id: ID,
    ) -> Result<StoreOrderMarkPaidPayload> {
        let result = decode::by_id("id", &id, async |id| store_order::mark_paid(ctx.app()?, &customer, id).await);
        StoreOrderMarkPaidPayload::from_result(result.await)
    }
}
