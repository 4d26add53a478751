//! Values of events.

use super::stored_enums;

stored_enums! {
    $
    /// Kind of actor that caused an event.
    ActorKind in actor_kind {
        /// Buyer who is not signed in.
        Guest = "GUEST",
        /// Buyer who is signed in.
        Customer = "CUSTOMER",
        /// Owner or member of the store.
        Store = "STORE",
        /// Staff of the marketplace.
        Staff = "STAFF",
        /// The server, such as after a response of a payment provider.
        System = "SYSTEM",
    }
    /// Type of an event of an order.
    EventType in event_type {
        /// The order was placed.
        OrderPlaced = "ORDER_PLACED",
        /// The order is confirmed: its payment was received, or is due later.
        OrderConfirmed = "ORDER_CONFIRMED",
        /// The order failed because its payment failed.
        OrderFailed = "ORDER_FAILED",
        /// The order was cancelled.
        OrderCancelled = "ORDER_CANCELLED",
        /// A store received its store order.
        StoreOrderPlaced = "STORE_ORDER_PLACED",
        /// A store order is confirmed: the store can process it.
        StoreOrderConfirmed = "STORE_ORDER_CONFIRMED",
        /// A store began to process its store order.
        StoreOrderProcessing = "STORE_ORDER_PROCESSING",
        /// A parcel of a store order was shipped.
        FulfillmentCreated = "FULFILLMENT_CREATED",
        /// Everything in a store order has been shipped.
        StoreOrderShipped = "STORE_ORDER_SHIPPED",
        /// A store order was delivered.
        StoreOrderDelivered = "STORE_ORDER_DELIVERED",
        /// A store order is completed.
        StoreOrderCompleted = "STORE_ORDER_COMPLETED",
        /// A store order was cancelled.
        StoreOrderCancelled = "STORE_ORDER_CANCELLED",
        /// A store order failed because the payment failed.
        StoreOrderFailed = "STORE_ORDER_FAILED",
        /// The payment was received.
        PaymentCaptured = "PAYMENT_CAPTURED",
        /// A payment was refused or cancelled.
        PaymentFailed = "PAYMENT_FAILED",
        /// Money was received that must be returned to the buyer.
        RefundDue = "REFUND_DUE",
        /// Money was returned to the buyer.
        RefundSucceeded = "REFUND_SUCCEEDED",
        /// Money could not be returned to the buyer.
        RefundFailed = "REFUND_FAILED",
        /// Money of a store order is disputed, and what its store earned with it is held. Only the store learns of it.
        DisputeOpened = "DISPUTE_OPENED",
        /// Disputed money of a store order was lost. Only the store learns of it.
        DisputeLost = "DISPUTE_LOST",
        /// Disputed money of a store order was returned. Only the store learns of it.
        DisputeWon = "DISPUTE_WON",
        /// Some of the quantity of a store order was cancelled.
        LinesCancelled = "LINES_CANCELLED",
        /// The store or staff wrote a note that the buyer can see.
        NoteAdded = "NOTE_ADDED",
        /// A guest's order was added to the account of its buyer.
        OrderClaimed = "ORDER_CLAIMED",
    }
}
