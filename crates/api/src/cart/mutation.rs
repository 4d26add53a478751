//! Changing carts.

use super::{Cart, CartWarning};
use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::error::{UserError, split};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::Viewer;
use souk_domain::cart::{self, Changed, LineQuantity, NewLine};
use souk_macros::root_object;

/// A variant to put into a cart.
#[derive(InputObject)]
struct CartLineInput {
    /// The variant.
    variant_id: ID,
    /// How many more of it: 1 to 1,000,000. More than the stock is cut down to it, with a warning.
    quantity: i32,
}

/// What to put into a cart.
#[derive(InputObject)]
struct CartLinesAddInput {
    /// From `Cart.token`; left out for the cart of whoever is signed in, or a new cart of a guest.
    cart_token: Option<String>,
    /// 1 to 100 lines. What is in the cart already is added to.
    lines: Vec<CartLineInput>,
}

/// A line of a cart and how many it is to hold.
#[derive(InputObject)]
struct CartLineUpdateInput {
    /// The line.
    line_id: ID,
    /// How many it is to hold: 1 to 1,000,000; 0 removes the line. More than the stock is cut down to it, with a warning.
    quantity: i32,
}

/// Which lines are to hold how many.
#[derive(InputObject)]
struct CartLinesUpdateInput {
    /// From `Cart.token`; left out for the cart of whoever is signed in.
    cart_token: Option<String>,
    /// 1 to 100 lines, each once.
    lines: Vec<CartLineUpdateInput>,
}

/// Which lines to take out.
#[derive(InputObject)]
struct CartLinesRemoveInput {
    /// From `Cart.token`; left out for the cart of whoever is signed in.
    cart_token: Option<String>,
    /// 1 to 100 lines.
    line_ids: Vec<ID>,
}

macro_rules! cart_payload {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(SimpleObject)]
        struct $name {
            /// The whole cart after the change.
            cart: Option<Cart>,
            /// What was not done quite as asked, and what changed since the lines were put in.
            #[graphql(directive = crate::cost::ListOf::apply(3))]
            warnings: Vec<CartWarning>,
            /// What was wrong; empty where all went well. Then nothing was changed.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn from_result(result: souk_core::error::Result<Changed>) -> Result<Self> {
                let (changed, user_errors) = split(result)?;
                let Some(mut changed) = changed else { return Ok(Self { cart: None, warnings: Vec::new(), user_errors }) };
                let warnings = std::mem::take(&mut changed.warnings).into_iter().map(CartWarning::from).collect();
                Ok(Self { cart: Some(changed.into()), warnings, user_errors })
            }
        }
    )*};
}

cart_payload! {
    /// What came of putting something into a cart.
    CartLinesAddPayload;
    /// What came of changing quantities.
    CartLinesUpdatePayload;
    /// What came of taking lines out.
    CartLinesRemovePayload;
}

/// Changing carts.
#[derive(Default)]
pub struct CartMutation;

#[root_object]
impl CartMutation {
    /// Adds variants to a cart.
    async fn cart_lines_add(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Variants and quantities to add, and the cart.")] input: CartLinesAddInput,
    ) -> Result<CartLinesAddPayload> {
        let read = |(index, line): (usize, &CartLineInput)| NewLine {
            variant_id: decode::read(&format!("lines.{index}.variantId"), &line.variant_id),
            quantity: line.quantity,
        };
        let lines: Vec<_> = input.lines.iter().enumerate().map(read).collect();
        CartLinesAddPayload::from_result(cart::add(ctx.app()?, viewer, input.cart_token.as_deref(), &lines).await)
    }

    /// Sets the quantities of cart lines; 0 removes a line.
    async fn cart_lines_update(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Lines and their new quantities.")] input: CartLinesUpdateInput,
    ) -> Result<CartLinesUpdatePayload> {
        let read = |(index, line): (usize, &CartLineUpdateInput)| LineQuantity {
            line_id: decode::read(&format!("lines.{index}.lineId"), &line.line_id),
            quantity: line.quantity,
        };
        let lines: Vec<_> = input.lines.iter().enumerate().map(read).collect();
        CartLinesUpdatePayload::from_result(cart::update(ctx.app()?, viewer, input.cart_token.as_deref(), &lines).await)
    }

    /// Removes lines from a cart.
    async fn cart_lines_remove(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Lines to remove.")] input: CartLinesRemoveInput,
    ) -> Result<CartLinesRemovePayload> {
        let ids: Vec<_> =
            input.line_ids.iter().enumerate().map(|(index, id)| decode::read(&format!("lineIds.{index}"), id)).collect();
        CartLinesRemovePayload::from_result(cart::remove(ctx.app()?, viewer, input.cart_token.as_deref(), &ids).await)
    }
}
