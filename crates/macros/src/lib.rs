//! Attributes for the GraphQL API of Souk.

mod field;
mod page;
mod root;
mod row;

use proc_macro::TokenStream;
use syn::{ImplItemFn, Result};

/// Makes the fields of a root object from an impl block, as `async_graphql::Object` does, each with its actor.
///
/// Every function has one parameter with `#[actor]`, which says who may call the field. It is no argument of the field: its
/// type gives the directive in the SDL, and the function begins by proving it. So who may call a field is said once, and a field
/// that does not say it does not compile.
///
/// ```text
/// #[root_object]
/// impl TaxMutation {
///     /// Removes the tax rate of a country.
///     async fn tax_rate_delete(&self, ctx: &Context<'_>, #[actor] owner: Owner, id: ID) -> Result<TaxRateDeletePayload> {
/// ```
///
/// `#[actor] viewer: &Viewer` is for fields that guests may call, too. All other types implement `souk_core::auth::Actor`.
#[proc_macro_attribute]
pub fn root_object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand("Object", arguments, item, root::expand_root)
}

/// As [`macro@root_object`], for the fields of the root of subscriptions.
#[proc_macro_attribute]
pub fn root_subscription(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand("Subscription", arguments, item, root::expand_root)
}

/// Makes the fields of an object from an impl block, as `async_graphql::Object` does.
///
/// A parameter with `#[page]` becomes the arguments of a connection, `first`, `after`, `last` and `before`, and the field gets the
/// directive of its cost. The same works in a root object.
///
/// `row_fields!(self.0: version, created_at, updated_at);` makes these fields from the columns of a row, with the descriptions that
/// they have everywhere; a field may have its own description before its name.
///
/// ```text
/// #[object]
/// impl Category {
///     /// Products of the category.
///     async fn products(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<ProductConnection> {
/// ```
#[proc_macro_attribute]
pub fn object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand("Object", arguments, item, page::expand_page)
}

fn expand(
    attribute: &str,
    arguments: TokenStream,
    item: TokenStream,
    expand_field: impl Fn(&mut ImplItemFn) -> Result<()>,
) -> TokenStream {
    field::expand(attribute, &arguments.into(), item.into(), expand_field).unwrap_or_else(|error| error.to_compile_error()).into()
}
