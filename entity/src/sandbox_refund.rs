//! Table `sandbox_refunds`.

use crate::prelude::*;

/// A refund at the SANDBOX provider.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sandbox_refunds")]
pub struct Model {
    /// ID of the refund in the marketplace; also the idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub refund_id: Uuid,
    pub payment_id: PaymentId,
    pub amount: Minor,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
