//! Images, as clients see them.

pub mod product_image;

pub use product_image::{ImageMutation, ImagesKey, PrimaryImageKey, ProductImage};

use crate::scalar::Url;
use async_graphql::SimpleObject;
use souk_core::app::App;
use souk_domain::image::StoredPicture;

/// Image with its URL and properties.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// URL of the image file. Another image has another URL, so clients can cache the file without limit.
    url: Url,
    /// Alternative text of the image; null if there is none. Then use the name of the object that the image belongs to.
    alt_text: Option<String>,
    /// Width in pixels; null if it is unknown, as for some old images.
    width: Option<i32>,
    /// Height in pixels; null if it is unknown, as for some old images.
    height: Option<i32>,
    /// MIME type, such as image/jpeg; null if it is unknown.
    content_type: Option<String>,
}

impl Image {
    /// Image at a storage key, such as a logo or an avatar. Its size and type are part of the key.
    pub fn stored(app: &App, key: &str) -> Self {
        let picture = StoredPicture::of_key(key);
        Self {
            url: app.storage.url(key).into(),
            alt_text: None,
            width: picture.size.map(|(width, _)| width),
            height: picture.size.map(|(_, height)| height),
            content_type: picture.content_type.map(str::to_owned),
        }
    }

    /// Image of a product, from its row.
    pub fn of_product(app: &App, row: &entity::product_image::Model) -> Self {
        Self {
            url: app.storage.url(&row.storage_key).into(),
            alt_text: Some(row.alt_text.clone()).filter(|text| !text.is_empty()),
            width: Some(row.width),
            height: Some(row.height),
            content_type: Some(row.content_type.clone()),
        }
    }
}
