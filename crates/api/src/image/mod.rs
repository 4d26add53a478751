//! Pictures, as clients see them.

pub mod product_image;

pub use product_image::{ImageMutation, ImagesKey, PrimaryImageKey, ProductImage};

use crate::scalar::Url;
use async_graphql::SimpleObject;
use souk_core::app::App;
use souk_domain::image::StoredPicture;

/// A picture.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// URL of the file. A changed picture has another URL, so it can be cached forever.
    url: Url,
    /// Text that stands for the picture; null if none was written. Then use the name of what the picture belongs to.
    alt_text: Option<String>,
    /// Width in pixels; null if it is not known, as for pictures of earlier versions.
    width: Option<i32>,
    /// Height in pixels; null if it is not known, as for pictures of earlier versions.
    height: Option<i32>,
    /// MIME type, such as image/jpeg; null if it is not known.
    content_type: Option<String>,
}

impl Image {
    /// The picture at a key of the storage, such as a logo or an avatar: what is known of it is part of its key.
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

    /// The picture of a product.
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
