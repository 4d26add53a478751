//! Table `sandbox_charges`.

use crate::prelude::*;

/// The outcome of a payment at the SANDBOX provider: the first capture or cancellation that is written is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sandbox_charges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: PaymentId,
    /// AUTHORIZED, CAPTURED or CANCELLED.
    pub outcome: PaymentStatus,
    /// Zero unless it was authorized before it was captured.
    pub authorized_amount: Minor,
    /// Zero unless it is CAPTURED.
    pub captured_amount: Minor,
    /// The payment token, which also selects the outcome of refunds.
    pub token: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
