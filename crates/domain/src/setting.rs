//! What the owner of the marketplace chose.

use entity::setting::{self, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{Owner, Viewer};
use souk_core::check::Check;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Result, internal};
use souk_core::transact;

/// Who may review a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewPolicy {
    /// Only who received it.
    VerifiedBuyers,
    /// Everybody who is signed in.
    AnyUser,
    /// Vendors and admins.
    Vendors,
}

/// Who decides that a customer becomes a vendor, and that a store opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Approval {
    /// Nobody: at once.
    Auto,
    /// The staff.
    Manual,
}

/// All settings, with what holds where nothing was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether guests may check out.
    pub guest_checkout: bool,
    /// Who may review.
    pub review_policy: ReviewPolicy,
    /// Whether reviews wait for moderation.
    pub review_moderation: bool,
    /// Who decides that a customer becomes a vendor.
    pub vendor_approval: Approval,
    /// Who decides that a store opens.
    pub store_approval: Approval,
    /// Whether prices hold the tax already.
    pub prices_include_tax: bool,
    /// The most unpaid orders for one email address, of guests and of accounts whose email is not verified; 0: no limit.
    pub unpaid_orders_per_guest: i32,
    /// The most pieces in those orders; 0: no limit.
    pub unpaid_pieces_per_guest: i32,
    /// The most unpaid orders of such buyers from one network; 0: no limit.
    pub unpaid_orders_per_network: i32,
    /// The most pieces in those orders; 0: no limit.
    pub unpaid_pieces_per_network: i32,
    /// Orders to be paid by hand that nobody paid and no store began are cancelled after so many days; 0: never.
    pub unpaid_order_expiry_days: i32,
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
        }
    }
}

/// As they are now, by one statement.
pub async fn load(db: &impl ConnectionTrait) -> Result<Settings> {
    let rows = Entity::find().all(db).await?;
    let map: serde_json::Map<_, _> = rows.into_iter().map(|row| (row.name, row.value)).collect();
    serde_json::from_value(map.into()).map_err(internal)
}

/// As they are now, for whoever asks.
pub async fn view(app: &App, _viewer: &Viewer) -> Result<Settings> {
    load(app.db.read()).await
}

/// What is to change; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsPatch {
    /// Whether guests may check out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_checkout: Option<bool>,
    /// Who may review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_policy: Option<ReviewPolicy>,
    /// Whether reviews wait for moderation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_moderation: Option<bool>,
    /// Who decides that a customer becomes a vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_approval: Option<Approval>,
    /// Who decides that a store opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_approval: Option<Approval>,
    /// Whether prices hold the tax already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices_include_tax: Option<bool>,
    /// The most unpaid orders for one email address; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_orders_per_guest: Option<i32>,
    /// The most pieces in those orders; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_pieces_per_guest: Option<i32>,
    /// The most unpaid orders from one network; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_orders_per_network: Option<i32>,
    /// The most pieces in those orders; 0: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_pieces_per_network: Option<i32>,
    /// After so many days unpaid orders are cancelled; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaid_order_expiry_days: Option<i32>,
}

/// The highest limit on unpaid orders and their pieces.
pub const MOST_UNPAID: i32 = 1_000_000;
/// The longest time until an unpaid order is cancelled, in days.
pub const LONGEST_EXPIRY: i32 = 3_650;

fn check(patch: &SettingsPatch) -> Result<()> {
    let mut check = Check::new();
    for (name, value, most) in [
        ("unpaidOrdersPerGuest", patch.unpaid_orders_per_guest, MOST_UNPAID),
        ("unpaidPiecesPerGuest", patch.unpaid_pieces_per_guest, MOST_UNPAID),
        ("unpaidOrdersPerNetwork", patch.unpaid_orders_per_network, MOST_UNPAID),
        ("unpaidPiecesPerNetwork", patch.unpaid_pieces_per_network, MOST_UNPAID),
        ("unpaidOrderExpiryDays", patch.unpaid_order_expiry_days, LONGEST_EXPIRY),
    ] {
        if let Some(value) = value {
            check.integer(name, value, 0..=most);
        }
    }
    check.finish()
}

/// Writes those that are given; of two who change different ones, both succeed.
pub async fn update(app: &App, _owner: &Owner, patch: SettingsPatch) -> Result<Settings> {
    check(&patch)?;
    let serde_json::Value::Object(map) = serde_json::to_value(patch).map_err(internal)? else { return load(app.db.read()).await };
    transact!(app.db, tx, {
        write(tx, app, &map).await?;
        load(tx).await
    })
}

/// Writes all of them.
pub async fn save(app: &App, _owner: &Owner, settings: Settings) -> Result<Settings> {
    let serde_json::Value::Object(map) = serde_json::to_value(settings).map_err(internal)? else { return Ok(settings) };
    transact!(app.db, tx, {
        write(tx, app, &map).await?;
        Ok(settings)
    })
}

async fn write(tx: &Tx, app: &App, values: &serde_json::Map<String, serde_json::Value>) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let rows = values.iter().map(|(name, value)| setting::ActiveModel {
        name: Set(name.clone()),
        value: Set(value.clone()),
        updated_at: Set(now),
    });
    let overwrite = OnConflict::column(Column::Name).update_columns([Column::Value, Column::UpdatedAt]).to_owned();
    tx.changed(Subject::Settings);
    Entity::insert_many(rows).on_conflict(overwrite).exec_without_returning(tx).await?;
    Ok(())
}
