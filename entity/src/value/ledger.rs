//! Values of the ledger.

use super::stored_enums;

stored_enums! {
    $
    /// Kind of an account of the ledger.
    LedgerAccountKind in ledger_account_kind {
        /// Asset: money at a payment provider; for `MANUAL`, cash that the marketplace collected.
        Provider = "PROVIDER",
        /// Asset: cash that a store collected for itself.
        StoreCash = "STORE_CASH",
        /// Liability: what the marketplace owes to a store; on the debit side, what the store owes to the marketplace.
        StorePayable = "STORE_PAYABLE",
        /// Liability: earnings of a store that are held while money is disputed.
        StoreHeld = "STORE_HELD",
        /// Asset: money that providers withdrew in disputes that are not decided.
        Disputes = "DISPUTES",
        /// Expense: lost money that no store bears.
        Losses = "LOSSES",
        /// Liability: what the marketplace owes to buyers.
        BuyerOwed = "BUYER_OWED",
        /// Liability: tax on commission.
        CommissionTax = "COMMISSION_TAX",
        /// Liability: sales tax that the marketplace remits.
        SalesTax = "SALES_TAX",
        /// Income: commission of the marketplace.
        Commission = "COMMISSION",
        /// Expense: fees of payment providers.
        ProviderFees = "PROVIDER_FEES",
        /// Expense: discounts that the marketplace bears.
        Promotions = "PROMOTIONS",
        /// Payments that were received before the ledger began.
        Opening = "OPENING",
    }
    /// Kind of a transaction of the ledger.
    LedgerTransactionKind in ledger_transaction_kind {
        /// Money was received for store orders.
        Capture = "CAPTURE",
        /// Money was received that no store order needs; it is owed to the buyer.
        CaptureUnallocated = "CAPTURE_UNALLOCATED",
        /// Fee of a payment provider for a capture or a dispute.
        Fee = "FEE",
        /// A refund was requested: the money is owed to the buyer.
        Refund = "REFUND",
        /// A refund was paid to the buyer.
        RefundSettled = "REFUND_SETTLED",
        /// A refund failed: its transactions are reversed.
        RefundFailed = "REFUND_FAILED",
        /// Commission was brought to what it must be after items of a store order that is paid in part were cancelled.
        Adjustment = "ADJUSTMENT",
        /// The provider withdrew disputed money, and what stores earned with it is held.
        DisputeOpened = "DISPUTE_OPENED",
        /// Disputed money was lost.
        DisputeLost = "DISPUTE_LOST",
        /// A lost dispute was won after all: the loss is reversed.
        DisputeLostUndone = "DISPUTE_LOST_UNDONE",
        /// The provider returned disputed money, and held earnings are the stores' again.
        DisputeWon = "DISPUTE_WON",
    }
    /// Kind of an earning of a store.
    EarningKind in earning_kind {
        /// Sale, after commission.
        Sale = "SALE",
        /// Refund to a buyer; negative.
        Refund = "REFUND",
        /// Refund that the store paid out of its own hand.
        RefundByStore = "REFUND_BY_STORE",
        /// Refund that failed; positive.
        RefundFailed = "REFUND_FAILED",
        /// Correction of the commission.
        Adjustment = "ADJUSTMENT",
        /// Fee of a payment provider that the store bears; negative.
        Fee = "FEE",
        /// Earnings that are held because of a dispute; negative.
        Dispute = "DISPUTE",
        /// Held earnings that the store has again, as the dispute was won.
        DisputeWon = "DISPUTE_WON",
        /// Held earnings that the store has again, as the marketplace bears the lost dispute.
        DisputeLost = "DISPUTE_LOST",
        /// Earnings that are held again, as a lost dispute was won after all.
        DisputeLostUndone = "DISPUTE_LOST_UNDONE",
    }
    /// Who collected a payment.
    CollectedBy in collected_by {
        /// The marketplace, or its payment provider.
        Marketplace = "MARKETPLACE",
        /// The store, which keeps the money and owes the commission.
        Store = "STORE",
    }
}
