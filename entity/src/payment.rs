//! Table `payments`.

use crate::prelude::*;

/// A payment of an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Also the idempotency key of calls to the provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub order_id: OrderId,
    pub provider: PaymentProvider,
    pub status: PaymentStatus,
    /// The requested amount.
    pub amount: Minor,
    /// Part of `amount` that is not due any more, as items were cancelled.
    pub cancelled_amount: Minor,
    /// Amount that is authorized and not captured.
    pub authorized_amount: Minor,
    /// Sum of the captures.
    pub captured_amount: Minor,
    /// What was returned to the buyer.
    pub refunded_amount: Minor,
    /// Reserved by refunds that are not decided yet.
    pub refund_pending_amount: Minor,
    /// What the provider withdrew in disputes and did not return.
    pub disputed_amount: Minor,
    pub currency: CurrencyCode,
    /// ID of the payment at the provider, unique for each provider.
    pub provider_reference: Option<String>,
    pub capture_method: CaptureMethod,
    /// The provider's account that received the payment; absent for the marketplace's only one.
    pub account: Option<String>,
    /// Token that the provider's client library created; cleared when the payment is decided.
    pub method_token: Option<String>,
    /// URL where the buyer completes the required action, while the status is REQUIRES_ACTION.
    pub redirect_url: Option<String>,
    /// Secret with which the provider's client library continues, while the status is REQUIRES_ACTION.
    pub client_secret: Option<String>,
    pub failure_reason: Option<String>,
    /// Time at which the authorization lapses; absent if it is not known, or there is none.
    pub expires_at: Option<DateTimeUtc>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Amount that the buyer owes: the requested amount without what was cancelled. Refunds do not change it.
    pub fn amount_due(&self) -> Minor {
        Minor(self.amount.0.saturating_sub(self.cancelled_amount.0))
    }

    /// Amount that was neither refunded nor reserved for a refund.
    pub fn unrefunded(&self) -> Minor {
        Minor(self.captured_amount.0.saturating_sub(self.refunded_amount.0).saturating_sub(self.refund_pending_amount.0).max(0))
    }

    /// Amount that can still be refunded: disputed money is not returned twice.
    pub fn refundable(&self) -> Minor {
        Minor(self.unrefunded().0.saturating_sub(self.disputed_amount.0).max(0))
    }

    /// Amount that was captured above the amount due, by mistake of the provider or because items were cancelled afterwards.
    pub fn excess(&self) -> Minor {
        Minor(self.captured_amount.0.saturating_sub(self.amount_due().0).max(0))
    }
}
