//! The settings of the marketplace.

use crate::context::ContextExt;
use crate::decode::Input;
use crate::error::Result;
use crate::money::CurrencyCode;
use crate::payload;
use async_graphql::{Context, Enum, InputObject, Object};
use souk_core::auth::{Owner, Viewer};
use souk_domain::setting::{self, SettingsPatch};
use souk_macros::root_object;

/// Who may review a product.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_domain::setting::ReviewPolicy")]
pub enum ReviewPolicy {
    /// Users who received the product can review it.
    VerifiedBuyers,
    /// Every signed-in user can review every product.
    AnyUser,
    /// Vendors and admins can review products.
    Vendors,
}

/// How something is approved.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_domain::setting::Approval")]
pub enum ApprovalMode {
    /// Approved at once, without staff.
    Auto,
    /// Approved or rejected by staff.
    Manual,
}

/// What the owner of the marketplace chose.
pub struct Settings(pub setting::Settings);

impl From<setting::Settings> for Settings {
    fn from(settings: setting::Settings) -> Self {
        Self(settings)
    }
}

/// What the owner of the marketplace chose.
#[Object]
impl Settings {
    /// The name of the marketplace.
    async fn marketplace_name(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(ctx.app()?.config.marketplace_name.clone())
    }

    /// The currency of all prices.
    async fn currency(&self, ctx: &Context<'_>) -> Result<CurrencyCode> {
        Ok(CurrencyCode(ctx.app()?.config.currency))
    }

    /// Whether guests may check out.
    async fn is_guest_checkout_allowed(&self) -> bool {
        self.0.guest_checkout
    }

    /// Whether guests may check out.
    #[graphql(deprecation = "Use `isGuestCheckoutAllowed`.")]
    async fn guest_checkout(&self) -> bool {
        self.0.guest_checkout
    }

    /// Who may review a product.
    async fn review_policy(&self) -> ReviewPolicy {
        self.0.review_policy.into()
    }

    /// Whether reviews wait for moderation before others see them.
    async fn is_review_moderation_enabled(&self) -> bool {
        self.0.review_moderation
    }

    /// Whether reviews wait for moderation before others see them.
    #[graphql(deprecation = "Use `isReviewModerationEnabled`.")]
    async fn review_moderation(&self) -> bool {
        self.0.review_moderation
    }

    /// Who decides that a customer becomes a vendor.
    async fn vendor_approval(&self) -> ApprovalMode {
        self.0.vendor_approval.into()
    }

    /// Who decides that a new store opens.
    async fn store_approval(&self) -> ApprovalMode {
        self.0.store_approval.into()
    }

    /// Whether prices include tax; otherwise tax is added to the total.
    async fn is_tax_included(&self) -> bool {
        self.0.prices_include_tax
    }

    /// Whether prices include tax; otherwise tax is added to the total.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    async fn prices_include_tax(&self) -> bool {
        self.0.prices_include_tax
    }

    /// The most unpaid orders for one email address, of guests and of accounts whose email is not verified; 0: no limit. An order
    /// counts until it is paid, cancelled, or begun by all of its stores.
    async fn unpaid_orders_per_guest(&self) -> i32 {
        self.0.unpaid_orders_per_guest
    }

    /// The most pieces of physical products in those orders; 0: no limit.
    async fn unpaid_pieces_per_guest(&self) -> i32 {
        self.0.unpaid_pieces_per_guest
    }

    /// The most unpaid orders of such buyers from one network address; 0: no limit.
    async fn unpaid_orders_per_network(&self) -> i32 {
        self.0.unpaid_orders_per_network
    }

    /// The most pieces of physical products in those orders; 0: no limit.
    async fn unpaid_pieces_per_network(&self) -> i32 {
        self.0.unpaid_pieces_per_network
    }

    /// Number of days after which an order is cancelled that is paid by hand (MANUAL), is not paid, and that no store has begun; 0:
    /// never.
    async fn unpaid_order_expiry_days(&self) -> i32 {
        self.0.unpaid_order_expiry_days
    }
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct SettingsUpdateInput {
    /// Whether guests may check out.
    is_guest_checkout_allowed: Option<bool>,
    /// Whether guests may check out.
    #[graphql(deprecation = "Use `isGuestCheckoutAllowed`.")]
    guest_checkout: Option<bool>,
    /// Who may review a product.
    review_policy: Option<ReviewPolicy>,
    /// Whether reviews wait for moderation before others see them.
    is_review_moderation_enabled: Option<bool>,
    /// Whether reviews wait for moderation before others see them.
    #[graphql(deprecation = "Use `isReviewModerationEnabled`.")]
    review_moderation: Option<bool>,
    /// Who decides that a customer becomes a vendor.
    vendor_approval: Option<ApprovalMode>,
    /// Who decides that a new store opens.
    store_approval: Option<ApprovalMode>,
    /// Whether prices include tax; otherwise tax is added to the total.
    is_tax_included: Option<bool>,
    /// Whether prices include tax; otherwise tax is added to the total.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    prices_include_tax: Option<bool>,
    /// The most unpaid orders for one email address, of guests and of accounts whose email is not verified: 0 to 1,000,000; 0: no
    /// limit.
    unpaid_orders_per_guest: Option<i32>,
    /// The most pieces of physical products in those orders: 0 to 1,000,000; 0: no limit.
    unpaid_pieces_per_guest: Option<i32>,
    /// The most unpaid orders of such buyers from one network address: 0 to 1,000,000; 0: no limit.
    unpaid_orders_per_network: Option<i32>,
    /// The most pieces of physical products in those orders: 0 to 1,000,000; 0: no limit.
    unpaid_pieces_per_network: Option<i32>,
    /// Number of days after which an unpaid order is cancelled that is paid by hand and that no store has begun: 0 to 3,650; 0:
    /// never.
    unpaid_order_expiry_days: Option<i32>,
}

payload! {
    /// What came of changing the settings.
    SettingsUpdatePayload {
        /// All settings, as they are now.
        settings: Settings
    }
}

/// Reading the settings.
#[derive(Default)]
pub struct SettingQuery;

#[root_object]
impl SettingQuery {
    /// Settings of the marketplace.
    async fn settings(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Settings> {
        Ok(setting::view(ctx.app()?, viewer).await?.into())
    }
}

/// Changing the settings.
#[derive(Default)]
pub struct SettingMutation;

#[root_object]
impl SettingMutation {
    /// Updates settings of the marketplace.
    async fn settings_update(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "Settings to change.")] input: SettingsUpdateInput,
    ) -> Result<SettingsUpdatePayload> {
        let mut decoded = Input::default();
        let patch = SettingsPatch {
            guest_checkout: decoded.renamed(
                "",
                ("isGuestCheckoutAllowed", input.is_guest_checkout_allowed),
                ("guestCheckout", input.guest_checkout),
            ),
            review_policy: input.review_policy.map(Into::into),
            review_moderation: decoded.renamed(
                "",
                ("isReviewModerationEnabled", input.is_review_moderation_enabled),
                ("reviewModeration", input.review_moderation),
            ),
            vendor_approval: input.vendor_approval.map(Into::into),
            store_approval: input.store_approval.map(Into::into),
            prices_include_tax: decoded.renamed(
                "",
                ("isTaxIncluded", input.is_tax_included),
                ("pricesIncludeTax", input.prices_include_tax),
            ),
            unpaid_orders_per_guest: input.unpaid_orders_per_guest,
            unpaid_pieces_per_guest: input.unpaid_pieces_per_guest,
            unpaid_orders_per_network: input.unpaid_orders_per_network,
            unpaid_pieces_per_network: input.unpaid_pieces_per_network,
            unpaid_order_expiry_days: input.unpaid_order_expiry_days,
        };
        let result = async {
            decoded.finish()?;
            setting::update(ctx.app()?, &owner, patch).await
        };
        SettingsUpdatePayload::from_result(result.await)
    }
}
