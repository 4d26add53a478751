//! Images, as clients see them.

pub mod product_image;

pub use product_image::{ImageMutation, ImagesKey, PrimaryImageKey, ProductImage};

use crate::context::ContextExt;
use crate::cost;
use crate::enums::ImageSize;
use crate::error::Result;
use crate::loader::Loaders;
use crate::scalar::Url;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Object, SimpleObject};
use souk_core::app::App;
use souk_core::error::Error;
use souk_domain::image::{Rendition, Renditions, StoredPicture, renditions_of};
use std::collections::HashMap;

/// Image with its URL and properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    storage_key: String,
    alt_text: Option<String>,
    size: Option<(i32, i32)>,
    content_type: Option<String>,
}

impl Image {
    /// Image at a storage key, such as a logo or an avatar. Its size and type are part of the key.
    pub fn stored(key: &str) -> Self {
        let picture = StoredPicture::of_key(key);
        let content_type = picture.content_type.map(str::to_owned);
        Self { storage_key: key.to_owned(), alt_text: None, size: picture.size, content_type }
    }

    /// Image of a product, from its row.
    pub fn of_product(row: &entity::product_image::Model) -> Self {
        Self {
            storage_key: row.storage_key.clone(),
            alt_text: Some(row.alt_text.clone()).filter(|text| !text.is_empty()),
            size: Some((row.width, row.height)),
            content_type: Some(row.content_type.clone()),
        }
    }
}

/// Image with its URL and properties.
#[Object]
impl Image {
    /// URL of the image file. Another image has another URL, so clients can cache the file without limit.
    ///
    /// Smaller copies are made in the background after the upload, as WebP. `size` selects the smallest file that is at least of that
    /// size, or that has all pixels of the image: the original if there is no such copy, yet or at all. Images are never enlarged.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "ImageSize::Original", desc = "Size of the file.")] size: ImageSize,
    ) -> Result<Url> {
        url_of_size(ctx, &self.storage_key, self.size, size).await
    }

    /// Alternative text of the image; null if there is none. Then use the name of the object that the image belongs to.
    async fn alt_text(&self) -> Option<&str> {
        self.alt_text.as_deref()
    }

    /// Width of the original in pixels; null if it is unknown, as for some old images.
    async fn width(&self) -> Option<i32> {
        self.size.map(|(width, _)| width)
    }

    /// Height of the original in pixels; null if it is unknown, as for some old images.
    async fn height(&self) -> Option<i32> {
        self.size.map(|(_, height)| height)
    }

    /// MIME type of the original, such as image/jpeg; null if it is unknown.
    async fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// [BlurHash](https://blurha.sh) with 4 x 3 components: 28 characters from which clients draw a placeholder while the image is
    /// loading. Null until the smaller copies are made, and for images of users, which have none.
    async fn blur_hash(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let found = ctx.load_one(RenditionsKey(self.storage_key.clone())).await?;
        Ok(found.and_then(|renditions| renditions.blurhash))
    }

    /// Smaller copies of the image, from the smallest; empty until they are made, and for images of users. There is none above the
    /// first that has all pixels of the image.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn renditions(&self, ctx: &Context<'_>) -> Result<Vec<ImageRendition>> {
        let app = ctx.app()?;
        let found = ctx.load_one(RenditionsKey(self.storage_key.clone())).await?.unwrap_or_default();
        Ok(found.all.into_iter().map(|rendition| ImageRendition::new(app, rendition)).collect())
    }
}

/// Smaller copy of an image.
#[derive(SimpleObject, Clone, Debug)]
pub struct ImageRendition {
    /// Size of the copy, by which `Image.url` selects it.
    size: ImageSize,
    /// URL of the image file. Clients can cache it without limit.
    url: Url,
    /// Width in pixels.
    width: i32,
    /// Height in pixels.
    height: i32,
    /// MIME type, such as image/webp.
    content_type: &'static str,
    /// Size of the file in bytes.
    byte_size: i32,
}

impl ImageRendition {
    fn new(app: &App, row: Rendition) -> Self {
        Self {
            size: row.size.into(),
            url: app.storage.url(&row.storage_key).into(),
            width: row.width,
            height: row.height,
            content_type: "image/webp",
            byte_size: i32::try_from(row.byte_size).unwrap_or(i32::MAX),
        }
    }
}

/// Loads the renditions of an image by its storage key.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RenditionsKey(String);

impl Loader<RenditionsKey> for Loaders {
    type Value = Renditions;
    type Error = Error;

    async fn load(&self, keys: &[RenditionsKey]) -> Result<HashMap<RenditionsKey, Renditions>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let found = renditions_of(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(key, renditions)| (RenditionsKey(key), renditions)).collect())
    }
}

/// URL of an image in a size. The original needs no statement.
async fn url_of_size(ctx: &Context<'_>, key: &str, original: Option<(i32, i32)>, size: ImageSize) -> Result<Url> {
    let app = ctx.app()?;
    if size == ImageSize::Original {
        return Ok(app.storage.url(key).into());
    }
    let found = ctx.load_one(RenditionsKey(key.to_owned())).await?.unwrap_or_default();
    let rendition = found.at_least(size.into(), original);
    Ok(app.storage.url(rendition.map_or(key, |rendition| &rendition.storage_key)).into())
}
