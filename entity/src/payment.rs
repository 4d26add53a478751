//! `payments`.

use crate::prelude::*;

/// Money asked of the buyer for an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Also the idempotency key sent to the provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub order_id: OrderId,
    pub provider: PaymentProvider,
    pub status: PaymentStatus,
    pub amount: Minor,
    pub captured_amount: Minor,
    pub refunded_amount: Minor,
    pub currency: CurrencyCode,
    /// The provider's name for it.
    pub provider_reference: Option<String>,
    /// What the client's library got from the provider; cleared once it is used.
    pub method_token: Option<String>,
    /// Where the buyer confirms it, while it needs action.
    pub redirect_url: Option<String>,
    /// What the client's library continues with, while it needs action.
    pub client_secret: Option<String>,
    pub failure_reason: Option<String>,
    /// Raised by one at every change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
