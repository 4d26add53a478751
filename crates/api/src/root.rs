//! The three root types, merged from the fields of the features.

use crate::account::{AccountMutations, AccountQuery};
use crate::cart::{CartMutation, CartQuery};
use crate::catalog::{CatalogMutation, CatalogQuery};
use crate::checkout::{CheckoutMutation, CheckoutQuery};
use crate::commission::{CommissionMutation, CommissionQuery};
use crate::error::Result;
use crate::job::{JobMutation, JobQuery};
use crate::ledger::{FindingMutation, FindingQuery, LedgerQuery, LedgerStatementQuery};
use crate::live::LiveSubscription;
use crate::node::NodeQuery;
use crate::order::{OrderMutation, OrderQuery};
use crate::order_note::OrderNoteMutation;
use crate::payment::PaymentMutation;
use crate::refund::{RefundMutation, RefundQuery};
use crate::review::{ReviewMutation, ReviewQuery};
use crate::root_type::Root;
use crate::setting::{SettingMutation, SettingQuery};
use crate::shipping::{ShippingMutation, ShippingQuery};
use crate::store_order::{StoreOrderMutation, StoreOrderQuery};
use crate::tax::{TaxMutation, TaxQuery};
use async_graphql::{MergedObject, MergedSubscription};
use souk_core::auth::Viewer;
use souk_macros::root_object;

/// Queries of the marketplace.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct QueryFields(
    ServiceQuery,
    NodeQuery,
    AccountQuery,
    CartQuery,
    CatalogQuery,
    CheckoutQuery,
    CommissionQuery,
    FindingQuery,
    JobQuery,
    LedgerQuery,
    LedgerStatementQuery,
    OrderQuery,
    RefundQuery,
    ReviewQuery,
    SettingQuery,
    ShippingQuery,
    StoreOrderQuery,
    TaxQuery,
);

/// Mutations of the marketplace.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct MutationFields(
    AccountMutations,
    CartMutation,
    CatalogMutation,
    CheckoutMutation,
    CommissionMutation,
    FindingMutation,
    JobMutation,
    OrderMutation,
    PaymentMutation,
    OrderNoteMutation,
    RefundMutation,
    ReviewMutation,
    SettingMutation,
    ShippingMutation,
    StoreOrderMutation,
    TaxMutation,
);

/// Live updates of the marketplace.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct SubscriptionFields(LiveSubscription);

/// The root of queries.
pub type Query = Root<QueryFields>;
/// The root of mutations.
pub type Mutation = Root<MutationFields>;
/// The root of subscriptions.
pub type Subscription = Root<SubscriptionFields>;

/// Information about the service.
#[derive(Default)]
pub struct ServiceQuery;

#[root_object]
impl ServiceQuery {
    /// Version of the server.
    async fn version(&self, #[actor] _: &Viewer) -> Result<&'static str> {
        Ok(env!("CARGO_PKG_VERSION"))
    }
}
