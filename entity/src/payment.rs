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
    pub amount: Minor,
    pub captured_amount: Minor,
    pub refunded_amount: Minor,
    pub currency: CurrencyCode,
    /// ID of the payment at the provider.
    pub provider_reference: Option<String>,
    /// Token that the provider's client library created; cleared when the payment is decided.
    pub method_token: Option<String>,
    /// URL where the buyer completes the required action, while the status is REQUIRES_ACTION.
    pub redirect_url: Option<String>,
    /// Secret with which the provider's client library continues, while the status is REQUIRES_ACTION.
    pub client_secret: Option<String>,
    pub failure_reason: Option<String>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
