//! Mutations of orders.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::order::Order;
use crate::payloads;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use entity::id::OrderLineId;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Customer, Staff, Viewer};
use souk_domain::cancellation::{self, Cancel, CancelLines};
use souk_domain::{claiming, receipt};
use souk_macros::root_object;

/// Input of `orderCancel`.
#[derive(InputObject)]
struct OrderCancelInput {
    /// ID of the order.
    order_id: ID,
    /// Token of a guest's order, from `Order.token`.
    order_token: Option<String>,
    /// Reason shown in the timeline, at most 300 characters.
    reason: Option<String>,
}

payloads! {
    /// Order after the change; null if the operation failed.
    OrderCancelPayload { order: Order } of orderCancel;
}

/// Quantity of an order line to cancel.
#[derive(InputObject)]
pub struct CancelledLineInput {
    /// ID of the order line.
    line_id: ID,
    /// Quantity to cancel, from 1 to the quantity that is neither shipped nor cancelled yet.
    quantity: i32,
}

impl CancelledLineInput {
    /// The IDs and quantities of the lines; malformed IDs are reported in `ids`.
    pub fn decode(lines: &[Self], decoded: &mut Input) -> Vec<(OrderLineId, i32)> {
        let lines = lines.iter().enumerate();
        lines.map(|(n, line)| (decoded.id(&format!("lines.{n}.lineId"), &line.line_id), line.quantity)).collect()
    }
}

/// Input of `orderLinesCancel`.
#[derive(InputObject)]
struct OrderLinesCancelInput {
    /// ID of the order.
    order_id: ID,
    /// Token of a guest's order, from `Order.token`.
    order_token: Option<String>,
    /// Lines to cancel with their quantities, 1 to 500, each line once.
    lines: Vec<CancelledLineInput>,
    /// Reason shown in the timeline, at most 300 characters.
    reason: Option<String>,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the first result.
    idempotency_key: Option<String>,
}

payloads! {
    /// Order after the change; null if the operation failed.
    OrderLinesCancelPayload { order: Order } of orderLinesCancel;
}

/// Result of `guestOrdersClaim`.
#[derive(SimpleObject)]
struct GuestOrdersClaimPayload {
    /// Number of orders that were added to the account; null if the operation failed.
    claimed_count: Option<i32>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

payloads! {
    /// Order after the change; null if the operation failed.
    OrderMarkPaidPayload { order: Order } of orderMarkPaid;
}

/// Mutations of orders.
#[derive(Default)]
pub struct OrderMutation;

#[root_object]
impl OrderMutation {
    /// Cancels an order and restores its stock. The buyer (a guest with the order's token) can cancel until a store starts
    /// processing it, or until the status in `Settings.customerCancellationLimit`; staff with `MANAGE_ORDERS` until something is
    /// shipped. A payment that was not received yet is cancelled;
    /// what was received must be refunded (`refundDue`, event REFUND_DUE). If the order was waiting for its payment, the checkout
    /// is open again and its lines are back in the cart as soon as the provider has cancelled the payment.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Order to cancel, and the reason.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let result = decode::by_id("orderId", &input.order_id, async |order_id| {
            let cancel = Cancel { order_id, order_token: input.order_token, reason: input.reason };
            Box::pin(cancellation::cancel(ctx.app()?, viewer, cancel)).await
        });
        OrderCancelPayload::from_result(result.await)
    }

    /// Cancels quantities of order lines and restores their stock. The buyer (a guest with the order's token) can do so while the
    /// store order is CONFIRMED, or until the status in `Settings.customerCancellationLimit`; staff with `MANAGE_ORDERS` also while it is PROCESSING and partly shipped. What was paid for
    /// them must be refunded (`refundDue`). A store order with nothing left becomes CANCELLED; one with nothing left to ship
    /// becomes SHIPPED.
    async fn order_lines_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Lines and quantities to cancel, and the reason.")] input: OrderLinesCancelInput,
    ) -> Result<OrderLinesCancelPayload> {
        let mut decoded = Input::default();
        let cancel = CancelLines {
            order_id: decoded.object("orderId", &input.order_id),
            lines: CancelledLineInput::decode(&input.lines, &mut decoded),
            order_token: input.order_token,
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        let cancel = Box::pin(cancellation::cancel_lines(ctx.app()?, viewer, cancel));
        OrderLinesCancelPayload::from_result(decoded.run(cancel).await)
    }

    /// Adds the orders to your account that guests placed with your email, which must be verified. Orders of other accounts are
    /// not affected. Safe to repeat.
    async fn guest_orders_claim(&self, ctx: &Context<'_>, #[actor] customer: Customer) -> Result<GuestOrdersClaimPayload> {
        let (count, user_errors) = split(Box::pin(claiming::claim_guest_orders(ctx.app()?, &customer)).await)?;
        let claimed_count = count.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        Ok(GuestOrdersClaimPayload { claimed_count, user_errors })
    }

    /// Marks an order with manual payment (cash on delivery or bank transfer) as paid.
    async fn order_mark_paid(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageOrders>,
        #[graphql(desc = "ID of the order.")] id: ID,
    ) -> Result<OrderMarkPaidPayload> {
        let result = decode::by_id("id", &id, async |id| receipt::mark_paid(ctx.app()?, &staff, id).await);
        OrderMarkPaidPayload::from_result(result.await)
    }
}
