//! Images of products.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::ImageSize;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::image::{Image, url_of_size};
use crate::loader::loaders;
use crate::payloads;
use crate::product::Product;
use crate::scalar::Url;
use crate::upload::{ImageSourceInput, Upload, source, within};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::{ProductId, ProductImageId};
use entity::product_image::Model;
use souk_core::auth::Customer;
use souk_domain::image::{self, ImagePatch, NewImage};
use souk_domain::product;
use souk_macros::root_object;

/// Image of a product.
pub struct ProductImage(pub Model);

/// Image of a product.
#[Object]
impl ProductImage {
    /// ID of the product image.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// The image with its URL, alternative text, size and type.
    async fn image(&self) -> Image {
        Image::of_product(&self.0)
    }

    /// URL of the image file.
    #[graphql(deprecation = "Use `image.url`.")]
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "ImageSize::Original", desc = "Size of the file; see `Image.url`.")] size: ImageSize,
    ) -> Result<Url> {
        url_of_size(ctx, &self.0.storage_key, Some((self.0.width, self.0.height)), size).await
    }

    /// Alternative text of the image; empty if there is none.
    #[graphql(deprecation = "Use `image.altText`.")]
    async fn alt_text(&self) -> &str {
        &self.0.alt_text
    }

    /// Whether the image represents the product in lists.
    async fn is_primary(&self) -> bool {
        self.0.is_primary
    }

    /// Position among the images of the product, lowest first.
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

loaders! {
    /// Loads a product image.
    ImageKey(ProductImageId) => row Model, by product::visible_images;
    /// Loads the images of a product.
    pub ImagesKey(ProductId) => value Vec<Model>, by image::of_products;
    /// Loads the primary image of a product.
    pub PrimaryImageKey(ProductId) => value Model, by image::primary_of_products;
}

impl ProductImage {
    /// Loads an image, if the viewer may see its product.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductImageId) -> Result<Option<Self>> {
        Ok(ctx.load_one(ImageKey(id)).await?.map(Self))
    }
}

/// New image of a product.
#[derive(InputObject)]
struct ProductImageCreateInput {
    /// ID of the product.
    product_id: ID,
    /// Alternative text of the image, at most 500 characters.
    alt_text: Option<String>,
    /// Whether the image represents the product in lists; `false` if left out. The first image of a product always does.
    is_primary: Option<bool>,
    /// Source of the image.
    source: ImageSourceInput,
}

/// New image of a product. Exactly one of `file` and `stagedUploadToken` is required.
#[derive(InputObject)]
struct ProductImageAddInput {
    /// ID of the product.
    product_id: ID,
    /// Alternative text of the image, at most 500 characters.
    alt_text: Option<String>,
    /// Whether the image represents the product in lists; `false` if left out. The first image of a product always does.
    is_primary: Option<bool>,
    /// Image file; see `Upload` for what is accepted.
    file: Option<Upload>,
    /// `StagedUpload.token` of an image that was uploaded before.
    staged_upload_token: Option<String>,
}

/// Changes to a product image. Fields that are left out keep their value.
#[derive(InputObject)]
struct ProductImageUpdateInput {
    /// Alternative text of the image, at most 500 characters.
    alt_text: Option<String>,
    /// `true` makes the image represent the product in lists, in place of the present one. `false` is invalid.
    is_primary: Option<bool>,
    /// Position among the images of the product, 0 to 19; the other images keep their order.
    position: Option<i32>,
}

/// New order of the images of a product.
#[derive(InputObject)]
struct ProductImagesReorderInput {
    /// ID of the product.
    product_id: ID,
    /// IDs of all images of the product, each once, in the new order.
    image_ids: Vec<ID>,
}

/// Result of `productImageCreate`.
#[derive(SimpleObject)]
struct ProductImageCreatePayload {
    /// The new image; null if there are errors.
    product_image: Option<ProductImage>,
    /// The product with the new image; null if there are errors.
    product: Option<Product>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

payloads! {
    /// The product with the new image; null if there are errors.
    ProductImageAddPayload { product: Product } of productImageAdd;
    /// The product with the changed image; null if there are errors.
    ProductImageUpdatePayload { product: Product } of productImageUpdate;
    /// The product without the image; null if there are errors.
    ProductImageDeletePayload { product: Product } of productImageDelete;
    /// The product with its images in the new order; null if there are errors.
    ProductImagesReorderPayload { product: Product } of productImagesReorder;
}

/// Mutations of the images of products.
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
        let mut decoded = Input::default();
        let id = decoded.object("productId", &input.product_id);
        let order: Vec<_> = decoded.ids("imageIds", &input.image_ids);
        let reorder = async {
            let staff = product::staff(app, &customer, id).await?;
            image::reorder(app, &staff, id, &order).await
        };
        ProductImagesReorderPayload::from_result(decoded.run(reorder).await)
    }
}
