//! The pictures of categories.

use crate::access::{AuthRole, Needs, auth};
use crate::category::Category;
use crate::context::ContextExt;
use crate::enums::Permission;
use crate::error::Result;
use crate::error::missing;
use crate::id;
use crate::payload;
use crate::upload::{ImageSourceInput, within};
use async_graphql::{Context, ID, InputObject, Object};
use entity::value::Permission as Stored;
use souk_domain::category;

/// A picture of a category.
#[derive(InputObject)]
struct CategoryImageSetInput {
    /// Where the picture comes from.
    source: ImageSourceInput,
}

payload! {
    /// Result of `categoryImageSet`.
    CategoryImageSetPayload {
        /// The changed category.
        category: Category
    }
}

payload! {
    /// Result of `categoryImageRemove`.
    CategoryImageRemovePayload {
        /// The changed category.
        category: Category
    }
}

/// Changing the pictures of categories.
#[derive(Default)]
pub struct CategoryImageMutation;

#[Object]
impl CategoryImageMutation {
    /// Sets the picture of a category, in place of the one it has.
    #[graphql(
        guard = "Needs::Staff(Stored::ManageProducts)",
        directive = auth::apply(AuthRole::Staff, Some(Permission::ManageProducts))
    )]
    async fn category_image_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category.")] id: ID,
        #[graphql(desc = "The picture.")] input: CategoryImageSetInput,
    ) -> Result<CategoryImageSetPayload> {
        let staff = ctx.viewer()?.staff::<souk_core::auth::permissions::ManageProducts>()?;
        let result = async {
            let id = id::input("id", &id)?;
            let source = input.source.read(ctx).map_err(within("source"))?;
            category::set_image(ctx.app()?, &staff, id, &source).await.map_err(within("source"))
        };
        CategoryImageSetPayload::from_result(result.await.map_err(missing("id")))
    }

    /// Removes the picture of a category.
    #[graphql(
        guard = "Needs::Staff(Stored::ManageProducts)",
        directive = auth::apply(AuthRole::Staff, Some(Permission::ManageProducts))
    )]
    async fn category_image_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category.")] id: ID,
    ) -> Result<CategoryImageRemovePayload> {
        let staff = ctx.viewer()?.staff::<souk_core::auth::permissions::ManageProducts>()?;
        let result = async { category::remove_image(ctx.app()?, &staff, id::input("id", &id)?).await };
        CategoryImageRemovePayload::from_result(result.await.map_err(missing("id")))
    }
}
