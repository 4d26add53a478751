//! The arguments of a connection, from a parameter with `#[page]`.

use crate::field::{add_directive, take_marked};
use quote::quote;
use syn::{FnArg, ImplItemFn, Result, parse_quote};

const TWO_PAGES: &str = "a field has the arguments of one connection";

/// Replaces a parameter with `#[page]` by the arguments `first`, `after`, `last` and `before`, and declares the cost of a
/// connection.
pub(crate) fn expand_page(field: &mut ImplItemFn) -> Result<()> {
    let Some((at, page)) = take_marked(field, "page", TWO_PAGES)? else { return Ok(()) };
    let arguments: [FnArg; 4] = [
        parse_quote!(#[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>),
        parse_quote!(#[graphql(desc = "Return items after this cursor.")] after: Option<String>),
        parse_quote!(#[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>),
        parse_quote!(#[graphql(desc = "Return items before this cursor.")] before: Option<String>),
    ];
    for (place, argument) in (at..).zip(arguments) {
        field.sig.inputs.insert(place, argument);
    }
    let (pattern, ty) = (page.pat, page.ty);
    add_directive(&mut field.attrs, &quote!(crate::cost::Paged::apply()))?;
    field.attrs.push(parse_quote!(#[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]));
    field.block.stmts.insert(0, parse_quote!(let #pattern: #ty = crate::page::arguments(first, after, last, before);));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn expanded(field: proc_macro2::TokenStream) -> String {
        let mut field: ImplItemFn = syn::parse2(field).expect("a field");
        match expand_page(&mut field) {
            Ok(()) => field.to_token_stream().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_page_becomes_the_arguments_of_a_connection() {
        let found = expanded(quote! {
            async fn stores(&self, #[page] page: page::Arguments, sort: Option<Sort>) -> Result<Stores> {
                list(page, sort)
            }
        });
        let expected = quote! {
            #[graphql(directive = crate::cost::Paged::apply())]
            #[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
            async fn stores(
                &self,
                #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
                #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
                #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
                #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
                sort: Option<Sort>
            ) -> Result<Stores> {
                let page: page::Arguments = crate::page::arguments(first, after, last, before);
                list(page, sort)
            }
        };
        assert_eq!(found, expected.to_string());
    }

    #[test]
    fn a_field_without_a_page_stays_as_it_is() {
        let field = quote! { async fn name(&self) -> &str { &self.0.name } };
        assert_eq!(expanded(field.clone()), field.to_string());
    }

    #[test]
    fn a_field_has_one_page() {
        assert_eq!(expanded(quote! { async fn all(&self, #[page] one: Arguments, #[page] other: Arguments) {} }), TWO_PAGES);
    }
}
