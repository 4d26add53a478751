//! Values of orders and store orders.

use super::stored_enums;

stored_enums! {
    $
    /// Status of an order or a store order.
    OrderStatus in order_status {
        /// Waiting for its payment; its stock is reserved.
        Pending = "PENDING",
        /// Paid, or to be paid later, such as on delivery. The store can process it; the buyer can cancel it.
        Confirmed = "CONFIRMED",
        /// The store is processing it. The store can cancel what is not shipped.
        Processing = "PROCESSING",
        /// Everything has been shipped.
        Shipped = "SHIPPED",
        /// Delivered. The buyer can review the products; it is completed after 14 days.
        Delivered = "DELIVERED",
        /// Completed; the status is final.
        Completed = "COMPLETED",
        /// Cancelled; the stock was restored.
        Cancelled = "CANCELLED",
        /// The money was returned to the buyer.
        Refunded = "REFUNDED",
        /// The payment failed; the stock was restored, and the checkout is open again.
        Failed = "FAILED",
    }
    /// Who can see a note on an order.
    NoteVisibility in note_visibility {
        /// Only the store of the store order and staff who manage orders; for a note on the whole order, only that staff.
        Internal = "INTERNAL",
        /// Also the buyer, who is notified by email.
        Customer = "CUSTOMER",
    }
}
