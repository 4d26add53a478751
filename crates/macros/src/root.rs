//! The expansion of `root_object` and `root_subscription`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Meta, Pat, PatType, Path, Result, Token, Type,
    parse_quote,
};

const NO_ACTOR: &str = "a root field says who may call it: add a parameter such as `#[actor] customer: Customer`, or \
                        `#[actor] viewer: &Viewer` if guests may call it, too";
const TWO_ACTORS: &str = "a root field has one actor";
const SAID_TWICE: &str = "who may call the field is made from its `#[actor]`";
const NO_SELF: &str = "a root field takes `&self`";

/// The impl block with an attribute of async-graphql, its actors turned into directives and proofs.
pub fn expand(attribute: &str, arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut block: ItemImpl = syn::parse2(item)?;
    let fields = block.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(field) => Some(field),
        _ => None,
    });
    // All problems at once.
    let problems = fields.filter_map(|field| prove_actor(field).err()).reduce(|mut all, next| {
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

fn prove_actor(field: &mut ImplItemFn) -> Result<()> {
    let actor = take_actor(field)?;
    let context = context_of(field)?;
    let (pattern, ty) = (&actor.pat, &actor.ty);
    let (directive, proof): (TokenStream, TokenStream) = match ty.as_ref() {
        Type::Reference(_) => (quote!(crate::access::public::apply()), quote!(crate::context::ContextExt::viewer(#context))),
        owned => (
            quote!(crate::access::auth::apply(crate::access::role::<#owned>(), crate::access::permission::<#owned>())),
            quote!(crate::access::prove::<#owned>(#context)),
        ),
    };
    add_directive(&mut field.attrs, &directive)?;
    field.block.stmts.insert(0, parse_quote!(let #pattern: #ty = #proof?;));
    Ok(())
}

/// The parameter with `#[actor]`, which the function has no longer.
fn take_actor(field: &mut ImplItemFn) -> Result<PatType> {
    let is_actor = |attribute: &Attribute| attribute.path().is_ident("actor");
    let (mut found, mut others) = (None, Punctuated::new());
    for input in std::mem::take(&mut field.sig.inputs) {
        match input {
            FnArg::Typed(mut input) if input.attrs.iter().any(is_actor) => {
                input.attrs.retain(|attribute| !is_actor(attribute));
                if found.is_some() {
                    return Err(Error::new_spanned(input, TWO_ACTORS));
                }
                found = Some(input);
            }
            other => others.push(other),
        }
    }
    field.sig.inputs = others;
    found.ok_or_else(|| Error::new_spanned(&field.sig.ident, NO_ACTOR))
}

/// The name of the parameter that is the context; it is added if there is none.
fn context_of(field: &mut ImplItemFn) -> Result<Ident> {
    if let Some(FnArg::Typed(PatType { pat, ty, .. })) = field.sig.inputs.get(1)
        && let (Pat::Ident(name), Type::Reference(reference)) = (pat.as_ref(), ty.as_ref())
        && let Type::Path(path) = reference.elem.as_ref()
        && path.path.segments.last().is_some_and(|last| last.ident == "Context")
    {
        return Ok(name.ident.clone());
    }
    if !matches!(field.sig.inputs.first(), Some(FnArg::Receiver(_))) {
        return Err(Error::new_spanned(&field.sig.ident, NO_SELF));
    }
    let name = format_ident!("__ctx");
    field.sig.inputs.insert(1, parse_quote!(#name: &::async_graphql::Context<'_>));
    Ok(name)
}

/// Puts a directive first in the `#[graphql(...)]` of a field, which may have one already.
fn add_directive(attributes: &mut Vec<Attribute>, directive: &TokenStream) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: TokenStream) -> String {
        expand("Object", &TokenStream::new(), item).map_or_else(|error| format!("error: {error}"), |tokens| tokens.to_string())
    }

    #[test]
    fn an_actor_becomes_a_directive_and_a_proof() {
        let found = expanded(quote! {
            impl TaxMutation {
                /// Removes the tax rate of a country.
                async fn tax_rate_delete(
                    &self,
                    ctx: &Context<'_>,
                    #[actor] owner: Owner,
                    #[graphql(desc = "ID of the rate.")] id: ID,
                ) -> Result<Payload> {
                    tax::delete(ctx, &owner, id).await
                }
            }
        });
        let expected = quote! {
            #[::async_graphql::Object()]
            impl TaxMutation {
                /// Removes the tax rate of a country.
                #[graphql(directive = crate::access::auth::apply(crate::access::role::<Owner>(), crate::access::permission::<Owner>()))]
                async fn tax_rate_delete(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "ID of the rate.")] id: ID
                ) -> Result<Payload> {
                    let owner: Owner = crate::access::prove::<Owner>(ctx)?;
                    tax::delete(ctx, &owner, id).await
                }
            }
        };
        assert_eq!(found, expected.to_string());
    }

    #[test]
    fn a_permission_is_part_of_the_type_and_other_attributes_stay() {
        let found = expanded(quote! {
            impl UserQuery {
                #[graphql(directive = cost::Paged::apply(), deprecation = "Use `people`.")]
                #[allow(clippy::too_many_arguments)]
                async fn users(&self, ctx: &Context<'_>, #[actor] staff: Staff<ManageUsers>) -> Result<Users> {
                    list(ctx, &staff).await
                }
            }
        });
        let expected = quote! {
            #[::async_graphql::Object()]
            impl UserQuery {
                #[graphql(
                    directive = crate::access::auth::apply(
                        crate::access::role::<Staff<ManageUsers> >(),
                        crate::access::permission::<Staff<ManageUsers> >()
                    ),
                    directive = cost::Paged::apply(),
                    deprecation = "Use `people`."
                )]
                #[allow(clippy::too_many_arguments)]
                async fn users(&self, ctx: &Context<'_>) -> Result<Users> {
                    let staff: Staff<ManageUsers> = crate::access::prove::<Staff<ManageUsers> >(ctx)?;
                    list(ctx, &staff).await
                }
            }
        };
        assert_eq!(without_spaces(&found), without_spaces(&expected.to_string()));
    }

    #[test]
    fn a_field_for_everybody_gets_the_viewer_and_a_context_if_it_has_none() {
        let found = expanded(quote! {
            impl ServiceQuery {
                async fn version(&self, #[actor] _: &Viewer) -> Result<&'static str> {
                    Ok("1")
                }
            }
        });
        let expected = quote! {
            #[::async_graphql::Object()]
            impl ServiceQuery {
                #[graphql(directive = crate::access::public::apply())]
                async fn version(&self, __ctx: &::async_graphql::Context<'_>) -> Result<&'static str> {
                    let _: &Viewer = crate::context::ContextExt::viewer(__ctx)?;
                    Ok("1")
                }
            }
        };
        assert_eq!(without_spaces(&found), without_spaces(&expected.to_string()));
    }

    #[test]
    fn a_field_that_does_not_say_who_may_call_it_does_not_compile() {
        let without = quote! {
            impl Query {
                async fn one(&self, ctx: &Context<'_>) -> Result<i32> { Ok(1) }
                async fn other(&self, #[actor] owner: Owner, #[actor] viewer: &Viewer) -> Result<i32> { Ok(1) }
            }
        };
        let error = expand("Object", &TokenStream::new(), without).expect_err("two problems");
        let all: Vec<_> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(all, [NO_ACTOR, TWO_ACTORS]);
    }

    #[test]
    fn who_may_call_a_field_is_said_once() {
        for attribute in [
            quote!(guard = "Needs::Owner"),
            quote!(directive = public::apply()),
            quote!(directive = access::auth::apply(AuthRole::Owner, None)),
        ] {
            let found = expanded(quote! {
                impl Query {
                    #[graphql(#attribute)]
                    async fn one(&self, #[actor] owner: Owner) -> Result<i32> { Ok(1) }
                }
            });
            assert_eq!(found, format!("error: {SAID_TWICE}"), "{attribute}");
        }
    }

    fn without_spaces(text: &str) -> String {
        text.split_whitespace().collect()
    }
}
