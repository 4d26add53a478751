//! Mutations of store orders, for members of the store and for staff.

use crate::access::{AuthRole, Needs, auth};
use crate::context::ContextExt;
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::fulfillment::Fulfillment;
use crate::id::{self, Ids};
use crate::order::CancelledLineInput;
use crate::payload;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use souk_core::error::Error;
use souk_domain::fulfillment::{self, NewFulfillment};
use souk_domain::store_order;

payload! {
    /// Result of `storeOrderProcess`.
    StoreOrderProcessPayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
}

payload! {
    /// Result of `storeOrderDeliver`.
    StoreOrderDeliverPayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
}

payload! {
    /// Result of `storeOrderComplete`.
    StoreOrderCompletePayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
}

payload! {
    /// Result of `storeOrderCancel`.
    StoreOrderCancelPayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
}

payload! {
    /// Result of `storeOrderMarkPaid`.
    StoreOrderMarkPaidPayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
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

payload! {
    /// Result of `storeOrderLinesCancel`.
    StoreOrderLinesCancelPayload {
        /// Store order after the change; null if the operation failed.
        store_order: StoreOrder
    }
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
    /// Decodes the input; reports all malformed IDs together.
    fn decode(self) -> Result<NewFulfillment, Error> {
        let mut ids = Ids::default();
        let store_order_id = ids.read("storeOrderId", &self.store_order_id);
        let lines = self.lines.map(|lines| {
            let lines = lines.iter().enumerate();
            lines.map(|(n, line)| (ids.read(&format!("lines.{n}.lineId"), &line.line_id), line.quantity)).collect()
        });
        ids.finish()?;
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

#[Object]
impl StoreOrderMutation {
    /// The store begins: CONFIRMED to PROCESSING.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store order.")] id: ID,
    ) -> Result<StoreOrderProcessPayload> {
        let result = async { store_order::process(ctx.app()?, ctx.viewer()?, id::input("id", &id)?).await };
        StoreOrderProcessPayload::from_result(result.await.map_err(missing("id")))
    }

    /// Sends a parcel: all that is left, or some of it. When everything is on its way the store order is SHIPPED, till then
    /// PROCESSING. Digital lines are not sent.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_fulfill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The parcel.")] input: StoreOrderFulfillInput,
    ) -> Result<StoreOrderFulfillPayload> {
        let result = async { fulfillment::fulfill(ctx.app()?, ctx.viewer()?, input.decode()?).await };
        let (sent, user_errors) = split(result.await.map_err(missing("storeOrderId")))?;
        let (fulfillment, store_order) = sent.map(|sent| (Fulfillment(sent.fulfillment), sent.part.into())).unzip();
        Ok(StoreOrderFulfillPayload { fulfillment, store_order, user_errors })
    }

    /// It arrived: SHIPPED to DELIVERED; a store order that is all digital goes there from CONFIRMED or PROCESSING. After 14 days
    /// it is completed by itself.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_deliver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store order.")] id: ID,
    ) -> Result<StoreOrderDeliverPayload> {
        let result = async { store_order::deliver(ctx.app()?, ctx.viewer()?, id::input("id", &id)?).await };
        StoreOrderDeliverPayload::from_result(result.await.map_err(missing("id")))
    }

    /// Nothing more will happen: DELIVERED to COMPLETED.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store order.")] id: ID,
    ) -> Result<StoreOrderCompletePayload> {
        let result = async { store_order::complete(ctx.app()?, ctx.viewer()?, id::input("id", &id)?).await };
        StoreOrderCompletePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Cancels a store order, while it is CONFIRMED or PROCESSING and nothing of it is sent; the rest of one that is sent in part is
    /// cancelled by `storeOrderLinesCancel`. The stock is given back; what the buyer paid for it already is owed back (`refundDue`
    /// of the order, event REFUND_DUE).
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store order.")] id: ID,
        #[graphql(desc = "Why.")] input: StoreOrderCancelInput,
    ) -> Result<StoreOrderCancelPayload> {
        let result =
            async { store_order::cancel(ctx.app()?, ctx.viewer()?, id::input("id", &id)?, input.reason.as_deref()).await };
        StoreOrderCancelPayload::from_result(result.await.map_err(missing("id")))
    }

    /// Cancels lines of a store order by quantity, or all of it that is not sent, while it is CONFIRMED or PROCESSING. The stock is
    /// given back, what was paid for them is owed back, and the buyer is told by mail. A store order of which nothing is left is
    /// CANCELLED; one that has nothing left to send is SHIPPED.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_lines_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is cancelled, and why.")] input: StoreOrderLinesCancelInput,
    ) -> Result<StoreOrderLinesCancelPayload> {
        let result = async {
            let mut ids = Ids::default();
            let id = ids.read("storeOrderId", &input.store_order_id);
            let lines = input.lines.as_deref().map(|lines| CancelledLineInput::decode(lines, &mut ids));
            ids.finish()?;
            let (reason, key) = (input.reason.as_deref(), input.idempotency_key);
            Box::pin(store_order::cancel_lines(ctx.app()?, ctx.viewer()?, id, lines, reason, key)).await
        };
        StoreOrderLinesCancelPayload::from_result(result.await.map_err(missing("storeOrderId")))
    }

    /// The store received the money of an order that is paid by hand (cash on delivery, a bank transfer), and is the only store
    /// with a part in it; where there are others, too, staff note it with `orderMarkPaid`.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_order_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store order.")] id: ID,
    ) -> Result<StoreOrderMarkPaidPayload> {
        let result = async { store_order::mark_paid(ctx.app()?, ctx.viewer()?, id::input("id", &id)?).await };
        StoreOrderMarkPaidPayload::from_result(result.await.map_err(missing("id")))
    }
}
