//! Attributes for the GraphQL API of Souk.

mod root;

use proc_macro::TokenStream;

/// Makes the fields of a root object from an impl block, as `async_graphql::Object` does, each with its actor.
///
/// Every function has one parameter with `#[actor]`, which says who may call the field. It is no argument of the field: its
/// type gives the directive in the SDL, and the function begins by proving it. So who may call a field is said once, and a field
/// that does not say it does not compile.
///
/// ```ignore
/// #[root_object]
/// impl TaxMutation {
///     /// Removes the tax rate of a country.
///     async fn tax_rate_delete(&self, ctx: &Context<'_>, #[actor] owner: Owner, id: ID) -> Result<TaxRateDeletePayload> {
/// ```
///
/// `#[actor] viewer: &Viewer` is for fields that guests may call, too. All other types implement `souk_core::auth::Actor`.
#[proc_macro_attribute]
pub fn root_object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand("Object", arguments, item)
}

/// As [`macro@root_object`], for the fields of the root of subscriptions.
#[proc_macro_attribute]
pub fn root_subscription(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand("Subscription", arguments, item)
}

fn expand(attribute: &str, arguments: TokenStream, item: TokenStream) -> TokenStream {
    root::expand(attribute, &arguments.into(), item.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}
