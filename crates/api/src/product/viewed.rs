//! Views of products, and the products that a user viewed.

use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::loader::page_loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::payloads;
use crate::product::{Product, ProductConnection};
use async_graphql::{Context, ID, InputObject};
use entity::id::UserId;
use souk_core::auth::Viewer;
use souk_domain::product::Summary;
use souk_domain::recently_viewed;
use souk_macros::root_object;

page_loaders! {
    /// Loads a page of the products that a user viewed.
    ViewedBy(UserId) => Summary, by recently_viewed::of_users;
}

/// A page of the products that the caller viewed; `None` for other users.
pub async fn viewed_by(ctx: &Context<'_>, user: UserId, page: page::Arguments) -> Result<Option<ProductConnection>> {
    let page = page.of("User.recentlyViewed", &user)?;
    let Some(found) = ctx.load_one(ViewedBy::new(user, (), page.request)).await? else { return Ok(None) };
    let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
        Box::pin(recently_viewed::count_of_user(app, viewer, user, COUNT_CAP))
    })?;
    Ok(Some(ProductConnection::new(found, page.scope, counter)))
}

/// View of a product.
#[derive(InputObject)]
struct ProductViewRecordInput {
    /// ID of the product.
    product_id: ID,
}

payloads! {
    /// The product; null if there are errors. Its `viewCount` includes the view some seconds later.
    ProductViewRecordPayload { product: Product } of productViewRecord;
}

/// Mutations of views.
#[derive(Default)]
pub struct ViewMutation;

#[root_object]
impl ViewMutation {
    /// Records that you view a product. Call it from the browser when a product page is shown: guests are told apart by their network
    /// address. One view of each viewer, product and hour counts for `Product.viewCount`; the product becomes the first of
    /// `User.recentlyViewed`. At most 1200 in ten minutes.
    async fn product_view_record(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Product that is viewed.")] input: ProductViewRecordInput,
    ) -> Result<ProductViewRecordPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("productId", &input.product_id, async |id| recently_viewed::record(app, viewer, id).await);
        ProductViewRecordPayload::from_result(result.await)
    }
}
