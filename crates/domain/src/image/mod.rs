//! Pictures: uploads, and the images of products.

mod color;
mod decode;
mod encode;
mod header;
mod key;
mod picture;
mod pixels;
mod product_image;
mod read;
mod received;
#[cfg(test)]
mod tests;

pub use key::StoredPicture;
pub use picture::{MAX_LOSSLESS_WEBP, MAX_PIXELS, MAX_SIDE, MEMORY, Picture};
pub use product_image::{
    ImagePatch, MAX_IMAGES, NewImage, ReceivedImages, add, delete, of_products, primary_of_products, reorder, staff, update,
};
pub(crate) use read::store_picture;
pub(crate) use received::delete_later;
pub use received::{DeleteFile, Received, Source, receive};
use souk_core::job::Registry;

/// Adds the job of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with::<DeleteFile>()
}
