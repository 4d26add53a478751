//! Pictures of products.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::image::Image;
use crate::loader::Loaders;
use crate::payload;
use crate::product::Product;
use crate::scalar::Url;
use crate::upload::{ImageSourceInput, Upload, source, within};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::{ProductId, ProductImageId};
use entity::product_image::Model;
use souk_core::auth::Customer;
use souk_core::error::Error;
use souk_domain::image::{self, ImagePatch, NewImage};
use souk_domain::product;
use souk_macros::root_object;
use std::collections::HashMap;

/// A picture of a product.
pub struct ProductImage(pub Model);

/// A picture of a product.
#[Object]
impl ProductImage {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// The picture.
    async fn image(&self, ctx: &Context<'_>) -> Result<Image> {
        Ok(Image::of_product(ctx.app()?, &self.0))
    }

    /// URL of the file.
    #[graphql(deprecation = "Use `image.url`.")]
    async fn url(&self, ctx: &Context<'_>) -> Result<Url> {
        Ok(ctx.app()?.storage.url(&self.0.storage_key).into())
    }

    /// Text that stands for the picture; empty if none was written.
    #[graphql(deprecation = "Use `image.altText`.")]
    async fn alt_text(&self) -> &str {
        &self.0.alt_text
    }

    /// Whether it is the one that lists show.
    async fn is_primary(&self) -> bool {
        self.0.is_primary
    }

    /// Position among the product's pictures, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// MIME type, such as image/jpeg.
    #[graphql(deprecation = "Use `image.contentType`.")]
    async fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// Width in pixels.
    #[graphql(deprecation = "Use `image.width`.")]
    async fn width(&self) -> i32 {
        self.0.width
    }

    /// Height in pixels.
    #[graphql(deprecation = "Use `image.height`.")]
    async fn height(&self) -> i32 {
        self.0.height
    }
}

/// One picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ImageKey(ProductImageId);
/// The pictures of one product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImagesKey(pub ProductId);
/// The picture of one product that lists show.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrimaryImageKey(pub ProductId);

impl Loader<ImageKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[ImageKey]) -> Result<HashMap<ImageKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = image::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (ImageKey(row.id), row)).collect())
    }
}

impl ProductImage {
    /// Where the viewer may see its product.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductImageId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(ImageKey(id)).await? else { return Ok(None) };
        Ok(Product::load_visible(ctx, row.product_id).await?.map(|_| Self(row)))
    }
}

impl Loader<ImagesKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[ImagesKey]) -> Result<HashMap<ImagesKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = image::of_products(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (ImagesKey(id), rows)).collect())
    }
}

impl Loader<PrimaryImageKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[PrimaryImageKey]) -> Result<HashMap<PrimaryImageKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = image::primary_of_products(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, row)| (PrimaryImageKey(id), row)).collect())
    }
}

/// A new picture of a product.
#[derive(InputObject)]
struct ProductImageCreateInput {
    /// Product that the picture shows.
    product_id: ID,
    /// Text that stands for the picture, at most 500 characters.
    alt_text: Option<String>,
    /// Whether lists show the picture. The first picture of a product is shown in any case.
    is_primary: Option<bool>,
    /// Where the picture comes from.
    source: ImageSourceInput,
}

/// A picture for a product: exactly one of `file` and `stagedUploadToken` must be given.
#[derive(InputObject)]
struct ProductImageAddInput {
    /// What it shows.
    product_id: ID,
    /// What it shows in words, at most 500 characters.
    alt_text: Option<String>,
    /// Whether lists show it; the first picture is shown in any case.
    is_primary: Option<bool>,
    /// Picture file: see `Upload` for what is accepted.
    file: Option<Upload>,
    /// Of a picture that was put into the storage before.
    staged_upload_token: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct ProductImageUpdateInput {
    /// What it shows in words, at most 500 characters.
    alt_text: Option<String>,
    /// `true` makes it the one that lists show, in place of the other.
    is_primary: Option<bool>,
    /// Its place among the product's pictures, from 0 to 19; the others move up.
    position: Option<i32>,
}

/// The order of all pictures of a product.
#[derive(InputObject)]
struct ProductImagesReorderInput {
    /// Whose pictures.
    product_id: ID,
    /// Each of its pictures once, in the new order.
    image_ids: Vec<ID>,
}

/// Result of `productImageCreate`.
#[derive(SimpleObject)]
struct ProductImageCreatePayload {
    /// The new picture.
    product_image: Option<ProductImage>,
    /// The product with the new picture.
    product: Option<Product>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// What came of adding a picture.
    ProductImageAddPayload {
        /// The product with the new picture.
        product: Product
    }
}

payload! {
    /// What came of changing a picture.
    ProductImageUpdatePayload {
        /// The product with the changed picture.
        product: Product
    }
}

payload! {
    /// What came of removing a picture.
    ProductImageDeletePayload {
        /// The product without the picture.
        product: Product
    }
}

payload! {
    /// What came of putting pictures into an order.
    ProductImagesReorderPayload {
        /// The product with its pictures in the new order.
        product: Product
    }
}

/// Changing the pictures of products.
#[derive(Default)]
pub struct ImageMutation;

#[root_object]
impl ImageMutation {
    /// Adds an image to a product of your store; a product has at most 20. The file is validated by its content, rotated upright,
    /// converted to sRGB and stored without metadata.
    async fn product_image_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new image.")] input: ProductImageCreateInput,
    ) -> Result<ProductImageCreatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("productId", &input.product_id, async |id| {
            let staff = product::staff(app, &customer, id).await?;
            let source = input.source.read(ctx).map_err(within("source"))?;
            let new = NewImage { alt_text: input.alt_text, is_primary: input.is_primary.unwrap_or(false), source };
            image::add(app, &staff, id, new).await.map_err(within("source"))
        });
        let (added, user_errors) = split(result.await)?;
        let (product, image) = added.unzip();
        Ok(ProductImageCreatePayload { product_image: image.map(ProductImage), product: product.map(Product::from), user_errors })
    }

    /// Adds an image to a product of your store.
    #[graphql(deprecation = "Use `productImageCreate`.")]
    async fn product_image_add(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new image.")] input: ProductImageAddInput,
    ) -> Result<ProductImageAddPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("productId", &input.product_id, async |id| {
            let staff = product::staff(app, &customer, id).await?;
            let source = source(ctx, input.file, input.staged_upload_token)?;
            let new = NewImage { alt_text: input.alt_text, is_primary: input.is_primary.unwrap_or(false), source };
            image::add(app, &staff, id, new).await.map(|(product, _)| product)
        });
        ProductImageAddPayload::from_result(result.await)
    }

    /// Updates the alternative text or the position of an image, or makes it the primary one.
    async fn product_image_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the image.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ProductImageUpdateInput,
    ) -> Result<ProductImageUpdatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: ProductImageId| {
            let staff = image::staff(app, &customer, id).await?;
            let patch = ImagePatch { alt_text: input.alt_text, is_primary: input.is_primary, position: input.position };
            image::update(app, &staff, id, patch).await
        });
        ProductImageUpdatePayload::from_result(result.await)
    }

    /// Deletes an image. If it was the primary one, the first remaining image takes its place.
    async fn product_image_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the image.")] id: ID,
    ) -> Result<ProductImageDeletePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: ProductImageId| {
            let staff = image::staff(app, &customer, id).await?;
            image::delete(app, &staff, id).await
        });
        ProductImageDeletePayload::from_result(result.await)
    }

    /// Sets the order of all images of a product.
    async fn product_images_reorder(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "All images of the product, in their new order.")] input: ProductImagesReorderInput,
    ) -> Result<ProductImagesReorderPayload> {
        let app = ctx.app()?;
        let result = async {
            let mut decoded = Input::default();
            let id = decoded.id("productId", &input.product_id);
            let order: Vec<_> = decoded.ids("imageIds", &input.image_ids);
            decoded.finish()?;
            let staff = product::staff(app, &customer, id).await.map_err(missing("productId"))?;
            image::reorder(app, &staff, id, &order).await.map_err(missing("productId"))
        };
        ProductImagesReorderPayload::from_result(result.await)
    }
}
