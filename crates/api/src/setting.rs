//! Settings of the marketplace.

use crate::context::ContextExt;
use crate::cost;
use crate::decode::Input;
use crate::error::Result;
use crate::loader::loaders;
use crate::money::CurrencyCode;
use crate::payloads;
use crate::search::SearchLanguage;
use async_graphql::{Context, Enum, InputObject, Object};
use souk_core::app::App;
use souk_core::auth::{Owner, Viewer};
use souk_domain::setting::{self, SearchLanguages, SettingsPatch};
use souk_macros::root_object;
use std::collections::HashMap;

/// Users who can review a product.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_domain::setting::ReviewPolicy")]
pub enum ReviewPolicy {
    /// Users who bought and received the product can review it.
    VerifiedBuyers,
    /// Every signed-in user can review products.
    AnyUser,
    /// Vendors, admins and owners of the marketplace can review products.
    Vendors,
}

/// How new vendors and stores are approved.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_domain::setting::Approval")]
pub enum ApprovalMode {
    /// Approved immediately, without staff.
    Auto,
    /// Approved or rejected by staff.
    Manual,
}

/// Last status of a store order in which it can be cancelled.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_domain::setting::CancellationLimit")]
pub enum CancellationLimit {
    /// A store order can be cancelled until it is CONFIRMED. Stores, which cannot cancel PENDING store orders, can cancel none.
    Pending,
    /// A store order can be cancelled until the store begins to process it.
    Confirmed,
    /// A store order can be cancelled until something of it is shipped; the rest can be cancelled by its lines.
    Processing,
}

/// Settings of the marketplace, chosen by its owner.
pub struct Settings(pub setting::Settings);

impl From<setting::Settings> for Settings {
    fn from(settings: setting::Settings) -> Self {
        Self(settings)
    }
}

/// Settings of the marketplace, chosen by its owner.
#[Object]
impl Settings {
    /// Name of the marketplace.
    async fn marketplace_name(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(ctx.app()?.config.marketplace_name.clone())
    }

    /// Currency of all prices.
    async fn currency(&self, ctx: &Context<'_>) -> Result<CurrencyCode> {
        Ok(CurrencyCode(ctx.app()?.config.currency))
    }

    /// Whether guests can place orders.
    async fn is_guest_checkout_allowed(&self) -> bool {
        self.0.guest_checkout
    }

    /// Whether guests can place orders.
    #[graphql(deprecation = "Use `isGuestCheckoutAllowed`.")]
    async fn guest_checkout(&self) -> bool {
        self.0.guest_checkout
    }

    /// Users who can review a product.
    async fn review_policy(&self) -> ReviewPolicy {
        self.0.review_policy.into()
    }

    /// Whether reviews must be published by a moderator before others see them.
    async fn is_review_moderation_enabled(&self) -> bool {
        self.0.review_moderation
    }

    /// Whether reviews must be published by a moderator before others see them.
    #[graphql(deprecation = "Use `isReviewModerationEnabled`.")]
    async fn review_moderation(&self) -> bool {
        self.0.review_moderation
    }

    /// How applications to become a vendor are approved.
    async fn vendor_approval(&self) -> ApprovalMode {
        self.0.vendor_approval.into()
    }

    /// How new stores are approved.
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

    /// Maximum number of unpaid orders per email address, for guests and for accounts without a verified email address; 0 means
    /// no limit. An order counts until it is paid, has failed or is cancelled, or until all of its stores have begun to process
    /// it.
    async fn unpaid_orders_per_guest(&self) -> i32 {
        self.0.unpaid_orders_per_guest
    }

    /// Maximum number of units of physical products in the unpaid orders that `unpaidOrdersPerGuest` limits; 0 means no limit.
    async fn unpaid_pieces_per_guest(&self) -> i32 {
        self.0.unpaid_pieces_per_guest
    }

    /// Maximum number of unpaid orders of the same buyers per network address (for IPv6, per network of 64 bits);
    /// 0 means no limit.
    async fn unpaid_orders_per_network(&self) -> i32 {
        self.0.unpaid_orders_per_network
    }

    /// Maximum number of units of physical products in the unpaid orders that `unpaidOrdersPerNetwork` limits; 0 means no limit.
    async fn unpaid_pieces_per_network(&self) -> i32 {
        self.0.unpaid_pieces_per_network
    }

    /// Number of days after which an unpaid order with the payment provider `MANUAL` is cancelled if no store has begun to
    /// process it; 0 means never.
    async fn unpaid_order_expiry_days(&self) -> i32 {
        self.0.unpaid_order_expiry_days
    }

    /// Last status of a store order in which its buyer can cancel it, with `orderCancel` or `orderLinesCancel`.
    async fn customer_cancellation_limit(&self) -> CancellationLimit {
        self.0.customer_cancellation_limit.into()
    }

    /// Last status of a store order in which its store can cancel it, with `storeOrderCancel` or `storeOrderLinesCancel`. Staff with
    /// `MANAGE_ORDERS` are not limited by it.
    async fn store_cancellation_limit(&self) -> CancellationLimit {
        self.0.store_cancellation_limit.into()
    }

    /// Number of downloads of a digital order line for each unit that was bought. Applies to orders that are paid after a change.
    async fn downloads_per_unit(&self) -> i32 {
        self.0.downloads_per_unit
    }

    /// Number of days after the payment in which a digital order line can be downloaded; 0 means always. Applies to orders that are paid
    /// after a change.
    async fn download_expiry_days(&self) -> i32 {
        self.0.download_expiry_days
    }

    /// Languages whose word forms the search knows, such as `shoe` and `shoes`; default `EN`.
    #[graphql(directive = cost::ListOf::apply(11))]
    async fn search_languages(&self) -> Vec<SearchLanguage> {
        self.0.search_languages.list().into_iter().map(Into::into).collect()
    }
}

loaders! {
    /// Loads the settings.
    SettingsKey(()) => value setting::Settings, by for_keys;
}

async fn for_keys(app: &App, viewer: &Viewer, _keys: &[()]) -> Result<HashMap<(), setting::Settings>, souk_core::error::Error> {
    Ok(HashMap::from([((), setting::view(app, viewer).await?)]))
}

/// The settings, read once for all objects of a request.
pub async fn current(ctx: &Context<'_>) -> Result<setting::Settings> {
    Ok(ctx.load_one(SettingsKey(())).await?.unwrap_or_default())
}

fn languages(chosen: Vec<SearchLanguage>) -> SearchLanguages {
    SearchLanguages::new(&chosen.into_iter().map(Into::into).collect::<Vec<_>>())
}

/// Changes to the settings. Fields that are left out keep their value.
#[derive(InputObject)]
struct SettingsUpdateInput {
    /// Whether guests can place orders.
    is_guest_checkout_allowed: Option<bool>,
    /// Whether guests can place orders.
    #[graphql(deprecation = "Use `isGuestCheckoutAllowed`.")]
    guest_checkout: Option<bool>,
    /// Users who can review a product.
    review_policy: Option<ReviewPolicy>,
    /// Whether reviews must be published by a moderator before others see them.
    is_review_moderation_enabled: Option<bool>,
    /// Whether reviews must be published by a moderator before others see them.
    #[graphql(deprecation = "Use `isReviewModerationEnabled`.")]
    review_moderation: Option<bool>,
    /// How applications to become a vendor are approved.
    vendor_approval: Option<ApprovalMode>,
    /// How new stores are approved.
    store_approval: Option<ApprovalMode>,
    /// Whether prices include tax; otherwise tax is added to the total.
    is_tax_included: Option<bool>,
    /// Whether prices include tax; otherwise tax is added to the total.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    prices_include_tax: Option<bool>,
    /// Maximum number of unpaid orders per email address, for guests and for accounts without a verified email address,
    /// 0 to 1,000,000; 0 means no limit.
    unpaid_orders_per_guest: Option<i32>,
    /// Maximum number of units of physical products in the unpaid orders that `unpaidOrdersPerGuest` limits,
    /// 0 to 1,000,000; 0 means no limit.
    unpaid_pieces_per_guest: Option<i32>,
    /// Maximum number of unpaid orders of the same buyers per network address (for IPv6, per network of 64 bits),
    /// 0 to 1,000,000; 0 means no limit.
    unpaid_orders_per_network: Option<i32>,
    /// Maximum number of units of physical products in the unpaid orders that `unpaidOrdersPerNetwork` limits,
    /// 0 to 1,000,000; 0 means no limit.
    unpaid_pieces_per_network: Option<i32>,
    /// Number of days after which an unpaid order with the payment provider `MANUAL` is cancelled if no store has begun to
    /// process it, 0 to 3,650; 0 means never.
    unpaid_order_expiry_days: Option<i32>,
    /// Last status of a store order in which its buyer can cancel it.
    customer_cancellation_limit: Option<CancellationLimit>,
    /// Last status of a store order in which its store can cancel it.
    store_cancellation_limit: Option<CancellationLimit>,
    /// Number of downloads of a digital order line for each unit that was bought, 1 to 1,000.
    downloads_per_unit: Option<i32>,
    /// Number of days after the payment in which a digital order line can be downloaded, 0 to 3,650; 0 means always.
    download_expiry_days: Option<i32>,
    /// Languages whose word forms the search knows; with an empty list, words match only as they are written. After a change each instance
    /// makes a new search index, while the present one responds.
    search_languages: Option<Vec<SearchLanguage>>,
}

payloads! {
    /// All settings after the change; null if there are errors.
    SettingsUpdatePayload { settings: Settings } of settingsUpdate;
}

/// Queries of the settings.
#[derive(Default)]
pub struct SettingQuery;

#[root_object]
impl SettingQuery {
    /// Settings of the marketplace.
    async fn settings(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Settings> {
        Ok(setting::view(ctx.app()?, viewer).await?.into())
    }
}

/// Mutations of the settings.
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
            customer_cancellation_limit: input.customer_cancellation_limit.map(Into::into),
            store_cancellation_limit: input.store_cancellation_limit.map(Into::into),
            downloads_per_unit: input.downloads_per_unit,
            download_expiry_days: input.download_expiry_days,
            search_languages: input.search_languages.map(languages),
        };
        let result = async {
            decoded.finish()?;
            setting::update(ctx.app()?, &owner, patch).await
        };
        SettingsUpdatePayload::from_result(result.await)
    }
}
