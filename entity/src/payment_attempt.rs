//! Table `payment_attempts`.

use crate::prelude::*;

/// A call to a payment provider and its outcome.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentAttemptId,
    pub payment_id: PaymentId,
    /// Absent in rows from before kinds were recorded.
    pub kind: Option<AttemptKind>,
    /// Status of the payment after the call.
    pub outcome: PaymentStatus,
    /// Amount of the call, if it is not that of the payment.
    pub amount: Option<Minor>,
    /// Absent if the provider reported the payment.
    pub error_kind: Option<ProviderErrorKind>,
    pub provider_reference: Option<String>,
    pub message: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
