//! Pictures: what people send, and those of products.

mod picture;
mod product_image;
mod received;

pub use picture::{LONGEST_SIDE, MOST_PIXELS, Picture, read_picture, store_picture};
pub use product_image::{
    ImagePatch, MOST_IMAGES, NewImage, add, by_ids, delete, of_products, primary_of_products, reorder, staff, update,
};
pub use received::{DeleteFile, Received, Source, delete_later, receive};
