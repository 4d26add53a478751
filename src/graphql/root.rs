//! The three roots, put together from those of the features.

use crate::app::App;
use crate::graphql::access::public;
use crate::graphql::account::{AccountMutations, AccountQuery};
use crate::graphql::cart::{CartMutation, CartQuery};
use crate::graphql::catalog::{CatalogMutation, CatalogQuery};
use crate::graphql::checkout::{CheckoutMutation, CheckoutQuery};
use crate::graphql::execute::Api;
use crate::graphql::job::{JobMutation, JobQuery};
use crate::graphql::live::LiveSubscription;
use crate::graphql::node::NodeQuery;
use crate::graphql::order::{OrderMutation, OrderQuery};
use crate::graphql::payment::PaymentMutation;
use crate::graphql::review::{ReviewMutation, ReviewQuery};
use crate::graphql::setting::{SettingMutation, SettingQuery};
use crate::graphql::shipping::{ShippingMutation, ShippingQuery};
use crate::graphql::store_order::{StoreOrderMutation, StoreOrderQuery};
use crate::graphql::tax::{TaxMutation, TaxQuery};
use crate::live::Hub;
use async_graphql::{MergedObject, MergedSubscription, Object, SDLExportOptions, ValidationMode};
use std::sync::Arc;

/// Reading.
#[derive(MergedObject, Default)]
pub struct Query(
    ServiceQuery,
    NodeQuery,
    AccountQuery,
    CartQuery,
    CatalogQuery,
    CheckoutQuery,
    JobQuery,
    OrderQuery,
    ReviewQuery,
    SettingQuery,
    ShippingQuery,
    StoreOrderQuery,
    TaxQuery,
);

/// Changing.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AccountMutations,
    CartMutation,
    CatalogMutation,
    CheckoutMutation,
    JobMutation,
    OrderMutation,
    PaymentMutation,
    ReviewMutation,
    SettingMutation,
    ShippingMutation,
    StoreOrderMutation,
    TaxMutation,
);

/// Following.
#[derive(MergedSubscription, Default)]
pub struct Subscription(LiveSubscription);

/// What Souk says of itself.
#[derive(Default)]
pub struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// The version of the server.
    #[graphql(directive = public::apply())]
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

fn types() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<crate::graphql::error::DisplayableError>()
}

/// The API of a marketplace; its subscriptions listen to the hub.
pub fn build(app: &Arc<App>, hub: &Arc<Hub>) -> Api {
    let strict = limited(app, hub).finish();
    let fast = limited(app, hub).validation_mode(ValidationMode::Fast).finish();
    Api::new(strict, fast, queries_at_once(app.config.database_pool))
}

fn limited(app: &Arc<App>, hub: &Arc<Hub>) -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    let limits = &app.config.limits;
    let builder = types()
        .data(Arc::clone(app))
        .data(Arc::clone(hub))
        .limit_depth(limits.query_depth)
        .limit_complexity(limits.query_complexity)
        .limit_aliases(30)
        .limit_directives(50)
        .limit_recursive_depth(limits.query_depth * 2 + 10);
    if app.config.introspection { builder } else { builder.disable_introspection() }
}

/// The schema's text, as it is committed in `schema.graphql`.
pub fn sdl() -> String {
    types().finish().sdl_with_options(
        SDLExportOptions::new().sorted_enum_items().sorted_fields().sorted_arguments().prefer_single_line_descriptions(),
    )
}

/// As many queries as keep the processors busy while the others wait for the database; more than there are connections would only
/// wait for one.
fn queries_at_once(connections: u32) -> usize {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (4 * processors).min(usize::try_from(connections).unwrap_or(usize::MAX))
}
