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
mod render;
mod render_job;
mod rendition;
#[cfg(test)]
mod tests;

pub use key::StoredPicture;
pub use picture::{MAX_LOSSLESS_WEBP, MAX_PIXELS, MAX_SIDE, MEMORY, Picture};
pub use product_image::{
    ImagePatch, MAX_IMAGES, NewImage, ReceivedImages, add, delete, of_products, primary_of_products, reorder, staff, update,
};
pub(crate) use product_image::{NewPicture, lock};
pub(crate) use read::store_picture;
pub use received::{DeleteFile, Received, Source, receive};
pub(crate) use received::{delete_unless_kept, keep_file};
pub use render_job::request_missing;
pub use rendition::{RenderImage, Rendition, Renditions, renditions_of};
pub(crate) use rendition::{delete_later, render_later};
use souk_core::job::Registry;

/// Adds the jobs and the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    let registry = registry.with::<DeleteFile>().with::<RenderImage>();
    registry.with_periodic_task("renditions of older images", |app, system| Box::pin(request_missing(app, system)))
}
