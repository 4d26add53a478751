//! The expansion of `root_object` and `root_subscription`.

use crate::field::{add_directive, take_marked};
use crate::page::expand_page;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, FnArg, Ident, ImplItemFn, Pat, PatType, Result, Type, parse_quote};

const NO_ACTOR: &str = "a root field says who may call it: add a parameter such as `#[actor] customer: Customer`, or \
                        `#[actor] viewer: &Viewer` if guests may call it, too";
const TWO_ACTORS: &str = "a root field has one actor";
const NO_SELF: &str = "a root field takes `&self`";

/// Turns the actor of a root field into a directive and a proof.
pub(crate) fn expand_root(field: &mut ImplItemFn) -> Result<()> {
    expand_page(field)?;
    prove_actor(field)
}

fn prove_actor(field: &mut ImplItemFn) -> Result<()> {
    let (_, actor) = take_marked(field, "actor", TWO_ACTORS)?.ok_or_else(|| Error::new_spanned(&field.sig.ident, NO_ACTOR))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{SAID_TWICE, expand};

    fn expanded(item: TokenStream) -> String {
        expand("Object", &TokenStream::new(), item, expand_root)
            .map_or_else(|error| format!("error: {error}"), |tokens| tokens.to_string())
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
        let error = expand("Object", &TokenStream::new(), without, expand_root).expect_err("two problems");
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
