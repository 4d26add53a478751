//! Table `sandbox_charges`.

use crate::prelude::*;

/// The final outcome of a payment at the SANDBOX provider: the first outcome that is written is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sandbox_charges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: PaymentId,
    /// CAPTURED or CANCELLED.
    pub outcome: PaymentStatus,
    /// Zero unless it is CAPTURED.
    pub captured_amount: Minor,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
