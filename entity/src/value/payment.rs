//! Values of payments.

use super::stored_enums;

stored_enums! {
    $
    /// Provider that processes payments.
    PaymentProvider in payment_provider {
        /// Manual payment, such as cash on delivery or a bank transfer: the order is marked as paid by a person.
        Manual = "MANUAL",
        /// Test provider: moves no money, and the payment token chooses the outcome.
        Sandbox = "SANDBOX",
    }
    /// Status of a payment.
    PaymentStatus in payment_status {
        /// Not requested yet, or without a response of the provider yet.
        Pending = "PENDING",
        /// The buyer must complete an action, such as a confirmation; then call `paymentConfirm`.
        RequiresAction = "REQUIRES_ACTION",
        /// Authorized, but not received yet.
        Authorized = "AUTHORIZED",
        /// Part of the amount due was received.
        PartiallyCaptured = "PARTIALLY_CAPTURED",
        /// The amount due was received.
        Captured = "CAPTURED",
        /// Refused by the provider; nothing was charged.
        Failed = "FAILED",
        /// Cancelled before it was captured.
        Cancelled = "CANCELLED",
        /// Part of the money was returned to the buyer.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All of the money was returned to the buyer.
        Refunded = "REFUNDED",
    }
    /// Kind of a difference that the reconciliation of money found.
    FindingKind in finding_kind {
        /// A provider captured another amount than was due.
        AmountDiffers = "AMOUNT_DIFFERS",
        /// A provider reported another currency than was requested.
        CurrencyDiffers = "CURRENCY_DIFFERS",
        /// Records of the marketplace contradict each other.
        LedgerDiffers = "LEDGER_DIFFERS",
    }
}
