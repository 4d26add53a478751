//! Fields that many rows have, from `row_fields!` in an impl block.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, ImplItem, ImplItemFn, ItemImpl, Macro, Result, Token, parse_quote};

const UNKNOWN: &str = "row_fields! knows the fields version, created_at and updated_at";

/// `self.0: version, created_at, updated_at`. A field may have its own description.
struct RowFields {
    row: Expr,
    fields: Punctuated<Field, Token![,]>,
}

struct Field {
    attributes: Vec<Attribute>,
    name: Ident,
}

impl Parse for RowFields {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let row = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { row, fields: Punctuated::parse_terminated(input)? })
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self { attributes: input.call(Attribute::parse_outer)?, name: input.parse()? })
    }
}

/// Replaces each `row_fields!` by the functions of its fields.
pub(crate) fn expand_rows(block: &mut ItemImpl) -> Result<()> {
    let mut items = Vec::with_capacity(block.items.len());
    for item in std::mem::take(&mut block.items) {
        match item {
            ImplItem::Macro(found) if found.mac.path.is_ident("row_fields") => {
                items.extend(expand(&found.mac)?.into_iter().map(ImplItem::Fn));
            }
            other => items.push(other),
        }
    }
    block.items = items;
    Ok(())
}

fn expand(found: &Macro) -> Result<Vec<ImplItemFn>> {
    let RowFields { row, fields } = found.parse_body()?;
    let expand = |Field { attributes, name }: Field| {
        let description = match name.to_string().as_str() {
            "version" => "Version for optimistic locking; pass it as `expectedVersion`.",
            "created_at" => "Time of creation.",
            "updated_at" => "Time of the last change.",
            _ => return Err(Error::new_spanned(&name, UNKNOWN)),
        };
        let attributes = if attributes.is_empty() { vec![parse_quote!(#[doc = #description])] } else { attributes };
        let mut field: ImplItemFn = if name == "version" {
            parse_quote!(async fn #name(&self) -> i32 { #row.#name })
        } else {
            parse_quote!(async fn #name(&self) -> ::chrono::DateTime<::chrono::Utc> { #row.#name })
        };
        field.attrs = attributes;
        Ok(field)
    };
    fields.into_iter().map(expand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{ToTokens, quote};

    fn expanded(block: proc_macro2::TokenStream) -> String {
        let mut block: ItemImpl = syn::parse2(block).expect("an impl block");
        match expand_rows(&mut block) {
            Ok(()) => block.to_token_stream().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn fields_of_rows_become_functions_in_their_place() {
        let found = expanded(quote! {
            impl Order {
                async fn first(&self) {}
                row_fields!(self.row: version, /** Time of the order. */ created_at);
                async fn last(&self) {}
            }
        });
        let expected = quote! {
            impl Order {
                async fn first(&self) {}
                #[doc = "Version for optimistic locking; pass it as `expectedVersion`."]
                async fn version(&self) -> i32 { self.row.version }
                /** Time of the order. */
                async fn created_at(&self) -> ::chrono::DateTime<::chrono::Utc> { self.row.created_at }
                async fn last(&self) {}
            }
        };
        assert_eq!(found, expected.to_string());
    }

    #[test]
    fn other_fields_are_written_out() {
        assert_eq!(expanded(quote! { impl Order { row_fields!(self.0: number); } }), UNKNOWN);
    }
}
