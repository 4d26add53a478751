//! Images of categories.

use crate::category::Category;
use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::payloads;
use crate::upload::{ImageSourceInput, within};
use async_graphql::{Context, ID, InputObject};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_domain::category;
use souk_macros::root_object;

/// New image of a category.
#[derive(InputObject)]
struct CategoryImageSetInput {
    /// Source of the image.
    source: ImageSourceInput,
}

payloads! {
    /// The changed category; null if there are errors.
    CategoryImageSetPayload { category: Category } of categoryImageSet;
    /// The changed category; null if there are errors.
    CategoryImageRemovePayload { category: Category } of categoryImageRemove;
}

/// Mutations of the images of categories.
#[derive(Default)]
pub struct CategoryImageMutation;

#[root_object]
impl CategoryImageMutation {
    /// Sets the image of a category, replacing the current one.
    async fn category_image_set(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the category.")] id: ID,
        #[graphql(desc = "New image of the category.")] input: CategoryImageSetInput,
    ) -> Result<CategoryImageSetPayload> {
        let result = decode::by_id("id", &id, async |id| {
            let source = input.source.read(ctx).map_err(within("source"))?;
            category::set_image(ctx.app()?, &staff, id, &source).await.map_err(within("source"))
        });
        CategoryImageSetPayload::from_result(result.await)
    }

    /// Removes the image of a category.
    async fn category_image_remove(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the category.")] id: ID,
    ) -> Result<CategoryImageRemovePayload> {
        let result = decode::by_id("id", &id, async |id| category::remove_image(ctx.app()?, &staff, id).await);
        CategoryImageRemovePayload::from_result(result.await)
    }
}
