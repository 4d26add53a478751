//! Bestsellers and new arrivals that staff pins.

use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::payloads;
use crate::product::Product;
use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_domain::product_aggregates::{self, HighlightPatch};
use souk_macros::root_object;

/// What staff decides about a product. Fields that are left out keep their value.
#[derive(InputObject)]
struct ProductHighlightUpdateInput {
    /// Whether the product is a bestseller, whatever it sells; `null` lets it be computed again, at the next night.
    is_bestseller: MaybeUndefined<bool>,
    /// Whether the product is a new arrival, whenever it was published; `null` lets it be computed again, at the next night.
    is_new_arrival: MaybeUndefined<bool>,
}

payloads! {
    /// The changed product; null if there are errors.
    ProductHighlightUpdatePayload { product: Product } of productHighlightUpdate;
}

/// Mutations of bestsellers and new arrivals.
#[derive(Default)]
pub struct HighlightMutation;

#[root_object]
impl HighlightMutation {
    /// Decides whether a product is a bestseller or a new arrival, in place of the nightly computation.
    async fn product_highlight_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the product.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ProductHighlightUpdateInput,
    ) -> Result<ProductHighlightUpdatePayload> {
        let app = ctx.app()?;
        let patch = HighlightPatch { is_bestseller: input.is_bestseller.into(), is_new_arrival: input.is_new_arrival.into() };
        let result = decode::by_id("id", &id, async |id| product_aggregates::pin(app, &staff, id, patch).await);
        ProductHighlightUpdatePayload::from_result(result.await)
    }
}
