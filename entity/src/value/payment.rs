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
        /// Cards through Stripe; the payment token is the ID of a PaymentMethod (`pm_...`).
        Stripe = "STRIPE",
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
    /// Why money is returned to a buyer.
    RefundReason in refund_reason {
        /// Items were cancelled after they were paid.
        Cancelled = "CANCELLED",
        /// The buyer returned items.
        Returned = "RETURNED",
        /// Items were damaged or faulty.
        Damaged = "DAMAGED",
        /// Items were lost or not delivered.
        NotDelivered = "NOT_DELIVERED",
        /// Goodwill towards the buyer.
        Goodwill = "GOODWILL",
        /// Another reason, which the note tells.
        Other = "OTHER",
        /// More was received than was due.
        Overpaid = "OVERPAID",
        /// Less was received than was due, so that the order failed.
        Underpaid = "UNDERPAID",
        /// The payment was received for an order that was void, or paid already.
        LatePayment = "LATE_PAYMENT",
        /// The refund was made at the payment provider.
        AtProvider = "AT_PROVIDER",
    }
    /// Status of a refund.
    RefundStatus in refund_status {
        /// Requested; the payment provider has not decided yet.
        Pending = "PENDING",
        /// The payment provider can't return the money: a person returns it, and marks the refund as paid.
        AwaitingPerson = "AWAITING_PERSON",
        /// The money was returned.
        Succeeded = "SUCCEEDED",
        /// The money was not returned. To try again, request another refund.
        Failed = "FAILED",
    }
    /// Status of a dispute, as its provider reports it.
    DisputeStatus in dispute_status {
        /// The bank asks for information; no money moves yet.
        Warning = "WARNING",
        /// An answer of the marketplace is expected.
        Open = "OPEN",
        /// The bank decides.
        UnderReview = "UNDER_REVIEW",
        /// Decided for the marketplace.
        Won = "WON",
        /// Decided for the buyer.
        Lost = "LOST",
        /// Ended without a decision about money.
        Closed = "CLOSED",
    }
    /// What happened to the money of a dispute.
    DisputeFunds in dispute_funds {
        /// Nothing; the provider has not withdrawn it.
        Untouched = "UNTOUCHED",
        /// The provider withdrew it, and what stores earned with it is held.
        Held = "HELD",
        /// It was lost to the buyer.
        Lost = "LOST",
        /// The provider returned it.
        Returned = "RETURNED",
    }
    /// Party that bears the loss of a dispute.
    DisputeBearer in dispute_bearer {
        /// Each store bears what it received of the disputed amount; the marketplace returns its commission.
        Stores = "STORES",
        /// The marketplace bears it, and stores keep their earnings.
        Marketplace = "MARKETPLACE",
    }
    /// When the money of a payment is captured.
    CaptureMethod in capture_method {
        /// At once.
        Automatic = "AUTOMATIC",
        /// Later, by another call.
        Manual = "MANUAL",
    }
    /// Kind of a call to a payment provider.
    AttemptKind in attempt_kind {
        /// Creates the payment, without moving money.
        Create = "CREATE",
        /// Requests the money, or asks again after an action of the buyer.
        Confirm = "CONFIRM",
        /// Captures authorized money.
        Capture = "CAPTURE",
        /// Cancels the payment.
        Cancel = "CANCEL",
        /// Refunds received money.
        Refund = "REFUND",
        /// Asks for the current state.
        LookUp = "LOOK_UP",
    }
    /// Kind of an error of a call to a payment provider.
    ProviderErrorKind in provider_error_kind {
        /// The call had no effect and can be repeated.
        Retryable = "RETRYABLE",
        /// The buyer's payment method was declined.
        Declined = "DECLINED",
        /// The provider refused the call.
        Refused = "REFUSED",
        /// The effect of the call is not known.
        Unknown = "UNKNOWN",
    }
    /// Status of an event that a payment provider sent.
    ProviderEventStatus in provider_event_status {
        /// Not processed yet.
        New = "NEW",
        /// The payment was looked up and settled.
        Done = "DONE",
        /// Nothing follows from it.
        Ignored = "IGNORED",
        /// It could not be processed.
        Failed = "FAILED",
    }
    /// Kind of a difference that the reconciliation of money found.
    FindingKind in finding_kind {
        /// A provider captured another amount than was due.
        AmountDiffers = "AMOUNT_DIFFERS",
        /// A provider reported another currency than was requested.
        CurrencyDiffers = "CURRENCY_DIFFERS",
        /// A provider reported another fee of a capture than before.
        FeeDiffers = "FEE_DIFFERS",
        /// A refund at a provider returned more than was paid and not refunded.
        RefundExceedsPaid = "REFUND_EXCEEDS_PAID",
        /// A refund failed; the money may still be owed to the buyer.
        RefundFailed = "REFUND_FAILED",
        /// Records of the marketplace contradict each other.
        LedgerDiffers = "LEDGER_DIFFERS",
        /// A buyer claims money of a payment back at the bank.
        Disputed = "DISPUTED",
        /// A dispute is about more than the store orders received and kept, or its provider contradicts what it reported before.
        DisputeDiffers = "DISPUTE_DIFFERS",
        /// A provider refused to request a payment, such as for invalid credentials.
        ProviderRefused = "PROVIDER_REFUSED",
        /// A provider sent an event about a payment that the marketplace does not know.
        PaymentUnknown = "PAYMENT_UNKNOWN",
        /// An event of a provider could not be processed.
        EventFailed = "EVENT_FAILED",
    }
}
