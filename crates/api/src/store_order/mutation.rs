//! What a store does with its part of an order.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::fulfillment::Fulfillment;
use crate::order::CancelledLineInput;
use crate::payload;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::Customer;
use souk_core::error::Error;
use souk_domain::fulfillment::{self, NewFulfillment};
use souk_domain::store_order;
use souk_macros::root_object;

payload! {
    /// What came of beginning a store order.
    StoreOrderProcessPayload {
        /// The store order, as it is then.
        store_order: StoreOrder
    }
}

payload! {
    /// What came of noting that a store order arrived.
    StoreOrderDeliverPayload {
        /// The store order, as it is then.
        store_order: StoreOrder
    }
}

payload! {
    /// What came of completing a store order.
    StoreOrderCompletePayload {
        /// The store order, as it is then.
        store_order: StoreOrder
    }
}

payload! {
    /// Result of `storeOrderCancel`.
    StoreOrderCancelPayload {
        /// The store order, as it is then.
        store_order: StoreOrder
    }
}

payload! {
    /// What came of noting that the money was received.
    StoreOrderMarkPaidPayload {
        /// The store order, as it is then.
        store_order: StoreOrder
    }
}

/// Why a store order is cancelled.
#[derive(InputObject)]
struct StoreOrderCancelInput {
    /// For the timeline, which the buyer reads: at most 300 characters.
    reason: Option<String>,
}

/// Lines of a store order to be cancelled.
#[derive(InputObject)]
struct StoreOrderLinesCancelInput {
    /// The store order.
    store_order_id: ID,
    /// Lines with their quantities: 1 to 500, each line once. If left out, everything that is neither sent nor cancelled.
    lines: Option<Vec<CancelledLineInput>>,
    /// For the timeline, which the buyer reads: at most 300 characters.
    reason: Option<String>,
    /// 1 to 255 characters: the same key with the same input cancels nothing again.
    idempotency_key: Option<String>,
}

payload! {
    /// Result of `storeOrderLinesCancel`.
    StoreOrderLinesCancelPayload {
        /// The changed store order.
        store_order: StoreOrder
    }
}

/// Pieces of a line to be sent.
#[derive(InputObject)]
struct FulfillmentLineInput {
    /// The line, of the same store order, and not digital.
    line_id: ID,
    /// How many pieces: from 1 to what was not sent yet.
    quantity: i32,
}

/// A parcel to be sent.
#[derive(InputObject)]
struct StoreOrderFulfillInput {
    /// The store order.
    store_order_id: ID,
    /// What is in it, at most 500 lines, each once; everything that was not sent yet where it is left out.
    lines: Option<Vec<FulfillmentLineInput>>,
    /// Who carries it, at most 100 characters.
    courier: Option<String>,
    /// The courier's number for it, at most 100 characters.
    tracking_number: Option<String>,
    /// Where it can be followed: `http` or `https`, at most 500 characters.
    tracking_url: Option<String>,
    /// 1 to 255 characters: the same key with the same input answers with the first result, and sends nothing again.
    idempotency_key: Option<String>,
}

impl StoreOrderFulfillInput {
    /// With all IDs that are malformed at once.
    fn decode(self) -> Result<NewFulfillment, Error> {
        let mut decoded = Input::default();
        let store_order_id = decoded.id("storeOrderId", &self.store_order_id);
        let lines = self.lines.map(|lines| {
            let lines = lines.iter().enumerate();
            lines.map(|(n, line)| (decoded.id(&format!("lines.{n}.lineId"), &line.line_id), line.quantity)).collect()
        });
        decoded.finish()?;
        Ok(NewFulfillment {
            store_order_id,
            lines,
            courier: self.courier,
            tracking_number: self.tracking_number,
            tracking_url: self.tracking_url,
            idempotency_key: self.idempotency_key,
        })
    }
}

/// What came of sending a parcel.
#[derive(SimpleObject)]
struct StoreOrderFulfillPayload {
    /// The parcel.
    fulfillment: Option<Fulfillment>,
    /// The store order, as it is then.
    store_order: Option<StoreOrder>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// What a store does with its part of an order; also staff who manage orders. For everybody else it does not exist.
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
        let result = async { fulfillment::fulfill(ctx.app()?, &customer, input.decode()?).await };
        let (sent, user_errors) = split(result.await.map_err(missing("storeOrderId")))?;
        let (fulfillment, store_order) = sent.map(|sent| (Fulfillment(sent.fulfillment), sent.part.into())).unzip();
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

    /// Cancels a store order and restores its stock, while it is CONFIRMED or PROCESSING and nothing of it is shipped; use
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
    /// CONFIRMED or PROCESSING. What was paid for them must be refunded, and the buyer is notified by email. A store order with
    /// nothing left becomes CANCELLED; one with nothing left to ship becomes SHIPPED.
    async fn store_order_lines_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Lines and quantities to cancel, and the reason.")] input: StoreOrderLinesCancelInput,
    ) -> Result<StoreOrderLinesCancelPayload> {
        let result = async {
            let mut decoded = Input::default();
            let id = decoded.id("storeOrderId", &input.store_order_id);
            let lines = input.lines.as_deref().map(|lines| CancelledLineInput::decode(lines, &mut decoded));
            decoded.finish()?;
            let (reason, key) = (input.reason.as_deref(), input.idempotency_key);
            Box::pin(store_order::cancel_lines(ctx.app()?, &customer, id, lines, reason, key)).await
        };
        StoreOrderLinesCancelPayload::from_result(result.await.map_err(missing("storeOrderId")))
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
