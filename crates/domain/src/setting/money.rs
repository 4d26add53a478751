//! Settings about money: commission, tax and the time that earnings are held. Only staff with MANAGE_FINANCE see them.

use super::rows::{parse, read, write};
use entity::value::DisputeBearer;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageFinance;
use souk_core::check::Check;
use souk_core::error::{Result, internal};
use souk_core::transact;

/// Who remits the sales tax that buyers pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaxRemitter {
    /// Each store, which receives the tax with its earnings.
    #[default]
    Store,
    /// The marketplace, which keeps the tax.
    Marketplace,
}

/// All settings about money; a setting without a row has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MoneySettings {
    /// Commission of stores and categories without their own, in hundredths of a percent of the price without tax.
    pub commission_basis_points: i32,
    /// Tax on commission, in hundredths of a percent of the commission.
    pub commission_tax_basis_points: i32,
    pub tax_remitter: TaxRemitter,
    /// Days from the delivery until earnings can be paid out.
    pub earnings_hold_days: i32,
    /// Whether shipping owes commission, too.
    pub commission_on_shipping: bool,
    /// Whether stores bear the fees of payment providers.
    pub provider_fee_passed: bool,
    /// Who bears the loss of disputes.
    pub dispute_bearer: DisputeBearer,
}

impl Default for MoneySettings {
    fn default() -> Self {
        Self {
            commission_basis_points: 0,
            commission_tax_basis_points: 0,
            tax_remitter: TaxRemitter::Store,
            earnings_hold_days: 7,
            commission_on_shipping: false,
            provider_fee_passed: false,
            dispute_bearer: DisputeBearer::Stores,
        }
    }
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MoneySettingsPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission_basis_points: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission_tax_basis_points: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_remitter: Option<TaxRemitter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earnings_hold_days: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission_on_shipping: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_fee_passed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute_bearer: Option<DisputeBearer>,
}

/// Highest commission, in hundredths of a percent.
const MAX_COMMISSION: i32 = 5_000;
/// Highest tax on commission, in hundredths of a percent.
const MAX_COMMISSION_TAX: i32 = 10_000;
/// Highest value of `earnings_hold_days`.
const MAX_HOLD_DAYS: i32 = 365;

/// Checks the commission of a store or category.
pub(crate) fn check_commission(basis_points: Option<i32>) -> Result<()> {
    let mut check = Check::new();
    if let Some(basis_points) = basis_points {
        check.integer("basisPoints", basis_points, 0..=MAX_COMMISSION);
    }
    check.finish()
}

/// Reads the settings by one statement.
pub(crate) async fn load_money(db: &impl ConnectionTrait) -> Result<MoneySettings> {
    parse(read(db).await?)
}

/// All settings about money.
pub async fn view_money(app: &App, _staff: &Staff<ManageFinance>) -> Result<MoneySettings> {
    load_money(app.db.read()).await
}

/// Writes the given settings; concurrent changes of different settings both succeed. Placed orders keep their commission.
pub async fn update_money(app: &App, _staff: &Staff<ManageFinance>, patch: MoneySettingsPatch) -> Result<MoneySettings> {
    let mut check = Check::new();
    for (name, value, most) in [
        ("commissionBasisPoints", patch.commission_basis_points, MAX_COMMISSION),
        ("commissionTaxBasisPoints", patch.commission_tax_basis_points, MAX_COMMISSION_TAX),
        ("earningsHoldDays", patch.earnings_hold_days, MAX_HOLD_DAYS),
    ] {
        if let Some(value) = value {
            check.integer(name, value, 0..=most);
        }
    }
    check.finish()?;
    let serde_json::Value::Object(map) = serde_json::to_value(patch).map_err(internal)? else {
        return load_money(app.db.read()).await;
    };
    transact!(app.db, tx, {
        write(tx, app, &map).await?;
        load_money(tx).await
    })
}
