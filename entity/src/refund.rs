//! Table `refunds`.

use crate::prelude::*;

/// Money of a payment that is returned to the buyer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    /// Also the idempotency key of calls to the provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The store order whose items are refunded; absent for money that no store order needed.
    pub store_order_id: Option<StoreOrderId>,
    pub reason: RefundReason,
    pub status: RefundStatus,
    /// Always above zero.
    pub amount: Minor,
    /// Part of `amount` that is shipping, with tax.
    pub shipping_amount: Minor,
    pub currency: CurrencyCode,
    /// Whether the refunded items were put back into the stock.
    pub restocked: bool,
    /// User who requested it; absent for the system, or if the user's account was erased.
    pub requested_by_id: Option<UserId>,
    /// The failed refund that it repeats.
    pub retry_of_id: Option<RefundId>,
    /// For the timeline.
    pub note: Option<String>,
    /// ID of the refund at the provider.
    pub provider_reference: Option<String>,
    pub failure_reason: Option<String>,
    /// Number of calls to the provider without a readable response.
    pub unknown_calls: i32,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payment::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
