//! Settings of the marketplace.

mod cancellation;
mod language;
mod money;
mod rows;

pub use cancellation::CancellationLimit;
pub use language::SearchLanguages;
pub use money::{MoneySettings, MoneySettingsPatch, TaxRemitter, update_money, view_money};
pub(crate) use money::{check_commission, load_money};

use rows::{parse, read, write};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{Owner, Viewer};
use souk_core::check::Check;
use souk_core::error::{Result, internal};
use souk_core::provider::search::Language;
use souk_core::transact;

/// The rules who may review a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewPolicy {
    /// Only buyers who received it.
    VerifiedBuyers,
    /// All signed-in users.
    AnyUser,
    /// Vendors and admins.
    Vendors,
}

/// How vendor applications and new stores are approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Approval {
    /// Automatically.
    Auto,
    /// By staff.
    Manual,
}

/// All settings; a setting without a row has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether guests can place orders.
    pub guest_checkout: bool,
    pub review_policy: ReviewPolicy,
    /// Whether new reviews are PENDING until a moderator publishes them.
    pub review_moderation: bool,
    /// Approval of vendor applications.
    pub vendor_approval: Approval,
    /// Approval of new stores.
    pub store_approval: Approval,
    /// Whether prices include tax; otherwise tax is added to the total.
    pub prices_include_tax: bool,
    /// Maximum number of unpaid orders per email address, for guests and accounts without a verified email address; 0: no limit.
    pub unpaid_orders_per_guest: i32,
    /// Maximum number of items in those orders; 0: no limit.
    pub unpaid_pieces_per_guest: i32,
    /// Maximum number of unpaid orders of such buyers per network; 0: no limit.
    pub unpaid_orders_per_network: i32,
    /// Maximum number of items in those orders; 0: no limit.
    pub unpaid_pieces_per_network: i32,
    /// Days after which unpaid orders with manual payment are cancelled, if no store has begun to process them; 0: never.
    pub unpaid_order_expiry_days: i32,
    /// Last status of a store order in which its buyer can cancel it.
    pub customer_cancellation_limit: CancellationLimit,
    /// Last status of a store order in which its store can cancel it; a store can never cancel one that is PENDING.
    pub store_cancellation_limit: CancellationLimit,
    /// Downloads of a digital item for each unit that was bought.
    pub downloads_per_unit: i32,
    /// Days after the payment in which it can be downloaded; 0: always.
    pub download_expiry_days: i32,
    /// Languages whose word forms the search knows.
    pub search_languages: SearchLanguages,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            guest_checkout: true,
            review_policy: ReviewPolicy::VerifiedBuyers,
            review_moderation: false,
            vendor_approval: Approval::Auto,
            store_approval: Approval::Auto,
            prices_include_tax: false,
            unpaid_orders_per_guest: 50,
            unpaid_pieces_per_guest: 500,
            unpaid_orders_per_network: 100,
            unpaid_pieces_per_network: 1_000,
            unpaid_order_expiry_days: 14,
            customer_cancellation_limit: CancellationLimit::Confirmed,
            store_cancellation_limit: CancellationLimit::Processing,
            downloads_per_unit: 5,
            download_expiry_days: 365,
            search_languages: SearchLanguages::new(&[Language::En]),
        }
    }
}

/// Reads all settings by one statement.
pub(crate) async fn load(db: &impl ConnectionTrait) -> Result<Settings> {
    parse(read(db).await?)
}

/// Reads the settings with those about money by one statement.
pub(crate) async fn load_with_money(db: &impl ConnectionTrait) -> Result<(Settings, MoneySettings)> {
    let rows = read(db).await?;
    Ok((parse(rows.clone())?, parse(rows)?))
}

/// All settings; they are public.
pub async fn view(app: &App, _viewer: &Viewer) -> Result<Settings> {
    load(app.db.read()).await
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsPatch {
    /// Whether guests can place orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_checkout: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_policy: Option<ReviewPolicy>,
    /// Whether new reviews are PENDING until a moderator publishes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_moderation: Option<bool>,
    /// Approval of vendor applications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_approval: Option<Approval>,
    /// Approval of new stores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_approval: Option<Approval>,
    /// Whether prices include tax; otherwise tax is added to the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices_include_tax: Option<bool>,
    /// Maximum number of unpaid orders per email address; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_orders_per_guest: Option<i32>,
    /// Maximum number of items in those orders; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_pieces_per_guest: Option<i32>,
    /// Maximum number of unpaid orders per network; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_orders_per_network: Option<i32>,
    /// Maximum number of items in those orders; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_pieces_per_network: Option<i32>,
    /// Days after which unpaid orders are cancelled; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_order_expiry_days: Option<i32>,
    /// Last status of a store order in which its buyer can cancel it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_cancellation_limit: Option<CancellationLimit>,
    /// Last status of a store order in which its store can cancel it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_cancellation_limit: Option<CancellationLimit>,
    /// Downloads of a digital item for each unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downloads_per_unit: Option<i32>,
    /// Days in which it can be downloaded; 0: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_expiry_days: Option<i32>,
    /// Languages whose word forms the search knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_languages: Option<SearchLanguages>,
}

/// Highest value of the limits on unpaid orders and their items.
pub const MAX_UNPAID: i32 = 1_000_000;
/// Highest value of `unpaid_order_expiry_days`.
pub const MAX_EXPIRY_DAYS: i32 = 3_650;
/// Highest value of `downloads_per_unit`.
pub const MAX_DOWNLOADS: i32 = 1_000;

fn check(patch: &SettingsPatch) -> Result<()> {
    let mut check = Check::new();
    for (name, value, most) in [
        ("unpaidOrdersPerGuest", patch.unpaid_orders_per_guest, MAX_UNPAID),
        ("unpaidPiecesPerGuest", patch.unpaid_pieces_per_guest, MAX_UNPAID),
        ("unpaidOrdersPerNetwork", patch.unpaid_orders_per_network, MAX_UNPAID),
        ("unpaidPiecesPerNetwork", patch.unpaid_pieces_per_network, MAX_UNPAID),
        ("unpaidOrderExpiryDays", patch.unpaid_order_expiry_days, MAX_EXPIRY_DAYS),
        ("downloadExpiryDays", patch.download_expiry_days, MAX_EXPIRY_DAYS),
    ] {
        if let Some(value) = value {
            check.integer(name, value, 0..=most);
        }
    }
    if let Some(value) = patch.downloads_per_unit {
        check.integer("downloadsPerUnit", value, 1..=MAX_DOWNLOADS);
    }
    check.finish()
}

/// Writes the given settings; concurrent changes of different settings both succeed.
pub async fn update(app: &App, _owner: &Owner, patch: SettingsPatch) -> Result<Settings> {
    check(&patch)?;
    let serde_json::Value::Object(map) = serde_json::to_value(patch).map_err(internal)? else { return load(app.db.read()).await };
    transact!(app.db, tx, {
        write(tx, app, &map).await?;
        load(tx).await
    })
}

/// Writes all settings.
pub async fn save(app: &App, _owner: &Owner, settings: Settings) -> Result<Settings> {
    let serde_json::Value::Object(map) = serde_json::to_value(settings).map_err(internal)? else { return Ok(settings) };
    transact!(app.db, tx, {
        write(tx, app, &map).await?;
        Ok(settings)
    })
}
