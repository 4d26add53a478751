//! Settings about money, and commissions of categories and stores.

use crate::category::Category;
use crate::context::ContextExt;
use crate::decode;
use crate::enums::DisputeBearer;
use crate::error::Result;
use crate::loader::loaders;
use crate::payloads;
use crate::store::Store;
use async_graphql::{Context, Enum, ID, InputObject, SimpleObject};
use entity::id::{CategoryId, StoreId};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageFinance;
use souk_domain::setting::{self, MoneySettingsPatch};
use souk_domain::{category, store};
use souk_macros::root_object;

/// Party that remits the sales tax that buyers pay.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "setting::TaxRemitter")]
pub enum TaxRemitter {
    /// Each store remits its tax, which it receives with its earnings.
    Store,
    /// The marketplace keeps the tax and remits it.
    Marketplace,
}

/// Settings about money, for staff with `MANAGE_FINANCE`.
#[derive(SimpleObject, Clone, Debug)]
pub struct MoneySettings {
    /// Commission of the marketplace, in hundredths of a percent of the price without tax: 1000 is 10 %. It applies to products whose
    /// store and categories have none of their own.
    pub commission_basis_points: i32,
    /// Tax on the commission, in hundredths of a percent of the commission.
    pub commission_tax_basis_points: i32,
    /// Party that remits the sales tax.
    pub tax_remitter: TaxRemitter,
    /// Number of days from the delivery until an earning can be paid out.
    pub earnings_hold_days: i32,
    /// Whether the shipping of an order owes commission, too: at the rate of the store, or else of the marketplace.
    pub is_commission_on_shipping: bool,
    /// Whether stores bear the fees of payment providers, each in proportion to what was paid for its items.
    pub is_provider_fee_passed_on: bool,
    /// Party that bears the loss of disputes. The marketplace bears the provider's fee for a dispute in any case.
    pub dispute_bearer: DisputeBearer,
}

impl From<setting::MoneySettings> for MoneySettings {
    fn from(settings: setting::MoneySettings) -> Self {
        Self {
            commission_basis_points: settings.commission_basis_points,
            commission_tax_basis_points: settings.commission_tax_basis_points,
            tax_remitter: settings.tax_remitter.into(),
            earnings_hold_days: settings.earnings_hold_days,
            is_commission_on_shipping: settings.commission_on_shipping,
            is_provider_fee_passed_on: settings.provider_fee_passed,
            dispute_bearer: settings.dispute_bearer.into(),
        }
    }
}

/// Changes to the settings about money. Fields that are left out keep their value.
#[derive(InputObject)]
struct MoneySettingsUpdateInput {
    /// Commission of the marketplace, in hundredths of a percent of the price without tax, 0 to 5,000.
    commission_basis_points: Option<i32>,
    /// Tax on the commission, in hundredths of a percent of the commission, 0 to 10,000.
    commission_tax_basis_points: Option<i32>,
    /// Party that remits the sales tax of orders that are placed from now on.
    tax_remitter: Option<TaxRemitter>,
    /// Number of days from the delivery until an earning can be paid out, 0 to 365.
    earnings_hold_days: Option<i32>,
    /// Whether the shipping of orders that are placed from now on owes commission, too.
    is_commission_on_shipping: Option<bool>,
    /// Whether stores bear the fees of payment providers for orders that are placed from now on.
    is_provider_fee_passed_on: Option<bool>,
    /// Party that bears the loss of disputes that are opened from now on.
    dispute_bearer: Option<DisputeBearer>,
}

/// Commission of a category.
#[derive(InputObject)]
struct CategoryCommissionUpdateInput {
    /// Commission of the marketplace, in hundredths of a percent of the price without tax, 0 to 5,000; null for that of the parent
    /// category, or of the setting.
    basis_points: Option<i32>,
}

/// Commission of a store.
#[derive(InputObject)]
struct StoreCommissionUpdateInput {
    /// Commission of the marketplace, in hundredths of a percent of the price without tax, 0 to 5,000; null for that of the category,
    /// or of the setting.
    basis_points: Option<i32>,
}

payloads! {
    /// All settings about money after the change; null if there are errors.
    MoneySettingsUpdatePayload { settings: MoneySettings } of moneySettingsUpdate;
    /// The changed category; null if there are errors.
    CategoryCommissionUpdatePayload { category: Category } of categoryCommissionUpdate;
    /// The changed store; null if there are errors.
    StoreCommissionUpdatePayload { store: Store } of storeCommissionUpdate;
}

loaders! {
    /// Loads the own commission of a category for staff with MANAGE_FINANCE.
    pub CategoryCommissionKey(CategoryId) => value i32, by category::own_commissions;
    /// Loads the own commission of a store for those who may see its finances.
    pub StoreCommissionKey(StoreId) => value i32, by store::own_commissions;
}

/// Queries of settings about money.
#[derive(Default)]
pub struct CommissionQuery;

#[root_object]
impl CommissionQuery {
    /// Settings about money.
    async fn money_settings(&self, ctx: &Context<'_>, #[actor] staff: Staff<ManageFinance>) -> Result<MoneySettings> {
        Ok(setting::view_money(ctx.app()?, &staff).await?.into())
    }
}

/// Mutations of commissions.
#[derive(Default)]
pub struct CommissionMutation;

#[root_object]
impl CommissionMutation {
    /// Updates settings about money. Placed orders keep their commission.
    async fn money_settings_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[graphql(desc = "Settings to change.")] input: MoneySettingsUpdateInput,
    ) -> Result<MoneySettingsUpdatePayload> {
        let patch = MoneySettingsPatch {
            commission_basis_points: input.commission_basis_points,
            commission_tax_basis_points: input.commission_tax_basis_points,
            tax_remitter: input.tax_remitter.map(Into::into),
            earnings_hold_days: input.earnings_hold_days,
            commission_on_shipping: input.is_commission_on_shipping,
            provider_fee_passed: input.is_provider_fee_passed_on,
            dispute_bearer: input.dispute_bearer.map(Into::into),
        };
        MoneySettingsUpdatePayload::from_result(setting::update_money(ctx.app()?, &staff, patch).await)
    }

    /// Sets the commission for the products of a category and its subcategories. Placed orders keep their commission.
    async fn category_commission_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[graphql(desc = "ID of the category.")] id: ID,
        #[graphql(desc = "Commission to set.")] input: CategoryCommissionUpdateInput,
    ) -> Result<CategoryCommissionUpdatePayload> {
        let set = async |id| category::set_commission(ctx.app()?, &staff, id, input.basis_points).await;
        CategoryCommissionUpdatePayload::from_result(decode::by_id("id", &id, set).await)
    }

    /// Sets the commission for the products of a store. Placed orders keep their commission.
    async fn store_commission_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[graphql(desc = "ID of the store.")] id: ID,
        #[graphql(desc = "Commission to set.")] input: StoreCommissionUpdateInput,
    ) -> Result<StoreCommissionUpdatePayload> {
        let set = async |id| store::set_commission(ctx.app()?, &staff, id, input.basis_points).await;
        StoreCommissionUpdatePayload::from_result(decode::by_id("id", &id, set).await)
    }
}
