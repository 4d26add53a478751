//! Mutations of carts.

use super::{Cart, CartWarning};
use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::error::{UserError, split};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::Viewer;
use souk_domain::cart::{self, Changed, LineQuantity, NewLine};
use souk_macros::root_object;

/// Variant to add to a cart.
#[derive(InputObject)]
struct CartLineInput {
    /// ID of the product variant.
    variant_id: ID,
    /// Quantity to add, 1 to 1,000,000. A quantity above the stock is reduced to the stock, with a warning.
    quantity: i32,
}

/// Input of `cartLinesAdd`.
#[derive(InputObject)]
struct CartLinesAddInput {
    /// Token of a guest's cart, from `Cart.token`. If omitted, the signed-in user's cart is used, or a new cart for a guest.
    cart_token: Option<String>,
    /// Variants to add, 1 to 100. If a variant is already in the cart, the quantity is added to its line.
    lines: Vec<CartLineInput>,
}

/// New quantity for a cart line.
#[derive(InputObject)]
struct CartLineUpdateInput {
    /// ID of the cart line.
    line_id: ID,
    /// New quantity of the line, 1 to 1,000,000; 0 removes the line. A quantity above the stock is reduced to the stock, with a
    /// warning.
    quantity: i32,
}

/// Input of `cartLinesUpdate`.
#[derive(InputObject)]
struct CartLinesUpdateInput {
    /// Token of a guest's cart, from `Cart.token`. If omitted, the signed-in user's cart is used.
    cart_token: Option<String>,
    /// Lines to change, 1 to 100, each line once.
    lines: Vec<CartLineUpdateInput>,
}

/// Input of `cartLinesRemove`.
#[derive(InputObject)]
struct CartLinesRemoveInput {
    /// Token of a guest's cart, from `Cart.token`. If omitted, the signed-in user's cart is used.
    cart_token: Option<String>,
    /// IDs of the lines to remove, 1 to 100.
    line_ids: Vec<ID>,
}

macro_rules! cart_payload {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(SimpleObject)]
        struct $name {
            /// Cart after the change; null if the operation failed.
            cart: Option<Cart>,
            /// Adjustments to the requested quantities, and changes of prices and stock since the lines were added.
            #[graphql(directive = crate::cost::ListOf::apply(3))]
            warnings: Vec<CartWarning>,
            /// Validation and business errors. Empty on success; if there are errors, nothing was changed.
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
    /// Result of `cartLinesAdd`.
    CartLinesAddPayload;
    /// Result of `cartLinesUpdate`.
    CartLinesUpdatePayload;
    /// Result of `cartLinesRemove`.
    CartLinesRemovePayload;
}

/// Mutations of carts.
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
