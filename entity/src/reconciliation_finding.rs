//! Table `reconciliation_findings`.

use crate::prelude::*;

/// A difference between the marketplace's records of money and those of a payment provider. One row for each kind and subject, which
/// is opened again if the difference is found again.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_findings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReconciliationFindingId,
    pub kind: FindingKind,
    /// Kind of the subject, such as PAYMENT.
    pub subject_type: String,
    pub subject_id: Uuid,
    /// Amount according to the marketplace.
    pub expected: Minor,
    /// Amount according to the provider.
    pub found: Minor,
    /// Currency of the amount that was found.
    pub currency: CurrencyCode,
    pub first_seen_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
    pub resolved_at: Option<DateTimeUtc>,
    /// How it was resolved.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
