//! Commission of the marketplace: the rate of each product, and what a line owes.
//!
//! The rate is the store's, else that of the nearest category upwards, else the setting. What a line owes is computed when the order is
//! placed and never again, so that later rates do not change it.

use crate::category;
use crate::checkout::cart_snapshot::CartLineSnapshot;
use crate::setting::MoneySettings;
use entity::id::ProductVariantId;
use entity::money::{AmountOverflow, Minor};
use sea_orm::ConnectionTrait;
use souk_core::error::Result;
use std::collections::HashMap;

/// Rates by variant, in hundredths of a percent. At most one statement unless a category has its own commission.
pub(crate) async fn rates(
    db: &impl ConnectionTrait,
    settings: &MoneySettings,
    lines: &[CartLineSnapshot],
) -> Result<HashMap<ProductVariantId, i32>> {
    let without_own = lines.iter().filter(|line| line.store_commission.is_none());
    let categories: Vec<_> = without_own.filter_map(|line| line.category_id).collect();
    let of_categories = category::commissions(db, &categories).await?;
    let rate = |line: &CartLineSnapshot| {
        let of_category = || line.category_id.and_then(|category| of_categories.get(&category).copied());
        line.store_commission.or_else(of_category).unwrap_or(settings.commission_basis_points)
    };
    Ok(lines.iter().map(|line| (line.variant_id, rate(line))).collect())
}

/// Commission of a line, and the tax on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commission {
    pub basis_points: i32,
    pub total: Minor,
    pub tax: Minor,
}

impl Commission {
    /// `base` is the price of the line after the discounts that the store bears, without tax: a discount of the marketplace does not
    /// reduce it, as the store receives it. Each amount is rounded once, half away from zero.
    pub fn of(base: Minor, basis_points: i32, settings: &MoneySettings) -> Result<Self, AmountOverflow> {
        let total = base.percent(basis_points)?;
        Ok(Self { basis_points, total, tax: total.percent(settings.commission_tax_basis_points)? })
    }
}
