//! What a store does with its part of an order.

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
        let (fulfillment, store_order) = sent.map(|sent| (Fulfillment(sent.fulfillment), sent.store_order.into())).unzip();
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
