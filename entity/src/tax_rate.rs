//! Table `tax_rates`.

use crate::prelude::*;

/// The tax rate of a country.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaxRateId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Such as VAT.
    pub name: String,
    /// Hundredths of a percent.
    pub basis_points: i32,
    /// Incremented at every change.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
