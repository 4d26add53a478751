//! Table `disputes`.

use crate::prelude::*;

/// Money of a payment that the buyer claims back at the bank.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "disputes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DisputeId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// ID of the dispute at the provider, unique within the payment.
    pub provider_reference: String,
    /// Amount that the buyer claims.
    pub amount: Minor,
    pub currency: CurrencyCode,
    pub status: DisputeStatus,
    /// What happened to the money, which moves independently of the status.
    pub funds: DisputeFunds,
    /// Who bears a loss; the setting when the dispute was recorded.
    pub bearer: DisputeBearer,
    /// The provider's code of the reason.
    pub reason: String,
    /// Time until which the marketplace can answer.
    pub respond_by: Option<DateTimeUtc>,
    /// Fee of the provider for the dispute; absent until it is known.
    pub fee: Option<Minor>,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payment::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
