//! Reviews: what people say of products, and what products and stores come to by them.
//!
//! Who changes a review locks the store first, then the product, then the review: so the summaries are exact whatever runs
//! at once.

mod moderation;
mod policy;
mod read;
mod summary;
mod write;

pub use moderation::{reply, set_status};
pub use policy::reviewable;
pub use read::{Sort, count, count_of_customer, count_of_store, list, of_customer, of_products, of_stores, visible};
pub use summary::forget_product;
pub use write::{NewReview, ReviewPatch, create, delete, update};

/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 150;
/// The longest text of a review or of an answer, in characters.
pub const LONGEST_BODY: usize = 5_000;
