//! Changing orders.

use crate::domain::cancellation::{self, Cancel};
use crate::domain::receipt;
use crate::graphql::access::{AuthRole, Needs, auth, public};
use crate::graphql::context::ContextExt;
use crate::graphql::enums::Permission;
use crate::graphql::id;
use crate::graphql::order::Order;
use crate::payload;
use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::value::Permission as Stored;

/// An order to be called off.
#[derive(InputObject)]
struct OrderCancelInput {
    /// The order.
    order_id: ID,
    /// Its `token`, for a guest.
    order_token: Option<String>,
    /// For the timeline: at most 300 characters.
    reason: Option<String>,
}

payload! {
    /// What came of calling an order off.
    OrderCancelPayload {
        /// The order, as it is then.
        order: Order
    }
}

payload! {
    /// What came of noting that the money was received.
    OrderMarkPaidPayload {
        /// The order, as it is then.
        order: Order
    }
}

/// Changing orders.
#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Calls an order off: for its buyer (a guest by its token) while no store has begun, for staff who manage orders while
    /// nothing is on its way. The stock is given back, and a payment that was not received yet is called off; what was received
    /// already stays received and is owed back, which the timeline says.
    #[graphql(directive = public::apply())]
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is called off, and why.")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let result = async {
            let order_id = id::input("orderId", &input.order_id)?;
            let cancel = Cancel { order_id, order_token: input.order_token, reason: input.reason };
            cancellation::cancel(ctx.app()?, ctx.viewer()?, cancel).await
        };
        OrderCancelPayload::from_result(result.await)
    }

    /// The money of an order that is paid by hand (cash on delivery, a bank transfer) was received.
    #[graphql(
        guard = "Needs::Staff(Stored::ManageOrders)",
        directive = auth::apply(AuthRole::Staff, Some(Permission::ManageOrders))
    )]
    async fn order_mark_paid(&self, ctx: &Context<'_>, #[graphql(desc = "The order.")] id: ID) -> Result<OrderMarkPaidPayload> {
        let staff = ctx.viewer()?.staff(Stored::ManageOrders)?;
        let result = async { receipt::mark_paid(ctx.app()?, &staff, id::input("id", &id)?).await };
        OrderMarkPaidPayload::from_result(result.await)
    }
}
