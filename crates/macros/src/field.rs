//! Parameters and attributes of a field.

use crate::row::expand_rows;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Meta, PatType, Path, Result, Token, parse_quote,
};

pub(crate) const SAID_TWICE: &str = "who may call the field is made from its `#[actor]`";

/// Expands each function of an impl block, and gives the block an attribute of async-graphql. Reports the problems of all
/// functions at once.
pub(crate) fn expand(
    attribute: &str,
    arguments: &TokenStream,
    item: TokenStream,
    expand_field: impl Fn(&mut ImplItemFn) -> Result<()>,
) -> Result<TokenStream> {
    let mut block: ItemImpl = syn::parse2(item)?;
    expand_rows(&mut block)?;
    let fields = block.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(field) => Some(field),
        _ => None,
    });
    let problems = fields.filter_map(|field| expand_field(field).err()).reduce(|mut all, next| {
        all.combine(next);
        all
    });
    if let Some(problems) = problems {
        return Err(problems);
    }
    let attribute = format_ident!("{attribute}");
    Ok(quote! {
        #[::async_graphql::#attribute(#arguments)]
        #block
    })
}

/// Takes the parameter with the attribute `mark` out of a function, with its position. `twice` is the error if there are two.
pub(crate) fn take_marked(field: &mut ImplItemFn, mark: &str, twice: &str) -> Result<Option<(usize, PatType)>> {
    let is_mark = |attribute: &Attribute| attribute.path().is_ident(mark);
    let (mut found, mut others) = (None, Punctuated::new());
    for input in std::mem::take(&mut field.sig.inputs) {
        match input {
            FnArg::Typed(mut input) if input.attrs.iter().any(is_mark) => {
                input.attrs.retain(|attribute| !is_mark(attribute));
                if found.is_some() {
                    return Err(Error::new_spanned(input, twice));
                }
                found = Some((others.len(), input));
            }
            other => others.push(other),
        }
    }
    field.sig.inputs = others;
    Ok(found)
}

/// Puts a directive first in the `#[graphql(...)]` of a field, which may have one already.
pub(crate) fn add_directive(attributes: &mut Vec<Attribute>, directive: &TokenStream) -> Result<()> {
    let Some(at) = attributes.iter().position(|attribute| attribute.path().is_ident("graphql")) else {
        attributes.push(parse_quote!(#[graphql(directive = #directive)]));
        return Ok(());
    };
    let given = attributes[at].meta.require_list()?.tokens.clone();
    let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(given)?;
    if let Some(twice) = parsed.iter().find(|meta| says_access(meta)) {
        return Err(Error::new_spanned(twice, SAID_TWICE));
    }
    attributes[at] = parse_quote!(#[graphql(directive = #directive, #parsed)]);
    Ok(())
}

fn says_access(meta: &Meta) -> bool {
    let Meta::NameValue(given) = meta else { return false };
    given.path.is_ident("guard") || given.path.is_ident("directive") && directive_name(&given.value).is_some_and(is_access)
}

fn is_access(name: &Ident) -> bool {
    name == "auth" || name == "public"
}

/// `name` of `path::name::apply(...)`.
fn directive_name(value: &Expr) -> Option<&Ident> {
    let Expr::Call(call) = value else { return None };
    let Expr::Path(function) = call.func.as_ref() else { return None };
    let Path { segments, .. } = &function.path;
    segments.iter().rev().nth(1).map(|segment| &segment.ident)
}
