//! `payment_attempts`.

use crate::prelude::*;

/// One call to a provider and what came of it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentAttemptId,
    pub payment_id: PaymentId,
    pub outcome: PaymentStatus,
    pub provider_reference: Option<String>,
    pub message: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
